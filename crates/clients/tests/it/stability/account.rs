use std::collections::BTreeMap;

use fourfold_clients::http::Effect;
use fourfold_clients::stability::StabilityApi;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};

use super::support::{WIRE, client, client_of, simulated};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn the_account_and_the_balance_are_read_as_recorded() {
    let account = include_str!("wire/account.response.json");
    let balance = include_str!("wire/balance.response.json");
    let server = Server::start([account, balance].map(Reply::ok)).await;
    let client = client_of(&server);
    let read = client.account().await.unwrap();
    check_kept(&read, account);
    assert_eq!(read.organizations.unwrap()[0].id, "org-1");
    let read = client.balance().await.unwrap();
    check_kept(&read, balance);
    assert_eq!(read.credits.to_string(), "12.5");
    WIRE.check_asked(&server.received()[0], "GET /v1/user/account");
    WIRE.check_asked(&server.received()[1], "GET /v1/user/balance");
}

#[tokio::test]
async fn the_simulator_knows_its_customer() {
    let (simulator, client) = simulated();
    assert_eq!(client.account().await.unwrap().id, "user-simulated");
    assert!(client.balance().await.unwrap().credits > 0.0);
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn a_wrong_key_is_an_error() {
    let keys = BTreeMap::from([(Vendor::Stability, vec!["other".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..SimulatorSettings::default() });
    let client = client(&simulator.base_url(Vendor::Stability));
    for error in [client.account().await.unwrap_err(), client.balance().await.unwrap_err()] {
        assert_eq!((error.status().unwrap().as_u16(), error.code()), (401, Some("unauthorized")));
        assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
    }
}
