//! The caller's own bytes, over the simulator: what goes out, what comes back, and what is seen in passing.

mod errors;
mod same;
mod spoken;
mod unchanged;

use std::sync::Arc;

use bytes::Bytes;
use fourfold_domain::{Dialect, Provider, ProviderError, Usage, WireCall, WireReply};
use fourfold_providers::ProviderFactory;
use fourfold_simulator::{Clock, Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

pub(super) const CLAUDE: &str = "claude-sonnet-5";
pub(super) const GPT: &str = "gpt-4o-mini";

/// A simulator that answers the same request with the same bytes once it was reset.
fn simulator() -> Simulator {
    let clock =
        Clock::Fixed(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000));
    Simulator::start(SimulatorSettings { clock, ..SimulatorSettings::default() })
}

fn made(simulator: &Simulator, vendor: Vendor, more: Value) -> Arc<dyn Provider> {
    let mut settings = json!({"api_key": "sk-1", "base_url": simulator.base_url(vendor)});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let settings = serde_json::from_value(settings).unwrap();
    ProviderFactory::with_builtin().create(vendor.name(), settings).unwrap()
}

fn call(dialect: Dialect, vendor_model: &str, body: impl Into<Bytes>) -> WireCall {
    let body = body.into();
    let stream = serde_json::from_slice::<Value>(&body).is_ok_and(|body| body["stream"] == true);
    let (vendor_model, headers) = (vendor_model.to_owned(), Vec::new());
    WireCall { dialect, vendor_model, body, edits: Vec::new(), limit: None, headers, stream }
}

async fn send(provider: &Arc<dyn Provider>, call: WireCall) -> Result<WireReply, ProviderError> {
    provider.wire().unwrap().send(call).await
}

async fn read(reply: WireReply) -> Result<Bytes, ProviderError> {
    let (bytes, _used, end) = read_seen(reply).await;
    end.map(|()| bytes)
}

/// All that came, the usage that was seen in it, and how it ended.
async fn read_seen(mut reply: WireReply) -> (Bytes, Option<Usage>, Result<(), ProviderError>) {
    let (mut bytes, mut usage) = (bytes::BytesMut::new(), None);
    loop {
        match reply.body.try_next().await {
            Ok(Some(piece)) => {
                bytes.extend_from_slice(&piece.bytes);
                usage = piece.seen.usage;
            }
            Ok(None) => return (bytes.freeze(), usage, Ok(())),
            Err(error) => return (bytes.freeze(), usage, Err(error)),
        }
    }
}
