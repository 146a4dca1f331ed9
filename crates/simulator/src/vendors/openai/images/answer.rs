//! What an image model answers: all at once, or as events.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::request::ImageRequest;
use crate::answer::Answer;
use crate::call::Call;
use crate::content::count_tokens;
use crate::events;
use crate::media::Media;

/// The pictures. The event's name begins with this word.
pub(super) fn answer(call: &Call<'_>, request: &ImageRequest, event: &str) -> Answer {
    if request.is_streamed { streamed(call, request, event) } else { whole(call, request) }
}

fn whole(call: &Call<'_>, request: &ImageRequest) -> Answer {
    let pictures: Vec<_> =
        pictures(request).into_iter().map(|picture| json!({"b64_json": picture})).collect();
    let mut answer = described(request);
    answer.insert("created".into(), json!(call.now_seconds()));
    answer.insert("data".into(), json!(pictures));
    answer.insert("usage".into(), usage(request));
    Answer::json(&Value::Object(answer))
}

fn streamed(call: &Call<'_>, request: &ImageRequest, event: &str) -> Answer {
    let described = |kind: &str, picture: String| {
        let mut fields = described(request);
        fields.insert("type".into(), json!(format!("{event}.{kind}")));
        fields.insert("created_at".into(), json!(call.now_seconds()));
        fields.insert("b64_json".into(), json!(picture));
        fields
    };
    let mut events = Vec::new();
    for index in 0..request.count {
        for partial in 0..request.partial_images {
            let mut fields = described("partial_image", picture(request, index));
            fields.insert("partial_image_index".into(), json!(partial));
            events.push(events::named(&format!("{event}.partial_image"), &Value::Object(fields)));
        }
        let mut fields = described("completed", picture(request, index));
        fields.insert("usage".into(), usage(request));
        events.push(events::named(&format!("{event}.completed"), &Value::Object(fields)));
    }
    Answer::events(events)
}

/// What the answer says of its pictures.
fn described(request: &ImageRequest) -> Map<String, Value> {
    Map::from_iter([
        ("background".to_owned(), json!(request.background)),
        ("output_format".to_owned(), json!(request.output_format)),
        ("quality".to_owned(), json!(request.quality)),
        ("size".to_owned(), json!(request.size.to_string())),
    ])
}

/// All pictures, in base64.
pub(super) fn pictures(request: &ImageRequest) -> Vec<String> {
    (0..request.count).map(|index| picture(request, index)).collect()
}

fn picture(request: &ImageRequest, index: i64) -> String {
    let Media { bytes, .. } = request.format.draw(request.size, &format!("{index} {}", request.prompt));
    BASE64_STANDARD.encode(bytes)
}

pub(super) fn usage(request: &ImageRequest) -> Value {
    let text_tokens = count_tokens(&request.prompt);
    let brought_tokens = u64::try_from(request.input_images).unwrap_or_default() * 256;
    let square_tokens = match request.quality {
        "low" => 272,
        "medium" => 1056,
        _ => 4160,
    };
    let pixels = u64::from(request.size.width) * u64::from(request.size.height);
    let made_tokens = (square_tokens * pixels).div_ceil(1024 * 1024) * request.count.unsigned_abs();
    let input_tokens = text_tokens + brought_tokens;
    json!({
        "input_tokens": input_tokens,
        "output_tokens": made_tokens,
        "total_tokens": input_tokens + made_tokens,
        "input_tokens_details": {"text_tokens": text_tokens, "image_tokens": brought_tokens},
        "output_tokens_details": {"image_tokens": made_tokens, "text_tokens": 0},
    })
}
