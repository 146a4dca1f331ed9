use fourfold_clients::anthropic::MockAnthropicApi;
use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_domain::{Effect, Generator, Modality, Reason, Request};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use super::{NEW, context, hi, provider};

#[tokio::test]
async fn each_type_of_the_vendors_errors_has_its_reason() {
    for (status, code, reason) in [
        (400, "invalid_request_error", Reason::InvalidRequest),
        (401, "authentication_error", Reason::Unauthorized),
        (402, "billing_error", Reason::OutOfMoney),
        (403, "permission_error", Reason::Unauthorized),
        (404, "not_found_error", Reason::NotFound),
        (409, "conflict_error", Reason::Unavailable),
        (413, "request_too_large", Reason::InvalidRequest),
        (429, "rate_limit_error", Reason::RateLimited),
        (429, "monthly_spend_limit", Reason::OutOfMoney),
        (500, "api_error", Reason::Unavailable),
        (504, "timeout_error", Reason::Timeout),
        (529, "overloaded_error", Reason::Unavailable),
    ] {
        let mut api = MockAnthropicApi::new();
        api.expect_create_message().returning(move |_| {
            let error = ClientError::new(ErrorKind::Status, http::Effect::NotStarted);
            let status = ::http::StatusCode::from_u16(status).unwrap();
            Err(error.with_status(status).with_code(code.to_owned()).with_message("No.".to_owned()))
        });
        let error = provider(api).generate(hi(), context(NEW)).await.unwrap_err();
        let found = (error.reason, error.effect, error.message.as_str());
        assert_eq!(found, (reason, Effect::NotStarted, "No."), "{code}");
    }
}

#[tokio::test]
async fn an_error_within_a_stream_has_its_reason_too() {
    for (code, reason) in [
        ("overloaded_error", Reason::Unavailable),
        ("api_error", Reason::Unavailable),
        ("rate_limit_error", Reason::RateLimited),
        ("timeout_error", Reason::Timeout),
        ("novel_error", Reason::Failed),
    ] {
        let mut api = MockAnthropicApi::new();
        api.expect_create_message_stream().returning(move |_| {
            let error = ClientError::new(ErrorKind::Status, http::Effect::Started).with_code(code.to_owned());
            Ok(stream::iter([Err(error)]).boxed())
        });
        let chunks = provider(api).generate_stream(hi(), context(NEW)).await.unwrap();
        let error = chunks.try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!((error.reason, error.effect), (reason, Effect::Started), "{code}");
    }
}

#[tokio::test]
async fn what_the_client_cannot_know_stays_unknown() {
    let mut api = MockAnthropicApi::new();
    api.expect_create_message_stream()
        .returning(|_| Err(ClientError::new(ErrorKind::Interrupted, http::Effect::MayHaveStarted)));
    let error = provider(api).generate_stream(hi(), context(NEW)).await.err().unwrap();
    assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::MayHaveStarted));
}

#[tokio::test]
async fn there_are_no_vectors() {
    let input = json!({"texts": ["a"]}).as_object().unwrap().clone();
    let Request::Generation(request) = Request::parse(Modality::Embedding, input).unwrap() else { panic!() };
    let error = provider(MockAnthropicApi::new()).generate(request, context(NEW)).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unsupported, Effect::NotStarted));
}
