use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_clients::openai::MockOpenAiApi;
use fourfold_domain::{Effect, MediaMaker, Modality, Reason};
use serde_json::json;

use super::{context, media, provider};

#[tokio::test]
async fn each_code_of_the_vendors_has_its_reason() {
    for (status, code, reason) in [
        (400, "moderation_blocked", Reason::Refused),
        (400, "content_policy_violation", Reason::Refused),
        (400, "context_length_exceeded", Reason::InvalidRequest),
        (401, "invalid_api_key", Reason::Unauthorized),
        (404, "model_not_found", Reason::NotFound),
        (429, "rate_limit_exceeded", Reason::RateLimited),
        (429, "slow_down", Reason::RateLimited),
        (429, "insufficient_quota", Reason::OutOfMoney),
        (429, "credit_balance_exhausted", Reason::OutOfMoney),
        (500, "server_error", Reason::Unavailable),
        (503, "server_is_overloaded", Reason::Unavailable),
    ] {
        let mut api = MockOpenAiApi::new();
        api.expect_generate_image().returning(move |_| {
            let error = ClientError::new(ErrorKind::Status, http::Effect::NotStarted);
            let status = ::http::StatusCode::from_u16(status).unwrap();
            Err(error.with_status(status).with_code(code.to_owned()).with_message("No.".to_owned()))
        });
        let request = media(Modality::Image, json!({"prompt": "a fox"}));
        let error = provider(api).start(request, context("gpt-image-2")).await.unwrap_err();
        assert_eq!(
            (error.reason, error.effect, error.message.as_str()),
            (reason, Effect::NotStarted, "No."),
            "{code}"
        );
    }
}

#[tokio::test]
async fn what_the_client_cannot_know_stays_unknown() {
    let mut api = MockOpenAiApi::new();
    api.expect_generate_image()
        .returning(|_| Err(ClientError::new(ErrorKind::Interrupted, http::Effect::MayHaveStarted)));
    let request = media(Modality::Image, json!({"prompt": "a fox"}));
    let error = provider(api).start(request, context("gpt-image-2")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::MayHaveStarted));
}

#[tokio::test]
async fn media_that_cannot_be_read_begin_nothing() {
    let request = media(Modality::Image, json!({"prompt": "a fox", "image": "https://x.test/a.png"}));
    let error = provider(MockOpenAiApi::new()).start(request, context("gpt-image-2")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
}
