use fourfold_clients::stability::{EngineKind, StabilityApi};

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn engines_are_read_as_recorded() {
    let recorded = include_str!("wire/list_engines.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let engines = client_of(&server).list_engines().await.unwrap();
    WIRE.check_asked(&server.only_received(), "GET /v1/engines/list");
    check_kept(&engines, recorded);
    let kinds: Vec<_> = engines.into_iter().map(|engine| engine.kind.unwrap()).collect();
    assert_eq!(kinds, [EngineKind::Picture, EngineKind::Other("HOLOGRAM".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn the_simulators_engines_are_asked_for_again_while_it_is_ill() {
    let (simulator, client) = simulated();
    simulator.fault("GET /stability/v1/engines/list", "status=500; times=2").unwrap();
    assert_eq!(client.list_engines().await.unwrap()[0].id, "stable-diffusion-xl-1024-v1-0");
    assert_eq!(simulator.received().len(), 3);
    simulator.fault("GET /stability/v1/engines/list", "status=403").unwrap();
    let error = client.list_engines().await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), (Some("permission_denied"), false));
}
