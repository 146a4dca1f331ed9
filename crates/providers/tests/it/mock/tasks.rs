//! Slow media: tasks that are polled, in whatever process.

use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::{Cancelled, MediaMaker, Output, OutputSource, Poll, Reason};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::{done, fetched, mock_at, outputs, task};

const SLOW: &str = "mock-image-slow";

/// One request for each kind of media.
fn requests() -> Vec<(&'static str, Value)> {
    vec![
        ("mock-image", json!({"prompt": "a fox", "size": "64x64", "n": 2, "seed": 3})),
        ("mock-video", json!({"prompt": "a fox", "size": "64x64", "seconds": 1, "seed": 3})),
        ("mock-speech", json!({"text": "a f\u{1f98a}x", "voice": "nova", "speed": 1.1})),
        ("mock-transcription", json!({"audio": "data:audio/mpeg;base64,SUQz", "timestamps": "word"})),
    ]
}

#[tokio::test]
async fn a_slow_task_is_answered_by_another_instance() {
    for (model, input) in requests() {
        let task = task(&mock_at(0), &format!("{model}-slow"), input.clone()).await;
        assert_eq!(task.poll_after, Duration::from_millis(500));

        let running = Poll::Running { progress: Some(33), poll_after: Duration::from_millis(500) };
        assert_eq!(mock_at(1).poll(&task).await, Ok(running));
        let done = done(&mock_at(3), &task).await;

        let at_once = outputs(&mock_at(0), model, input).await;
        assert_eq!(done.items.len(), at_once.items.len());
        for (slow, instant) in done.items.iter().zip(&at_once.items) {
            assert!(matches!(&slow.source, OutputSource::Handle(_)));
            assert_eq!(slow.media_type, instant.media_type);
            assert_eq!(fetched(&mock_at(9), slow).await, fetched(&mock_at(9), instant).await);
        }
        assert_eq!((done.quantities, done.vendor), (at_once.quantities, at_once.vendor), "{model}");
    }
}

#[tokio::test]
async fn a_large_result_comes_in_pieces() {
    let task = task(&mock_at(0), SLOW, json!({"prompt": "a fox", "size": "1024x1024"})).await;
    let done = done(&mock_at(3), &task).await;
    let pieces: Vec<Bytes> = mock_at(3).fetch(&done.items[0]).await.unwrap().try_collect().await.unwrap();
    assert!(pieces.len() > 1);
    let whole = outputs(&mock_at(0), "mock-image", json!({"prompt": "a fox", "size": "1024x1024"})).await;
    assert_eq!(whole.items[0].source, OutputSource::Bytes(pieces.concat().into()));
}

#[tokio::test]
async fn nothing_is_fetched_before_its_time() {
    let task = task(&mock_at(0), SLOW, json!({"prompt": "a fox"})).await;
    let done = done(&mock_at(3), &task).await;
    let early = mock_at(1).fetch(&done.items[0]).await;
    assert_eq!(early.err().unwrap().reason, Reason::NotFound);
}

#[tokio::test]
async fn cancel_stops_until_the_end() {
    let task = task(&mock_at(0), SLOW, json!({"prompt": "a fox"})).await;
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
