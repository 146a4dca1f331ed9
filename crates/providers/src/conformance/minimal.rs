//! The least that a model can be asked for: its required parameters, each as small as it may be.

use fourfold_domain::{ModelSpec, Parameter, ParameterKind, Request};
use serde_json::{Map, Value, json};

/// A picture of one pixel.
const PICTURE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";
/// Silence of one sample.
const SOUND: &str = "data:audio/wav;base64,UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==";

/// The request, or why the table doesn't lead to one.
pub(super) fn request(model: &ModelSpec) -> Result<Request, String> {
    let required = model.parameters.iter().filter(|parameter| parameter.required);
    let mut input: Map<_, _> =
        required.map(|parameter| (parameter.name.clone(), least_value(parameter))).collect();
    Parameter::check_all(&model.parameters, &input).map_err(|error| error.to_string())?;
    Parameter::fill_in(&model.parameters, &mut input);
    Request::parse(model.modality, input).map_err(|error| error.to_string())
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
        ParameterKind::Media | ParameterKind::MediaList { .. } => json!(PICTURE),
        ParameterKind::Texts { .. } | ParameterKind::Open => json!("x"),
        ParameterKind::Messages => json!([{"role": "user", "content": "x"}]),
        ParameterKind::Tools => json!([]),
    }
}
