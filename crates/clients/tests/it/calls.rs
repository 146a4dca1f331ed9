//! What a call sends, and what it gives back.

use fourfold_clients::http::{AuthScheme, Body, Multipart};

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
    let form = Multipart::with_boundary("XX")
        .text("prompt", "a \"cat\"")
        .file("image", "cat\".png", "image/png", &b"\x89PNG"[..])
        .streamed_file("mask", "m.png", "image/png", Body::from("mask"));
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
