//! Redirects: followed on demand, and what goes along.

use std::convert::Infallible;

use bytes::Bytes;
use fourfold_clients::http::{AddressPolicy, AuthScheme, BaseHttpClient, Body, ErrorKind};
use futures_util::stream;
use http::header;

use crate::support::{Reply, Server, builder, client, timeless};

/// A client that may reach the other server too.
fn open(server: &Server) -> BaseHttpClient {
    let mut settings = timeless();
    settings.foreign_addresses = AddressPolicy::Any;
    let auth = AuthScheme::Header("x-api-key".parse().unwrap(), "secret".to_owned().into());
    builder(server).settings(settings).auth(auth).default_header("x-org", "ours").build().unwrap()
}

#[tokio::test]
async fn a_redirect_is_an_error_unless_asked_for() {
    let server = Server::start([Reply::redirect(302, "/b")]).await;
    let error = client(&server).get("/a").send().await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Status, 302));
}

#[tokio::test]
async fn methods_change_as_in_browsers() {
    let table = [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "PUT", "PUT"),
        (303, "PUT", "GET"),
        (307, "GET", "GET"),
    ];
    for (status, method, expected) in table {
        let server = Server::start([Reply::redirect(status, "b?c"), Reply::ok("there")]).await;
        let client = client(&server);
        let call = client.request(method.parse().unwrap(), "x/a").json("body").redirects(1);
        assert_eq!(call.send().await.unwrap().text().unwrap(), "there");
        let next = &server.received()[1];
        assert_eq!((next.method.as_str(), next.target.as_str()), (expected, "/x/b?c"));
        let has_body = expected == method;
        assert_eq!(next.text(), if has_body { "\"body\"" } else { "" }, "{status} {method}");
        assert_eq!(next.header("content-type").is_some(), has_body, "{status} {method}");
    }
}

#[tokio::test]
async fn secrets_stay_with_their_origin() {
    let server = Server::start([Reply::redirect(302, "/again")]).await;
    // The second hop leads away, the third one back.
    let other = Server::start([Reply::redirect(307, &server.url())]).await;
    server.push([Reply::redirect(307, &other.url()), Reply::ok("")]);
    let client = open(&server);
    let call =
        client.get("/").header(header::COOKIE, "a=1").header(header::ACCEPT, "text/plain").redirects(9);
    call.send().await.unwrap();
    let of_server = server.received();
    assert_eq!(of_server.len(), 3);
    for (received, has_secrets) in
        [(&of_server[0], true), (&of_server[1], true), (&other.received()[0], false), (&of_server[2], false)]
    {
        for name in ["x-api-key", "x-org", "cookie"] {
            assert_eq!(received.header(name).is_some(), has_secrets, "{name}");
        }
        assert_eq!(received.header("accept"), Some("text/plain"));
        assert!(received.header("user-agent").is_some());
    }
}

#[tokio::test]
async fn a_credential_in_the_query_stays_too() {
    let server = Server::start([]).await;
    let other = Server::start([Reply::ok("")]).await;
    server.push([Reply::redirect(302, &other.url())]);
    let mut settings = timeless();
    settings.foreign_addresses = AddressPolicy::Any;
    let auth = AuthScheme::Query("key".to_owned(), "secret".to_owned().into());
    let client = builder(&server).settings(settings).auth(auth).build().unwrap();
    client.get("/").query("q", 1).redirects(1).send().await.unwrap();
    assert_eq!(server.only_received().target, "/?q=1&key=secret");
    assert_eq!(other.only_received().target, "/");
}

#[tokio::test]
async fn a_call_to_another_origin_carries_no_secret() {
    let server = Server::start([]).await;
    let other = Server::start([Reply::ok(""), Reply::ok("")]).await;
    let client = open(&server);
    client.get(&other.url()).send().await.unwrap();
    let own = AuthScheme::Bearer("its-own".to_owned().into());
    client.get(&other.url()).auth(&own).send().await.unwrap();
    let received = other.received();
    for received in &received {
        assert_eq!((received.header("x-api-key"), received.header("x-org")), (None, None));
    }
    assert_eq!(received[0].header("authorization"), None);
    assert_eq!(received[1].header("authorization"), Some("Bearer its-own"));
}

#[tokio::test]
async fn redirects_that_cannot_be_followed_say_why() {
    let too_many = Server::start([Reply::redirect(302, "/"), Reply::redirect(302, "/")]).await;
    let nowhere = Server::start([Reply::status(302, &[], "")]).await;
    let unclear = Server::start([Reply::redirect(302, "http://")]).await;
    let once = Server::start([Reply::redirect(307, "/")]).await;
    let stream = || Body::from_stream(stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"once"))]));
    let table = [
        (&too_many, Body::empty(), "there were too many"),
        (&nowhere, Body::empty(), "it names no location"),
        (&unclear, Body::empty(), "empty host"),
        (&once, stream(), "its body can't be sent again"),
    ];
    for (server, body, expected) in table {
        let error = client(server).post("/").body(body).redirects(1).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redirect);
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), expected);
    }
}
