//! Certificate authorities of the operator's own.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::error::BoxError;

/// The certificate authorities of a PEM file, of which there must be one. An error says which file it is, and what is
/// wrong with it.
#[cfg(feature = "postgres")]
pub(super) fn roots(path: &Path) -> Result<RootCertStore, BoxError> {
    roots_in(&read(path)?).map_err(|why| wrong(path, &why))
}

/// The PEM file itself, for those who read it by themselves; all of its certificates can be read, and it has one.
#[cfg(any(feature = "redis", feature = "s3"))]
pub(super) fn pem(path: &Path) -> Result<Vec<u8>, BoxError> {
    let pem = read(path)?;
    roots_in(&pem).map_err(|why| wrong(path, &why))?;
    Ok(pem)
}

/// Whether a server showed a certificate that isn't trusted, or isn't its own. Drivers wrap the cause in types that they
/// don't show, so rustls' words for it must do.
#[cfg(any(feature = "redis", feature = "s3"))]
pub(super) fn is_distrust(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.to_string().contains("invalid peer certificate"))
}

fn roots_in(pem: &[u8]) -> Result<RootCertStore, BoxError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate?)?;
    }
    if roots.is_empty() { Err("there is no certificate in it".into()) } else { Ok(roots) }
}

fn read(path: &Path) -> Result<Vec<u8>, BoxError> {
    std::fs::read(path).map_err(|error| wrong(path, &error))
}

fn wrong(path: &Path, why: &dyn std::fmt::Display) -> BoxError {
    format!("{}: {why}", path.display()).into()
}
