//! A model's turn, whichever API asked for it.

use std::time::Duration;

use super::tokens::Tokens;
use crate::call::Call;
use crate::content::{Prompt, Turn, count_tokens, hash, hex, is_filtered, stopped};
use crate::media::{AudioFormat, Media, PictureFormat, Size, mp4, spoken};

/// What a model is asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) prompt: Prompt,
    /// Whether it thinks before it answers.
    pub(super) thinks: bool,
    /// Texts at which the answer ends.
    pub(super) stops: Vec<String>,
    pub(super) output: Output,
    /// Whether what the filter catches gets as far as the model.
    pub(super) lets_pass: bool,
}

/// What the model makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Output {
    Text,
    Picture { size: Size, format: PictureFormat, with_text: bool },
    Sound(AudioFormat),
    Film { size: Size, duration: Duration },
}

/// What it did.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) parts: Vec<Part>,
    pub(super) end: End,
}

/// A part of what it did.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Thought(String),
    Text(String),
    Call { id: String, name: String, arguments: serde_json::Value },
    Media { media: Media, modality: &'static str, tokens: u64 },
}

/// Why an answer ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Stop,
    TokensMax,
    /// The filter caught the prompt: there is no answer.
    PromptBlocked,
    /// The filter caught the answer.
    AnswerBlocked,
    /// The filter caught the picture.
    PictureBlocked,
}

impl Asked {
    /// What the model does with it. The same is always answered with the same, but for the ids of calls.
    pub(super) fn done(&self, call: &Call<'_>) -> Done {
        if is_filtered(&self.prompt.text) {
            let end = match self.output {
                Output::Picture { .. } => End::PictureBlocked,
                Output::Text if self.lets_pass => End::AnswerBlocked,
                _ => End::PromptBlocked,
            };
            return Done { parts: Vec::new(), end };
        }
        match self.output {
            Output::Text => self.said(call),
            Output::Picture { size, format, with_text } => {
                let picture = format.draw(size, &self.prompt.text);
                // By its longest side: up to 2K, and above.
                let tokens = if size.width.max(size.height) <= 3072 { 1120 } else { 2000 };
                let mut drawn = made(picture, "IMAGE", tokens);
                if with_text {
                    let text = Part::Text(format!("Here is a picture of: {}", self.prompt.text));
                    drawn.parts.insert(0, text);
                }
                drawn
            }
            Output::Sound(format) => {
                let duration = spoken(&self.prompt.text);
                made(format.record(duration), "AUDIO", 25 * seconds(duration))
            }
            Output::Film { size, duration } => {
                made(mp4(size, duration, &self.prompt.text), "VIDEO", 625 * duration.as_secs())
            }
        }
    }

    fn said(&self, call: &Call<'_>) -> Done {
        let mut prompt = self.prompt.clone();
        let thought = if self.thinks { prompt.think() } else { None };
        let mut parts: Vec<_> =
            thought.filter(|thought| !thought.is_empty()).map(Part::Thought).into_iter().collect();
        let end = match prompt.turn() {
            Turn::Filtered => End::PromptBlocked,
            Turn::Call(name, arguments) => {
                parts.push(Part::Call { id: call.new_id("", 8), name, arguments });
                End::Stop
            }
            Turn::Text(text, is_cut) => {
                let (text, stop) = stopped(text, &self.stops);
                if !text.is_empty() {
                    parts.push(Part::Text(text));
                }
                if is_cut && stop.is_none() { End::TokensMax } else { End::Stop }
            }
        };
        Done { parts, end }
    }
}

impl Part {
    pub(super) fn thought_tokens(&self) -> u64 {
        match self {
            Self::Thought(text) => count_tokens(text),
            _ => 0,
        }
    }

    /// Adds what it costs. Thoughts are counted apart.
    pub(super) fn count(&self, tokens: &mut Tokens) {
        match self {
            Self::Thought(_) => {}
            Self::Text(text) => tokens.add("TEXT", count_tokens(text)),
            Self::Call { arguments, .. } => tokens.add("TEXT", count_tokens(&arguments.to_string())),
            Self::Media { modality, tokens: count, .. } => tokens.add(modality, *count),
        }
    }
}

/// What proves that the model thought before this call of a function, as bytes. It must come back unchanged.
pub(super) fn signature(function_name: &str) -> Vec<u8> {
    hex(hash(function_name), 48).into_bytes()
}

fn made(media: Media, modality: &'static str, tokens: u64) -> Done {
    Done { parts: vec![Part::Media { media, modality, tokens }], end: End::Stop }
}

/// Begun seconds.
fn seconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}
