//! The configuration changes while the server runs: at once, whole or not at all, and nothing under way is lost.

use std::fs;
use std::time::Duration;

use fourfold_simulator::{Simulator, SimulatorSettings, Timings, Vendor};
use rustix::process::Signal;
use serde_json::json;

use crate::support::{Api, Home, ended, eventually, fast, reached, read_books};

const LIMIT: Duration = Duration::from_secs(30);

fn write(home: &Home, yaml: &str) {
    fs::write(home.path().join("fourfold.yaml"), yaml).unwrap();
}

fn priced(credits: &str) -> String {
    format!(
        "models:\n  mine:\n    modality: image\n    route: [{{provider: mock, model: mock-image}}]\n    \
         price: {{version: v{credits}, rates: [{{unit: image, credits: \"{credits}\"}}]}}\n"
    )
}

/// What a picture of the model costs now; nothing where the model isn't there.
async fn price(caller: &Api) -> Option<String> {
    let quote =
        caller.post("/api/v1/quotes", &json!({"model": "mine", "input": {"prompt": "a fox"}})).send().await;
    (quote.status == 200).then(|| quote.json(200)["credits"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_change_of_the_file_a_signal_and_an_admin_put_the_new_one_in_force() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    assert_eq!(price(&caller).await, None);

    write(&home, &priced("0.5"));
    let seen = async || price(&caller).await.filter(|price| price == "0.5");
    eventually("the file is seen to have changed", LIMIT, seen).await;

    write(&home, &priced("0.25"));
    server.signal(Signal::HUP);
    let seen = async || price(&caller).await.filter(|price| price == "0.25");
    eventually("SIGHUP is heard", LIMIT, seen).await;

    write(&home, &priced("0.75"));
    let reloaded = server.admin.post("/api/v1/admin/config/reload", &json!({})).send().await.json(200);
    assert_eq!(reloaded["providers"], json!(["mock"]));
    assert_eq!(price(&caller).await.as_deref(), Some("0.75"));
}

#[tokio::test]
async fn a_mistake_is_refused_whole_and_the_old_one_stays() {
    let home = Home::new();
    write(&home, &priced("0.5"));
    let server = home.start().await;
    let caller = server.admin.user("u1");
    for (yaml, place) in [
        (priced("0.25").replace("mock-image", "mock-imag"), "models.mine.route[0].model"),
        (priced("-1"), "models.mine.price.rates[0].credits"),
        ("models: {mine: {modality: smell}}".to_owned(), "models.mine"),
        ("providers: {groq: {kind: openia, api_key: x}}".to_owned(), "providers.groq.kind"),
        ("models: [".to_owned(), "fourfold.yaml"),
    ] {
        write(&home, &yaml);
        let refused = server.admin.post("/api/v1/admin/config/reload", &json!({})).send().await;
        let error = refused.refuses(422, "invalid_configuration");
        assert!(error["message"].as_str().unwrap().starts_with(place), "{place}: {error}");
        assert_eq!(price(&caller).await.as_deref(), Some("0.5"), "{place}");
    }
    server.admin.grant("u1", "1").await;
    caller.submitted(&fast("a fox")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_at_a_provider_that_is_dropped_is_brought_to_its_end() {
    let simulator = Simulator::start(SimulatorSettings {
        extra_models: vec!["film".to_owned()],
        ..SimulatorSettings::default()
    });
    simulator.set_timings(Timings { task_running: Duration::from_secs(1), ..Timings::default() });
    let home = Home::new().with("FOURFOLD__JOBS__POLL_MAX", "50ms");
    let vendor = format!(
        "providers:\n  studio: {{kind: openai, api_key: k, base_url: \"{}\", models: {{film: {{modality: video}}}}}}\n\
         models:\n  film:\n    modality: video\n    route: [{{provider: studio, model: film}}]\n    \
         price: {{version: v1, rates: [{{unit: video_second, credits: \"0.1\"}}]}}\n",
        simulator.base_url(Vendor::OpenAi)
    );
    write(&home, &vendor);
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let request = json!({"model": "film", "input": {"prompt": "a fox"}});
    let job = caller.submitted(&request).await;
    reached(&caller, &job, 0, "job.running").await;

    write(&home, "");
    let reloaded = server.admin.post("/api/v1/admin/config/reload", &json!({})).send().await.json(200);
    assert_eq!(reloaded["providers"], json!(["mock"]), "the provider is gone");
    caller.submit(&request).await.refuses(404, "unknown_model");

    let job = ended(&caller, &job).await;
    assert_eq!(job["state"], "succeeded", "{job}");
    read_books(&home, &caller).await;
}
