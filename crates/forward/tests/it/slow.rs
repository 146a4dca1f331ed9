//! Callers and targets that are slow: each holds the other back, and little waits between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use fourfold_forward::{Body, ForwardRecorder, ForwardRetry};
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;

use crate::support::{Reply, Upstream, builder, get, post, run, soon, stand_still};

/// What may wait in sockets and buffers.
const WAITING_BYTES_MAX: u64 = 24 << 20;

const WHOLE_BYTES: u64 = 48 << 20;

/// How often everything must have come to a stand, so that it isn't by chance.
const STANDS: usize = 10;

struct Watcher;

impl ForwardRecorder for Watcher {}

#[tokio::test]
async fn a_slow_reader_holds_the_target_back() {
    for (media_type, is_watched) in [("text/plain", false), ("text/plain", true), ("text/event-stream", true)]
    {
        let (reply, taken) = Reply::flood(media_type, WHOLE_BYTES);
        let upstream = Upstream::start([reply]).await;
        let mut forwarder = builder(&upstream.url());
        if is_watched {
            forwarder = forwarder.recorder(Arc::new(Watcher));
        }
        let forwarder = forwarder.build().unwrap();
        let mut body = soon(forwarder.forward(get("/"))).await.unwrap().into_body();
        let (mut read_bytes, mut looked_at) = (0, 0);
        while let Some(frame) = soon(body.frame()).await {
            read_bytes += frame.unwrap().into_data().unwrap().len() as u64;
            if read_bytes < looked_at {
                continue;
            }
            // Now and then the reader does nothing until nobody does.
            looked_at += WHOLE_BYTES / 12;
            for _ in 0..STANDS {
                stand_still().await;
            }
            let waiting_bytes = taken.load(Ordering::Relaxed).saturating_sub(read_bytes);
            assert!(
                waiting_bytes < WAITING_BYTES_MAX,
                "{media_type} {is_watched}: {waiting_bytes} bytes wait after {read_bytes}"
            );
        }
        assert_eq!(read_bytes, WHOLE_BYTES, "{media_type} {is_watched}");
    }
}

#[tokio::test]
async fn a_slow_target_holds_the_caller_back() {
    for retry in [ForwardRetry::never(), ForwardRetry { unsafe_methods: true, ..ForwardRetry::default() }] {
        let (reply, go_on) = Reply::stall(WHOLE_BYTES);
        let upstream = Upstream::start([reply]).await;
        let forwarder = builder(&upstream.url()).retry(retry).build().unwrap();
        let given = Arc::new(AtomicU64::new(0));
        let piece = Bytes::from(vec![b'x'; 64 * 1024]);
        let pieces = WHOLE_BYTES / piece.len() as u64;
        let counted = Arc::clone(&given);
        let stream = futures_util::stream::iter(0..pieces).map(move |_| {
            counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
            Ok::<_, std::io::Error>(piece.clone())
        });
        let body = Body::from_stream_with_length(stream, WHOLE_BYTES);
        let call = run(async move { forwarder.forward(post("/", body)).await });
        crate::support::until(|| given.load(Ordering::Relaxed) > 0).await;
        for _ in 0..STANDS {
            stand_still().await;
        }
        let taken = given.load(Ordering::Relaxed);
        assert!(taken < WAITING_BYTES_MAX, "{taken} bytes were taken from the caller, and nobody read them");
        go_on.send(()).unwrap();
        assert_eq!(soon(call).await.unwrap().unwrap().status(), 200);
        assert_eq!(given.load(Ordering::Relaxed), WHOLE_BYTES);
    }
}
