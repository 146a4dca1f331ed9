//! Whatever a model's table has goes up in the form of the model's route.

use std::collections::BTreeMap;

use fourfold_domain::{ModelSpec, ParameterKind};
use fourfold_simulator::{Received, Simulator, SimulatorSettings};
use serde_json::{Map, Value, json};

use super::{PNG, made, start};

/// Where each model is.
const ROUTES: [(&str, &str); 20] = [
    ("stable-image-core", "generate/core"),
    ("stable-image-ultra", "generate/ultra"),
    ("sd3.5-large", "generate/sd3"),
    ("sd3.5-large-turbo", "generate/sd3"),
    ("sd3.5-medium", "generate/sd3"),
    ("sd3.5-flash", "generate/sd3"),
    ("upscale-fast", "upscale/fast"),
    ("upscale-conservative", "upscale/conservative"),
    ("upscale-creative", "upscale/creative"),
    ("edit-erase", "edit/erase"),
    ("edit-inpaint", "edit/inpaint"),
    ("edit-outpaint", "edit/outpaint"),
    ("edit-search-and-replace", "edit/search-and-replace"),
    ("edit-search-and-recolor", "edit/search-and-recolor"),
    ("edit-remove-background", "edit/remove-background"),
    ("edit-replace-background-and-relight", "edit/replace-background-and-relight"),
    ("control-sketch", "control/sketch"),
    ("control-structure", "control/structure"),
    ("control-style", "control/style"),
    ("control-style-transfer", "control/style-transfer"),
];

/// The vendor's name of a parameter; none for `n`, since it draws one picture a call.
fn wire_name<'n>(model: &str, name: &'n str) -> Option<&'n str> {
    match (model, name) {
        (_, "n") => None,
        (_, "format") => Some("output_format"),
        ("edit-replace-background-and-relight", "prompt") => Some("background_prompt"),
        ("edit-replace-background-and-relight", "image") => Some("subject_image"),
        ("control-style-transfer", "image") => Some("init_image"),
        (_, name) => Some(name),
    }
}

/// A value for each parameter of the table but these.
fn input(model: &ModelSpec, without: &[&str]) -> Map<String, Value> {
    let parameters = model.parameters.iter().filter(|parameter| !without.contains(&parameter.name.as_str()));
    let value = |kind: &ParameterKind| match kind {
        ParameterKind::Text { .. } => json!("a fox"),
        ParameterKind::Integer { max, .. } => json!(max),
        ParameterKind::Number { max, .. } => json!(max),
        ParameterKind::Boolean => json!(true),
        ParameterKind::Choice(choices) => json!(choices.last()),
        ParameterKind::Media | ParameterKind::MediaList { .. } => json!(PNG),
        other => panic!("{other:?}"),
    };
    parameters.map(|parameter| (parameter.name.clone(), value(&parameter.kind))).collect()
}

/// The fields of a form.
fn fields(received: &Received) -> BTreeMap<String, String> {
    let media_type = received.headers["content-type"].to_str().unwrap();
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = str::from_utf8(&received.body).unwrap();
    let field = |part: &str| {
        let (head, value) = part.split_once("\r\n\r\n")?;
        let name = head.split_once("name=\"")?.1.split_once('"')?.0;
        Some((name.to_owned(), value.strip_suffix("\r\n")?.to_owned()))
    };
    let fields: Vec<_> = body.split(&format!("--{boundary}")).filter_map(field).collect();
    let (count, fields) = (fields.len(), fields.into_iter().collect::<BTreeMap<_, _>>());
    assert_eq!(fields.len(), count, "a field goes up once: {body}");
    fields
}

#[tokio::test]
async fn each_parameter_of_each_model_has_its_place_in_the_form() {
    let simulator = Simulator::start(SimulatorSettings::default());
    // What is sent is looked at, and not drawn.
    simulator.fault("POST /stability/*", "status=400").unwrap();
    let provider = made(&simulator);
    assert_eq!(provider.models().len(), ROUTES.len());
    for (model, route) in ROUTES {
        let spec = provider.models().iter().find(|spec| spec.vendor_model == model).unwrap();
        let is_sd3 = route == "generate/sd3";
        let goes_apart: &[&[&str]] =
            if is_sd3 { &[&["aspect_ratio"], &["image", "strength"]] } else { &[&[]] };
        for without in goes_apart {
            let input = input(spec, without);
            start(&*provider, model, Value::Object(input.clone())).await.unwrap_err();
            let received = simulator.received().pop().unwrap();
            assert_eq!(received.path, format!("/v2beta/stable-image/{route}"));
            let mut expected: BTreeMap<_, _> = input
                .iter()
                .filter_map(|(name, value)| {
                    let text = match value {
                        Value::String(text) if text == PNG => "PNG".to_owned(),
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    Some((wire_name(model, name)?.to_owned(), text))
                })
                .collect();
            if is_sd3 {
                let mode = if input.contains_key("image") { "image-to-image" } else { "text-to-image" };
                expected
                    .extend([("model".to_owned(), model.to_owned()), ("mode".to_owned(), mode.to_owned())]);
            }
            assert_eq!(fields(&received), expected, "{model}");
        }
    }
}
