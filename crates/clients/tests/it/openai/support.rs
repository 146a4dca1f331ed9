//! What the tests of OpenAI's client share.

use fourfold_clients::http::{ClientError, Effect};
use fourfold_clients::openai::OpenAiClient;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde::Serialize;
use serde_json::Value;

use crate::support::{Received, Server, timeless};

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

/// The request is this one, with this recorded body.
#[track_caller]
pub(super) fn check_sent(received: &Received, line: &str, recorded: &str) {
    assert_eq!(format!("{} {}", received.method, received.target), line);
    assert_eq!(received.header("authorization"), Some("Bearer sk-test"));
    assert_eq!(received.header("content-type"), Some("application/json"));
    assert_eq!(json(received.text()), json(recorded));
}

/// The request is this one, a form with these recorded parts. The recorded ones are divided by `XX`.
#[track_caller]
pub(super) fn check_sent_form(received: &Received, line: &str, recorded: &str) {
    assert_eq!(format!("{} {}", received.method, received.target), line);
    let media_type = received.header("content-type").unwrap();
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert_eq!(received.text().replace(boundary, "XX").replace("\r\n", "\n"), recorded);
}

/// What was read, once written again, has everything that was recorded, fields that nobody knows too.
#[track_caller]
pub(super) fn check_kept<T: Serialize>(value: &T, recorded: &str) {
    let mut recorded = json(recorded);
    without_nulls(&mut recorded);
    assert_eq!(serde_json::to_value(value).unwrap(), recorded);
}

/// Whether the simulator did this work, the client doesn't know; so it isn't asked for again.
#[track_caller]
pub(super) fn check_paid_once<T>(simulator: &Simulator, outcome: Result<T, ClientError>) {
    let Err(error) = outcome else { panic!("the fault should have been seen") };
    assert!(error.effect() >= Effect::MayHaveStarted, "{error:?}");
    assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (1, 1));
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A field that is null says as much as one that isn't there.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}
