use fourfold_clients::http::{Body, ClientError};
use fourfold_clients::stability::{Generated, MockStabilityApi};
use fourfold_domain::{
    Circuit, Effect, MediaMaker, Output, OutputSource, Outputs, Provider, ProviderError, Quantity, Reason,
    Unit,
};
use futures_util::{TryStreamExt, stream};
use serde_json::{Value, json};

use super::{done, generated, provider, start};

/// What comes of a picture in webp, when the client gives this.
async fn made(give: impl Fn() -> Generated + Send + Sync + 'static) -> Result<Outputs, ProviderError> {
    let mut api = MockStabilityApi::new();
    api.expect_generate_image().times(1).returning(move |_| Ok(give()));
    let input = json!({"prompt": "a fox", "format": "webp"});
    start(&provider(api), "stable-image-core", input).await.map(done)
}

#[tokio::test]
async fn a_picture_is_counted_and_comes_with_its_facts() {
    let outputs = made(|| generated(Some("SUCCESS"), Some("image/png"), "PNG")).await.unwrap();
    let expected = Output { media_type: "image/png".into(), source: OutputSource::Bytes("PNG".into()) };
    assert_eq!(outputs.items, [expected]);
    assert_eq!(outputs.quantities, [Quantity::new(Unit::Image, 1)]);
    assert_eq!(outputs.missing, None);
    let facts = json!({"finish_reason": "SUCCESS", "request_id": "r1", "seed": 7});
    assert_eq!(Value::Object(outputs.vendor), facts);
}

#[tokio::test]
async fn a_picture_of_which_little_is_said_is_of_the_format_that_was_asked_for() {
    for media_type in [None, Some("application/octet-stream")] {
        let outputs = made(move || generated(None, media_type, "RIFF")).await.unwrap();
        assert_eq!(outputs.items[0].media_type, "image/webp");
    }
    // A word that nobody knows is no refusal.
    let outputs = made(|| generated(Some("NOVEL"), None, "RIFF")).await.unwrap();
    assert_eq!(outputs.vendor["finish_reason"], "NOVEL");
}

#[tokio::test]
async fn a_blurred_picture_is_a_refusal_and_is_not_read() {
    let unread = || {
        Body::from_stream(stream::once(async { panic!("it is read") as Result<bytes::Bytes, ClientError> }))
    };
    let error =
        made(move || generated(Some("CONTENT_FILTERED"), Some("image/png"), unread())).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Refused, Effect::Started));
    assert_eq!(error.message, "the vendor's filter has blurred the picture");
    assert_eq!(
        (&error.vendor["finish_reason"], &error.vendor["seed"]),
        (&json!("CONTENT_FILTERED"), &json!(7))
    );
    let error = made(|| generated(Some("ERROR"), Some("image/png"), "PNG")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Failed, Effect::Started));
}

#[tokio::test]
async fn an_answer_without_a_picture_is_work_that_was_begun() {
    let error = made(|| generated(Some("SUCCESS"), Some("image/png"), "")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Failed, Effect::Started));
    assert_eq!(error.vendor["seed"], 7);
}

#[tokio::test]
async fn results_come_with_their_answers_and_nothing_is_stopped() {
    let provider = provider(MockStabilityApi::new());
    let output = |source| Output { media_type: "image/png".into(), source };
    let stream = provider.fetch(&output(OutputSource::Bytes("PNG".into()))).await.unwrap();
    assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap(), ["PNG"]);
    for source in [OutputSource::Link("https://x.test/a.png".into()), OutputSource::Handle("x".into())] {
        assert_eq!(provider.fetch(&output(source)).await.err().unwrap().reason, Reason::Unsupported);
    }
    assert_eq!(provider.circuit(), Circuit::Closed);
}
