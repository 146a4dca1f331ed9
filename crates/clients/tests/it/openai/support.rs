//! What the tests of OpenAI's client share.

use fourfold_clients::openai::OpenAiClient;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};

use crate::support::{Server, Wire, timeless};

pub(super) const WIRE: Wire = Wire {
    routes: include_str!("../../../../simulator/routes/openai.txt"),
    credential: ("authorization", "Bearer sk-test"),
};

/// A client of this base URL, without timers and without jitter.
pub(super) fn client(base_url: &str) -> OpenAiClient {
    let builder = OpenAiClient::builder(base_url, "sk-test".to_owned().into());
    OpenAiClient::new(builder.settings(timeless()).random(|| 0.0).build().unwrap())
}

/// A scripted server's client.
pub(super) fn client_of(server: &Server) -> OpenAiClient {
    client(&server.url())
}

/// A simulator, and its client.
pub(super) fn simulated() -> (Simulator, OpenAiClient) {
    let simulator = Simulator::start(SimulatorSettings::default());
    let client = client(&simulator.base_url(Vendor::OpenAi));
    (simulator, client)
}
