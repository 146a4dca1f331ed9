use fourfold_clients::deepseek::DeepSeekApi;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn the_balance_is_read_as_recorded() {
    let recorded = include_str!("wire/balance.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let balance = client_of(&server).balance().await.unwrap();
    WIRE.check_asked(&server.only_received(), "GET /user/balance");
    check_kept(&balance, recorded);
    assert_eq!(
        (&*balance.balance_infos[1].currency, &*balance.balance_infos[1].total_balance),
        ("USD", "-0.01")
    );
}

#[tokio::test]
async fn the_simulator_tells_what_is_left() {
    let (simulator, client) = simulated();
    let balance = client.balance().await.unwrap();
    assert!(balance.is_available);
    assert_eq!(balance.balance_infos[0].granted_balance.as_deref(), Some("10.00"));
    simulator.fault("GET /deepseek/*", "status=401").unwrap();
    let error = client.balance().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (401, false));
    assert!(simulator.paid_tasks().is_empty());
}
