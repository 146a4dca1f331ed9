//! What the tests of DeepSeek's client share.

use fourfold_clients::deepseek::DeepSeekClient;
use fourfold_clients::openai::{ChatRequest, Message};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};

use crate::support::{Server, Wire, timeless};

pub(super) const WIRE: Wire = Wire {
    routes: include_str!("../../../../simulator/routes/deepseek.txt"),
    credential: ("authorization", "Bearer sk-test"),
};

/// A client of this base URL, without timers and without jitter.
pub(super) fn client(base_url: &str) -> DeepSeekClient {
    let builder = DeepSeekClient::builder(base_url, "sk-test".to_owned().into());
    DeepSeekClient::new(builder.settings(timeless()).random(|| 0.0).build().unwrap())
}

/// A scripted server's client.
pub(super) fn client_of(server: &Server) -> DeepSeekClient {
    client(&server.url())
}

/// A simulator, and its client.
pub(super) fn simulated() -> (Simulator, DeepSeekClient) {
    let simulator = Simulator::start(SimulatorSettings::default());
    let client = client(&simulator.base_url(Vendor::DeepSeek));
    (simulator, client)
}

pub(super) fn hello() -> ChatRequest {
    ChatRequest::new("deepseek-flash", [Message::user("Say hello.")])
}
