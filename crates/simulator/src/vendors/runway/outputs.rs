//! What comes out of a task: how much of it, of which size, in which format.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::assets;
use super::create::Makes;
use crate::call::{Call, Fields};
use crate::media::{AudioFormat, Media, PictureFormat, Size, mp4, spoken, svg};
use crate::refusal::Refusal;

/// How long something gets: at most, which is what an estimate is made of, and really.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Seconds {
    pub(super) at_most: f64,
    pub(super) really: f64,
}

impl Seconds {
    /// As many as were asked for; where the model may choose, it takes 5 of 15.
    pub(super) fn of(makes: Makes, model: &str, fields: &Fields) -> Self {
        let asked = fields.value("duration");
        if asked.is_some_and(Value::is_string) {
            return Self { at_most: 15.0, really: 5.0 };
        }
        let seconds = asked.and_then(Value::as_f64).unwrap_or_else(|| match (makes, model) {
            (Makes::Speech, _) => spoken(text(fields, "promptText").unwrap_or_default()).as_secs_f64(),
            (_, "gen4_turbo") => 10.0,
            (_, "veo3.1" | "veo3.1_fast") => 8.0,
            // How long the input is isn't known where nothing is fetched.
            _ => 5.0,
        });
        Self { at_most: seconds, really: seconds }
    }
}

/// How many results are asked for.
pub(super) fn pieces(fields: &Fields) -> u64 {
    let asked = ["outputCount", "numVariants"].iter().find_map(|field| fields.value(field)?.as_u64());
    asked.unwrap_or(1).clamp(1, 10)
}

/// All that [`media`] must know. Refuses a format that can't be made here.
pub(super) fn described(
    call: &Call<'_>,
    makes: Makes,
    model: &str,
    fields: &Fields,
) -> Result<Value, Refusal> {
    Ok(json!({
        "format": format(makes, model, fields)?,
        "size": size(call, makes, fields).to_string(),
        "seconds": Seconds::of(makes, model, fields).really,
        "pieces": pieces(fields),
    }))
}

/// The files of a task that is over. The same words give the same files.
pub(super) fn media(output: &Value, words: &str) -> Vec<Media> {
    let text = |name: &str| output[name].as_str().unwrap_or_default();
    let size = Size::parse(text("size")).unwrap_or(Size::new(1280, 720));
    let duration = Duration::try_from_secs_f64(output["seconds"].as_f64().unwrap_or_default());
    let duration = duration.unwrap_or_default();
    let piece = |number: u64| {
        let words = format!("{number} {words}");
        match (text("format"), PictureFormat::parse(text("format")), AudioFormat::parse(text("format"))) {
            (_, Some(format), _) => format.draw(size, &words),
            // At most ten seconds, so that files stay small.
            (_, _, Some(format)) => format.record(duration.min(Duration::from_secs(10))),
            ("svg", ..) => svg(size, &words),
            _ => mp4(size, duration, &words),
        }
    };
    (1..=output["pieces"].as_u64().unwrap_or(1)).map(piece).collect()
}

fn format(makes: Makes, model: &str, fields: &Fields) -> Result<&'static str, Refusal> {
    let asked = ["outputFormat", "format"].iter().find_map(|field| text(fields, field));
    let usual = match (makes, model) {
        (Makes::Video, _) => "mp4",
        (Makes::Picture, "recraft_v4_1_vector") => "svg",
        (Makes::Picture, "recraft_v4_1_flash") => "webp",
        (Makes::Picture, _) => "png",
        (Makes::Speech | Makes::Sound, _) => "mp3",
    };
    match (makes, asked.unwrap_or(usual)) {
        // The codec of a film in more colours is another one, its container is the same.
        (Makes::Video, "mp4" | "hdr10" | "hlg" | "sdr_rec709_10bit") => Ok("mp4"),
        (Makes::Picture, "png") => Ok("png"),
        (Makes::Picture, "jpeg") => Ok("jpeg"),
        (Makes::Picture, "webp") => Ok("webp"),
        (Makes::Picture, "svg") => Ok("svg"),
        (Makes::Speech | Makes::Sound, "mp3") => Ok("mp3"),
        (Makes::Speech | Makes::Sound, "wav") => Ok("wav"),
        (Makes::Sound, "flac") => Ok("flac"),
        (Makes::Speech | Makes::Sound, "ogg_opus") => Ok("opus"),
        (_, other) => {
            let message = format!("The simulator makes no files of the format {other}.");
            Err(Refusal::own(StatusCode::NOT_IMPLEMENTED, "not_played", message))
        }
    }
}

fn size(call: &Call<'_>, makes: Makes, fields: &Fields) -> Size {
    if let Some(size) = text(fields, "imageUri").and_then(|uri| assets::measured(call, uri)) {
        let factor = fields.value("scaleFactor").and_then(Value::as_u64).unwrap_or(2);
        return enlarged(size, factor);
    }
    let is_picture = makes == Makes::Picture;
    let ratio = text(fields, "ratio").or(text(fields, "targetAspectRatio"));
    match ratio.and_then(sides) {
        Some((width, height)) if width.min(height) >= 64 => Size::new(width, height),
        aspect => {
            let (width, height) = aspect.unwrap_or(if is_picture { (1, 1) } else { (16, 9) });
            let tier = [text(fields, "resolution"), ratio].into_iter().flatten();
            let short = tier.filter_map(|tier| short_side(tier, is_picture)).next();
            of_aspect(short.unwrap_or(if is_picture { 1024 } else { 720 }), width, height)
        }
    }
}

/// As many times as large each way, and at most 4096 pixels, so that files stay small.
fn enlarged(size: Size, factor: u64) -> Size {
    let side = |side: u16| u16::try_from(u64::from(side).saturating_mul(factor).min(4096)).unwrap_or(4096);
    Size::new(side(size.width), side(size.height))
}

/// `1280:720` or `16:9`.
fn sides(ratio: &str) -> Option<(u16, u16)> {
    let (width, height) = ratio.split_once(':')?;
    Some((width.parse().ok()?, height.parse().ok()?)).filter(|(width, height)| *width > 0 && *height > 0)
}

/// The shorter side of `auto_720p`, `768P` or `2k`.
fn short_side(tier: &str, is_picture: bool) -> Option<u16> {
    let tier = tier.trim_start_matches("auto_").to_ascii_lowercase();
    match (tier.as_str(), is_picture) {
        ("1k", true) => Some(1024),
        ("1k", false) => Some(1080),
        ("2k", true) => Some(2048),
        ("2k", false) => Some(1440),
        ("4k", _) => Some(2160),
        _ => tier.strip_suffix('p')?.parse().ok(),
    }
}

/// A size with sides that are even, as videos need them.
fn of_aspect(short: u16, width: u16, height: u16) -> Size {
    let long = u32::from(short) * u32::from(width.max(height)) / u32::from(width.min(height));
    let (short, long) = (short & !1, u16::try_from(long).unwrap_or(u16::MAX) & !1);
    if width >= height { Size::new(long, short) } else { Size::new(short, long) }
}

fn text<'f>(fields: &'f Fields, field: &str) -> Option<&'f str> {
    fields.value(field).and_then(Value::as_str)
}
