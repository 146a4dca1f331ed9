//! Links to media: no key, a few redirects, an end.

use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{Simulator, Timings};
use http::{Method, Request};
use serde_json::json;

use crate::support::{Answered, get, post, send, simulator};

/// The path of a link to a video, which redirects once.
async fn link(simulator: &Simulator) -> String {
    simulator.set_timings(Timings { link_redirects: 1, ..Timings::default() });
    let video = post(simulator, "/openai/v1/videos", &json!({"prompt": "a fox"})).await.json();
    let content = format!("/openai/v1/videos/{}/content", video["id"].as_str().unwrap());
    let location = get(simulator, &content).await.header("location").to_owned();
    location.strip_prefix("http://simulator.test").unwrap().to_owned()
}

async fn follow(simulator: &Simulator, method: Method, path: &str) -> Answered {
    send(simulator, Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_link_redirects_and_then_leads_to_bytes() {
    let simulator = simulator();
    let link = link(&simulator).await;
    let redirect = follow(&simulator, Method::GET, &link).await;
    assert_eq!((redirect.status.as_u16(), redirect.header("location")), (302, format!("{link}/1").as_str()));
    let film = follow(&simulator, Method::GET, redirect.header("location")).await;
    assert_eq!((film.header("content-type"), &film.body[4..12]), ("video/mp4", &b"ftypisom"[..]));
    let head = follow(&simulator, Method::HEAD, redirect.header("location")).await;
    assert_eq!(head.header("content-length"), film.body.len().to_string());
    assert_eq!(follow(&simulator, Method::POST, &link).await.status.as_u16(), 405);
    assert_eq!(follow(&simulator, Method::GET, "/_media/nothing.mp4").await.status.as_u16(), 404);
    assert_eq!(simulator.counts().closed_by_client, 0);
}

#[tokio::test]
async fn a_link_works_for_a_while() {
    let simulator = simulator();
    let link = link(&simulator).await;
    simulator.advance(Duration::from_secs(60 * 60));
    assert_eq!(follow(&simulator, Method::GET, &link).await.status.as_u16(), 302);
    simulator.advance(Duration::from_secs(1));
    assert_eq!(follow(&simulator, Method::GET, &link).await.status.as_u16(), 403);
}

#[tokio::test]
async fn a_download_has_faults_and_is_written_down() {
    let simulator = simulator();
    let path = format!("{}/1", link(&simulator).await);
    simulator.fault("GET /_media/*", "status=503; times=1").unwrap();
    simulator.fault("GET /_media/*", "cut=100; times=1").unwrap();
    assert_eq!(follow(&simulator, Method::GET, &path).await.status.as_u16(), 503);
    assert!(!follow(&simulator, Method::GET, &path).await.is_whole);
    assert!(follow(&simulator, Method::GET, &path).await.is_whole);
    let received = simulator.received();
    let last = received.last().unwrap();
    assert_eq!((last.vendor, last.path.as_str()), (None, path.as_str()));
}
