//! What answers say, read without anything of ours.

use serde_json::{Value, json};

/// The shape of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wire {
    Chat,
    Responses,
    Messages,
    Embeddings,
    Speech,
}

/// What a vendor told of its usage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Told {
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
}

impl Wire {
    /// How much was said: the bytes of the text in whole events, or of the sound.
    pub(super) fn said_bytes(self, answer: &[u8]) -> usize {
        match self {
            Self::Speech => answer.len(),
            _ => events(answer).iter().map(|event| text(event).len()).sum(),
        }
    }

    /// What the vendor told of the usage in whole events, or in an answer that came at once. A later figure counts; that
    /// a message begins with a token of output doesn't.
    pub(super) fn told(self, answer: &[u8]) -> Told {
        let whole = serde_json::from_slice(answer).map(|whole| vec![whole]);
        let mut told = Told::default();
        for event in whole.unwrap_or_else(|_| events(answer)) {
            let gemini = json!({"input_tokens": event["usageMetadata"]["promptTokenCount"]});
            let usages = [&event["usage"], &event["message"]["usage"], &event["response"]["usage"], &gemini];
            for usage in usages {
                let figure = |names: [&str; 2]| names.iter().find_map(|name| usage[*name].as_u64());
                told.input_tokens = figure(["prompt_tokens", "input_tokens"]).or(told.input_tokens);
                if event["type"] != "message_start" {
                    told.output_tokens =
                        figure(["completion_tokens", "output_tokens"]).or(told.output_tokens);
                }
            }
        }
        told
    }

    /// How many bytes of a vendor's stream come to about half of what is said, and end with an event.
    pub(super) fn half(self, stream: &[u8]) -> usize {
        match self {
            Self::Speech => stream.len() / 2,
            _ => {
                let half = self.said_bytes(stream) / 2;
                let mut ends = ends(stream);
                ends.find(|end| self.said_bytes(&stream[..*end]) >= half)
                    .expect("half of it is said somewhere")
            }
        }
    }

    /// How many bytes of a vendor's stream there are before its last event.
    pub(super) fn before_last(self, stream: &[u8]) -> usize {
        match self {
            Self::Speech => stream.len() - 1,
            _ => ends(stream).rev().nth(1).expect("a stream has more than one event"),
        }
    }

    /// Whether a stream says of itself that it is whole.
    pub(super) fn is_whole(self, stream: &[u8]) -> bool {
        let holds = |text: &str| String::from_utf8_lossy(stream).contains(text);
        match self {
            Self::Chat => holds("data: [DONE]"),
            Self::Responses => holds("\"type\":\"response.completed\""),
            Self::Messages => holds("\"type\":\"message_stop\""),
            Self::Embeddings | Self::Speech => false,
        }
    }

    /// Whether a stream ends with an error that its reader sees.
    pub(super) fn tells_error(self, stream: &[u8]) -> bool {
        events(stream).last().is_some_and(|last| last["error"].is_object() || last["type"] == "error")
    }
}

fn ends(stream: &[u8]) -> impl DoubleEndedIterator<Item = usize> {
    stream
        .windows(2)
        .enumerate()
        .filter(|(_, two)| two == b"\n\n")
        .map(|(at, _)| at + 2)
        .collect::<Vec<_>>()
        .into_iter()
}

fn events(stream: &[u8]) -> Vec<Value> {
    let mut begin = 0;
    let events = ends(stream).filter_map(|end| {
        let event = String::from_utf8_lossy(&stream[begin..end]).into_owned();
        begin = end;
        let data = event.lines().find_map(|line| line.strip_prefix("data: "))?;
        serde_json::from_str(data).ok()
    });
    events.collect()
}

fn text(event: &Value) -> &str {
    let said = match event["type"].as_str() {
        Some("response.output_text.delta") => &event["delta"],
        Some("content_block_delta") => &event["delta"]["text"],
        _ => &event["choices"][0]["delta"]["content"],
    };
    said.as_str().unwrap_or_default()
}
