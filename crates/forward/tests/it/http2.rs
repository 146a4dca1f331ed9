//! Targets that speak HTTP/2: the same as over HTTP/1.1, though an end is a stream's and not a connection's.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fourfold_forward::Body;
use futures_util::{FutureExt as _, StreamExt as _};
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};

use crate::support::{Gone, TRIES, TlsUpstream, at_once, body_of, get, post, soon};

/// Bytes of which no two pieces are alike.
fn noise(length_bytes: usize) -> Bytes {
    (0..length_bytes).map(|at| (at as u8).wrapping_mul(31) ^ (at >> 8) as u8 ^ (at >> 16) as u8).collect()
}

/// Pieces as a test sends them, and keeps them coming.
fn piped<E: Into<fourfold_forward::BoxError> + Send + 'static>()
-> (mpsc::UnboundedSender<Result<Bytes, E>>, Body) {
    let (tx, mut rx) = mpsc::unbounded_channel();
    (tx, Body::from_stream(futures_util::stream::poll_fn(move |cx| rx.poll_recv(cx))))
}

#[tokio::test]
async fn a_request_and_its_answer_pass_byte_for_byte() {
    let upstream = TlsUpstream::start().await;
    let forwarder = upstream.builder().tls(upstream.trusted()).build().unwrap();
    let sent = noise(3 << 20);
    let pieces: Vec<_> =
        sent.chunks(77_777).map(|piece| Ok::<_, std::io::Error>(sent.slice_ref(piece))).collect();
    let streamed = Body::from_stream(futures_util::stream::iter(pieces));
    for (body, names) in [(Body::from(sent.clone()), "content-length"), (streamed, "")] {
        let mut request = post("/a?b=%2f", body);
        request.headers_mut().insert("host", HeaderValue::from_static("elsewhere"));
        request.headers_mut().insert("connection", HeaderValue::from_static("keep-alive, x-private"));
        request.headers_mut().insert("x-private", HeaderValue::from_static("1"));
        let answer = soon(forwarder.forward(request)).await.unwrap();
        assert_eq!(answer.headers()["x-version"], "HTTP/2.0");
        assert!(answer.headers()["x-authority"].to_str().unwrap().starts_with("localhost:"));
        assert_eq!(answer.headers()["x-target"], "/a?b=%2f");
        assert_eq!(answer.headers()["x-names"], names);
        assert!(body_of(answer).await == sent);
    }
}

#[tokio::test]
async fn a_stream_that_is_reset_never_ends_as_if_it_were_whole() {
    for (media_type, length) in
        [("text/plain", None), ("text/plain", Some("100")), ("text/event-stream", None)]
    {
        let (breaks, broken) = oneshot::channel();
        let broken = Arc::new(Mutex::new(Some(broken)));
        let upstream = TlsUpstream::answering(move |_: Request<_>| {
            let broken = broken.lock().unwrap().take().unwrap();
            // By this the server resets the stream.
            let broken = broken.map(|_| Err(std::io::Error::other("gone")));
            let pieces = futures_util::stream::iter([Ok("data: 1\n\n".into())]);
            let body = Body::from_stream(pieces.chain(broken.into_stream()));
            let mut answer = Response::builder().header("content-type", media_type);
            if let Some(length) = length {
                answer = answer.header("content-length", length);
            }
            std::future::ready(answer.body(body).unwrap())
        })
        .await;
        let forwarder = upstream.builder().tls(upstream.trusted()).build().unwrap();
        let answer = soon(forwarder.forward(get("/"))).await.unwrap();
        let mut pieces = answer.into_body().into_data_stream();
        assert_eq!(soon(pieces.next()).await.unwrap().unwrap(), "data: 1\n\n");
        breaks.send(()).unwrap();
        let mut read = Vec::new();
        let end = loop {
            match soon(pieces.next()).await {
                Some(Ok(piece)) => read.extend_from_slice(&piece),
                end => break end,
            }
        };
        let read = String::from_utf8(read).unwrap();
        match media_type {
            "text/event-stream" => {
                assert!(end.is_none(), "the event is its end: {end:?}");
                assert!(read.starts_with("event: error\n"), "{read}");
            }
            _ => assert!(matches!(end, Some(Err(_))), "{length:?}: {end:?} after {read:?}"),
        }
    }
}

/// A frame of the first stream.
fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
}

