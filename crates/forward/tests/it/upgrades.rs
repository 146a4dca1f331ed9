//! WebSockets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fourfold_forward::{
    Body, ForwardOutcome, ForwardRecorder, ForwardReport, ForwardTimeouts, Forwarder, ForwarderBuilder,
    RateLimit, TargetLimits, Tunnel, tunnel,
};
use http::{Request, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Reply, TIMELESS, TlsUpstream, Upstream, builder, forwarder, run, soon, until};

fn websocket() -> Request<Body> {
    Request::get("/realtime?model=any")
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-key", "a2V5")
        .header("sec-websocket-version", "13")
        .body(Body::empty())
        .unwrap()
}

async fn echoes(forwarder: &Forwarder) -> http::Response<Body> {
    let mut answer = soon(forwarder.forward(websocket())).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(
        (&answer.headers()["connection"], &answer.headers()["upgrade"]),
        (&"upgrade".parse().unwrap(), &"websocket".parse().unwrap())
    );
    let tunnel = soon(tunnel(&mut answer)).await.unwrap();
    let (mut caller, ours) = tokio::io::duplex(64);
    let joined = run(tunnel.join(ours));
    caller.write_all(b"ping").await.unwrap();
    let mut back = [0; 4];
    soon(caller.read_exact(&mut back)).await.unwrap();
    assert_eq!(&back, b"ping");
    drop(caller);
    assert_eq!(soon(joined).await.unwrap().unwrap(), (4, 4));
    answer
}

#[tokio::test]
async fn bytes_go_both_ways_after_a_101() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
    let upstream = Upstream::start([Reply::raw(switch).then_echo()]).await;
    let mut answer = echoes(&forwarder(&upstream)).await;
    assert!(soon(tunnel(&mut answer)).await.is_err(), "there is one connection");
    let received = upstream.only_received();
    assert_eq!(received.header("connection"), Some("upgrade"));
    assert_eq!(
        (received.header("upgrade"), received.header("sec-websocket-key")),
        (Some("websocket"), Some("a2V5"))
    );
    until(|| upstream.open_connections() == 0).await;
}

#[tokio::test]
async fn a_target_that_offers_http2_is_asked_by_http1() {
    let upstream = TlsUpstream::start().await;
    let answer = echoes(&upstream.builder().tls(upstream.trusted()).build().unwrap()).await;
    assert_eq!(answer.headers()["x-version"], "HTTP/1.1");
}

#[tokio::test]
async fn a_refused_upgrade_is_an_answer() {
    let upstream = Upstream::start([Reply::status(401, &[], "no")]).await;
    let answer = soon(forwarder(&upstream).forward(websocket())).await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(crate::support::body_of(answer).await, "no");
}

#[tokio::test]
async fn an_open_tunnel_keeps_its_place() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let upstream = Upstream::start((0..2).map(|_| Reply::raw(switch).then_echo())).await;
    let limits = TargetLimits { concurrent_max: Some(1), rate: None::<RateLimit> };
    let forwarder = Arc::new(builder(&upstream.url()).limits(limits).build().unwrap());
    let mut answer = soon(forwarder.forward(websocket())).await.unwrap();
    let tunnel = soon(tunnel(&mut answer)).await.unwrap();
    assert_eq!(forwarder.forward(websocket()).await.unwrap_err().kind(), "too_many_requests");
    drop((answer, tunnel));
    soon(forwarder.forward(websocket())).await.unwrap();
}

/// Switches protocols and says no more, whatever the other side does.
async fn silent(change: impl FnOnce(ForwarderBuilder) -> ForwarderBuilder) -> (Tunnel, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let forwarder = change(builder(&url)).build().unwrap();
    let (answer, target) = tokio::join!(soon(forwarder.forward(websocket())), async {
        let (mut target, _) = soon(listener.accept()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon(target.read_u8()).await.unwrap());
        }
        let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
        target.write_all(switch.as_bytes()).await.unwrap();
        target
    });
    (soon(tunnel(&mut answer.unwrap())).await.unwrap(), target)
}

#[tokio::test]
async fn a_tunnel_has_the_streams_limit() {
    let stream = Duration::from_secs(600);
    let (tunnel, target) = silent(|builder| builder.timeouts(ForwardTimeouts { stream, ..TIMELESS })).await;
    let (caller, ours) = tokio::io::duplex(64);
    tokio::time::pause();
    let error = tunnel.join(ours).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    drop((caller, target));
}

#[tokio::test]
async fn a_side_that_goes_on_alone_is_ended() {
    let (tunnel, target) = silent(|builder| builder).await;
    let (caller, ours) = tokio::io::duplex(64);
    drop(caller);
    tokio::time::pause();
    // The target has read nothing, and least of all that the caller is gone.
    assert_eq!(tunnel.join(ours).await.unwrap(), (0, 0));
    drop(target);
}

#[tokio::test]
async fn a_tunnel_that_is_stopped_is_not_one_whose_caller_left() {
    #[derive(Default)]
    struct Ends(Mutex<Vec<(ForwardOutcome, Option<&'static str>)>>);

    impl ForwardRecorder for Ends {
        fn ended(&self, report: &ForwardReport) {
            self.0.lock().unwrap().push((report.outcome, report.error));
        }
    }

    let ends = Arc::new(Ends::default());
    let (tunnel, target) = silent(|builder| builder.recorder(ends.clone())).await;
    let (caller, ours) = tokio::io::duplex(64);
    tunnel.join_until(ours, std::future::ready(())).await.unwrap_err();
    assert_eq!(*ends.0.lock().unwrap(), [(ForwardOutcome::Failed, Some("stopped"))]);
    drop((caller, target));
}
