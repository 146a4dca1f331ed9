//! Pictures that a video begins with, passes and ends with, or that it only looks at.

use serde_json::Value;

use super::assets::AssetKind;
use super::rules::{Fits, check_value, may, needs};
use crate::call::Call;
use crate::refusal::Refusal;

/// One picture, or a list of them. Those with a place need a first one, and don't mix with references.
pub(super) fn check(
    call: &Call<'_>,
    path: &str,
    value: &Value,
    positions: &[&str],
    takes_references: bool,
) -> Result<(), Refusal> {
    if value.is_string() {
        return check_value(call, path, value, PICTURE);
    }
    check_value(call, path, value, if takes_references { FRAMES_OR_REFERENCES } else { FRAMES })?;
    let places: Vec<_> =
        value.as_array().into_iter().flatten().map(|frame| frame["position"].as_str()).collect();
    for (place, position) in places.iter().enumerate() {
        let path = || format!("{path}.{place}.position");
        let Some(position) = position else { continue };
        if !positions.contains(position) {
            return Err(Refusal::not_allowed(path(), position, format!("one of {}", positions.join(", "))));
        }
        if *position != "middle" && places[..place].contains(&Some(position)) {
            return Err(Refusal::unsupported(path(), format!("There can only be one {position} image")));
        }
    }
    let placed = places.iter().flatten().count();
    if placed > 0 && placed < places.len() {
        return Err(Refusal::unsupported(path, "Images with and without a position cannot be mixed"));
    }
    if placed > 0 && !places.contains(&Some("first")) {
        return Err(Refusal::unsupported(path, "A first image is required"));
    }
    Ok(())
}

const PICTURE: &Fits = &Fits::Asset(AssetKind::Image);
const POSITION: Fits = Fits::Word(&["first", "middle", "last"]);
const FRAMES: &Fits = &Fits::List(
    1,
    10,
    &Fits::Object(&[needs("uri", Fits::Asset(AssetKind::Image)), needs("position", POSITION)]),
);
const FRAMES_OR_REFERENCES: &Fits = &Fits::List(
    1,
    30,
    &Fits::Object(&[needs("uri", Fits::Asset(AssetKind::Image)), may("position", POSITION)]),
);
