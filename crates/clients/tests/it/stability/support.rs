//! What the tests of Stability's client share.

use fourfold_clients::File;
use fourfold_clients::http::{ClientError, Effect, ErrorKind};
use fourfold_clients::stability::{Generated, StabilityClient};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;

use crate::support::{Reply, Server, Wire, timeless};

pub(super) const WIRE: Wire = Wire {
    routes: include_str!("../../../../simulator/routes/stability.txt"),
    credential: ("authorization", "Bearer sk-test"),
};

/// A client of this base URL, without timers and without jitter.
pub(super) fn client(base_url: &str) -> StabilityClient {
    let builder = StabilityClient::builder(base_url, "sk-test".to_owned().into());
    StabilityClient::new(builder.settings(timeless()).random(|| 0.0).build().unwrap())
}

/// A scripted server's client.
pub(super) fn client_of(server: &Server) -> StabilityClient {
    client(&server.url())
}

/// A simulator, and its client.
pub(super) fn simulated() -> (Simulator, StabilityClient) {
    let simulator = Simulator::start(SimulatorSettings::default());
    let client = client(&simulator.base_url(Vendor::Stability));
    (simulator, client)
}

/// An answer that is a picture.
pub(super) fn picture_reply() -> Reply {
    let headers = [("Content-Type", "image/png"), ("finish-reason", "SUCCESS"), ("seed", "7")];
    Reply::status(200, &headers, "PNG")
}

/// A file that is no picture, for servers that don't look.
pub(super) fn picture(name: &str) -> File {
    File::new(name, "image/png", "PNG")
}

/// As much of a picture of this size as the simulator looks at.
pub(super) fn sized_picture(width: u32, height: u32) -> File {
    let head = [b"\x89PNG\r\n\x1a\n", &b"\0\0\0\x0dIHDR"[..], &width.to_be_bytes(), &height.to_be_bytes()];
    File::new("picture.png", "image/png", head.concat())
}

/// All that comes of a result.
pub(super) async fn read(generated: Generated) -> Result<Vec<u8>, ClientError> {
    let pieces: Vec<_> = generated.media.body.into_data_stream().try_collect().await?;
    Ok(pieces.concat())
}

/// The result breaks off on its way, and isn't asked for again.
#[track_caller]
pub(super) fn check_cut(simulator: &Simulator, outcome: Result<Vec<u8>, ClientError>) {
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Interrupted, Effect::Started));
    assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (1, 1));
}
