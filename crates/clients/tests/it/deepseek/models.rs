use fourfold_clients::deepseek::DeepSeekApi;

use super::support::{WIRE, client, client_of, simulated};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn models_are_read_as_recorded() {
    let recorded = include_str!("wire/list_models.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let models = client_of(&server).list_models().await.unwrap();
    WIRE.check_asked(&server.only_received(), "GET /models");
    check_kept(&models, recorded);
    assert_eq!((&*models.data[0].id, models.data[0].created), ("deepseek-flash", None));
}

#[tokio::test]
async fn what_a_base_url_may_end_in_changes_nothing() {
    for end in ["/", "/v1", "/beta", "/beta/v1/"] {
        let server = Server::start([Reply::ok(include_str!("wire/list_models.response.json"))]).await;
        client(&format!("{}{end}", server.url())).list_models().await.unwrap();
        WIRE.check_asked(&server.only_received(), "GET /models");
    }
}

#[tokio::test]
async fn the_simulator_lists_its_models() {
    let (simulator, client) = simulated();
    let models = client.list_models().await.unwrap();
    assert!(models.data.iter().any(|model| model.id == "deepseek-flash"));
    simulator.fault("GET /deepseek/*", "status=402").unwrap();
    let error = client.list_models().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (402, false));
    assert!(simulator.paid_tasks().is_empty());
}
