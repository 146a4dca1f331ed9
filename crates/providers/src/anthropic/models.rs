//! The models that Anthropic has, and what each can be told. From the vendor's page on its API, 2026-11-21, which has
//! no numbers for the limit of an answer: these are of the usual size, and the configuration may name others.

use fourfold_domain::{Modality, ModelSpec, Parameter, ParameterKind};

use super::settings::{ModelOptions, ThinkingForm, Version};
use crate::parameters::{choice, number, text, whole};

/// The most tokens that a model writes where nobody says otherwise.
pub(super) const OUTPUT_TOKENS_MAX: u32 = 64_000;

/// The least that a model can be told to think, in tokens.
pub(super) const BUDGET_TOKENS_MIN: u32 = 1024;

/// Everything that is offered without a word in the configuration, and how each model thinks.
pub(super) const MODELS: [(&str, ThinkingForm); 2] =
    [("claude-sonnet-5", ThinkingForm::Adaptive), ("claude-haiku-4-5-20251001", ThinkingForm::Budget)];

/// What a model can be told.
pub(super) fn spec(name: &str, options: &ModelOptions, version: Version) -> ModelSpec {
    let mut parameters = chat(i64::from(options.max_tokens));
    let mut add = |parameter| parameters.push(parameter);
    if options.thinking != ThinkingForm::None {
        add(choice("reasoning_effort", &["none", "low", "medium", "high"], EFFORT));
    }
    if options.thinking == ThinkingForm::Budget {
        let (least, most) = (i64::from(BUDGET_TOKENS_MIN), i64::from(options.max_tokens) - 1);
        add(whole("budget_tokens", least, most, "the most tokens that it thinks, fewer than max_tokens"));
    }
    if version == Version::V2023 {
        add(number("temperature", 0.0, 1.0, "how freely it answers"));
        add(number("top_p", 0.0, 1.0, "the share of likely words that are drawn from"));
        add(whole("top_k", 0, i64::from(u32::MAX), "how many likely words are drawn from"));
    }
    ModelSpec { vendor_model: name.to_owned(), modality: Modality::Chat, parameters }
}

const EFFORT: &str = "how much it thinks before it answers";

fn chat(output_tokens_max: i64) -> Vec<Parameter> {
    let open = |name, about| Parameter::new(name, ParameterKind::Open, about);
    vec![
        Parameter::new("messages", ParameterKind::Messages, "what was said so far, the oldest first")
            .required(),
        whole("max_tokens", 1, output_tokens_max, "the most tokens of the answer, thoughts included")
            .default(4096.min(output_tokens_max)),
        whole("n", 1, 1, "how many answers").default(1),
        Parameter::new("stop", ParameterKind::Texts { max: 64 }, "texts at which the answer ends"),
        Parameter::new("tools", ParameterKind::Tools, "what the model may call"),
        open("tool_choice", "none, auto, required, or an object that names a tool"),
        Parameter::new(
            "disable_parallel_tool_use",
            ParameterKind::Boolean,
            "whether it calls one tool at most at a time",
        ),
        open("response_format", "an object of type text or json_schema"),
        choice("service_tier", &["auto", "standard_only"], "whether the account's own capacity is used"),
        text("user_id", 256, "stands for the end user, in a way that tells nothing about them"),
    ]
}
