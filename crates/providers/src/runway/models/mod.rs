//! The models that Runway has, and what each can be told. From the vendor's page on its API and the request types of
//! its official SDK 5.24.0, both of 2026-11-21. Models that it has retired aren't there.

mod frame;
mod grid;
mod image;
mod image_table;
mod speech;
mod video;
mod video_table;

use fourfold_domain::{InvalidInput, ModelSpec, Parameter};

use crate::parameters::{choice, whole};

pub(super) use image::ImageModel;
pub(super) use speech::{SpeechModel, VOICE};
pub(super) use video::{VideoModel, Way};

/// Everything that is offered.
pub(super) fn models() -> Vec<ModelSpec> {
    let videos = video_table::MODELS.iter().map(VideoModel::spec);
    videos.chain(image_table::MODELS.iter().map(ImageModel::spec)).chain(SpeechModel::specs()).collect()
}

/// A prompt that the vendor names no bound for: as long as its longest.
const PROMPT_UNITS_MAX: usize = 15_000;

/// Refuses a text that has more UTF-16 code units than the vendor takes, though no more characters.
pub(super) fn check_length(field: &'static str, text: &str, units_max: usize) -> Result<(), InvalidInput> {
    if text.encode_utf16().count() <= units_max {
        return Ok(());
    }
    let allowed = format!("must be at most {units_max} UTF-16 code units, of which an emoji has two");
    Err(InvalidInput::not_allowed(field, allowed))
}

/// A choice of these words, written with spaces between.
fn words(name: &str, words: &str, about: &str) -> Parameter {
    choice(name, &words.split_whitespace().collect::<Vec<_>>(), about)
}

/// A choice of these sizes, written with spaces between and as the vendor does: `1280:720 720:1280`.
fn sizes(sizes: &str, about: &str) -> Parameter {
    words("size", &sizes.replace(':', "x"), about)
}

fn first(words: &str) -> &str {
    words.split_whitespace().next().unwrap_or_default()
}

fn seed() -> Parameter {
    whole("seed", 0, i64::from(u32::MAX), "the same seed makes nearly the same result")
}

fn public_figures() -> Parameter {
    let about = "how strict the filter is about people whom everybody knows";
    words("public_figure_threshold", "auto low", about)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fourfold_domain::ParameterKind;

    use super::*;

    #[test]
    fn each_default_is_allowed() {
        for model in models() {
            let mut input = serde_json::Map::new();
            Parameter::fill_in(&model.parameters, &mut input);
            let optional: Vec<_> =
                model.parameters.iter().cloned().map(|row| Parameter { required: false, ..row }).collect();
            let checked = Parameter::check_all(&optional, &input);
            assert_eq!(checked, Ok(()), "{}", model.vendor_model);
        }
    }

    #[test]
    fn no_choice_is_there_twice() {
        for model in models() {
            for parameter in &model.parameters {
                if let ParameterKind::Choice(choices) = &parameter.kind {
                    let different: BTreeSet<_> = choices.iter().collect();
                    assert_eq!(different.len(), choices.len(), "{} {}", model.vendor_model, parameter.name);
                }
            }
        }
    }
}
