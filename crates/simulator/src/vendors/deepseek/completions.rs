//! `/beta/completions`: what is missing between two texts, plain and streamed, without thoughts.
//!
//! The shape is the one that the vendor took over from OpenAI's text completions.

use serde_json::{Value, json};

use super::{chat, models, settings, waiting};
use crate::answer::Answer;
use crate::call::Call;
use crate::content::{Prompt, Turn, as_uuid, count_tokens, stopped, tokens};
use crate::refusal::Refusal;

/// How much is written at most; models write more in chats.
const TOKENS_MAX: i64 = 4 << 10;

/// `POST /beta/completions`.
pub(super) fn complete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.json_fields()?;
    let model = models::required(call, &fields)?;
    let before = fields.required_text("prompt")?;
    let after = fields.text("suffix")?.unwrap_or_default();
    settings::check_chance(&fields)?;
    fields.integer("logprobs", 0..=20)?;
    let prompt = Prompt {
        text: before.to_owned(),
        tokens_max: fields.integer("max_tokens", 1..=TOKENS_MAX)?,
        ..Prompt::default()
    };
    let stops = settings::stops(&fields)?;
    let (written, finish_reason) = match prompt.turn() {
        Turn::Text(text, is_cut) => {
            let (text, stop) = stopped(text, &stops);
            (text, if is_cut && stop.is_none() { "length" } else { "stop" })
        }
        // There are no tools to call.
        Turn::Filtered | Turn::Call(..) => (String::new(), "content_filter"),
    };
    let usage = chat::usage(count_tokens(before) + count_tokens(after), count_tokens(&written), 0);
    let repeated = if fields.flag("echo")? { before } else { "" };
    let id = as_uuid(&call.new_id("", 32));
    let piece = |text: &str, finish_reason: Option<&str>| -> Value {
        json!({
            "id": id,
            "object": "text_completion",
            "created": call.now_seconds(),
            "model": model,
            "system_fingerprint": "fp_simulated",
            "choices": [{"index": 0, "text": text, "logprobs": null, "finish_reason": finish_reason}],
        })
    };
    let answer = match settings::stream(&fields)? {
        None => {
            let mut whole = piece(&format!("{repeated}{written}"), Some(finish_reason));
            whole["usage"] = usage;
            waiting::whole(&whole)
        }
        Some(placed) => {
            let texts = tokens(repeated).into_iter().chain(tokens(&written));
            let mut pieces: Vec<Value> = texts.map(|text| piece(text, None)).collect();
            pieces.push(piece("", Some(finish_reason)));
            waiting::streamed(pieces, &usage, placed)
        }
    };
    Ok(answer.with_task_id(id))
}
