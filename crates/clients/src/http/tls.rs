//! TLS for both transports: rustls over aws-lc-rs, the platform's roots, and the operator's own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
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
    let mut roots = Vec::new();
    for path in &settings.ca_files {
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let found = read.map_err(|error| format!("tls.ca_files: {}: {error}", path.display()))?;
        if found.is_empty() {
            return Err(format!("tls.ca_files: {}: no certificate in it", path.display()).into());
        }
        roots.extend(found);
    }
    let verifier = match roots.is_empty() {
        true => platform_verifier()?,
        false => Arc::new(Verifier::new_with_extra_roots(roots, provider())?),
    };
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// The platform's roots, which are many and slow to read: the clients of a process share them.
fn platform_verifier() -> Result<Arc<Verifier>, BoxError> {
    static SHARED: Mutex<Weak<Verifier>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(verifier) = shared.upgrade() {
        return Ok(verifier);
    }
    let verifier = Arc::new(Verifier::new(provider())?);
    *shared = Arc::downgrade(&verifier);
    Ok(verifier)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
