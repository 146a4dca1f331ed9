//! What a call sends, and what it gives back.

use std::convert::Infallible;

use bytes::Bytes;
use fourfold_clients::http::{AuthScheme, Body, Effect, ErrorKind, Multipart};
use futures_util::StreamExt;
use http::{HeaderName, header};
use serde_json::Value;

use crate::support::{Reply, Server, builder, client};

#[tokio::test]
async fn a_call_carries_base_url_credential_default_headers_and_user_agent() {
    let server = Server::start([Reply::ok("{\"id\":7}")]).await;
    let client = builder(&server)
        .auth(AuthScheme::Bearer("sk-secret".to_owned().into()))
        .default_header("x-version", "2026")
        .build()
        .unwrap();
    let call = client.post("v1/things").query("limit", 20).json(&serde_json::json!({"name": "a"}));
    let answer: serde_json::Value = call.send().await.unwrap().json().unwrap();
    assert_eq!(answer["id"], 7);
    let received = server.only_received();
    assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", "/v1/things?limit=20"));
    assert_eq!(received.header("authorization"), Some("Bearer sk-secret"));
    assert_eq!(received.header("x-version"), Some("2026"));
    assert_eq!(received.header("user-agent"), Some(concat!("fourfold/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(received.header("content-type"), Some("application/json"));
    assert_eq!(received.text(), "{\"name\":\"a\"}");
}

#[tokio::test]
async fn a_multipart_form_is_sent_as_browsers_do() {
    let server = Server::start([Reply::ok("")]).await;
    let mask = futures_util::stream::iter(["ma", "sk"]).map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    let form = Multipart::with_boundary("XX")
        .text("prompt", "a \"cat\"")
        .file("image", "cat\".png", "image/png", &b"\x89PNG"[..])
        .streamed_file("mask", "m.png", "image/png", Body::from_stream_with_length(mask, 4));
    client(&server).post("/edits").multipart(form).send().await.unwrap();
    let received = server.only_received();
    assert_eq!(received.header("content-type"), Some("multipart/form-data; boundary=XX"));
    let expected = b"--XX\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na \"cat\"\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"cat%22.png\"\r\n\
        Content-Type: image/png\r\n\r\n\x89PNG\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"mask\"; filename=\"m.png\"\r\n\
        Content-Type: image/png\r\n\r\nmask\r\n--XX--\r\n";
    assert_eq!(received.body, expected);
    assert_eq!(received.header("content-length"), Some(expected.len().to_string().as_str()));
}

#[tokio::test]
async fn every_verb_has_its_method() {
    let server = Server::start((0..6).map(|_| Reply::ok(""))).await;
    let client = client(&server);
    let head = client.request(http::Method::OPTIONS, "/");
    for call in
        [client.get("/"), client.post("/"), client.put("/"), client.patch("/"), client.delete("/"), head]
    {
        call.send().await.unwrap();
    }
    let methods: Vec<_> = server.received().into_iter().map(|received| received.method).collect();
    assert_eq!(methods, ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
}

#[tokio::test]
async fn a_form_is_encoded_and_bytes_go_as_they_are() {
    let server = Server::start([Reply::ok(""), Reply::ok("")]).await;
    let client = client(&server);
    client.post("/").form([("a b", "1&2"), ("ü", "")]).send().await.unwrap();
    client.put("/").header(header::CONTENT_TYPE, "image/png").body(&b"\x89PNG"[..]).send().await.unwrap();
    let received = server.received();
    assert_eq!(received[0].text(), "a+b=1%262&%C3%BC=");
    assert_eq!(received[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        (received[1].header("content-type"), &received[1].body[..]),
        (Some("image/png"), &b"\x89PNG"[..])
    );
}

#[tokio::test]
async fn the_credential_goes_where_the_scheme_says_and_a_call_may_bring_its_own() {
    let key = || "k&y".to_owned().into();
    let table = [
        (AuthScheme::Bearer(key()), "/?a=1", Some(("authorization", "Bearer k&y"))),
        (
            AuthScheme::Header("x-goog-api-key".parse().unwrap(), key()),
            "/?a=1",
            Some(("x-goog-api-key", "k&y")),
        ),
        (AuthScheme::Query("key".to_owned(), key()), "/?a=1&key=k%26y", None),
        (AuthScheme::None, "/?a=1", None),
    ];
    for (auth, target, header) in table {
        let server = Server::start([Reply::ok(""), Reply::ok("")]).await;
        let client = builder(&server).auth(auth.clone()).build().unwrap();
        client.get("/").query("a", 1).send().await.unwrap();
        let other = builder(&server).auth(AuthScheme::Bearer("other".to_owned().into())).build().unwrap();
        other.get("/").query("a", 1).auth(&auth).send().await.unwrap();
        for received in server.received() {
            assert_eq!(received.target, target);
            for name in ["authorization", "x-goog-api-key"] {
                let expected = header.filter(|(expected, _)| *expected == name).map(|(_, value)| value);
                assert_eq!(received.header(name), expected, "{auth:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_calls_own_header_takes_the_place_of_the_default() {
    let server = Server::start([Reply::ok("")]).await;
    let client = builder(&server).default_header("x-version", "1").build().unwrap();
    client
        .get("/")
        .header(HeaderName::from_static("x-version"), "2")
        .accept("text/plain")
        .send()
        .await
        .unwrap();
    let received = server.only_received();
    assert_eq!((received.header("x-version"), received.header("accept")), (Some("2"), Some("text/plain")));
}

#[tokio::test]
async fn an_answer_is_read_as_json_text_or_bytes() {
    let reply = Reply::status(201, &[("x-request-id", "r1")], "{\"n\":1}");
    let server =
        Server::start([reply, Reply::ok("\u{fe}"), Reply::ok("{\"n\":1} {}"), Reply::ok([0xff])]).await;
    let client = client(&server);
    let answer = client.get("/").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.request_id().as_deref()), (201, Some("r1")));
    assert_eq!(answer.headers()["content-length"], "7");
    assert_eq!((answer.text().unwrap(), answer.bytes().len()), ("{\"n\":1}", 7));
    assert_eq!(answer.json::<Value>().unwrap()["n"], 1);
    assert_eq!(answer.into_bytes(), "{\"n\":1}");
    assert_eq!(client.get("/").send().await.unwrap().text().unwrap(), "\u{fe}");
    for expected in ["more than one JSON value at .", "not JSON at ."] {
        let answer = client.get("/").send().await.unwrap();
        let error = answer.json::<Value>().unwrap_err();
        assert_eq!(
            (error.kind(), std::error::Error::source(&error).unwrap().to_string()),
            (ErrorKind::Decode, expected.to_owned())
        );
    }
}

#[tokio::test]
async fn mistakes_come_out_when_the_call_is_sent() {
    let server = Server::start([]).await;
    let client = client(&server);
    let unwritable = std::collections::HashMap::from([((1, 2), 3)]);
    let calls = [
        client.get("/").header(header::ACCEPT, "a\nb"),
        client.post("/").json(&unwritable),
        client.get("/").auth(&AuthScheme::Bearer("a\nb".to_owned().into())),
        client.post("/").multipart(Multipart::with_boundary("a\nb")),
        client.get("http://"),
    ];
    for call in calls {
        let error = call.send().await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::InvalidRequest, Effect::NotStarted));
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[tokio::test]
async fn a_form_with_a_stream_of_unknown_length_is_sent_in_chunks() {
    let server = Server::start([Reply::ok(""), Reply::ok("")]).await;
    let client = client(&server);
    let pieces =
        futures_util::stream::iter(["one", "two"]).map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    let form = Multipart::with_boundary("X").text("a", "1").streamed_file(
        "f",
        "f",
        "a/b\r\n",
        Body::from_stream(pieces),
    );
    client.post("/").multipart(form).send().await.unwrap();
    client.post("/").multipart(Multipart::default()).send().await.unwrap();
    let received = server.received();
    assert_eq!(received[0].header("transfer-encoding"), Some("chunked"));
    let expected = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X\r\nContent-Disposition: form-data; \
        name=\"f\"; filename=\"f\"\r\nContent-Type: a/b\r\n\r\nonetwo\r\n--X--\r\n";
    assert_eq!(received[0].text(), expected);
    let boundary =
        received[1].header("content-type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    assert_eq!(received[1].text(), format!("--{boundary}--\r\n"));
}

#[tokio::test]
async fn another_bodys_bytes_can_be_sent_on() {
    let source = Server::start([Reply::ok("passed on")]).await;
    let answer = client(&source).get("/").stream().await.unwrap();
    let server = Server::start([Reply::ok(""), Reply::ok("")]).await;
    let client = client(&server);
    client.put("/").body(answer.into_body()).send().await.unwrap();
    client.put("/").body(Body::wrap(http_body_util::Full::new(Bytes::from("wrapped")))).send().await.unwrap();
    let received = server.received();
    for (received, (text, length)) in received.iter().zip([("passed on", "9"), ("wrapped", "7")]) {
        assert_eq!((received.text(), received.header("content-length")), (text, Some(length)));
    }
}
