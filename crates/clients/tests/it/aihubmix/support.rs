//! What the tests of AIHubMix's client share.

use fourfold_clients::aihubmix::AihubmixClient;
use fourfold_clients::http::{AddressPolicy, HttpSettings};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};

use crate::support::{Server, Wire, timeless};

pub(super) const WIRE: Wire = Wire {
    routes: include_str!("../../../../simulator/routes/aihubmix.txt"),
    credential: ("authorization", "Bearer sk-test"),
};

/// A client of this base URL, without timers and without jitter.
pub(super) fn client(base_url: &str) -> AihubmixClient {
    with_settings(base_url, timeless())
}

/// A scripted server's client.
pub(super) fn client_of(server: &Server) -> AihubmixClient {
    client(&server.url())
}

/// A scripted server's client that may follow links to other servers of the test.
pub(super) fn roaming_client_of(server: &Server) -> AihubmixClient {
    with_settings(&server.url(), HttpSettings { foreign_addresses: AddressPolicy::Any, ..timeless() })
}

/// A simulator, and its client.
pub(super) fn simulated() -> (Simulator, AihubmixClient) {
    let simulator = Simulator::start(SimulatorSettings::default());
    let client = client(&simulator.base_url(Vendor::AiHubMix));
    (simulator, client)
}

fn with_settings(base_url: &str, settings: HttpSettings) -> AihubmixClient {
    let builder = AihubmixClient::builder(base_url, "sk-test".to_owned().into());
    AihubmixClient::new(builder.settings(settings).random(|| 0.0).build().unwrap())
}
