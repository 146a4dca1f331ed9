mod chat;
mod errors;

use std::sync::{Arc, LazyLock};

use fourfold_clients::deepseek::MockDeepSeekApi;
use fourfold_clients::http::BaseHttpClient;
use fourfold_domain::{
    AttemptContext, GenerationRequest, InlineMedia, InvalidInput, Modality, Parameter, Provider, Request,
};
use fourfold_providers::deepseek::DeepSeekProvider;
use serde_json::{Value, json};

const MODEL: &str = "deepseek-flash";

/// It takes its time to be built, and nothing goes by it here.
static HTTP: LazyLock<BaseHttpClient> =
    LazyLock::new(|| BaseHttpClient::builder("http://127.0.0.1:1").build().unwrap());

fn provider(api: MockDeepSeekApi) -> DeepSeekProvider {
    DeepSeekProvider::new("deepseek".parse().unwrap(), Arc::new(api), HTTP.clone())
}

fn context() -> AttemptContext {
    AttemptContext {
        owner: "call".to_owned(),
        number: 1,
        vendor_model: MODEL.to_owned(),
        media: Arc::new(InlineMedia),
    }
}

/// An input with one message and this beside.
fn asked(more: Value) -> Value {
    let mut input = json!({"messages": [{"role": "user", "content": "Hi"}]});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// The request, with the defaults of its table.
fn request(input: Value) -> GenerationRequest {
    let provider = provider(MockDeepSeekApi::new());
    let mut input = input.as_object().unwrap().clone();
    Parameter::fill_in(&provider.models()[0].parameters, &mut input);
    match Request::parse(Modality::Chat, input).unwrap() {
        Request::Generation(request) => request,
        Request::Media(_) => panic!("those are media"),
    }
}

/// What the table and the check say to an input.
fn checked(model: &str, input: Value) -> Result<(), InvalidInput> {
    let provider = provider(MockDeepSeekApi::new());
    let spec = provider.models().iter().find(|spec| spec.vendor_model == model).unwrap();
    let input = input.as_object().unwrap().clone();
    Parameter::check_all(&spec.parameters, &input)?;
    provider.check(model, &Request::parse(Modality::Chat, input)?)
}
