//! How the mock fails: by its model's name, and by its settings.

use fourfold_domain::{Effect, Generator, MediaMaker, Modality, Poll, Reason, Request};
use fourfold_providers::mock::{MockFailure, MockSettings};
use serde_json::json;

use super::{context, failing, generate, generation, mock_at, outputs, start, task};

#[tokio::test]
async fn the_fail_models_fail_after_they_began() {
    for (model, input) in [
        ("mock-image-fail", json!({"prompt": "a fox"})),
        ("mock-video-fail", json!({"prompt": "a fox"})),
        ("mock-speech-fail", json!({"text": "a fox"})),
        ("mock-transcription-fail", json!({"audio": "data:audio/mpeg;base64,SUQz"})),
    ] {
        let error = start(&mock_at(0), model, input).await.unwrap_err();
        assert_eq!((error.reason, error.effect), (Reason::Failed, Effect::Started));
    }
}

#[tokio::test]
async fn a_model_makes_nothing_but_its_own() {
    let input = json!({"text": "hello"}).as_object().unwrap().clone();
    let Ok(Request::Media(speech)) = Request::parse(Modality::Speech, input) else { panic!("no speech") };
    let error = mock_at(0).start(speech, context("mock-image")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
    assert_eq!(error.message, "the model makes only image");
}

#[tokio::test]
async fn text_is_refused_or_fails_as_media_are() {
    let chat = || json!({"messages": [{"role": "user", "content": "a fox"}]});
    for (kind, input) in [("chat", chat()), ("embedding", json!({"texts": "a fox"}))] {
        let asked = async |mock, manner: &str| {
            let error = generate(&mock, &format!("mock-{kind}{manner}"), input.clone()).await.unwrap_err();
            (error.reason, error.effect)
        };
        assert_eq!(asked(mock_at(0), "-fail").await, (Reason::Failed, Effect::Started));
        let unavailable = (Reason::Unavailable, Effect::NotStarted);
        let refused = (Reason::Refused, Effect::NotStarted);
        for manner in ["", "-slow"] {
            assert_eq!(asked(failing(MockFailure::Unavailable), manner).await, unavailable);
            assert_eq!(asked(failing(MockFailure::Refuse), manner).await, refused);
        }
    }
}

#[tokio::test]
async fn a_text_model_answers_nothing_but_its_own() {
    let mock = mock_at(0);
    let embedding = || generation(&mock, "mock-embedding", json!({"texts": "a fox"}));
    let error = mock.generate(embedding(), context("mock-chat")).await.unwrap_err();
    assert_eq!((error.reason, error.message.as_str()), (Reason::InvalidRequest, "the model makes only chat"));
    let error = mock.generate(embedding(), context("mock-image")).await.unwrap_err();
    assert_eq!(error.message, "the model makes only image");
    let stream = mock.generate_stream(embedding(), context("mock-embedding")).await;
    let error = stream.err().unwrap();
    assert_eq!((error.reason, error.effect), (Reason::Unsupported, Effect::NotStarted));
}

#[tokio::test]
async fn what_the_table_was_not_asked_about_begins_nothing() {
    for (modality, model, input) in [
        (Modality::Image, "mock-image", json!({"prompt": "x", "size": "8x8"})),
        (Modality::Image, "mock-image", json!({"prompt": "x", "n": 5})),
        (Modality::Video, "mock-video", json!({"prompt": "x", "size": "65x64"})),
        (Modality::Video, "mock-video", json!({"prompt": "x", "seconds": 4000})),
        (Modality::Speech, "mock-speech", json!({"text": "x", "voice": "fox"})),
        (Modality::Speech, "mock-speech", json!({"text": "x", "speed": 0})),
        (Modality::Speech, "mock-speech", json!({"text": "x".repeat(4097)})),
    ] {
        let request = Request::parse(modality, input.as_object().unwrap().clone()).unwrap();
        let Request::Media(request) = request else { panic!("no media") };
        let error = mock_at(0).start(request, context(model)).await.unwrap_err();
        assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted), "{input}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_comes_at_once_or_with_the_end_of_the_task() {
    let mock = failing(MockFailure::Refuse);
    let error = start(&mock, "mock-image", json!({"prompt": "a fox"})).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Refused, Effect::NotStarted));

    let task = task(&mock, "mock-image-slow", json!({"prompt": "a fox"})).await;
    assert!(matches!(mock.poll(&task).await, Ok(Poll::Running { .. })));
    tokio::time::advance(MockSettings::default().delay).await;
    let Ok(Poll::Failed(verdict)) = mock.poll(&task).await else { panic!("no verdict") };
    assert_eq!((verdict.reason, verdict.effect), (Reason::Refused, Effect::Started));
}

#[tokio::test]
async fn unavailable_takes_nothing() {
    let mock = failing(MockFailure::Unavailable);
    for model in ["mock-image", "mock-image-slow", "mock-video"] {
        let error = start(&mock, model, json!({"prompt": "a fox"})).await.unwrap_err();
        assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::NotStarted));
    }
}

#[tokio::test]
async fn partial_leaves_one_of_several_out_and_says_so() {
    let mock = failing(MockFailure::Partial);
    let partial = outputs(&mock, "mock-image", json!({"prompt": "a fox", "size": "64x64", "n": 3})).await;
    assert_eq!((partial.items.len(), partial.quantities[0].count), (2, 2));
    assert_eq!(partial.missing.as_deref(), Some("the mock was told to leave out 1 of 3 pictures"));

    for (model, input) in [
        ("mock-image", json!({"prompt": "a fox", "size": "64x64"})),
        ("mock-video", json!({"prompt": "a fox", "size": "64x64", "seconds": 1})),
    ] {
        let single = outputs(&mock, model, input).await;
        assert_eq!((single.items.len(), single.missing), (1, None));
    }
}
