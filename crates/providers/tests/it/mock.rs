//! The mock, through the traits that the layers above use.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use fourfold_domain::{
    AttemptContext, Cancelled, Effect, InlineMedia, MediaMaker, MediaRequest, Modality, Output, OutputSource,
    Outputs, Poll, Provider, ProviderError, Reason, Request, Started, TokenCeilings, UpstreamTask,
};
use fourfold_providers::conformance;
use fourfold_providers::mock::{MockFailure, MockProvider, MockSettings};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

/// A mock whose clock is tokio's, which its test pauses.
fn mock(settings: MockSettings) -> MockProvider {
    let start = tokio::time::Instant::now();
    let now = move || -> SystemTime { UNIX_EPOCH + Duration::from_secs(1_000_000) + start.elapsed() };
    MockProvider::with_clock("mock".parse().unwrap(), settings, now)
}

/// A mock whose clock stands at this second.
fn mock_at(second: u64) -> MockProvider {
    let now = move || UNIX_EPOCH + Duration::from_secs(1_000_000 + second);
    MockProvider::with_clock("mock".parse().unwrap(), MockSettings::default(), now)
}

fn failing(fail: MockFailure) -> MockProvider {
    mock(MockSettings { fail, ..MockSettings::default() })
}

async fn start(mock: &MockProvider, vendor_model: &str, input: Value) -> Result<Started, ProviderError> {
    let input = input.as_object().unwrap().clone();
    let Request::Media(request) = Request::parse(Modality::Image, input).unwrap() else {
        panic!("not a request for media");
    };
    start_request(mock, vendor_model, request).await
}

async fn start_request(
    mock: &MockProvider,
    vendor_model: &str,
    request: MediaRequest,
) -> Result<Started, ProviderError> {
    let context = AttemptContext {
        owner: "job".to_owned(),
        number: 1,
        vendor_model: vendor_model.to_owned(),
        media: Arc::new(InlineMedia),
    };
    mock.start(request, context).await
}

async fn outputs(mock: &MockProvider, input: Value) -> Outputs {
    match start(mock, "mock-image", input).await.unwrap() {
        Started::Done(outputs) => outputs,
        Started::Task(task) => panic!("{task:?}"),
    }
}

async fn task(mock: &MockProvider, input: Value) -> UpstreamTask {
    match start(mock, "mock-image-slow", input).await.unwrap() {
        Started::Task(task) => task,
        Started::Done(outputs) => panic!("{outputs:?}"),
    }
}

async fn fetched(mock: &MockProvider, output: &Output) -> Bytes {
    let bytes: BytesMut = mock.fetch(output).await.unwrap().try_collect().await.unwrap();
    bytes.freeze()
}

async fn picture(input: Value) -> Bytes {
    let mock = mock_at(0);
    fetched(&mock, &outputs(&mock, input).await.items[0]).await
}

struct Pixels {
    size: (u32, u32),
    bytes: Vec<u8>,
}

fn decoded(png: &[u8]) -> Pixels {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
    Pixels { size: (info.width, info.height), bytes }
}

/// The share of pixels that two pictures don't have in common.
fn difference(one: &[u8], other: &[u8]) -> f64 {
    let (one, other) = (decoded(one), decoded(other));
    assert_eq!(one.size, other.size);
    let (one, other) = (one.bytes.chunks_exact(3), other.bytes.chunks_exact(3));
    let pixels = one.len();
    one.zip(other).filter(|(one, other)| one != other).count() as f64 / pixels as f64
}

#[tokio::test(start_paused = true)]
async fn the_mock_conforms_slow_tasks_included() {
    let start = tokio::time::Instant::now();
    let build = || {
        let now = move || UNIX_EPOCH + start.elapsed();
        let mock = MockProvider::with_clock("mock".parse().unwrap(), MockSettings::default(), now);
        Arc::new(mock) as Arc<dyn Provider>
    };
    conformance::check(build).await.unwrap();
    assert!(start.elapsed() >= MockSettings::default().delay);
}

