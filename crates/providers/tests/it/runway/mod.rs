//! Runway's provider: each parameter, each limit and each verdict, over a mocked client; the contract, over the
//! simulator.

mod assets;
mod contract;
mod errors;
mod images;
mod speech;
mod tasks;
mod videos;

use std::sync::{Arc, LazyLock};

use fourfold_clients::http::BaseHttpClient;
use fourfold_clients::runway::{Generation, MockRunwayApi, Task};
use fourfold_domain::{
    AttemptContext, InlineMedia, MediaMaker, MediaReader, Modality, Parameter, Provider, ProviderError,
    Request, Started, UpstreamTask,
};
use fourfold_providers::runway::RunwayProvider;
use serde_json::{Map, Value, json};

const PNG: &str = "data:image/png;base64,UE5H";
const URL: &str = "https://files.test/a";

/// One that isn't asked for anything but its tables. To build a client takes a while.
static OFFER: LazyLock<RunwayProvider> = LazyLock::new(|| provider(MockRunwayApi::new()));

static LINKS: LazyLock<BaseHttpClient> =
    LazyLock::new(|| BaseHttpClient::builder("http://127.0.0.1:1").build().unwrap());

fn provider(api: MockRunwayApi) -> RunwayProvider {
    RunwayProvider::new("runway".parse().unwrap(), Arc::new(api), LINKS.clone())
}

fn context(vendor_model: &str) -> AttemptContext {
    context_with(vendor_model, Arc::new(InlineMedia))
}

fn context_with(vendor_model: &str, media: Arc<dyn MediaReader>) -> AttemptContext {
    AttemptContext { owner: "job".to_owned(), number: 1, vendor_model: vendor_model.to_owned(), media }
}

/// The request as a caller's would come: held to the table of the model, which also fills in what he leaves out.
fn request(vendor_model: &str, input: Value) -> Result<Request, String> {
    let (modality, input) = filled(vendor_model, input)?;
    Request::parse(modality, input).map_err(|mistake| mistake.to_string())
}

fn filled(vendor_model: &str, input: Value) -> Result<(Modality, Map<String, Value>), String> {
    let spec = OFFER.models().iter().find(|spec| spec.vendor_model == vendor_model).unwrap();
    let mut input = input.as_object().unwrap().clone();
    Parameter::check_all(&spec.parameters, &input).map_err(|mistake| mistake.to_string())?;
    Parameter::fill_in(&spec.parameters, &mut input);
    Ok((spec.modality, input))
}

/// Asks for it by all the rules, and gives the task.
async fn started(
    api: MockRunwayApi,
    context: AttemptContext,
    input: Value,
) -> Result<UpstreamTask, ProviderError> {
    let provider = provider(api);
    let request = request(&context.vendor_model, input).unwrap();
    provider.check(&context.vendor_model, &request).unwrap();
    let Request::Media(request) = request else { panic!("those are media") };
    match provider.start(request, context).await? {
        Started::Task(task) => Ok(task),
        Started::Done(outputs) => panic!("{outputs:?}"),
    }
}

/// The vendor's route and what goes there, for an input that only has what it needs to.
async fn sent(vendor_model: &str, input: Value) -> (&'static str, Value) {
    sent_with(MockRunwayApi::new(), context(vendor_model), input).await
}

async fn sent_with(mut api: MockRunwayApi, context: AttemptContext, input: Value) -> (&'static str, Value) {
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_create_generation().times(1).returning(move |generation: &Generation| {
        tx.send((generation.route(), serde_json::to_value(generation).unwrap())).unwrap();
        Ok(accepted())
    });
    started(api, context, input).await.unwrap();
    rx.recv().unwrap()
}

/// What the vendor answers to work that it takes.
fn accepted() -> Task {
    task(json!({"id": "17f2", "estimatedCost": {"credits": 25}}))
}

fn task(task: Value) -> Task {
    serde_json::from_value(task).unwrap()
}

/// Why a caller's input isn't taken, by the table or by what the provider says of several fields.
fn refusal(vendor_model: &str, input: Value) -> String {
    match request(vendor_model, input) {
        Err(mistake) => mistake,
        Ok(request) => provider(MockRunwayApi::new()).check(vendor_model, &request).unwrap_err().to_string(),
    }
}
