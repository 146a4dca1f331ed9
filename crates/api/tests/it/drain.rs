//! What becomes of a body whose request is refused.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Method;
use tokio::time::Instant;

use crate::support::{Ask, House};

const PART: &[u8] = &[b' '; 64 * 1024];

/// A body of so many parts, which then stalls or ends, and the count of those that were read.
fn body(parts: usize, stalls: bool) -> (Body, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let counted = read.clone();
    let whole = stream::repeat_with(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok::<_, Infallible>(Bytes::from_static(PART))
    });
    let rest = if stalls { stream::pending().left_stream() } else { stream::empty().right_stream() };
    (Body::from_stream(whole.take(parts).chain(rest)), read)
}

fn refused(house: &House, body: Body) -> Ask<'_> {
    house.ask(Method::POST, "/api/v1/jobs").body(body)
}

#[tokio::test]
async fn a_refused_body_is_read_to_its_end() {
    let house = House::new().await;
    let (body, read) = body(10, false);
    refused(&house, body).check(401, "invalid_api_key", None).await;
    assert_eq!(read.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_read_to_its_end() {
    let house = House::new().await;
    let (body, read) = body(100, false);
    refused(&house, body).by("u1").check(413, "too_large", None).await;
    assert_eq!(read.load(Ordering::SeqCst), 100);
}

#[tokio::test]
async fn an_endless_body_is_not_read_for_ever() {
    let house = House::new().await;
    let (body, read) = body(usize::MAX, false);
    refused(&house, body).check(401, "invalid_api_key", None).await;
    assert!((1..2000).contains(&read.load(Ordering::SeqCst)));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_left() {
    let house = House::new().await;
    let began = Instant::now();
    let (body, read) = body(3, true);
    refused(&house, body).check(401, "invalid_api_key", None).await;
    assert_eq!((read.load(Ordering::SeqCst), began.elapsed().as_secs()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn who_waits_to_be_asked_for_the_body_is_answered_at_once() {
    let house = House::new().await;
    let began = Instant::now();
    let (body, read) = body(3, true);
    let ask = refused(&house, body).header("expect", "100-continue");
    ask.check(401, "invalid_api_key", None).await;
    assert_eq!((read.load(Ordering::SeqCst), began.elapsed().as_secs()), (0, 0));
}
