//! TLS for both transports: rustls over aws-lc-rs, the platform's roots, and the operator's own.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};

use super::error::BoxError;

/// What a client trusts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// PEM files with certificate authorities to trust beside the platform's. Default none.
    pub ca_files: Vec<PathBuf>,
}

/// Builds the configuration that both transports share; ALPN is each transport's own.
pub(crate) fn config(settings: &TlsSettings) -> Result<ClientConfig, BoxError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = Vec::new();
    for path in &settings.ca_files {
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let found = read.map_err(|error| format!("tls.ca_files: {}: {error}", path.display()))?;
        if found.is_empty() {
            return Err(format!("tls.ca_files: {}: no certificate in it", path.display()).into());
        }
        roots.extend(found);
    }
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(roots, Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}
