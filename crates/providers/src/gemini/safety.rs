//! What the vendor's filter lets through, and what it found.

use fourfold_clients::gemini as wire;
use fourfold_clients::gemini::{
    BlockReason, Candidate, GenerateContentResponse, PromptFeedback, SafetySetting,
};
use fourfold_domain::{InvalidInput, Parameter, ParameterKind, ProviderError, Reason};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::CODES;
use crate::classify::{verdict, without_urls};
use crate::facts::facts as named;

const SETTINGS: &str = "safety_settings";

/// The row of the filter in a model's table.
pub(super) fn parameter() -> Parameter {
    let about = "what the filter lets through: an object of categories and thresholds, as in \
                 {\"HARM_CATEGORY_HARASSMENT\": \"BLOCK_ONLY_HIGH\"}";
    Parameter::new(SETTINGS, ParameterKind::Open, about)
}

/// What the row can't say.
pub(super) fn check(extras: &Map<String, Value>) -> Result<(), InvalidInput> {
    let Some(given) = extras.get(SETTINGS) else { return Ok(()) };
    let field = format!("input.{SETTINGS}");
    let Value::Object(given) = given else {
        return Err(InvalidInput::malformed(field, "must be an object of categories and thresholds"));
    };
    for (category, threshold) in given {
        if !CATEGORIES.contains(&category.as_str()) {
            let allowed = format!("must have only the categories {}", CATEGORIES.join(", "));
            return Err(InvalidInput::not_allowed(field, allowed));
        }
        if !threshold.as_str().is_some_and(|threshold| THRESHOLDS.contains(&threshold)) {
            let allowed = format!("must be one of {}", THRESHOLDS.join(", "));
            return Err(InvalidInput::not_allowed(format!("{field}.{category}"), allowed));
        }
    }
    Ok(())
}

const CATEGORIES: [&str; 5] = [
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
];

const THRESHOLDS: [&str; 5] =
    ["BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"];

/// What the filter is told.
pub(super) fn settings(extras: &Map<String, Value>) -> Option<Vec<SafetySetting>> {
    let given = extras.get(SETTINGS)?.as_object()?.iter();
    let setting = |(category, threshold): (&String, &Value)| {
        Some(SafetySetting::new(category.as_str(), threshold.as_str()?))
    };
    Some(given.filter_map(setting).collect())
}

/// The refusal, if the filter blocked the prompt. The answer is a good one then, and has nothing in it.
pub(super) fn blocked(response: &GenerateContentResponse) -> Option<ProviderError> {
    let word = response.block_reason().map(BlockReason::as_str)?;
    let told = response.prompt_feedback.as_ref().and_then(|found| found.block_reason_message.clone());
    let message = told.unwrap_or_else(|| format!("the vendor's filter blocked the prompt: {word}"));
    let blocked = ProviderError { reason: Reason::Refused, ..ended(Some(word), Some(&message)) };
    Some(with_facts(blocked, facts_with_usage(response)))
}

/// Why an answer has none of what was asked for.
pub(super) fn nothing(response: &GenerateContentResponse, what: &str) -> ProviderError {
    let word = response.finish_reason().map(wire::FinishReason::as_str);
    let told = response.candidates.first().and_then(|candidate| candidate.finish_message.clone());
    let message = told.unwrap_or_else(|| match word {
        Some(word) if is_refusal(word) => format!("the vendor's filter took {what}: {word}"),
        _ => format!("the vendor answered without {what}"),
    });
    with_facts(ended(word, Some(&message)), facts_with_usage(response))
}

/// A bad end, by the vendor's word for it and what it says beside.
pub(super) fn ended(word: Option<&str>, message: Option<&str>) -> ProviderError {
    let ended = verdict(CODES, word, message);
    if word.is_some_and(is_refusal) { ProviderError { reason: Reason::Refused, ..ended } } else { ended }
}

/// The same with more of the vendor's facts.
pub(super) fn with_facts(mut error: ProviderError, facts: Map<String, Value>) -> ProviderError {
    error.vendor.extend(facts);
    error
}

/// Whether this word for why something ended, failed or was blocked is a verdict on its contents.
pub(super) fn is_refusal(word: &str) -> bool {
    const REFUSALS: [&str; 10] = [
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "JAILBREAK",
        "MODEL_ARMOR",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    ];
    // Interactions write them in lower case.
    REFUSALS.iter().any(|refusal| refusal.eq_ignore_ascii_case(word))
}

/// What the vendor says beside what it made: its id and model, how each answer ended, and what the filter found.
pub(super) fn facts(response: &GenerateContentResponse) -> Map<String, Value> {
    let mut facts = named([("id", response.response_id.clone()), ("model", response.model_version.clone())]);
    let mut of_each = |name: &str, told: Vec<Value>| {
        if told.iter().any(|told| !told.is_null()) {
            facts.insert(name.to_owned(), Value::Array(told));
        }
    };
    let each = |told: fn(&Candidate) -> Value| response.candidates.iter().map(told).collect();
    of_each("finish_reasons", each(|candidate| json!(candidate.finish_reason)));
    of_each(
        "finish_messages",
        each(|candidate| json!(candidate.finish_message.as_deref().map(without_urls))),
    );
    of_each("safety_ratings", each(|candidate| json!(candidate.safety_ratings)));
    if let Some(found) = &response.prompt_feedback {
        let told = found.block_reason_message.as_deref().map(without_urls);
        let found = PromptFeedback { block_reason_message: told, ..found.clone() };
        facts.extend(fact("prompt_feedback", Some(found)));
    }
    facts
}

/// The same with what was used, and what was said beside media.
pub(super) fn facts_with_usage(response: &GenerateContentResponse) -> Map<String, Value> {
    let mut facts = facts(response);
    facts.extend(fact("usage", response.usage_metadata.as_ref()));
    facts.extend(fact("text", Some(response.text()).filter(|text| !text.is_empty())));
    facts
}

/// A fact, if it is there.
pub(super) fn fact(name: &str, told: Option<impl Serialize>) -> Option<(String, Value)> {
    told.map(|told| (name.to_owned(), json!(told)))
}
