use std::time::Duration;

use fourfold_clients::stability::{StabilityApi, StabilityClient, default_settings};

use crate::support::{Reply, Server};

#[test]
fn a_try_may_last_300_seconds_and_10_seconds_hold_150_calls() {
    let settings = default_settings();
    settings.validate().unwrap();
    assert_eq!(settings.timeouts.total, Duration::from_secs(300));
    let limit = settings.rate_limit.unwrap();
    assert_eq!((limit.calls, limit.per), (150, Duration::from_secs(10)));
}

#[tokio::test]
async fn the_builder_brings_the_settings_the_key_and_the_reading_of_errors() {
    let error = r#"{"id":"e1","name":"content_moderation","errors":["Flagged."]}"#;
    let server = Server::start([Reply::status(403, &[], error)]).await;
    let builder = StabilityClient::builder(&server.url(), "sk-test".to_owned().into());
    let client = StabilityClient::new(builder.default_header("stability-client-id", "app").build().unwrap());
    assert_eq!(client.http().settings(), &default_settings());
    let error = client.balance().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Some("content_moderation"), Some("Flagged.")));
    let received = server.only_received();
    assert_eq!(received.header("authorization"), Some("Bearer sk-test"));
    assert_eq!(received.header("stability-client-id"), Some("app"));
}
