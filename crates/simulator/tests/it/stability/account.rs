//! The customer and the engines.

use fourfold_simulator::{Simulator, SimulatorSettings};

use crate::support::{get, settings, simulator};

#[tokio::test]
async fn engines_are_a_bare_list() {
    let extra_models = vec!["mine".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    let engines = get(&simulator, "/stability/v1/engines/list").await.json();
    assert_eq!(
        (&engines[0]["id"], &engines[0]["type"]),
        (&"stable-diffusion-xl-1024-v1-0".into(), &"PICTURE".into())
    );
    assert_eq!(engines[1]["id"], "mine");
}

#[tokio::test]
async fn the_account_and_its_balance_are_free() {
    let simulator = simulator();
    assert_eq!(get(&simulator, "/stability/v1/user/balance").await.json()["credits"], 1000.5);
    let account = get(&simulator, "/stability/v1/user/account").await.json();
    assert_eq!(account["organizations"][0]["is_default"], true);
    assert_eq!(simulator.counts().paid_tasks, 0);
}
