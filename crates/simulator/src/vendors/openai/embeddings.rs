//! `/v1/embeddings`.

use serde_json::{Value, json};

use super::models;
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::content::{base64_of, count_tokens, unit_vector};
use crate::refusal::{Problem, Refusal};
use crate::vendors::ModelKind;

/// `POST /v1/embeddings`: numbers, or base64 as the vendor's own clients ask for.
pub(in super::super) fn embed(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.json_fields()?;
    let (model, _) = models::required(call, &fields, |kind| kind == ModelKind::Embedding)?;
    let inputs = inputs(&fields)?;
    let is_large = model == "text-embedding-3-large" || model.starts_with("gemini-embedding-");
    let longest = if is_large { 3072 } else { 1536 };
    let dimensions = fields.integer("dimensions", 1..=longest)?.unwrap_or(longest);
    let dimensions = usize::try_from(dimensions).unwrap_or_default();
    let is_packed = fields.one_of("encoding_format", &["float", "base64"])? == Some("base64");
    let embedding = |(index, input): (usize, &Input)| {
        let vector = unit_vector(&input.text, dimensions);
        let packed = if is_packed { json!(base64_of(&vector)) } else { json!(vector) };
        json!({"object": "embedding", "index": index, "embedding": packed})
    };
    let tokens: u64 = inputs.iter().map(|input| input.tokens).sum();
    Ok(Answer::json(&json!({
        "object": "list",
        "model": model,
        "data": inputs.iter().enumerate().map(embedding).collect::<Vec<_>>(),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })))
}

struct Input {
    /// The words, or the tokens' numbers as text.
    text: String,
    tokens: u64,
}

const INPUTS_MAX: usize = 2048;
const TOKENS_MAX: u64 = 8192;

/// A text, texts, tokens, or lists of tokens.
fn inputs(fields: &Fields) -> Result<Vec<Input>, Refusal> {
    let inputs = match fields.value("input") {
        None => return Err(Refusal::missing("input")),
        Some(Value::Array(items)) if items.iter().all(Value::is_u64) && !items.is_empty() => {
            vec![of_tokens(items)]
        }
        Some(Value::Array(items)) => items.iter().map(input).collect::<Result<Vec<_>, _>>()?,
        Some(one) => vec![input(one)?],
    };
    match inputs.len() {
        0 => return Err(Refusal::not_allowed("input", "[]", "a text, or an array of at least one")),
        length if length > INPUTS_MAX => {
            return Err(Refusal::Field("input".into(), Problem::TooLong { length, length_max: INPUTS_MAX }));
        }
        _ => {}
    }
    if let Some(long) = inputs.iter().find(|input| input.tokens > TOKENS_MAX) {
        return Err(Refusal::not_allowed(
            "input",
            format!("{} tokens", long.tokens),
            "at most 8192 tokens each",
        ));
    }
    Ok(inputs)
}

fn input(item: &Value) -> Result<Input, Refusal> {
    match item {
        Value::String(text) if text.is_empty() => {
            Err(Refusal::not_allowed("input", "", "texts that aren't empty"))
        }
        Value::String(text) => Ok(Input { text: text.clone(), tokens: count_tokens(text) }),
        Value::Array(tokens) if !tokens.is_empty() && tokens.iter().all(Value::is_u64) => {
            Ok(of_tokens(tokens))
        }
        other => Err(Refusal::wrong_type("input", "a string or an array of tokens", other)),
    }
}

fn of_tokens(tokens: &[Value]) -> Input {
    Input {
        text: tokens.iter().map(|token| format!("{token} ")).collect(),
        tokens: tokens.len().try_into().unwrap_or(u64::MAX),
    }
}
