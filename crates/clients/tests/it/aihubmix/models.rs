use fourfold_clients::aihubmix::AihubmixApi;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn models_are_read_as_recorded() {
    let recorded = include_str!("wire/models.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let models = client_of(&server).list_models().await.unwrap();
    WIRE.check_asked(&server.only_received(), "GET /v1/models");
    check_kept(&models, recorded);
    assert_eq!(models.data[0].id, "wan2.6-t2v");
}

#[tokio::test(start_paused = true)]
async fn the_simulator_lists_its_models_and_is_asked_again_where_it_fails() {
    let (simulator, client) = simulated();
    simulator.fault("GET /aihubmix/v1/models", "status=502; times=1").unwrap();
    let models = client.list_models().await.unwrap();
    assert!(models.data.iter().any(|model| model.id == "doubao-seedance-2-0-260128"));
    assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (2, 0));
}
