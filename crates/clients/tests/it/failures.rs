//! What an error says of a vendor's answer, and what it never shows.

use fourfold_clients::http::{
    AuthScheme, BaseHttpClient, ClientError, ErrorKind, FailedAnswer, Failure, FailureReader, ProxyUrl,
};

use crate::support::{Reply, Server, builder, client};

async fn failure(reply: Reply) -> ClientError {
    let server = Server::start([reply]).await;
    client(&server).get("/").no_retry().send().await.unwrap_err()
}

#[tokio::test]
async fn the_vendors_code_and_words_are_found() {
    let table = [
        ("{\"error\":{\"message\":\"No.\",\"type\":\"t\",\"code\":\"c\"}}", Some("c"), Some("No.")),
        ("{\"error\":{\"message\":\"No.\",\"type\":\"t\",\"code\":null}}", Some("t"), Some("No.")),
        ("{\"error\":{\"code\":429,\"message\":\"No.\",\"status\":\"EXHAUSTED\"}}", Some("429"), Some("No.")),
        ("{\"type\":\"error\",\"error\":{\"type\":\"t\",\"message\":\"No.\"}}", Some("t"), Some("No.")),
        ("{\"error\":\"No.\",\"code\":\"c\"}", Some("c"), Some("No.")),
        ("{\"code\":\"c\",\"message\":\"No.\"}", Some("c"), Some("No.")),
        ("{\"id\":\"1\",\"name\":\"n\",\"errors\":[\"No.\",\"Never.\"]}", Some("n"), Some("No.; Never.")),
        ("{\"detail\":\"No.\"}", None, Some("No.")),
        ("[1,2]", None, None),
        ("\"\"", None, None),
        ("{\"name\":\"n\",\"errors\":[\"\"]}", Some("n"), None),
        ("<html>", None, None),
        ("", None, None),
    ];
    for (body, code, message) in table {
        let error = failure(Reply::status(400, &[], body)).await;
        assert_eq!((error.code(), error.message()), (code, message), "{body}");
        assert_eq!(error.body(), body.as_bytes());
    }
}

#[tokio::test]
async fn the_request_id_is_kept() {
    for name in ["x-request-id", "request-id", "apigw-requestid"] {
        assert_eq!(failure(Reply::status(400, &[(name, "req_1")], "")).await.request_id(), Some("req_1"));
    }
    let body = "{\"type\":\"error\",\"error\":{\"type\":\"t\"},\"request_id\":\"req_2\"}";
    assert_eq!(failure(Reply::status(400, &[], body)).await.request_id(), Some("req_2"));
    assert_eq!(
        failure(Reply::status(400, &[("request-id", "req_1")], body)).await.request_id(),
        Some("req_1")
    );
}

#[tokio::test]
async fn a_long_error_answer_is_cut() {
    let error = failure(Reply::status(400, &[], "x".repeat(100_000))).await;
    assert_eq!((error.kind(), error.body().len()), (ErrorKind::Status, 64 * 1024));
}

#[tokio::test]
async fn an_error_answer_that_breaks_off_is_still_that_status() {
    let cut = "HTTP/1.1 429 Busy\r\nRetry-After: 7\r\nContent-Length: 99\r\n\r\n{\"error\":";
    let error = failure(Reply::raw(cut).then_close()).await;
    assert_eq!((error.status().unwrap().as_u16(), error.retry_after().unwrap().as_secs()), (429, 7));
}

#[tokio::test]
async fn neither_credentials_nor_users_words_are_shown() {
    let body = "{\"error\":{\"message\":\"Wrong key sk-secret for: a user's words\"}}";
    let reply = Reply::status(401, &[("Location", "https://x/?sig=signed")], body);
    let server = Server::start([reply]).await;
    let client = builder(&server).auth(AuthScheme::Bearer("sk-secret".to_owned().into())).build().unwrap();
    let call = client.get("/images?sig=signed").query("prompt", "a user's words");
    let shown = [format!("{call:?}"), format!("{client:?}")];
    let error = call.send().await.unwrap_err();
    assert_eq!(error.message(), Some("Wrong key [hidden] for: a user's words"));
    let shown = [&shown[..], &[format!("{error:?}"), format!("{error:#?}"), format!("{error}")]].concat();
    for shown in shown {
        for secret in ["sk-secret", "signed", "user's words"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let proxy = ProxyUrl::try_from("http://user:sk-secret@proxy:8080".to_owned()).unwrap();
    assert_eq!(format!("{proxy:?}"), "http://proxy:8080/");
    assert!(!format!("{:?}", AuthScheme::Bearer("sk-secret".to_owned().into())).contains("sk-secret"));
}

#[tokio::test]
async fn the_chain_of_causes_has_no_url() {
    let client = BaseHttpClient::builder("http://127.0.0.1:1").build().unwrap();
    let error = client.get("/?sig=signed").no_retry().send().await.unwrap_err();
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = cause {
        assert!(!format!("{error} {error:?}").contains("signed"), "{error:?}");
        cause = error.source();
    }
}

/// A vendor that answers 503 for a wrong model.
struct WrongModel;

impl FailureReader for WrongModel {
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure {
        let failure = Failure::read(answer);
        let is_retryable = failure.is_retryable && failure.code.as_deref() != Some("model_not_found");
        Failure { is_retryable, ..failure }
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendors_own_reader_decides_whether_to_try_again() {
    let wrong = Reply::status(503, &[], "{\"error\":{\"code\":\"model_not_found\"}}");
    let busy = Reply::status(503, &[], "{\"error\":{\"code\":\"busy\"}}");
    let server = Server::start([wrong, busy, Reply::ok("")]).await;
    let client = builder(&server).failures(WrongModel).build().unwrap();
    let error = client.get("/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Status, false));
    client.get("/").send().await.unwrap();
}
