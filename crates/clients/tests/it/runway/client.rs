use fourfold_clients::runway::{NO_CREDITS, RunwayApi, RunwayClient, VERSION, default_settings};

use super::support::{WIRE, generation};
use crate::support::{Reply, Server};

#[tokio::test]
async fn the_builder_brings_the_settings_the_key_the_version_and_the_reading_of_errors() {
    let error = r#"{"error":"You do not have enough credits to run this task."}"#;
    let server = Server::start([Reply::status(400, &[("apigw-requestid", "r1")], error)]).await;
    let builder = RunwayClient::builder(&format!("{}/v1/", server.url()), "key_test".to_owned().into());
    let client = RunwayClient::new(builder.build().unwrap());
    assert_eq!(client.http().settings(), &default_settings());
    let error = client.create_generation(&generation()).await.unwrap_err();
    assert_eq!((error.code(), error.request_id()), (Some(NO_CREDITS), Some("r1")));
    let received = server.only_received();
    WIRE.check_asked(&received, "POST /v1/image_to_video");
    assert_eq!(received.header("x-runway-version"), Some(VERSION));
}