/// A target that gives these bytes once it was asked.
async fn frames(sent: Vec<u8>) -> TlsUpstream {
    const HEADERS: u8 = 1;
    TlsUpstream::serving(&[b"h2"], move |mut connection| {
        let sent = sent.clone();
        async move {
            // Its settings, all as they are.
            connection.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
            connection.flush().await.unwrap();
            connection.read_exact(&mut [0; 24]).await.unwrap();
            let mut head = [0; 9];
            while head[3] != HEADERS {
                connection.read_exact(&mut head).await.unwrap();
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                connection.read_exact(&mut vec![0; length as usize]).await.unwrap();
            }
            connection.write_all(&sent).await.unwrap();
            connection.flush().await.unwrap();
            _ = connection.read_to_end(&mut Vec::new()).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_stream_that_is_reset_without_a_reason_is_whole_only_by_its_own_word() {
    const END_STREAM: u8 = 1;
    let reset = frame(3, 0, &[0; 4]);
    // Status 200 by its place in the static table, then a media type by the place of its name.
    let text = [&[0x88, 0x0f, 0x10, 10][..], b"text/plain"].concat();
    let events = [&[0x88, 0x0f, 0x10, 17][..], b"text/event-stream"].concat();
    for (head, flags, error_event, is_whole) in [
        (&text, 0, false, false),
        (&events, 0, true, true),
        // An early answer, whose target wants no more of the request.
        (&text, END_STREAM, false, true),
        (&events, END_STREAM, false, true),
    ] {
        let data = frame(0, flags, b"data: 1\n\n");
        let upstream = frames([frame(1, 4, head), data, reset.clone()].concat()).await;
        let forwarder = upstream.builder().tls(upstream.trusted()).build().unwrap();
        let (_more, body) = piped::<std::io::Error>();
        let answer = soon(forwarder.forward(post("/", body))).await.unwrap();
        let read = soon(answer.into_body().collect()).await;
        assert_eq!(read.is_ok(), is_whole, "{flags} {read:?}");
        if let Ok(read) = read {
            let read = String::from_utf8(read.to_bytes().to_vec()).unwrap();
            assert!(read.starts_with("data: 1\n\n"), "{read}");
            assert_eq!(read.contains("event: error\n"), error_event, "{read}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_length_ends_well_only_by_tlss_own_word() {
    for is_said in [true, false] {
        let upstream = TlsUpstream::serving(&[b"http/1.1"], move |mut connection| async move {
            let mut read = Vec::new();
            while !read.ends_with(b"\r\n\r\n") {
                connection.read_buf(&mut read).await.unwrap();
            }
            connection.write_all(b"HTTP/1.1 200 OK\r\n\r\nabc").await.unwrap();
            connection.flush().await.unwrap();
            if is_said {
                connection.shutdown().await.unwrap();
            }
        })
        .await;
        let forwarder = upstream.builder().tls(upstream.trusted()).build().unwrap();
        let answer = soon(forwarder.forward(get("/"))).await.unwrap();
        let read = soon(answer.into_body().collect()).await;
        assert_eq!(read.is_ok(), is_said, "{read:?}");
    }
}

#[tokio::test]
async fn leaving_before_the_answer_ends_the_stream() {
    for _ in 0..TRIES {
        let (told, mut began) = mpsc::unbounded_channel();
        let gone = Gone::default();
        let doing = gone.clone();
        let upstream = TlsUpstream::answering(move |_: Request<_>| {
            let (told, doing) = (told.clone(), doing.doing());
            async move {
                let _kept = doing;
                told.send(()).unwrap();
                std::future::pending().await
            }
        })
        .await;
        let forwarder = upstream.builder().tls(upstream.trusted()).build().unwrap();
        let mut call = Box::pin(forwarder.forward(post("/", "{}")));
        tokio::select! {
            _ = &mut call => panic!("nothing was answered"),
            began = soon(began.recv()) => began.unwrap(),
        }
        at_once(|| drop(call), || gone.is_so()).await;
    }
}

#[tokio::test]
async fn leaving_within_the_request_ends_the_stream() {
    for _ in 0..TRIES {
        let (told, mut came) = mpsc::unbounded_channel();
        let gone = Gone::default();
        let doing = gone.clone();
        let upstream = TlsUpstream::answering(move |request: Request<hyper::body::Incoming>| {
            let (told, doing) = (told.clone(), doing.doing());
            async move {
                let _kept = doing;
                let mut pieces = request.into_body().into_data_stream();
                loop {
                    match pieces.next().await {
                        Some(Ok(piece)) => told.send(piece).unwrap(),
                        Some(Err(_)) => break,
                        None => told.send("it was whole".into()).unwrap(),
                    }
                }
                Response::new(Body::empty())
            }
        })
        .await;
        let forwarder = upstream.builder().tls(upstream.trusted()).build().unwrap();
        let (more, body) = piped::<std::io::Error>();
        more.send(Ok("a".into())).unwrap();
        let mut call = Box::pin(forwarder.forward(post("/", body)));
        tokio::select! {
            answer = &mut call => panic!("{answer:?}"),
            piece = soon(came.recv()) => assert_eq!(piece.unwrap(), "a"),
        }
        at_once(|| drop(call), || gone.is_so()).await;
        assert!(came.try_recv().is_err(), "the body ended as if it were whole");
    }
}

#[tokio::test]
async fn leaving_within_the_answer_ends_the_stream() {
    for media_type in ["text/plain", "text/event-stream"] {
        for _ in 0..TRIES {
            let gone = Gone::default();
            let doing = gone.clone();
            let upstream = TlsUpstream::answering(move |_: Request<_>| {
                let doing = doing.doing();
                async move {
                    let first = futures_util::stream::iter([Ok::<_, std::io::Error>("data: 1\n\n".into())]);
                    let never = futures_util::stream::poll_fn(move |_| {
                        _ = &doing;
                        std::task::Poll::Pending
                    });
                    let body = Body::from_stream(first.chain(never));
                    Response::builder().header("content-type", media_type).body(body).unwrap()
                }
            })
            .await;
            let forwarder = upstream.builder().tls(upstream.trusted()).build().unwrap();
            let mut body = soon(forwarder.forward(get("/"))).await.unwrap().into_body();
            assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "data: 1\n\n");
            at_once(|| drop(body), || gone.is_so()).await;
        }
    }
}
