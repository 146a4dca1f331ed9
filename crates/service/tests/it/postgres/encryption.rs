//! Connections to Postgres by TLS, and servers that aren't who they say.

use std::error::Error as _;
use std::io::Write as _;
use std::path::Path;

use fourfold_service::backends::{PostgresError, PostgresSettings, PostgresStore};
use fourfold_service::ports::AccountStore as _;

use super::House;
use crate::certificates::Authority;

const HOST: &str = "localhost";

/// The house's database by this mode, for who trusts this file.
async fn open(house: &House, mode: &str, ca_file: Option<&Path>) -> Result<PostgresStore, PostgresError> {
    let url = format!("{}?sslmode={mode}", house.url.replace("127.0.0.1", HOST));
    let settings = PostgresSettings::new(&url).unwrap().with_ca_file(ca_file.map(Path::to_owned))?;
    PostgresStore::open(&settings).await
}

/// What is said, all the way down.
fn words(error: &PostgresError) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        said = format!("{said}: {error}");
        source = error.source();
    }
    said
}

/// How many of our connections are encrypted.
fn encrypted(house: &House, encrypted: bool) -> u32 {
    let asked = format!(
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'fourfold' AND ssl = {encrypted}"
    );
    house.sql(&asked).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_believed_whose_certificate_is_the_hosts_and_signed_by_who_is_trusted() {
    let (house, authority) = (House::new(), Authority::new());
    let made = authority.sign(HOST);
    house.server.encrypt(&made.certificate, &made.key).unwrap();
    for mode in ["require", "verify-ca", "verify-full"] {
        let store = open(&house, mode, Some(authority.file())).await.unwrap();
        assert!(store.audit().await.unwrap().findings.is_empty());
        assert!(encrypted(&house, true) > 0 && encrypted(&house, false) == 0, "{mode}");
        drop(store);
        for (file, why) in [(None, "the machine"), (Some(Authority::new()), "another")] {
            let refused = open(&house, mode, file.as_ref().map(Authority::file)).await;
            let said = words(&refused.err().expect(why));
            assert!(
                said.contains("can't be reached") && said.contains("certificate"),
                "{mode} {why}: {said}"
            );
        }
    }
    // Where encryption is only preferred, any certificate will do.
    let _store = open(&house, "prefer", None).await.unwrap();
    assert!(encrypted(&house, true) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_another_host_is_refused() {
    let (house, authority) = (House::new(), Authority::new());
    let made = authority.sign("db.example");
    house.server.encrypt(&made.certificate, &made.key).unwrap();
    let said = words(&open(&house, "require", Some(authority.file())).await.err().unwrap());
    assert!(said.contains("certificate") && said.contains(HOST), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_encrypt_is_refused_where_that_is_required() {
    let (house, authority) = (House::new(), Authority::new());
    let said = words(&open(&house, "require", Some(authority.file())).await.err().unwrap());
    assert!(said.contains("TLS"), "{said}");
    open(&house, "prefer", None).await.unwrap();
}

#[tokio::test]
async fn authorities_that_cannot_be_used_are_named() {
    let (house, authority) = (House::new(), Authority::new());
    let mut empty = tempfile::NamedTempFile::new().unwrap();
    empty.write_all(b"no certificate").unwrap();
    for (mode, file, expected) in [
        ("require", Path::new("/nowhere/ca.pem"), "/nowhere/ca.pem"),
        ("require", empty.path(), "no certificate in it"),
        ("prefer", authority.file(), "sslmode=require"),
        ("disable", authority.file(), "sslmode=require"),
    ] {
        let said = words(&open(&house, mode, Some(file)).await.err().unwrap());
        assert!(said.contains("ca_file") && said.contains(expected), "{mode}: {said}");
    }
}
