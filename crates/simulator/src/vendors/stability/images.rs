//! v2beta pictures: made at once, or started.

use serde_json::json;

use super::answer::{Accepted, Made, made, words};
use super::rules::{self, Rule};
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::content::is_filtered;
use crate::media::{Media, PictureFormat, Size};
use crate::refusal::Refusal;

/// How large the picture becomes.
#[derive(Clone, Copy)]
pub(super) enum Picture {
    /// About a megapixel, by `aspect_ratio`.
    New,
    /// As large as the one that was brought.
    Same,
    /// Four times as wide and high as the one that was brought.
    Scaled,
    /// As the one that was brought, scaled to four megapixels.
    Filled,
}

/// A picture that is answered at once.
pub(super) fn make(call: &Call<'_>, rules: &[Rule], picture: Picture) -> Result<Answer, Refusal> {
    let accepted = Accepted::read(call, "image/*")?;
    let fields = rules::read(call, rules)?;
    Ok(made(draw(&fields, picture)?, &fields)?.answer(accepted, "image"))
}

/// A picture that takes a while.
pub(super) fn start(call: &Call<'_>, rules: &[Rule], picture: Picture) -> Result<Answer, Refusal> {
    let fields = rules::read(call, rules)?;
    start_with(call, &fields, picture)
}

/// `POST /v2beta/stable-image/generate/ultra`: from words, or from a picture too.
pub(super) fn ultra(call: &Call<'_>) -> Result<Answer, Refusal> {
    let accepted = Accepted::read(call, "image/*")?;
    let fields = rules::read(call, rules::ULTRA)?;
    if fields.has("image") {
        from_picture(&fields)?;
    }
    Ok(made(draw(&fields, Picture::New)?, &fields)?.answer(accepted, "image"))
}

/// `POST /v2beta/stable-image/generate/sd3`.
pub(super) fn sd3(call: &Call<'_>) -> Result<Answer, Refusal> {
    let accepted = Accepted::read(call, "image/*")?;
    let fields = rules::read(call, rules::SD3)?;
    let picture = if fields.text("mode")? == Some("image-to-image") {
        from_picture(&fields)?;
        if fields.has("aspect_ratio") {
            return Err(Refusal::unsupported("aspect_ratio", "is not allowed with mode image-to-image"));
        }
        Picture::Same
    } else {
        Picture::New
    };
    Ok(made(draw(&fields, picture)?, &fields)?.answer(accepted, "image"))
}

/// `POST /v2beta/stable-image/edit/outpaint`: to at least one side.
pub(super) fn outpaint(call: &Call<'_>) -> Result<Answer, Refusal> {
    let accepted = Accepted::read(call, "image/*")?;
    let fields = rules::read(call, rules::OUTPAINT)?;
    let side = |field: &str| Ok(fields.integer(field, 0..=2000)?.and_then(|side| u16::try_from(side).ok()));
    let sides: [Option<u16>; 4] = [side("left")?, side("right")?, side("up")?, side("down")?];
    let [left, right, up, down] = sides.map(Option::unwrap_or_default);
    if left + right + up + down == 0 {
        return Err(Refusal::not_allowed("left", 0, "above 0, or one of right, up and down must be"));
    }
    let size = rules::size_of(&fields, "image").unwrap_or(MEGAPIXEL);
    let size = Size::new(size.width.saturating_add(left + right), size.height.saturating_add(up + down));
    let media = format(&fields)?.draw(size, &words(&fields));
    Ok(made(media, &fields)?.answer(accepted, "image"))
}

/// `POST /v2beta/stable-image/edit/replace-background-and-relight`: takes a while.
pub(super) fn relight(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = rules::read(call, rules::RELIGHT)?;
    if !fields.has("background_prompt") && !fields.has("background_reference") {
        return Err(Refusal::missing("background_prompt"));
    }
    start_with(call, &fields, Picture::Same)
}

/// The picture of a task that is over.
pub(super) fn finished(details: &serde_json::Value) -> Made {
    let text = |name: &str| details[name].as_str().unwrap_or_default();
    let size = Size::parse(text("size")).unwrap_or(MEGAPIXEL);
    let media = PictureFormat::parse(text("format")).unwrap_or(PictureFormat::Png).draw(size, text("words"));
    let seed = details["seed"].as_u64().and_then(|seed| u32::try_from(seed).ok()).unwrap_or(1);
    Made { media, seed, is_filtered: is_filtered(text("words")) }
}

const MEGAPIXEL: Size = Size::new(1024, 1024);

fn start_with(call: &Call<'_>, fields: &Fields, picture: Picture) -> Result<Answer, Refusal> {
    let words = words(fields);
    let details = json!({
        "kind": "image",
        "size": size(fields, picture).to_string(),
        "format": fields.text("output_format")?.unwrap_or("png"),
        "seed": super::answer::seed(fields, &words)?,
        "words": words,
    });
    let task = call.add_task(call.new_id("", 64), details);
    Ok(Answer::json(&json!({"id": task.id})).with_task_id(task.id))
}

fn from_picture(fields: &Fields) -> Result<(), Refusal> {
    rules::check(fields, rules::FROM_PICTURE)?;
    if fields.has("strength") { Ok(()) } else { Err(Refusal::missing("strength")) }
}

fn draw(fields: &Fields, picture: Picture) -> Result<Media, Refusal> {
    Ok(format(fields)?.draw(size(fields, picture), &words(fields)))
}

fn format(fields: &Fields) -> Result<PictureFormat, Refusal> {
    Ok(fields.text("output_format")?.and_then(PictureFormat::parse).unwrap_or(PictureFormat::Png))
}

fn size(fields: &Fields, picture: Picture) -> Size {
    let brought =
        ["image", "subject_image", "init_image"].iter().find_map(|field| rules::size_of(fields, field));
    let brought = brought.unwrap_or(MEGAPIXEL);
    let times = |factor: u32| {
        let side = |side: u16| u16::try_from(u32::from(side) * factor).unwrap_or(u16::MAX);
        Size::new(side(brought.width), side(brought.height))
    };
    match picture {
        Picture::New => of_aspect(fields.text("aspect_ratio").ok().flatten().unwrap_or("1:1")),
        Picture::Same => brought,
        Picture::Scaled => times(4),
        Picture::Filled => {
            let pixels = u32::from(brought.width) * u32::from(brought.height);
            times((4_194_304 / pixels.max(1)).isqrt().max(1))
        }
    }
}

fn of_aspect(aspect: &str) -> Size {
    match aspect {
        "21:9" => Size::new(1536, 640),
        "16:9" => Size::new(1344, 768),
        "3:2" => Size::new(1216, 832),
        "5:4" => Size::new(1152, 896),
        "4:5" => Size::new(896, 1152),
        "2:3" => Size::new(832, 1216),
        "9:16" => Size::new(768, 1344),
        "9:21" => Size::new(640, 1536),
        _ => MEGAPIXEL,
    }
}
