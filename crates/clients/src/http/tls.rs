//! TLS for both transports: rustls over aws-lc-rs, the platform's roots, and the operator's own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use serde::{Deserialize, Serialize};

use super::error::BoxError;

/// What a client trusts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// PEM files with certificate authorities to trust beside the platform's. Default none.
    pub ca_files: Vec<PathBuf>,
    /// Whether a server has to prove who it is. Default true. Without it a credential goes to whoever answers, so no
    /// setting of a vendor's client reaches it: only who builds a client can turn it off.
    #[serde(skip, default = "verifies")]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub verify: bool,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self { ca_files: Vec::new(), verify: verifies() }
    }
}

fn verifies() -> bool {
    true
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
    let verifier: Arc<dyn ServerCertVerifier> = match (settings.verify, roots.is_empty()) {
        (false, _) => Arc::new(TrustsAll(provider())),
        (true, true) => platform_verifier()?,
        (true, false) => Arc::new(Verifier::new_with_extra_roots(roots, provider())?),
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

/// Takes any server for the one that was named. The signatures still have to be right.
#[derive(Debug)]
struct TrustsAll(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustsAll {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
