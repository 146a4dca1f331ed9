//! What the mock answers, and what that comes to.

use fourfold_domain::{
    ChatAnswer, ChatRequest, ChatResult, ChatRole, FinishReason, ResponseFormat, ToolCall, Usage,
};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};

use super::super::caption::caption_of;
use super::super::tokens::{count, tokens};
use super::said::Said;
use super::sample::sample;
use super::{EFFORTS, tools};
use fourfold_domain::estimate;

/// How an answer may begin. At temperature 0 it is the first.
const BEGINNINGS: [&str; 8] = [
    "You said:",
    "I hear you say:",
    "In your words:",
    "You tell me:",
    "This came through:",
    "As you put it:",
    "Understood:",
    "I repeat:",
];

/// The answers of a request, whatever else it asks for.
pub(in super::super) fn result(chat: &ChatRequest, said: &Said) -> ChatResult {
    let mut usage = Usage { input_tokens: estimate::chat_input(chat), ..Usage::default() };
    let mut answers = Vec::new();
    for number in 0..chat.n {
        let mut limit = Limit { left: chat.max_tokens, is_hit: false };
        let reasoning = reasoning(chat, said).map(|reasoning| limit.cut(reasoning));
        let thought = chat.max_tokens - limit.left;
        answers.push(ChatAnswer { reasoning, ..answer(chat, said, number, &mut limit) });
        usage.reasoning_tokens += thought;
        usage.output_tokens += chat.max_tokens - limit.left;
    }
    let vendor = Map::from_iter([("seed".to_owned(), json!(chat.seed.unwrap_or(0)))]);
    ChatResult { answers, usage, vendor }
}

/// How many tokens may still come.
struct Limit {
    left: u64,
    is_hit: bool,
}

impl Limit {
    /// As much of a text as may come.
    fn cut(&mut self, text: String) -> String {
        let whole = count(&text);
        if whole <= self.left {
            self.left -= whole;
            return text;
        }
        self.is_hit = true;
        let taken = std::mem::take(&mut self.left);
        tokens(&text).take(usize::try_from(taken).unwrap_or(usize::MAX)).collect()
    }

    /// As much of a call's arguments as may come; nothing where its name doesn't fit.
    fn cut_call(&mut self, call: ToolCall) -> Option<ToolCall> {
        let name = count(&call.name);
        if name > self.left {
            self.is_hit = true;
            return None;
        }
        self.left -= name;
        Some(ToolCall { arguments: self.cut(call.arguments), ..call })
    }
}

fn answer(chat: &ChatRequest, said: &Said, number: u32, limit: &mut Limit) -> ChatAnswer {
    let (text, tool_calls, finish_reason) = match tools::call(chat, said, number) {
        Some(call) => (String::new(), limit.cut_call(call).into_iter().collect(), FinishReason::ToolCalls),
        None => (limit.cut(stopped(text(chat, said, number), &chat.stop)), Vec::new(), FinishReason::Stop),
    };
    let finish_reason = if limit.is_hit { FinishReason::Length } else { finish_reason };
    ChatAnswer { text, reasoning: None, refusal: None, tool_calls, finish_reason, extras: Map::new() }
}

fn text(chat: &ChatRequest, said: &Said, number: u32) -> String {
    match &chat.response_format {
        None | Some(ResponseFormat::Text) => reply(chat, said, number),
        Some(ResponseFormat::JsonObject) => json!({"answer": reply(chat, said, number)}).to_string(),
        Some(ResponseFormat::JsonSchema { schema, .. }) => sample(schema, &said.text).to_string(),
    }
}

fn reply(chat: &ChatRequest, said: &Said, number: u32) -> String {
    let beginning = match said.role {
        ChatRole::Tool => "The tool says:",
        _ => beginning(chat, said, number),
    };
    let mut reply = format!("{beginning} {}", said.text.trim());
    if !said.media.is_empty() {
        reply.push_str(&format!(" With it came {}.", said.media.join(", ")));
    }
    if let Some(before) = &said.before {
        reply.push_str(&format!(" Before that you said: {}", caption_of(before)));
    }
    reply
}

/// The freer it may answer, the more beginnings there are to choose from; each answer has another.
fn beginning(chat: &ChatRequest, said: &Said, number: u32) -> &'static str {
    let freedom = chat.temperature.unwrap_or(1.0).min(1.0) * chat.top_p.unwrap_or(1.0);
    let choices = (BEGINNINGS.len() as f64 * freedom).ceil().max(1.0) as usize;
    let hash = Sha256::new().chain_update(&said.text).chain_update(chat.seed.unwrap_or(0).to_le_bytes());
    BEGINNINGS[(usize::from(hash.finalize()[0]) + number as usize) % choices]
}

/// What it thinks before: a sentence for each word that it looks at, as many as it is told to.
fn reasoning(chat: &ChatRequest, said: &Said) -> Option<String> {
    let effort = chat.reasoning_effort.as_deref()?;
    let steps = EFFORTS.iter().find(|(name, _)| *name == effort).map_or(0, |(_, steps)| *steps);
    let words = said.text.split_whitespace().chain(std::iter::repeat("nothing more"));
    let thoughts = words.take(steps).map(|word| format!("I read {word:?}."));
    Some(thoughts.collect::<Vec<_>>().join(" ")).filter(|reasoning| !reasoning.is_empty())
}

/// The text up to the first of these.
fn stopped(mut text: String, stops: &[String]) -> String {
    let found = stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str()));
    if let Some(end) = found.min() {
        text.truncate(end);
    }
    text
}
