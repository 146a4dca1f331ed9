//! What fields may hold: rules that are written down as tables, and the check of a request against them.

use serde_json::Value;

use super::assets::{self, AssetKind};
use super::frames;
use crate::call::{Call, Fields};
use crate::refusal::{Problem, Refusal};

/// One field of an object.
pub(super) struct Rule {
    field: &'static str,
    is_required: bool,
    fits: Fits,
}

/// What a value may be.
pub(super) enum Fits {
    /// A text that isn't empty, of at most so many UTF-16 code units.
    Text(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these sizes or aspects, which are written with spaces between: `1280:720 720:1280`.
    Sizes(&'static str),
    /// `width:height` with so many pixels in all.
    Pixels(u64, u64),
    /// What the prompt calls a picture by: 3 to 16 letters, digits and underscores, a letter first.
    Tag,
    /// Six hexadecimal digits, with or without `#`.
    Color,
    /// A whole number from one to another.
    Integer(i64, i64),
    /// One of these whole numbers.
    OneOf(&'static [i64]),
    /// A number from one to another.
    Number(f64, f64),
    /// True or false.
    Flag,
    /// A URI that leads to a file of this kind.
    Asset(AssetKind),
    /// An object with a `type`, one of these kinds, and a `uri` that leads to a file of it.
    Media(&'static [AssetKind]),
    /// An object with these fields.
    Object(&'static [Rule]),
    /// From so many to so many of these.
    List(usize, usize, &'static Self),
    /// The one where it is a string, the other where it isn't.
    StringOr(&'static Self, &'static Self),
    /// A picture, or a list of pictures with their places in the video, out of these; where references are
    /// taken, a picture may have none.
    Frames { positions: &'static [&'static str], takes_references: bool },
    /// Nothing: the field must not be there, for this reason.
    Never(&'static str),
}

/// A field that must be there.
pub(super) const fn needs(field: &'static str, fits: Fits) -> Rule {
    Rule { field, is_required: true, fits }
}

/// A field that may be there.
pub(super) const fn may(field: &'static str, fits: Fits) -> Rule {
    Rule { field, is_required: false, fits }
}

/// Holds the fields of a body to the rules. Fields without a rule are let be.
pub(super) fn check(call: &Call<'_>, fields: &Fields, rules: &[Rule]) -> Result<(), Refusal> {
    check_fields(call, "", |field| fields.value(field), rules)
}

/// Holds a value to what it may be; the path leads to it, as in `promptImage.0.uri`.
pub(super) fn check_value(call: &Call<'_>, path: &str, value: &Value, fits: &Fits) -> Result<(), Refusal> {
    match fits {
        Fits::Text(length_max) => check_length(path, text(path, value)?, *length_max),
        Fits::Word(words) => {
            let list = || words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" | ");
            allow(words.contains(&text(path, value)?), path, value, list)
        }
        Fits::Sizes(sizes) => {
            let mut sizes = sizes.split_whitespace();
            let size = text(path, value)?;
            let list = sizes.clone().collect::<Vec<_>>().join(" | ");
            allow(sizes.any(|allowed| allowed == size), path, value, || list)
        }
        Fits::Pixels(min, max) => {
            let fits = pixels(text(path, value)?).is_some_and(|pixels| (*min..=*max).contains(&pixels));
            allow(fits, path, value, || format!("'<width>:<height>' with {min} to {max} pixels"))
        }
        Fits::Tag => allow(is_tag(text(path, value)?), path, value, || {
            "3 to 16 letters, digits and underscores, beginning with a letter".into()
        }),
        Fits::Color => {
            let text = text(path, value)?;
            let digits = text.strip_prefix('#').unwrap_or(text);
            let fits = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            allow(fits, path, value, || "six hexadecimal digits".into())
        }
        Fits::Integer(min, max) => {
            let number = integer(path, value)?;
            allow((*min..=*max).contains(&number), path, value, || format!("{min} to {max}"))
        }
        Fits::OneOf(numbers) => {
            let list = || numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" | ");
            allow(numbers.contains(&integer(path, value)?), path, value, list)
        }
        Fits::Number(min, max) => {
            let number = value.as_f64().ok_or_else(|| Refusal::wrong_type(path, "a number", value))?;
            allow((*min..=*max).contains(&number), path, value, || format!("{min} to {max}"))
        }
        Fits::Flag if value.is_boolean() => Ok(()),
        Fits::Flag => Err(Refusal::wrong_type(path, "a boolean", value)),
        Fits::Asset(kind) => assets::check(call, path, text(path, value)?, *kind),
        Fits::Media(kinds) => check_media(call, path, value, kinds),
        Fits::Object(rules) => {
            let object = value.as_object().ok_or_else(|| Refusal::wrong_type(path, "an object", value))?;
            check_fields(call, path, |field| object.get(field).filter(|value| !value.is_null()), rules)
        }
        Fits::List(min, max, fits) => {
            let items = value.as_array().ok_or_else(|| Refusal::wrong_type(path, "an array", value))?;
            allow((*min..=*max).contains(&items.len()), path, items.len(), || {
                format!("{min} to {max} items")
            })?;
            for (place, item) in items.iter().enumerate() {
                check_value(call, &format!("{path}.{place}"), item, fits)?;
            }
            Ok(())
        }
        Fits::StringOr(string, other) => {
            check_value(call, path, value, if value.is_string() { string } else { other })
        }
        Fits::Frames { positions, takes_references } => {
            frames::check(call, path, value, positions, *takes_references)
        }
        Fits::Never(reason) => Err(Refusal::unsupported(path, *reason)),
    }
}

fn check_media(call: &Call<'_>, path: &str, value: &Value, kinds: &[AssetKind]) -> Result<(), Refusal> {
    check_value(call, path, value, TYPE_AND_URI)?;
    let (named, uri) = (text(path, &value["type"])?, text(path, &value["uri"])?);
    let kind = kinds.iter().find(|kind| kind.name() == named).ok_or_else(|| {
        let names = kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" | ");
        Refusal::not_allowed(format!("{path}.type"), named, names)
    })?;
    assets::check(call, &format!("{path}.uri"), uri, *kind)
}

const TYPE_AND_URI: &Fits =
    &Fits::Object(&[needs("type", Fits::Text(usize::MAX)), needs("uri", Fits::Text(usize::MAX))]);

/// The width times the height of `1280:720`.
fn pixels(text: &str) -> Option<u64> {
    let (width, height) = text.split_once(':')?;
    u64::from(width.parse::<u16>().ok()?).checked_mul(height.parse::<u16>().ok()?.into())
}

fn check_fields<'v>(
    call: &Call<'_>,
    path: &str,
    value: impl Fn(&str) -> Option<&'v Value>,
    rules: &[Rule],
) -> Result<(), Refusal> {
    for Rule { field, is_required, fits } in rules {
        let path = if path.is_empty() { (*field).to_owned() } else { format!("{path}.{field}") };
        match value(field) {
            Some(value) => check_value(call, &path, value, fits)?,
            None if *is_required => return Err(Refusal::missing(path)),
            None => {}
        }
    }
    Ok(())
}

fn check_length(path: &str, text: &str, length_max: usize) -> Result<(), Refusal> {
    match text.encode_utf16().count() {
        0 => Err(Refusal::unsupported(path, "The text must not be empty")),
        length if length > length_max => {
            Err(Refusal::Field(path.into(), Problem::TooLong { length, length_max }))
        }
        _ => Ok(()),
    }
}

fn is_tag(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (3..=16).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(fits)
}

fn text<'v>(path: &str, value: &'v Value) -> Result<&'v str, Refusal> {
    value.as_str().ok_or_else(|| Refusal::wrong_type(path, "a string", value))
}

/// A whole number, however it is written: `5.0` is one.
fn integer(path: &str, value: &Value) -> Result<i64, Refusal> {
    let whole = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
    // What has no fraction and is that small is exact.
    let whole = value.as_i64().or(whole.map(|number| number as i64));
    whole.ok_or_else(|| Refusal::wrong_type(path, "an integer", value))
}

fn allow(
    fits: bool,
    path: &str,
    given: impl ToString,
    allowed: impl FnOnce() -> String,
) -> Result<(), Refusal> {
    if fits { Ok(()) } else { Err(Refusal::not_allowed(path, given, allowed())) }
}
