use std::time::Duration;

use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_clients::runway::{DAILY_LIMIT, MockRunwayApi, NO_CREDITS};
use fourfold_domain::{Effect, MediaMaker, Modality, Reason, Request};
use serde_json::json;

use super::{context, provider, started};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn each_error_of_the_vendors_has_its_reason() {
    let (none, unknown) = (http::Effect::NotStarted, http::Effect::MayHaveStarted);
    for (status, code, effect, reason, wait) in [
        (400, None, none, Reason::InvalidRequest, None),
        (400, Some(NO_CREDITS), none, Reason::OutOfMoney, None),
        (401, None, none, Reason::Unauthorized, None),
        (403, None, none, Reason::Forbidden, None),
        (405, None, none, Reason::InvalidRequest, None),
        (429, None, none, Reason::RateLimited, None),
        (429, Some(DAILY_LIMIT), none, Reason::RateLimited, Some(HOUR)),
        (500, None, unknown, Reason::Unavailable, None),
        (502, None, unknown, Reason::Unavailable, None),
        (503, None, none, Reason::Unavailable, None),
        (504, None, unknown, Reason::Timeout, None),
    ] {
        let mut api = MockRunwayApi::new();
        api.expect_create_generation().times(1).returning(move |_| {
            let error = ClientError::new(ErrorKind::Status, effect)
                .with_status(::http::StatusCode::from_u16(status).unwrap())
                .with_message("No, see https://docs.test.".to_owned());
            Err(code.into_iter().fold(error, |error, code| error.with_code(code.to_owned())))
        });
        let input = json!({"prompt": "a fox"});
        let error = started(api, context("gen4_image"), input).await.unwrap_err();
        let effect = if effect == none { Effect::NotStarted } else { Effect::MayHaveStarted };
        assert_eq!(
            (error.reason, error.effect, error.retry_after),
            (reason, effect, wait),
            "{status} {code:?}"
        );
        assert_eq!(error.message, "No, see");
    }
}

#[tokio::test]
async fn a_wait_that_the_vendor_names_is_kept() {
    let mut api = MockRunwayApi::new();
    api.expect_create_generation().returning(|_| {
        Err(ClientError::new(ErrorKind::Status, http::Effect::NotStarted)
            .with_status(::http::StatusCode::TOO_MANY_REQUESTS)
            .with_code(DAILY_LIMIT.to_owned())
            .with_retry_after(Duration::from_secs(7)))
    });
    let error = started(api, context("gen4_image"), json!({"prompt": "a fox"})).await.unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_model_of_another_kind_begins_nothing() {
    for (model, modality, input, reason) in [
        ("gen4_turbo", Modality::Image, json!({"prompt": "a fox"}), Reason::InvalidRequest),
        ("gen4_image", Modality::Video, json!({"prompt": "a fox"}), Reason::InvalidRequest),
        ("gen4_image", Modality::Speech, json!({"text": "Hello."}), Reason::InvalidRequest),
        ("gen4_image", Modality::Transcription, json!({"audio": "https://x.test/a"}), Reason::InvalidRequest),
        ("gen4_aleph", Modality::Video, json!({"prompt": "a fox"}), Reason::NotFound),
    ] {
        let Ok(Request::Media(request)) = Request::parse(modality, input.as_object().unwrap().clone()) else {
            panic!("{input}");
        };
        let error = provider(MockRunwayApi::new()).start(request, context(model)).await.unwrap_err();
        assert_eq!((error.reason, error.effect), (reason, Effect::NotStarted), "{model} {error}");
    }
}