#[tokio::test]
async fn a_picture_has_the_size_that_was_asked() {
    for (size, expected) in [("64x64", (64, 64)), ("72x640", (72, 640)), ("1024x64", (1024, 64))] {
        let png = picture(json!({"prompt": "a fox", "size": size})).await;
        assert_eq!(decoded(&png).size, expected);
    }
    assert_eq!(decoded(&picture(json!({"prompt": "a fox"})).await).size, (512, 512));
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes() {
    let request = json!({"prompt": "a fox", "size": "128x128", "seed": 7});
    assert_eq!(picture(request.clone()).await, picture(request).await);
}

#[tokio::test]
async fn other_prompts_and_seeds_look_different() {
    let input = |prompt: &str, seed: u32| json!({"prompt": prompt, "size": "128x128", "seed": seed});
    let fox = picture(input("a red fox in snow", 0)).await;
    let others = [input("a red fox in snow", 1), input("a red fox in snow.", 0), input("a city at night", 0)];
    for other in others {
        let share = difference(&fox, &picture(other.clone()).await);
        assert!(share > 0.3, "{other}: {share}");
    }
}

#[tokio::test]
async fn several_pictures_differ_and_the_first_is_the_single_one() {
    let mock = mock_at(0);
    let several = outputs(&mock, json!({"prompt": "a fox", "size": "64x64", "n": 4})).await;
    assert_eq!((several.items.len(), several.quantities[0].count), (4, 4));
    let first = fetched(&mock, &several.items[0]).await;
    assert_eq!(first, picture(json!({"prompt": "a fox", "size": "64x64"})).await);
    for other in &several.items[1..] {
        assert!(difference(&first, &fetched(&mock, other).await) > 0.3);
    }
}

#[tokio::test]
async fn what_is_charged_is_named_as_it_was_held() {
    let mock = mock_at(0);
    let input = json!({"prompt": "a fox", "size": "64x64", "quality": "high", "n": 2});
    let held = Request::parse(Modality::Image, input.as_object().unwrap().clone()).unwrap();
    let held = held.quantities_max(&TokenCeilings::default());
    assert_eq!(outputs(&mock, input.clone()).await.quantities, held);
    let Poll::Done(outputs) = mock_at(9).poll(&task(&mock, input).await).await.unwrap() else {
        panic!("still running");
    };
    assert_eq!(outputs.quantities, held);
}

#[tokio::test]
async fn a_mistake_names_its_field_and_begins_nothing() {
    let mock = mock_at(0);
    for (input, words) in [
        (json!({"prompt": "x".repeat(4001)}), "input.prompt must be at most 4000 characters"),
        (json!({"prompt": "x", "size": "65x64"}), "input.size must be"),
        (json!({"prompt": "x", "size": "4096x4096"}), "input.size must be"),
        (json!({"prompt": "x", "n": 5}), "input.n must be from 1 to 4"),
        (json!({"prompt": "x", "quality": "best"}), "input.quality must be one of standard, high"),
        (json!({"prompt": "x", "mask": "https://x.test/m.png"}), "input.mask is not a parameter"),
        (json!({"prompt": "x", "style": "oil"}), "input.style is not a parameter"),
        (
            json!({"prompt": "x", "style_image": "https://x.test/s.png"}),
            "input.style_image is not a parameter",
        ),
    ] {
        for model in ["mock-image", "mock-image-slow", "mock-image-fail"] {
            let error = start(&mock, model, input.clone()).await.unwrap_err();
            assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
            assert!(error.message.starts_with(words), "{}", error.message);
        }
    }
}

#[tokio::test]
async fn an_image_model_makes_no_speech() {
    let input = json!({"text": "hello"}).as_object().unwrap().clone();
    let Ok(Request::Media(speech)) = Request::parse(Modality::Speech, input) else { panic!("no speech") };
    let error = start_request(&mock_at(0), "mock-image", speech).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
}

#[tokio::test]
async fn a_slow_task_is_answered_by_another_instance() {
    let input = json!({"prompt": "a fox", "size": "64x64", "n": 2, "seed": 3});
    let task = task(&mock_at(0), input.clone()).await;
    assert_eq!(task.poll_after, Duration::from_millis(500));

    let running = Poll::Running { progress: Some(33), poll_after: Duration::from_millis(500) };
    assert_eq!(mock_at(1).poll(&task).await, Ok(running));
    let Poll::Done(done) = mock_at(3).poll(&task).await.unwrap() else { panic!("still running") };

    let at_once = outputs(&mock_at(0), input).await;
    assert_eq!(done.items.len(), 2);
    for (slow, instant) in done.items.iter().zip(&at_once.items) {
        assert!(matches!(&slow.source, OutputSource::Handle(_)));
        assert_eq!(fetched(&mock_at(9), slow).await, fetched(&mock_at(9), instant).await);
    }
    assert_eq!((done.quantities, done.vendor), (at_once.quantities, at_once.vendor));
}

#[tokio::test]
async fn a_large_result_comes_in_pieces() {
    let task = task(&mock_at(0), json!({"prompt": "a fox", "size": "1024x1024"})).await;
    let Poll::Done(done) = mock_at(3).poll(&task).await.unwrap() else { panic!("still running") };
    let pieces: Vec<Bytes> = mock_at(3).fetch(&done.items[0]).await.unwrap().try_collect().await.unwrap();
    assert!(pieces.len() > 1);
    assert_eq!(decoded(&pieces.concat()).size, (1024, 1024));
}

#[tokio::test]
async fn nothing_is_fetched_before_its_time() {
    let task = task(&mock_at(0), json!({"prompt": "a fox"})).await;
    let Poll::Done(done) = mock_at(3).poll(&task).await.unwrap() else { panic!("still running") };
    let early = mock_at(1).fetch(&done.items[0]).await;
    assert_eq!(early.err().unwrap().reason, Reason::NotFound);
}

#[tokio::test]
async fn cancel_stops_until_the_end() {
    let task = task(&mock_at(0), json!({"prompt": "a fox"})).await;
    assert_eq!(mock_at(2).cancel(&task).await, Ok(Cancelled::Stopped { used: None }));
    assert_eq!(mock_at(3).cancel(&task).await, Ok(Cancelled::TooLate));
}

#[tokio::test]
async fn a_link_is_not_ours() {
    let link = Output {
        media_type: "image/png".to_owned(),
        source: OutputSource::Link("https://x.test/y.png".to_owned()),
    };
    assert_eq!(mock_at(0).fetch(&link).await.err().unwrap().reason, Reason::Unsupported);
}

#[tokio::test]
async fn the_fail_model_fails_after_it_began() {
    let error = start(&mock_at(0), "mock-image-fail", json!({"prompt": "a fox"})).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Failed, Effect::Started));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_comes_at_once_or_with_the_end_of_the_task() {
    let mock = failing(MockFailure::Refuse);
    let error = start(&mock, "mock-image", json!({"prompt": "a fox"})).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Refused, Effect::NotStarted));

    let task = task(&mock, json!({"prompt": "a fox"})).await;
    assert!(matches!(mock.poll(&task).await, Ok(Poll::Running { .. })));
    tokio::time::advance(MockSettings::default().delay).await;
    let Ok(Poll::Failed(verdict)) = mock.poll(&task).await else { panic!("no verdict") };
    assert_eq!((verdict.reason, verdict.effect), (Reason::Refused, Effect::Started));
}

#[tokio::test]
async fn unavailable_takes_nothing() {
    let mock = failing(MockFailure::Unavailable);
    for model in ["mock-image", "mock-image-slow"] {
        let error = start(&mock, model, json!({"prompt": "a fox"})).await.unwrap_err();
        assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::NotStarted));
    }
}

#[tokio::test]
async fn partial_leaves_one_of_several_out_and_says_so() {
    let mock = failing(MockFailure::Partial);
    let partial = outputs(&mock, json!({"prompt": "a fox", "size": "64x64", "n": 3})).await;
    assert_eq!((partial.items.len(), partial.quantities[0].count), (2, 2));
    assert_eq!(partial.missing.as_deref(), Some("the mock was told to leave out 1 of 3 pictures"));

    let single = outputs(&mock, json!({"prompt": "a fox", "size": "64x64"})).await;
    assert_eq!((single.items.len(), single.missing), (1, None));
}
