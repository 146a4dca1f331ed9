use fourfold_clients::gemini::MockGeminiApi;
use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_domain::{Circuit, Effect, Generator, MediaMaker, Modality, Provider, Reason};
use serde_json::json;

use super::{context, media, provider, text};

#[tokio::test]
async fn each_code_of_the_vendors_has_its_reason() {
    for (status, code, reason) in [
        (400, "API_KEY_INVALID", Reason::Unauthorized),
        (400, "INVALID_ARGUMENT", Reason::InvalidRequest),
        (400, "MISSING_THOUGHT_SIGNATURE", Reason::InvalidRequest),
        (400, "FAILED_PRECONDITION", Reason::Forbidden),
        (401, "UNAUTHENTICATED", Reason::Unauthorized),
        (402, "PAYMENT_REQUIRED", Reason::OutOfMoney),
        (403, "PERMISSION_DENIED", Reason::Forbidden),
        (403, "SERVICE_DISABLED", Reason::Forbidden),
        (404, "NOT_FOUND", Reason::NotFound),
        (429, "RESOURCE_EXHAUSTED", Reason::RateLimited),
        (429, "RATE_LIMIT_EXCEEDED", Reason::RateLimited),
        (499, "CANCELLED", Reason::Unavailable),
        (500, "INTERNAL", Reason::Unavailable),
        (503, "UNAVAILABLE", Reason::Unavailable),
        (504, "DEADLINE_EXCEEDED", Reason::Timeout),
        // Interactions have words of their own.
        (400, "invalid_request", Reason::InvalidRequest),
        (403, "permission_denied", Reason::Forbidden),
        (404, "not_found", Reason::NotFound),
        // Within a stream there is no other status.
        (200, "INVALID_ARGUMENT", Reason::InvalidRequest),
        (200, "PERMISSION_DENIED", Reason::Forbidden),
        (200, "RESOURCE_EXHAUSTED", Reason::RateLimited),
        (200, "DEADLINE_EXCEEDED", Reason::Timeout),
    ] {
        let mut api = MockGeminiApi::new();
        api.expect_generate_image().returning(move |_| {
            let error = ClientError::new(ErrorKind::Status, http::Effect::NotStarted);
            let status = ::http::StatusCode::from_u16(status).unwrap();
            Err(error.with_status(status).with_code(code.to_owned()).with_message("No.".to_owned()))
        });
        let request = media(Modality::Image, json!({"prompt": "a fox"}));
        let error = provider(api).start(request, context("gemini-3.1-flash-image")).await.unwrap_err();
        assert_eq!(
            (error.reason, error.effect, error.message.as_str()),
            (reason, Effect::NotStarted, "No."),
            "{status} {code}"
        );
    }
}

#[tokio::test]
async fn what_the_client_cannot_know_stays_unknown() {
    let mut api = MockGeminiApi::new();
    api.expect_generate_content()
        .returning(|_| Err(ClientError::new(ErrorKind::Interrupted, http::Effect::MayHaveStarted)));
    let request = text(Modality::Chat, json!({"messages": [{"role": "user", "content": "Hi"}]}));
    let error = provider(api).generate(request, context("gemini-3.8-flash")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::MayHaveStarted));
}

#[tokio::test]
async fn what_it_has_not_begins_nothing() {
    let provider = provider(MockGeminiApi::new());
    assert_eq!(provider.circuit(), Circuit::Closed);
    let request = media(Modality::Transcription, json!({"audio": "data:audio/wav;base64,UklGRg=="}));
    let error = provider.start(request, context("gemini-3.8-flash")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unsupported, Effect::NotStarted));
    let request = media(Modality::Image, json!({"prompt": "a fox"}));
    let error = provider.start(request, context("imagen-4.0-generate-001")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::NotFound, Effect::NotStarted));
}
