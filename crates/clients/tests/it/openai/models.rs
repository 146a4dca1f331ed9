use fourfold_clients::openai::OpenAiApi;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn models_are_read_as_recorded() {
    let recorded = include_str!("wire/models.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let models = client_of(&server).list_models().await.unwrap();
    WIRE.check_asked(&server.only_received(), "GET /v1/models");
    check_kept(&models, recorded);
    assert_eq!(models.data[0].shutdown_date.as_deref(), Some("2026-12-11"));
}

#[tokio::test]
async fn a_models_name_is_one_segment() {
    let server = Server::start([Reply::ok("{\"id\":\"ft:gpt/../x\"}")]).await;
    assert_eq!(client_of(&server).get_model("ft:gpt/../x").await.unwrap().id, "ft:gpt/../x");
    WIRE.check_asked(&server.only_received(), "GET /v1/models/ft%3Agpt%2F..%2Fx");
}

#[tokio::test]
async fn the_simulator_knows_its_models_and_no_others() {
    let (simulator, client) = simulated();
    let models = client.list_models().await.unwrap();
    assert_eq!(client.get_model(&models.data[0].id).await.unwrap(), models.data[0]);
    let error = client.get_model("gpt-none").await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (404, Some("model_not_found")));
    assert!(simulator.paid_tasks().is_empty());
}
