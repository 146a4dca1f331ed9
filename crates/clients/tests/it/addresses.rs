//! The address policy: every notation, every look-up, every hop.

use std::net::IpAddr;
use std::sync::Mutex;

use fourfold_clients::http::{
    AddressPolicy, BaseHttpClient, Body, ClientError, Effect, ErrorKind, Resolver, Resolving, is_public,
};
use http::Request;

use crate::support::{Reply, Server, client, timeless};

#[test]
fn only_addresses_of_the_public_internet_are_public() {
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "2a00::1",
    ];
    let inner = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ];
    for (addresses, expected) in [(&public[..], true), (&inner[..], false)] {
        for address in addresses {
            assert_eq!(is_public(address.parse::<IpAddr>().unwrap()), expected, "{address}");
        }
    }
}

fn assert_refused(outcome: Result<impl std::fmt::Debug, ClientError>, what: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::AddressRefused, Effect::NotStarted),
        "{what}: {error:?}"
    );
}

#[tokio::test]
async fn loopback_is_refused_in_every_notation_on_both_ways() {
    let server = Server::start([]).await;
    let base = BaseHttpClient::builder("https://vendor.test").settings(timeless()).build().unwrap();
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "localhost",
        "LOCALHOST",
        "0",
        "0.0.0.0",
        "[::]",
    ];
    for host in hosts {
        let url = format!("http://{host}:{}/", server.port());
        assert_refused(base.get(&url).no_retry().send().await, host);
        let request = Request::get(&url).body(Body::empty()).unwrap();
        assert_refused(base.exchange(request).await, host);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_base_url_may_be_anywhere_but_only_its_own_origin() {
    let server = Server::start([Reply::ok(""), Reply::ok("")]).await;
    let other = Server::start([]).await;
    let client = client(&server);
    client.get("/").send().await.unwrap();
    client.get(&format!("{}/absolute", server.url())).send().await.unwrap();
    assert_refused(client.get(&other.url()).send().await, "another port");
}

/// Answers each look-up with the next addresses.
struct Changing(Mutex<Vec<Vec<IpAddr>>>);

impl Changing {
    fn new(answers: &[&[&str]]) -> Self {
        let parse = |addresses: &&[&str]| addresses.iter().map(|address| address.parse().unwrap()).collect();
        Self(Mutex::new(answers.iter().rev().map(parse).collect()))
    }
}

impl Resolver for Changing {
    fn resolve(&self, name: &str) -> Resolving {
        assert_eq!(name, "vendor.test");
        let addresses = self.0.lock().unwrap().pop().expect("a look-up too many");
        Box::pin(async { Ok(addresses) })
    }
}

#[tokio::test]
async fn names_that_lead_inside_are_refused_at_each_look_up() {
    let server = Server::start([Reply::ok("").then_close()]).await;
    let answers: [&[&str]; 3] = [&["127.0.0.1"], &["127.0.0.1"], &["8.8.8.8", "127.0.0.1"]];
    let client = BaseHttpClient::builder("http://base.test").settings(timeless());
    let client = client.resolver(Changing::new(&answers)).build().unwrap();
    let url = format!("http://vendor.test:{}/", server.port());
    // A connection that the policy "any" allowed must not serve a call under the other.
    client.get(&url).addresses(AddressPolicy::Any).send().await.unwrap();
    assert_refused(client.get(&url).no_retry().send().await, "inside");
    assert_refused(client.get(&url).no_retry().send().await, "inside and outside");
}

#[tokio::test]
async fn redirects_to_the_inside_are_refused() {
    for location in ["http://127.0.0.1:1/", "//0x7f.1:1/", "http://localhost:1/", "http://[::1]:1/"] {
        let server = Server::start([Reply::redirect(302, location)]).await;
        let error = client(&server).get("/").redirects(5).no_retry().send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddressRefused, "{location}");
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(error.effect(), Effect::MayHaveStarted, "the first hop was served");
    }
}

#[tokio::test]
async fn other_schemes_are_refused() {
    for location in ["file:///etc/passwd", "ftp://vendor.test/", "gopher://127.0.0.1/"] {
        let server = Server::start([Reply::redirect(302, location)]).await;
        let error = client(&server).get("/").redirects(5).no_retry().send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddressRefused, "{location}");
    }
}
