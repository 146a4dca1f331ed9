//! Pictures, by two ways: OpenAI's routes, and one route for all models, `/v1/models/{vendor}/{model}/predictions`.
//!
//! OpenAI's own models keep to OpenAI's rules on both; the others have the rules of their family.

mod family;
mod request;
mod size;
mod tasks;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::openai;
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::Refusal;
use crate::vendors::ModelKind;
use family::Family;
use request::ImageRequest;
pub(super) use tasks::get as task;

/// `POST /v1/images/generations`.
pub(super) fn generate(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.json_fields()?;
    match family(call, fields.required_text("model")?)? {
        Family::OpenAi(models) => {
            models.check(&fields)?;
            openai::images::generate(call)
        }
        family => Ok(linked(call, &ImageRequest::read(family, &fields)?.unfiltered()?)),
    }
}

/// `POST /v1/images/edits`.
pub(super) fn edit(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.fields()?;
    match family(call, fields.required_text("model")?)? {
        Family::OpenAi(models) => {
            models.check(&fields)?;
            openai::images::edit(call)
        }
        family => {
            fields.required_file("image")?;
            Ok(linked(call, &ImageRequest::read(family, &fields)?.unfiltered()?))
        }
    }
}

/// `POST /v1/models/{vendor}/{model}/predictions`: how the answer is shaped depends on the family. The page
/// doesn't list the vendors' names that may stand before a model, so any will do.
pub(super) fn predict(call: &Call<'_>) -> Result<Answer, Refusal> {
    let model = call.params.get("model");
    let family = family(call, model)?;
    let fields = input(call, model)?;
    match family {
        Family::OpenAi(models) => {
            models.check(&fields)?;
            let made = openai::images::make(call, &fields)?;
            let picture = |bytes: &String| json!({"bytesBase64": bytes, "mimeType": made.output_format});
            let pictures: Vec<_> = made.pictures.iter().map(picture).collect();
            let output = json!({"b64_json": pictures, "urls": []});
            Ok(Answer::json(&json!({"output": output, "usage": made.usage})))
        }
        Family::FluxTask => tasks::start(call, &ImageRequest::read(family, &fields)?),
        Family::Alibaba => {
            let request = ImageRequest::read(family, &fields)?.unfiltered()?;
            let picture = |index| {
                let bytes = BASE64_STANDARD.encode(request.picture(index).bytes);
                json!({"b64_json": {"bytesBase64": bytes}})
            };
            Ok(Answer::json(&json!({"output": (0..request.count).map(picture).collect::<Vec<_>>()})))
        }
        family => {
            let request = ImageRequest::read(family, &fields)?.unfiltered()?;
            Ok(Answer::json(&json!({"output": links(call, &request)})))
        }
    }
}

fn family(call: &Call<'_>, model: &str) -> Result<Family, Refusal> {
    call.model(model, |kind| kind == ModelKind::Image)?;
    Ok(Family::of(model))
}

/// The fields below `input`, and the model of the path.
fn input(call: &Call<'_>, model: &str) -> Result<Fields, Refusal> {
    match call.json_fields()?.value("input") {
        None => Err(Refusal::missing("input")),
        Some(Value::Object(input)) => {
            let mut input = input.clone();
            input.insert("model".to_owned(), json!(model));
            Ok(Fields::Json(input))
        }
        Some(other) => Err(Refusal::wrong_type("input", "an object", other)),
    }
}

/// Pictures behind links, in OpenAI's shape.
fn linked(call: &Call<'_>, request: &ImageRequest) -> Answer {
    Answer::json(&json!({"created": call.now_seconds(), "data": links(call, request)}))
}

fn links(call: &Call<'_>, request: &ImageRequest) -> Vec<Value> {
    (0..request.count).map(|index| json!({"url": call.link(request.picture(index))})).collect()
}
