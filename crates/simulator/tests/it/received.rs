//! What is remembered of requests.

use fourfold_simulator::{Simulator, SimulatorSettings};
use http::Method;
use serde_json::json;

use crate::support::{get, post, request, send, settings, simulator};

#[tokio::test]
async fn a_request_is_written_down_as_it_came() {
    let simulator = simulator();
    let body = " {\"model\" : \"gpt-4o\"} ";
    let request = request(Method::POST, "/openai/v1/chat/completions?a=%20b").header("x-mine", "1");
    send(&simulator, request.body(body.into()).unwrap()).await;
    let received = &simulator.received()[0];
    assert_eq!((received.number, &received.method), (1, &Method::POST));
    assert_eq!((received.path.as_str(), received.query.as_deref()), ("/v1/chat/completions", Some("a=%20b")));
    assert_eq!((&received.body[..], received.body_size_bytes), (body.as_bytes(), 22));
    assert_eq!(
        (&received.headers["x-mine"], received.status.unwrap().as_u16()),
        (&"1".parse().unwrap(), 400)
    );
    assert_eq!(received.closed_by_client_at, None);
    let answer = received.answer().unwrap();
    assert!(answer.starts_with(b"{\"error\""), "{answer:?}");
}

#[tokio::test]
async fn the_oldest_are_forgotten_first() {
    let simulator = Simulator::start(SimulatorSettings { received_max: 2, ..settings() });
    for _ in 0..3 {
        get(&simulator, "/openai/v1/models").await;
    }
    let received = simulator.received();
    assert_eq!(received.iter().map(|received| received.number).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(received[0].status.unwrap().as_u16(), 200);
    assert_eq!(simulator.counts().requests, 3);
}

#[tokio::test]
async fn bodies_are_remembered_up_to_their_limits() {
    let limits =
        SimulatorSettings { received_body_bytes_max: 10, received_bodies_bytes_max: 25, ..settings() };
    let simulator = Simulator::start(limits);
    for _ in 0..3 {
        post(&simulator, "/openai/v1/chat/completions", &json!({"model": "gpt-4o"})).await;
    }
    let received = simulator.received();
    assert_eq!(received.len(), 2);
    assert_eq!((&received[0].body[..], received[0].body_size_bytes), (&b"{\"model\":\""[..], 18));
}
