//! Stable Video, which the vendor retired in 2025.

use std::time::Duration;

use serde_json::json;

use super::answer::{Made, seed};
use super::rules;
use crate::answer::Answer;
use crate::call::Call;
use crate::media::{Size, mp4};
use crate::refusal::Refusal;

/// `POST /v2beta/image-to-video`: from a picture of one of three sizes.
pub(super) fn start(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = rules::read(call, rules::IMAGE_TO_VIDEO)?;
    let size = rules::size_of(&fields, "image").unwrap_or(SIZES[0]);
    if !SIZES.contains(&size) {
        let sizes = SIZES.map(|size| size.to_string()).join(", ");
        return Err(Refusal::not_allowed("image", size, format!("one of {sizes}")));
    }
    let details = json!({"kind": "video", "size": size.to_string(), "seed": seed(&fields, "")?});
    let task = call.add_task(call.new_id("", 64), details);
    Ok(Answer::json(&json!({"id": task.id})).with_task_id(task.id))
}

const SIZES: [Size; 3] = [Size::new(1024, 576), Size::new(576, 1024), Size::new(768, 768)];

/// The video of a task that is over.
pub(super) fn finished(details: &serde_json::Value) -> Made {
    let size = details["size"].as_str().and_then(Size::parse).unwrap_or(SIZES[0]);
    let seed = details["seed"].as_u64().and_then(|seed| u32::try_from(seed).ok()).unwrap_or(1);
    Made { media: mp4(size, Duration::from_secs(4), &seed.to_string()), seed, is_filtered: false }
}
