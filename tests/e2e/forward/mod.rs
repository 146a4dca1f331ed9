//! The forward proxy in the whole house: to the simulator, to targets that misbehave, and what it costs.

mod access;
mod escapes;
mod http2;
mod leaving;
mod money;
mod openai;
mod raw;
mod reload;
mod sockets;
mod timeouts;

use std::fs;

use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde_json::json;

use crate::support::{Home, Server};

/// How the settings call the simulator's OpenAI less the `/v1`, which callers bring.
fn openai(simulator: &Simulator) -> String {
    simulator.base_url(Vendor::OpenAi).trim_end_matches("/v1").to_owned()
}

/// A server with these targets.
async fn server(home: &Home, targets: &str) -> Server {
    write(home, targets);
    home.start().await
}

fn write(home: &Home, targets: &str) {
    fs::write(home.path().join("fourfold.yaml"), format!("forward:\n  targets:\n{targets}")).unwrap();
}

/// A server whose ready target leads to a simulator.
async fn ready() -> (Simulator, Home, Server) {
    let simulator = Simulator::start(SimulatorSettings::default());
    let home = Home::new()
        .with("OPENAI_API_KEY", "sk-theirs")
        .with("OPENAI_BASE_URL", simulator.base_url(Vendor::OpenAi));
    let server = home.start().await;
    (simulator, home, server)
}

fn chat() -> serde_json::Value {
    json!({"model": "gpt-4.1", "max_tokens": 50, "messages": [{"role": "user", "content": "Where do foxes live?"}]})
}
