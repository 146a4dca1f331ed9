//! What the tests of Gemini's client share.

use std::time::Duration;

use fourfold_clients::Wait;
use fourfold_clients::gemini::{Content, GeminiClient, GenerateContentRequest};
use fourfold_clients::http::ClientError;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};

use crate::support::{Server, Wire, timeless};

pub(super) const WIRE: Wire = Wire {
    routes: include_str!("../../../../simulator/routes/gemini.txt"),
    credential: ("x-goog-api-key", "sk-test"),
};

/// A client of this base URL, without timers and without jitter.
pub(super) fn client(base_url: &str) -> GeminiClient {
    let builder = GeminiClient::builder(base_url, "sk-test".to_owned().into());
    GeminiClient::new(builder.settings(timeless()).random(|| 0.0).build().unwrap())
}

/// A scripted server's client.
pub(super) fn client_of(server: &Server) -> GeminiClient {
    client(&server.url())
}

/// A simulator, and its client.
pub(super) fn simulated() -> (Simulator, GeminiClient) {
    let simulator = Simulator::start(SimulatorSettings::default());
    let client = client(&simulator.base_url(Vendor::Gemini));
    (simulator, client)
}

/// Looks each second for a minute.
pub(super) fn wait() -> Wait {
    Wait::default().interval(Duration::from_secs(1)).deadline(Duration::from_secs(60))
}

pub(super) fn hello() -> GenerateContentRequest {
    GenerateContentRequest::new("gemini-3.8-flash", [Content::user("Say hello.")])
}

/// The status and the code of an error.
pub(super) fn said(error: &ClientError) -> (u16, Option<&str>) {
    (error.status().unwrap().as_u16(), error.code())
}
