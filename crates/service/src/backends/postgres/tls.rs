//! How connections are encrypted.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::settings::{PostgresError, PostgresSettings};
use crate::backends::authorities::roots;
use crate::error::BoxError;

/// What encrypts connections of these settings. Whether it is used at all, their mode decides.
pub(super) fn connector(settings: &PostgresSettings) -> Result<MakeRustlsConnect, PostgresError> {
    let config = config(settings.config.get_ssl_mode(), settings.ca_file.as_deref());
    config.map(MakeRustlsConnect::new).map_err(PostgresError::Tls)
}

fn config(mode: SslMode, ca_file: Option<&Path>) -> Result<ClientConfig, BoxError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = match (mode, ca_file) {
        (SslMode::Disable | SslMode::Prefer, _) => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        }
        (_, Some(path)) => {
            builder.with_root_certificates(roots(path).map_err(|why| format!("ca_file {why}"))?)
        }
        (_, None) => builder.with_platform_verifier()?,
    };
    Ok(builder.with_no_client_auth())
}

/// Believes any certificate, as libpq does where encryption is only preferred: whoever could put in another one could
/// as well say that the server can't encrypt. Servers are often installed with a certificate that nobody has signed.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
