//! How many tasks of a model run at once.

use std::collections::BTreeMap;
use std::time::Duration;

use fourfold_simulator::{Account, Simulator, SimulatorSettings, Timings, Vendor};
use serde_json::{Value, json};

use super::{delete, start, start_with, task, video};
use crate::support::settings;

const FROM_IMAGE: &str = "image_to_video";

/// Two tasks of a model run at once, each for 4 s after it waited for 2 s.
fn two_at_once() -> Simulator {
    let account = Account { credits: 1000, generations_at_once: 2, generations_daily: 100 };
    let timings = Timings {
        task_queued: Duration::from_secs(2),
        task_running: Duration::from_secs(4),
        ..Timings::default()
    };
    let accounts = BTreeMap::from([(Vendor::Runway, account)]);
    Simulator::start(SimulatorSettings { accounts, timings, ..settings() })
}

async fn started(simulator: &Simulator, tasks: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..tasks {
        ids.push(start(simulator, FROM_IMAGE, &video(json!({}))).await);
    }
    ids
}

async fn statuses(simulator: &Simulator, ids: &[String]) -> Vec<Value> {
    let mut statuses = Vec::new();
    for id in ids {
        statuses.push(task(simulator, id).await["status"].clone());
    }
    statuses
}

#[tokio::test]
async fn a_task_over_the_limit_is_throttled_until_another_ends() {
    let simulator = two_at_once();
    let mut ids = started(&simulator, 2).await;
    simulator.advance(Duration::from_secs(1));
    ids.extend(started(&simulator, 3).await);
    let throttled = task(&simulator, &ids[2]).await;
    assert_eq!(
        (&throttled["status"], &throttled["estimatedCost"]),
        (&json!("THROTTLED"), &json!({"credits": 25}))
    );
    for (seconds, expected) in [
        (0, ["PENDING", "PENDING", "THROTTLED", "THROTTLED", "THROTTLED"]),
        (1, ["RUNNING", "RUNNING", "THROTTLED", "THROTTLED", "THROTTLED"]),
        (4, ["SUCCEEDED", "SUCCEEDED", "PENDING", "PENDING", "THROTTLED"]),
        (2, ["SUCCEEDED", "SUCCEEDED", "RUNNING", "RUNNING", "THROTTLED"]),
        (4, ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "PENDING"]),
        (6, ["SUCCEEDED"; 5]),
    ] {
        simulator.advance(Duration::from_secs(seconds));
        assert_eq!(statuses(&simulator, &ids).await, expected);
    }
}

#[tokio::test]
async fn another_model_has_a_limit_of_its_own() {
    let simulator = two_at_once();
    started(&simulator, 2).await;
    let other = start(&simulator, FROM_IMAGE, &video(json!({"model": "veo3.1_fast", "duration": 4}))).await;
    assert_eq!(task(&simulator, &other).await["status"], "PENDING");
}

#[tokio::test]
async fn a_cancelled_task_makes_room() {
    let simulator = two_at_once();
    let stalled = start_with(&simulator, "task=stall", FROM_IMAGE, &video(json!({}))).await;
    let stalled_too = start_with(&simulator, "task=stall", FROM_IMAGE, &video(json!({}))).await;
    let ids = started(&simulator, 3).await;
    simulator.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(statuses(&simulator, &ids).await, ["THROTTLED"; 3]);
    delete(&simulator, &format!("tasks/{stalled}")).await;
    assert_eq!(statuses(&simulator, &ids).await, ["PENDING", "THROTTLED", "THROTTLED"]);
    // One that waits gives its place in the row.
    delete(&simulator, &format!("tasks/{}", ids[1])).await;
    simulator.advance(Duration::from_secs(6));
    assert_eq!(statuses(&simulator, &[ids[0].clone(), ids[2].clone()]).await, ["SUCCEEDED", "PENDING"]);
    delete(&simulator, &format!("tasks/{stalled_too}")).await;
    assert_eq!(statuses(&simulator, &ids[2..]).await, ["PENDING"]);
}
