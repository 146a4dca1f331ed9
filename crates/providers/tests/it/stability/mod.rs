//! Stability's provider: errors, verdicts and tasks, over a mocked client; the forms and the contract, over the
//! simulator.

mod contract;
mod errors;
mod images;
mod limits;
mod parameters;
mod tasks;

use std::sync::{Arc, LazyLock};

use fourfold_clients::Media;
use fourfold_clients::http::{BaseHttpClient, Body};
use fourfold_clients::stability::{FinishReason, Generated, MockStabilityApi};
use fourfold_domain::{
    AttemptContext, InlineMedia, MediaRequest, Modality, Outputs, Provider, ProviderError, Request, Started,
};
use fourfold_providers::ProviderFactory;
use fourfold_providers::stability::StabilityProvider;
use fourfold_simulator::{Simulator, Vendor};
use serde_json::{Value, json};

/// A picture for those who don't look.
const PNG: &str = "data:image/png;base64,UE5H";

fn provider(api: MockStabilityApi) -> StabilityProvider {
    /// Asked for nothing but its breaker.
    static HTTP: LazyLock<BaseHttpClient> =
        LazyLock::new(|| BaseHttpClient::builder("http://127.0.0.1:1").build().unwrap());
    StabilityProvider::new("stability".parse().unwrap(), Arc::new(api), HTTP.clone())
}

/// The provider as it is made from settings.
fn made(simulator: &Simulator) -> Arc<dyn Provider> {
    let settings = json!({"api_key": "sk-1", "base_url": simulator.base_url(Vendor::Stability)});
    ProviderFactory::with_builtin().create("stability", serde_json::from_value(settings).unwrap()).unwrap()
}

fn context(vendor_model: &str) -> AttemptContext {
    AttemptContext {
        owner: "job".to_owned(),
        number: 1,
        vendor_model: vendor_model.to_owned(),
        media: Arc::new(InlineMedia),
    }
}

fn request(input: Value) -> Request {
    Request::parse(Modality::Image, input.as_object().unwrap().clone()).unwrap()
}

async fn start(provider: &dyn Provider, model: &str, input: Value) -> Result<Started, ProviderError> {
    let Request::Media(request @ MediaRequest::Image(_)) = request(input) else {
        panic!("that is no picture")
    };
    provider.media().unwrap().start(request, context(model)).await
}

fn done(started: Started) -> Outputs {
    match started {
        Started::Done(outputs) => outputs,
        Started::Task(task) => panic!("{task:?}"),
    }
}

/// What the client gives for a picture, which has the seed 7.
fn generated(finish_reason: Option<&str>, media_type: Option<&str>, body: impl Into<Body>) -> Generated {
    Generated {
        finish_reason: finish_reason.map(FinishReason::from),
        seed: Some(7),
        media: Media {
            media_type: media_type.map(str::to_owned),
            request_id: Some("r1".to_owned()),
            body: body.into(),
        },
    }
}
