//! What only a connection shows: who closes it, and when.

use std::time::Duration;

use fourfold_simulator::{Refuse, SimulatorSettings};
use serde_json::{Value, json};

use crate::support::{Socket, simulator};

const CHAT: &str = "/openai/v1/chat/completions";

fn chat() -> Value {
    json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "stream": true})
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let simulator = simulator();
    let mut socket = Socket::open(&simulator).await;
    for _ in 0..2 {
        socket.post(CHAT, "", &chat()).await;
        socket.until("0\r\n\r\n").await;
    }
    assert_eq!((simulator.counts().connections, simulator.counts().requests), (1, 2));
}

#[tokio::test]
async fn a_lost_answer_is_paid_and_closes_the_connection() {
    let simulator = simulator();
    let mut socket = Socket::open(&simulator).await;
    socket.post(CHAT, "\r\nx-simulator-fault: lose", &chat()).await;
    assert_eq!(socket.rest().await, "");
    assert_eq!((simulator.counts().paid_tasks, simulator.counts().closed_by_client), (1, 0));
    assert_eq!(simulator.received()[0].status, None);
}

#[tokio::test]
async fn a_cut_stream_ends_without_its_end() {
    let simulator = simulator();
    let mut socket = Socket::open(&simulator).await;
    socket.post(CHAT, "\r\nx-simulator-fault: cut=20", &chat()).await;
    let answer = socket.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body, "14\r\ndata: {\"choices\":[{\"\r\n");
}

#[tokio::test]
async fn a_body_cut_at_nothing_has_a_head() {
    let simulator = simulator();
    let mut socket = Socket::open(&simulator).await;
    socket.post(CHAT, "\r\nx-simulator-fault: cut=0", &chat()).await;
    let answer = socket.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_client_that_leaves_while_it_waits_is_seen() {
    for fault in ["hang=before-body", "hang=after-body", "hang=after-body; accept", "delay=1h"] {
        let simulator = simulator();
        let mut socket = Socket::open(&simulator).await;
        socket.post(CHAT, &format!("\r\nx-simulator-fault: {fault}"), &chat()).await;
        simulator.wait_for(|counts| counts.requests == 1).await;
        let left_at = simulator.now();
        drop(socket);
        let counts = simulator.wait_for(|counts| counts.closed_by_client == 1).await;
        assert_eq!(counts.paid_tasks, u64::from(fault.contains("accept")), "{fault}");
        let closed_at = simulator.received()[0].closed_by_client_at.unwrap();
        assert!((left_at..=simulator.now()).contains(&closed_at), "{fault}");
    }
}

#[tokio::test]
async fn hanging_before_the_body_leaves_it_unread() {
    let simulator = simulator();
    let mut socket = Socket::open(&simulator).await;
    // More is said to come than ever does.
    socket.send(&format!("POST {CHAT} HTTP/1.1\r\nx-simulator-fault: hang=before-body"), 1000, "{").await;
    simulator.wait_for(|counts| counts.requests == 1).await;
    drop(socket);
    simulator.wait_for(|counts| counts.closed_by_client == 1 && counts.connections_open == 0).await;
    assert_eq!(simulator.received()[0].body_size_bytes, 0);
}

#[tokio::test]
async fn a_client_that_leaves_a_stalled_stream_is_seen() {
    let simulator = simulator();
    let mut socket = Socket::open(&simulator).await;
    socket.post(CHAT, "\r\nx-simulator-fault: stall=50", &chat()).await;
    socket.until("\r\n\r\n32\r\n").await;
    assert_eq!(simulator.counts().closed_by_client, 0);
    drop(socket);
    simulator.wait_for(|counts| counts.closed_by_client == 1).await;
}

#[tokio::test]
async fn so_many_connections_are_refused() {
    let simulator = simulator();
    simulator.refuse_connections(Refuse::Next(2));
    for _ in 0..2 {
        assert_eq!(Socket::open(&simulator).await.rest().await, "");
    }
    let mut socket = Socket::open(&simulator).await;
    socket.get("/openai/v1/nothing", "").await;
    assert!(socket.until("\r\n\r\n").await.starts_with("HTTP/1.1 404"));
    assert_eq!((simulator.counts().connections, simulator.counts().connections_refused), (1, 2));
}

#[tokio::test]
async fn refusing_closes_idle_connections() {
    let simulator = simulator();
    let mut socket = Socket::open(&simulator).await;
    socket.post(CHAT, "", &chat()).await;
    socket.until("0\r\n\r\n").await;
    simulator.refuse_connections(Refuse::For(Duration::from_secs(3600)));
    assert_eq!(socket.rest().await, "");
    assert_eq!(Socket::open(&simulator).await.rest().await, "");
    simulator.reset();
    let mut socket = Socket::open(&simulator).await;
    socket.post(CHAT, "", &chat()).await;
    socket.until("0\r\n\r\n").await;
}

#[tokio::test]
async fn a_listener_of_ones_own_is_served_until_the_future_is_dropped() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut serving = Box::pin(fourfold_simulator::serve(listener, SimulatorSettings::default()));
    let asking = async {
        let mut socket = Socket::connect(address).await;
        socket.get("/openai/v1/models", "").await;
        assert!(socket.until("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
        socket
    };
    let mut socket = tokio::select! {
        ended = &mut serving => panic!("{ended:?}"),
        socket = asking => socket,
    };
    drop(serving);
    socket.rest().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_dropped_simulator_closes_everything() {
    let simulator = simulator();
    let mut socket = Socket::open(&simulator).await;
    socket.post(CHAT, "\r\nx-simulator-fault: hang=after-body", &chat()).await;
    simulator.wait_for(|counts| counts.requests == 1).await;
    drop(simulator);
    assert_eq!(socket.rest().await, "");
}
