//! Pictures in answers whose shape depends on the model.

use serde_json::{Map, Value};

use crate::openai::Image;

/// Every picture in the value, in its order: in base64 or behind a link, alone, in lists, or in objects that have it
/// below one of the names that the models' vendors use.
pub(super) fn in_value(value: &Value) -> Vec<Image> {
    match value {
        Value::String(text) => of_text(text).into_iter().collect(),
        Value::Array(items) => items.iter().flat_map(in_value).collect(),
        Value::Object(fields) => match of_fields(fields) {
            Some(image) => vec![image],
            None => AROUND.iter().filter_map(|name| fields.get(*name)).flat_map(in_value).collect(),
        },
        _ => Vec::new(),
    }
}

/// Names with pictures below, in objects that are none themselves.
const AROUND: [&str; 8] = ["output", "data", "b64_json", "url", "urls", "images", "image", "sample"];

/// Names with the base64 of a picture.
const PACKED: [&str; 3] = ["b64_json", "bytesBase64", "bytesBase64Encoded"];

fn of_text(text: &str) -> Option<Image> {
    let image = Image::default();
    if text.starts_with("data:") {
        return Some(image.b64_json(without_head(text)));
    }
    // No other text is a link: the base64 of a JPEG begins with a slash.
    (text.starts_with("https://") || text.starts_with("http://")).then(|| image.url(text))
}

/// The base64 of a `data:` URL, or the text itself.
fn without_head(text: &str) -> &str {
    text.split_once(";base64,").map_or(text, |(_, packed)| packed)
}

/// The picture that the object itself is: its base64, its link, or both.
fn of_fields(fields: &Map<String, Value>) -> Option<Image> {
    let packed = PACKED.iter().filter_map(|name| fields.get(*name)).find_map(packed);
    let linked = fields.get("url").and_then(Value::as_str).and_then(of_text);
    match (packed, linked) {
        (Some(packed), None) => Some(Image::default().b64_json(packed)),
        (Some(packed), Some(linked)) => Some(linked.b64_json(packed)),
        (None, linked) => linked,
    }
}

/// Base64, or an object around it.
fn packed(value: &Value) -> Option<&str> {
    match value {
        Value::String(packed) => Some(without_head(packed)).filter(|packed| !packed.is_empty()),
        Value::Object(fields) => PACKED.iter().filter_map(|name| fields.get(*name)).find_map(packed),
        _ => None,
    }
}
