//! What was said so far: the part of a request that costs prompt tokens.

use serde_json::Value;

use super::super::files;
use super::super::shape::{bytes, snake};
use super::super::tokens::{OF_MEDIA, Tokens, modality};
use super::super::turn::signature;
use super::shapes::PART_KINDS;
use crate::call::Call;
use crate::content::count_tokens;
use crate::refusal::Refusal;
use http::StatusCode;

/// A conversation that keeps to the rules.
pub(super) struct Conversation {
    /// The newest words of the user.
    pub(super) asked: String,
    /// Whether the newest content brings what a function gave.
    pub(super) has_function_response: bool,
    pub(super) tokens: Tokens,
}

/// Reads the contents and the system's instruction of a request; errors name their place behind `at`. A model
/// that signs its calls of functions wants them back as they were.
pub(super) fn read(call: &Call<'_>, request: &Value, at: &str, signs: bool) -> Result<Conversation, Refusal> {
    let contents = request["contents"].as_array().map(Vec::as_slice).unwrap_or_default();
    if contents.is_empty() {
        return Err(Refusal::missing(format!("{at}contents")));
    }
    let mut tokens = Tokens::default();
    for (index, content) in contents.iter().enumerate() {
        let at = format!("{at}contents[{index}]");
        if !["", "user", "model"].contains(&role(content)) {
            let reason = format!("{at}.role: Please use a valid role: user, model.");
            return Err(Refusal::unsupported(format!("{at}.role"), reason));
        }
        check_parts(call, content, &at)?;
        tokens.extend(&content_tokens(content));
    }
    if let Some(instruction) = request.get("systemInstruction") {
        check_parts(call, instruction, &format!("{at}system_instruction"))?;
        tokens.extend(&content_tokens(instruction));
    }
    check_functions(contents, signs)?;
    let by_user = contents.iter().rev().filter(|content| role(content) != "model");
    Ok(Conversation {
        asked: by_user.map(text).find(|text| !text.is_empty()).unwrap_or_default(),
        has_function_response: contents.last().is_some_and(|newest| has(newest, "functionResponse")),
        tokens,
    })
}

/// What the parts of a content cost.
pub(in super::super) fn content_tokens(content: &Value) -> Tokens {
    let mut tokens = Tokens::default();
    for part in parts(content) {
        match PART_KINDS.iter().find(|kind| part.get(**kind).is_some()).copied().unwrap_or_default() {
            "text" => tokens.add("TEXT", count_tokens(part["text"].as_str().unwrap_or_default())),
            kind @ ("inlineData" | "fileData") => {
                tokens.add(modality(part[kind]["mimeType"].as_str().unwrap_or_default()), OF_MEDIA);
            }
            other => tokens.add("TEXT", count_tokens(&part[other].to_string())),
        }
    }
    tokens
}

/// The words of a content, without thoughts.
pub(in super::super) fn text(content: &Value) -> String {
    let said = parts(content).iter().filter(|part| part["thought"] != true);
    said.filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" ")
}

fn parts(content: &Value) -> &[Value] {
    content["parts"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn role(content: &Value) -> &str {
    content["role"].as_str().unwrap_or_default()
}

fn has(content: &Value, kind: &str) -> bool {
    count(content, kind) > 0
}

fn count(content: &Value, kind: &str) -> usize {
    parts(content).iter().filter(|part| part.get(kind).is_some()).count()
}

/// Each part says one thing, and has all that belongs to it.
fn check_parts(call: &Call<'_>, content: &Value, at: &str) -> Result<(), Refusal> {
    if parts(content).is_empty() {
        return Err(Refusal::unsupported(format!("{at}.parts"), format!("{at}.parts must not be empty.")));
    }
    for (index, part) in parts(content).iter().enumerate() {
        let at = format!("{at}.parts[{index}]");
        let kinds: Vec<_> = PART_KINDS.iter().filter(|kind| part.get(**kind).is_some()).collect();
        let kind = match kinds.as_slice() {
            [kind] => **kind,
            [] => {
                let reason =
                    format!("{at}.data: required oneof field 'data' must have one initialized field");
                return Err(Refusal::unsupported(at, reason));
            }
            [first, second, ..] => {
                let reason =
                    format!("{at}: oneof field 'data' is already set to {first}. Cannot set {second}");
                return Err(Refusal::unsupported(at, reason));
            }
        };
        let needed: &[&str] = match kind {
            "inlineData" => &["mimeType", "data"],
            "fileData" => &["fileUri"],
            "functionCall" | "functionResponse" => &["name"],
            _ => &[],
        };
        for field in needed {
            if part[kind][field].as_str().is_none_or(str::is_empty) {
                return Err(Refusal::missing(format!("{at}.{}.{}", snake(kind), snake(field))));
            }
        }
        if kind == "fileData" {
            files::check_uri(call, part[kind]["fileUri"].as_str().unwrap_or_default())?;
        }
    }
    Ok(())
}

/// In place of the signature of the first of the calls that were made at once, where they aren't this model's: they
/// aren't checked then.
const UNSIGNED: &str = "skip_thought_signature_validator";

/// What functions gave follows their calls, one for one, and each call since the user's newest words has its
/// signature.
fn check_functions(contents: &[Value], signs: bool) -> Result<(), Refusal> {
    for (index, content) in contents.iter().enumerate() {
        let given = count(content, "functionResponse");
        let before = index.checked_sub(1).map_or(0, |before| count(&contents[before], "functionCall"));
        if given > 0 && given != before {
            let reason = "Please ensure that the number of function response parts is equal to the number of \
                          function call parts of the function call turn.";
            return Err(Refusal::unsupported(format!("contents[{index}].parts"), reason));
        }
    }
    let is_asked = |content: &Value| role(content) != "model" && !has(content, "functionResponse");
    let since = contents.iter().rposition(is_asked).unwrap_or(0);
    let is_call = |part: &&Value| part.get("functionCall").is_some();
    let is_checked = |content: &&Value| {
        parts(content).iter().find(is_call).is_none_or(|first| first["thoughtSignature"] != UNSIGNED)
    };
    let called = contents[since..].iter().filter(is_checked).flat_map(parts).filter(is_call);
    for part in called.filter(|_| signs) {
        let name = part["functionCall"]["name"].as_str().unwrap_or_default();
        let signed = part["thoughtSignature"].as_str().map(bytes);
        let problem = match signed {
            None => format!("Function call `{name}` is missing a thought_signature."),
            Some(given) if given != Some(signature(name)) => {
                format!("Thought signature of the function call `{name}` is not valid.")
            }
            Some(_) => continue,
        };
        return Err(Refusal::own(StatusCode::BAD_REQUEST, "MISSING_THOUGHT_SIGNATURE", problem));
    }
    Ok(())
}
