use std::time::{Duration, UNIX_EPOCH};

use fourfold_clients::runway::{CreditsByModel, RunwayApi, UsageRequest};
use fourfold_simulator::{Clock, SimulatorSettings};

use super::support::{WIRE, client_of, generation, simulated, simulated_with};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn an_organization_is_read_as_recorded() {
    let recorded = include_str!("wire/organization.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let organization = client_of(&server).organization().await.unwrap();
    WIRE.check_asked(&server.only_received(), "GET /v1/organization");
    check_kept(&organization, recorded);
    let models = organization.tier.unwrap().models.unwrap();
    assert_eq!(models["gen4.5"].max_concurrent_generations, Some(2));
    assert_eq!(models["gen4_image"].max_daily_generations, None);
}

#[tokio::test]
async fn usage_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/usage.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request =
        UsageRequest::default().start_date("2026-11-01").before_date("2026-11-21").with("novel", true);
    let usage = client_of(&server).usage(&request).await.unwrap();
    let line = "POST /v1/organization/usage";
    WIRE.check_sent(&server.only_received(), line, include_str!("wire/usage.request.json"));
    check_kept(&usage, recorded);
    assert_eq!(usage.results[0].used_credits[1].amount, -8);
}

#[tokio::test]
async fn the_simulator_counts_what_was_used() {
    // The noon of 2026-09-21.
    let clock = Clock::Fixed(UNIX_EPOCH + Duration::from_secs(1_789_992_000));
    let (_simulator, client) = simulated_with(SimulatorSettings { clock, ..SimulatorSettings::default() });
    let before = client.organization().await.unwrap().credit_balance;
    client.create_generation(&generation()).await.unwrap();
    let after = client.organization().await.unwrap();
    assert_eq!(before - after.credit_balance, 25);
    assert_eq!(after.usage.unwrap().models.unwrap()["gen4_turbo"].daily_generations, Some(1));
    let usage = client.usage(&UsageRequest::default().start_date("2026-09-21")).await.unwrap();
    assert_eq!(usage.results[0].date, "2026-09-21");
    assert_eq!(usage.results[0].used_credits, [CreditsByModel::new("gen4_turbo", 25)]);
}

#[tokio::test]
async fn more_than_90_days_are_an_error() {
    let (_simulator, client) = simulated();
    let request = UsageRequest::default().start_date("2026-01-01").before_date("2026-09-21");
    let error = client.usage(&request).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 400);
    assert!(error.message().unwrap().contains("beforeDate"), "{:?}", error.message());
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_account_that_fails_is_tried_again() {
    let (simulator, client) = simulated();
    simulator.fault("* /runway/v1/*", "lose; times=1").unwrap();
    client.usage(&UsageRequest::default()).await.unwrap();
    simulator.fault("* /runway/v1/*", "status=502; times=1").unwrap();
    client.organization().await.unwrap();
    assert_eq!(simulator.received().len(), 4);
}
