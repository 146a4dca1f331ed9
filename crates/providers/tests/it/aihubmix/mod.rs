mod chat;
mod errors;
mod images;
mod settings;
mod sound;
mod videos;

use std::sync::{Arc, LazyLock};

use fourfold_clients::aihubmix::MockAihubmixApi;
use fourfold_clients::http::BaseHttpClient;
use fourfold_domain::{
    AttemptContext, GenerationRequest, InlineMedia, InvalidInput, MediaRequest, Modality, OutputSource,
    Outputs, Parameter, Provider, Request, Started, UpstreamTask,
};
use fourfold_providers::aihubmix::AihubmixProvider;
use serde_json::{Value, json};

const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";

/// It takes its time to be built, and nothing goes by it here.
static HTTP: LazyLock<BaseHttpClient> =
    LazyLock::new(|| BaseHttpClient::builder("http://127.0.0.1:1").build().unwrap());

fn provider(api: MockAihubmixApi) -> AihubmixProvider {
    AihubmixProvider::new("aihubmix".parse().unwrap(), Arc::new(api), HTTP.clone())
}

fn context(vendor_model: &str) -> AttemptContext {
    AttemptContext {
        owner: "job".to_owned(),
        number: 1,
        vendor_model: vendor_model.to_owned(),
        media: Arc::new(InlineMedia),
    }
}

fn table(provider: &AihubmixProvider, model: &str) -> (Modality, Vec<Parameter>) {
    let spec = provider.models().iter().find(|spec| spec.vendor_model == model);
    let spec = spec.unwrap_or_else(|| panic!("{model} isn't offered"));
    (spec.modality, spec.parameters.clone())
}

/// What the table and the check say to an input.
fn checked(model: &str, input: &Value) -> Result<(), InvalidInput> {
    let provider = provider(MockAihubmixApi::new());
    let (modality, table) = table(&provider, model);
    let input = input.as_object().unwrap();
    Parameter::check_all(&table, input)?;
    provider.check(model, &Request::parse(modality, input.clone())?)
}

/// Each input, and the field that it is refused for.
fn check_limits(model: &str, inputs: &[(Value, Option<&str>)]) {
    for (input, field) in inputs {
        let found = checked(model, input);
        assert_eq!(found.as_ref().err().map(|error| &*error.field), *field, "{model}: {input}");
    }
}

/// The request, with the defaults of the model's table.
fn parsed(model: &str, input: Value) -> Request {
    let (modality, table) = table(&provider(MockAihubmixApi::new()), model);
    let mut input = input.as_object().unwrap().clone();
    Parameter::fill_in(&table, &mut input);
    Request::parse(modality, input).unwrap()
}

fn media(model: &str, input: Value) -> MediaRequest {
    match parsed(model, input) {
        Request::Media(request) => request,
        Request::Generation(_) => panic!("that is text"),
    }
}

fn text(model: &str, input: Value) -> GenerationRequest {
    match parsed(model, input) {
        Request::Generation(request) => request,
        Request::Media(_) => panic!("those are media"),
    }
}

fn wire<T: serde::Serialize>(sent: &T) -> Value {
    serde_json::to_value(sent).unwrap()
}

fn done(started: Started) -> Outputs {
    match started {
        Started::Done(outputs) => outputs,
        Started::Task(task) => panic!("{task:?}"),
    }
}

fn taken(started: Started) -> UpstreamTask {
    match started {
        Started::Task(task) => task,
        Started::Done(outputs) => panic!("{outputs:?}"),
    }
}

fn bytes(outputs: &Outputs) -> &[u8] {
    match &outputs.items[0].source {
        OutputSource::Bytes(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

/// One message, and this beside.
fn hi(more: Value) -> Value {
    let mut input = json!({"messages": [{"role": "user", "content": "Hi"}]});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}
