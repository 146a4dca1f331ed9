//! The least that a model can be asked for: its required parameters, each as small as it may be.

use fourfold_domain::{ModelSpec, Parameter, ParameterKind, Request};
use serde_json::{Map, Value, json};

/// A picture of 64 pixels each way, which is the least that some vendors take.
const PICTURE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQAAAACCEkxzAAAAD0lEQVR42mNgGAWjgHwAAAJAAAHgTR1EAAAAAElFTkSuQmCC";
/// Silence of one sample.
const SOUND: &str = "data:audio/wav;base64,UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==";
/// A second of a film that shows nothing.
const FILM: &str = "data:video/mp4;base64,AAAAFGZ0eXBpc29tAAACAGlzb20AAAB0bW9vdgAAAGxtdmhkAAAAAAAAAAAAAAAAAAAD6AAAA+gAAQAAAQAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ==";

/// The least `input` that a model can be asked with: what it requires, each as small as it may be.
pub fn least_input(model: &ModelSpec) -> Map<String, Value> {
    let required = model.parameters.iter().filter(|parameter| is_needed(model, parameter));
    required.map(|parameter| (parameter.name.clone(), least_value(parameter))).collect()
}

/// The request, or why the table doesn't lead to one.
pub(super) fn request(model: &ModelSpec) -> Result<Request, String> {
    let mut input = least_input(model);
    Parameter::check_all(&model.parameters, &input).map_err(|error| error.to_string())?;
    Parameter::fill_in(&model.parameters, &mut input);
    Request::parse(model.modality, input).map_err(|error| error.to_string())
}

/// A prompt may be left out only where a medium takes its place.
fn is_needed(model: &ModelSpec, parameter: &Parameter) -> bool {
    let stands_in = |other: &&Parameter| ["image", "video"].contains(&other.name.as_str());
    let mut media = model.parameters.iter().filter(stands_in).peekable();
    let is_alternative = media.peek().is_some() && media.all(|medium| !medium.required);
    parameter.required || (parameter.name == "prompt" && is_alternative)
}

fn least_value(parameter: &Parameter) -> Value {
    match &parameter.kind {
        ParameterKind::Text { .. } => json!("x"),
        ParameterKind::Integer { min, .. } => json!(min),
        ParameterKind::Number { min, .. } => json!(min),
        ParameterKind::Boolean => json!(false),
        ParameterKind::Choice(choices) => json!(choices.first()),
        ParameterKind::Size { min, step, .. } => {
            let side = min.next_multiple_of(*step);
            json!(format!("{side}x{side}"))
        }
        ParameterKind::IntegerChoice(choices) => json!(choices.first()),
        ParameterKind::Media | ParameterKind::MediaList { .. } if parameter.name == "audio" => json!(SOUND),
        ParameterKind::Media if parameter.name == "video" => json!(FILM),
        ParameterKind::Media | ParameterKind::MediaList { .. } => json!(PICTURE),
        ParameterKind::Texts { .. } | ParameterKind::Open => json!("x"),
        ParameterKind::Messages => json!([{"role": "user", "content": "x"}]),
        ParameterKind::Tools => json!([]),
    }
}
