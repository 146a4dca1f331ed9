//! S3 by TLS, and one that isn't who it says.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fourfold_servers::S3;
use fourfold_service::Spawner;
use fourfold_service::artifacts::{ArtifactSettings, S3Settings};
use fourfold_service::backends::S3Storage;
use fourfold_service::ports::{ObjectStorage as _, StorageError};
use futures_util::stream;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificates::{Authority, Certificate};

/// Takes encrypted connections with this certificate and hands what comes to the server. Gives its port.
async fn encrypt(server: &S3, made: &Certificate, spawner: &Spawner) -> u16 {
    let certificate = CertificateDer::from_pem_slice(made.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(made.key.as_bytes()).unwrap();
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind = server.endpoint().trim_start_matches("http://").to_owned();
    let handing = spawner.clone();
    spawner.start(async move {
        loop {
            let (connection, _caller) = listener.accept().await.unwrap();
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            handing.start(async move {
                // A caller who doesn't believe the certificate hangs up.
                let Ok(mut outside) = acceptor.accept(connection).await else { return };
                let mut inside = TcpStream::connect(behind).await.unwrap();
                // However it ends, the caller sees it.
                drop(tokio::io::copy_bidirectional(&mut outside, &mut inside).await);
            });
        }
    });
    port
}

fn settings(port: u16, ca_file: Option<PathBuf>) -> S3Settings {
    S3Settings {
        bucket: Some(S3::BUCKET.to_owned()),
        region: S3::REGION.to_owned(),
        endpoint: Some(format!("https://localhost:{port}")),
        ca_file,
        path_style: true,
        access_key_id: Some(S3::ACCESS_KEY_ID.to_owned()),
        secret_access_key: Some(S3::SECRET_ACCESS_KEY.to_owned()),
    }
}

async fn is_distrusted(port: u16, ca_file: Option<PathBuf>, spawner: &Spawner) {
    let storage = S3Storage::new(&settings(port, ca_file), spawner.clone()).unwrap().unwrap();
    let Err(StorageError::Failed(why)) = storage.free_bytes().await else { panic!("it is trusted") };
    assert_eq!(why.to_string(), "S3 can't be reached (its certificate isn't trusted)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_s3_is_believed_whose_certificate_is_the_hosts_and_signed_by_who_is_trusted() {
    let (server, authority) = (S3::start().unwrap(), Authority::new());
    let spawner = Spawner::new(Handle::current());
    let port = encrypt(&server, &authority.sign("localhost"), &spawner).await;
    let trusted = Some(authority.file().to_owned());
    let storage = S3Storage::new(&settings(port, trusted.clone()), spawner.clone()).unwrap().unwrap();
    let bytes = Box::pin(stream::iter([Ok("a red fox".into())]));
    storage.put("a/0.txt", "text/plain", bytes).await.unwrap();
    assert_eq!(std::fs::read(server.folder().join("a/0.txt")).unwrap(), b"a red fox");

    is_distrusted(port, None, &spawner).await;
    let other = Authority::new();
    is_distrusted(port, Some(other.file().to_owned()), &spawner).await;
    let port = encrypt(&server, &authority.sign("store.example"), &spawner).await;
    is_distrusted(port, trusted, &spawner).await;
}

#[tokio::test]
async fn authorities_that_cannot_be_used_are_named() {
    let mut empty = tempfile::NamedTempFile::new().unwrap();
    empty.write_all(b"no certificate").unwrap();
    for (file, expected) in
        [(Path::new("/nowhere/ca.pem"), "/nowhere/ca.pem"), (empty.path(), "no certificate in it")]
    {
        let settings = settings(443, Some(file.to_owned()));
        assert_eq!(ArtifactSettings { s3: settings.clone(), ..ArtifactSettings::default() }.check(), Ok(()));
        let said = S3Storage::new(&settings, Spawner::new(Handle::current())).unwrap_err().to_string();
        assert!(said.contains("artifacts.s3.ca_file") && said.contains(expected), "{said}");
    }
}
