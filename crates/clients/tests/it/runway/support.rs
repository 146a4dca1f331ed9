//! What the tests of Runway's client share.

use fourfold_clients::runway::{Generation, ImageToVideoRequest, RunwayClient};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};

use crate::support::{Received, Server, Wire, timeless};

pub(super) const WIRE: Wire = Wire {
    routes: include_str!("../../../../simulator/routes/runway.txt"),
    credential: ("authorization", "Bearer key_test"),
};

/// A client of this base URL, without timers and without jitter.
pub(super) fn client(base_url: &str) -> RunwayClient {
    let builder = RunwayClient::builder(base_url, "key_test".to_owned().into());
    RunwayClient::new(builder.settings(timeless()).random(|| 0.0).build().unwrap())
}

/// A scripted server's client.
pub(super) fn client_of(server: &Server) -> RunwayClient {
    client(&server.url())
}

/// A simulator, and its client.
pub(super) fn simulated() -> (Simulator, RunwayClient) {
    simulated_with(SimulatorSettings::default())
}

pub(super) fn simulated_with(settings: SimulatorSettings) -> (Simulator, RunwayClient) {
    let simulator = Simulator::start(settings);
    let client = client(&simulator.base_url(Vendor::Runway));
    (simulator, client)
}

/// A video of five seconds from a picture, for 25 credits.
pub(super) fn waves() -> ImageToVideoRequest {
    let picture = "https://files.example/sea.png";
    ImageToVideoRequest::new("gen4_turbo", picture).prompt_text("waves").ratio("1280:720").duration(5)
}

pub(super) fn generation() -> Generation {
    waves().into()
}

/// The request went to a link: it has no credential.
#[track_caller]
pub(super) fn check_followed(received: &Received, line: &str) {
    assert_eq!(format!("{} {}", received.method, received.target), line);
    assert_eq!(received.header("authorization"), None);
}
