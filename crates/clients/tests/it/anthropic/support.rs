//! What the tests of Anthropic's client share.

use fourfold_clients::anthropic::{AnthropicClient, Message, MessageRequest};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};

use crate::support::{Server, Wire, timeless};

pub(super) const WIRE: Wire = Wire {
    routes: include_str!("../../../../simulator/routes/anthropic.txt"),
    credential: ("x-api-key", "sk-test"),
};

/// A client of this base URL, without timers and without jitter.
pub(super) fn client(base_url: &str) -> AnthropicClient {
    let builder = AnthropicClient::builder(base_url, "sk-test".to_owned().into());
    AnthropicClient::new(builder.settings(timeless()).random(|| 0.0).build().unwrap())
}

/// A scripted server's client.
pub(super) fn client_of(server: &Server) -> AnthropicClient {
    client(&server.url())
}

/// A simulator, and its client.
pub(super) fn simulated() -> (Simulator, AnthropicClient) {
    let simulator = Simulator::start(SimulatorSettings::default());
    let client = client(&simulator.base_url(Vendor::Anthropic));
    (simulator, client)
}

pub(super) fn hello() -> MessageRequest {
    MessageRequest::new("claude-sonnet-5", 100_u32, [Message::user("Say hello.")])
}
