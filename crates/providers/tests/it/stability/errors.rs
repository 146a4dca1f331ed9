use std::time::Duration;

use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_clients::stability::MockStabilityApi;
use fourfold_domain::{Effect, Reason};
use serde_json::json;

use super::{PNG, provider, start};

fn status(status: u16, code: &str) -> ClientError {
    let error = ClientError::new(ErrorKind::Status, http::Effect::NotStarted).with_code(code.to_owned());
    error.with_status(::http::StatusCode::from_u16(status).unwrap()).with_message("No.".to_owned())
}

#[tokio::test]
async fn each_name_of_the_vendors_errors_has_its_reason() {
    for (code, name, reason) in [
        (400, "bad_request", Reason::InvalidRequest),
        (401, "unauthorized", Reason::Unauthorized),
        (402, "payment_required", Reason::OutOfMoney),
        (402, "novel", Reason::OutOfMoney),
        (403, "content_moderation", Reason::Refused),
        (403, "permission_denied", Reason::Forbidden),
        (404, "not_found", Reason::NotFound),
        (413, "payload_too_large", Reason::InvalidRequest),
        (422, "invalid_language", Reason::InvalidRequest),
        (429, "rate_limit_exceeded", Reason::RateLimited),
        (429, "insufficient_balance", Reason::OutOfMoney),
        (429, "insufficient_credits", Reason::OutOfMoney),
        (500, "internal_error", Reason::Unavailable),
        (503, "novel", Reason::Unavailable),
    ] {
        let mut api = MockStabilityApi::new();
        api.expect_generate_image().times(1).returning(move |_| Err(status(code, name)));
        api.expect_start_image().times(1).returning(move |_| Err(status(code, name)));
        let provider = provider(api);
        let at_once = start(&provider, "stable-image-core", json!({"prompt": "a fox"})).await;
        let task = start(&provider, "upscale-creative", json!({"prompt": "a fox", "image": PNG})).await;
        for error in [at_once.unwrap_err(), task.unwrap_err()] {
            assert_eq!((error.reason, error.effect), (reason, Effect::NotStarted), "{name}");
            assert_eq!((error.message.as_str(), &error.vendor["code"]), ("No.", &json!(name)));
        }
    }
}

#[tokio::test]
async fn what_the_client_cannot_know_stays_unknown() {
    let mut api = MockStabilityApi::new();
    api.expect_generate_image().times(1).returning(|_| {
        let error = ClientError::new(ErrorKind::Interrupted, http::Effect::MayHaveStarted);
        Err(error.with_retry_after(Duration::from_secs(3)))
    });
    let error = start(&provider(api), "stable-image-core", json!({"prompt": "a fox"})).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::MayHaveStarted));
    assert_eq!(error.retry_after, Some(Duration::from_secs(3)));
}
