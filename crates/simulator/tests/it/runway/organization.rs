//! The organization: credits, limits and use.

use std::collections::BTreeMap;
use std::time::Duration;

use fourfold_simulator::{Account, Simulator, SimulatorSettings, Vendor};
use serde_json::{Value, json};

use super::{check_refused, delete, get, post, start, start_with, video};
use crate::support::{settings, simulator, slow_simulator};

const FROM_IMAGE: &str = "image_to_video";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn with_account(account: Account) -> Simulator {
    let accounts = BTreeMap::from([(Vendor::Runway, account)]);
    Simulator::start(SimulatorSettings { accounts, ..settings() })
}

async fn balance(simulator: &Simulator) -> Value {
    get(simulator, "organization").await.json()["creditBalance"].clone()
}

#[tokio::test]
async fn the_organization_tells_its_limits_and_what_was_used_today() {
    let simulator = with_account(Account { credits: 100, generations_at_once: 3, generations_daily: 50 });
    for _ in 0..2 {
        start(&simulator, FROM_IMAGE, &video(json!({}))).await;
    }
    let organization = get(&simulator, "organization").await.json();
    let limits = json!({"maxConcurrentGenerations": 3, "maxDailyGenerations": 50});
    assert_eq!(organization["creditBalance"], 50);
    assert_eq!(organization["tier"]["maxMonthlyCreditSpend"], 10_000_000);
    assert_eq!(organization["tier"]["models"]["gen4.5"], limits);
    assert_eq!(organization["tier"]["models"].as_object().unwrap().len(), 61);
    assert_eq!(organization["usage"], json!({"models": {"gen4_turbo": {"dailyGenerations": 2}}}));
    simulator.advance(DAY);
    assert_eq!(get(&simulator, "organization").await.json()["usage"], json!({"models": {}}));
    assert_eq!(simulator.counts().paid_tasks, 2);
}

#[tokio::test]
async fn credits_that_are_used_up_refuse_work() {
    let simulator = with_account(Account { credits: 50, generations_at_once: 3, generations_daily: 50 });
    start(&simulator, FROM_IMAGE, &video(json!({}))).await;
    let error = post(&simulator, FROM_IMAGE, &video(json!({"duration": 6}))).await.refusal(400);
    assert_eq!(error, json!({"error": "You do not have enough credits to run this task."}));
    start(&simulator, FROM_IMAGE, &video(json!({}))).await;
    post(&simulator, FROM_IMAGE, &video(json!({}))).await.refusal(400);
    assert_eq!((balance(&simulator).await, simulator.counts().paid_tasks), (json!(0), 2));
}

#[tokio::test]
async fn a_day_has_so_many_generations_of_a_model() {
    let simulator = with_account(Account { credits: 1000, generations_at_once: 3, generations_daily: 2 });
    for _ in 0..2 {
        start(&simulator, FROM_IMAGE, &video(json!({}))).await;
    }
    let error = post(&simulator, FROM_IMAGE, &video(json!({}))).await.refusal(429);
    assert_eq!(error, json!({"error": "Your daily task limit has been reached."}));
    start(&simulator, FROM_IMAGE, &video(json!({"model": "gen4.5", "promptText": "a"}))).await;
    simulator.advance(DAY);
    start(&simulator, FROM_IMAGE, &video(json!({}))).await;
}

#[tokio::test]
async fn only_what_had_not_begun_is_paid_back() {
    let simulator = slow_simulator();
    let whole = balance(&simulator).await.as_u64().unwrap();
    for (seconds, charged) in [(0, 0), (3, 25), (6, 25)] {
        let before = balance(&simulator).await.as_u64().unwrap();
        let id = start(&simulator, FROM_IMAGE, &video(json!({}))).await;
        simulator.advance(Duration::from_secs(seconds));
        assert_eq!(balance(&simulator).await, before - 25);
        delete(&simulator, &format!("tasks/{id}")).await;
        assert_eq!(balance(&simulator).await, before - charged, "{seconds}");
    }
    start_with(&simulator, "task=fail", FROM_IMAGE, &video(json!({}))).await;
    assert_eq!(balance(&simulator).await, whole - 75);
    simulator.advance(Duration::from_secs(6));
    assert_eq!(balance(&simulator).await, whole - 50);
}

#[tokio::test]
async fn use_is_told_by_day_and_model() {
    let simulator = simulator();
    let start = async |changes| start(&simulator, FROM_IMAGE, &video(changes)).await;
    start(json!({})).await;
    start(json!({"duration": 10})).await;
    start(json!({"model": "gen4.5", "promptText": "a"})).await;
    simulator.advance(DAY);
    let deleted = start(json!({})).await;
    delete(&simulator, &format!("tasks/{deleted}")).await;
    let asked = json!({"startDate": "2026-09-21", "beforeDate": "2026-09-23"});
    let used = |model: &str, amount: u64| json!({"model": model, "amount": amount});
    let first = json!({"date": "2026-09-21", "usedCredits": [used("gen4.5", 60), used("gen4_turbo", 75)]});
    let second = json!({"date": "2026-09-22", "usedCredits": [used("gen4_turbo", 25)]});
    let expected = json!({"models": ["gen4.5", "gen4_turbo"], "results": [first, second]});
    assert_eq!(post(&simulator, "organization/usage", &asked).await.json(), expected);
    // The last thirty days, without today.
    let expected = json!({"models": ["gen4.5", "gen4_turbo"], "results": [first]});
    assert_eq!(post(&simulator, "organization/usage", &json!({})).await.json(), expected);
    let asked = json!({"startDate": "2026-09-23"});
    let expected = json!({"models": [], "results": []});
    assert_eq!(post(&simulator, "organization/usage", &asked).await.json(), expected);
}

#[tokio::test]
async fn days_that_are_none_are_refused() {
    check_refused(
        "organization/usage",
        [
            (json!({"startDate": "21.9.2026"}), "startDate"),
            (json!({"startDate": 20260921}), "startDate"),
            (json!({"beforeDate": "2026-02-30"}), "beforeDate"),
            (json!({"startDate": "2026-09-21", "beforeDate": "2026-09-20"}), "beforeDate"),
            (json!({"startDate": "2026-09-21", "beforeDate": "2026-12-21"}), "beforeDate"),
        ],
    )
    .await;
}
