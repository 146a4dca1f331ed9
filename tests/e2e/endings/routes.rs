//! The routes by which work is asked for that answers while its caller waits.

use serde_json::{Value, json};

use super::wires::Wire;

const TEXT: &str = "Where do foxes live?";

/// One way to have something answered.
#[derive(Debug)]
pub(super) struct Route {
    /// Ours.
    pub(super) path: &'static str,
    pub(super) wire: Wire,
    pub(super) model: &'static str,
    /// The vendor's, as the simulator's faults name it.
    pub(super) vendor: &'static str,
    pub(super) vendor_wire: Wire,
    /// The tokens that go in, by our estimate: a quarter of what the wire carries where it is passed on, of the text
    /// alone where it is mapped, and four a message.
    pub(super) input_tokens: u64,
}

/// A route, and whether its answer is asked for as it comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) route: &'static Route,
    pub(super) is_stream: bool,
}

const CHATS_OF_OPENAI: &str = "POST /openai/v1/chat/completions";
const MESSAGES_OF_ANTHROPIC: &str = "POST /anthropic/v1/messages";

/// Each with a vendor that speaks its wire, and with one that doesn't.
static ROUTES: [Route; 9] = [
    Route {
        path: "/v1/chat/completions",
        wire: Wire::Chat,
        model: "gpt",
        vendor: CHATS_OF_OPENAI,
        vendor_wire: Wire::Chat,
        input_tokens: 18,
    },
    Route {
        path: "/v1/chat/completions",
        wire: Wire::Chat,
        model: "claude",
        vendor: MESSAGES_OF_ANTHROPIC,
        vendor_wire: Wire::Messages,
        input_tokens: 9,
    },
    Route {
        path: "/v1/responses",
        wire: Wire::Responses,
        model: "gpt",
        vendor: "POST /openai/v1/responses",
        vendor_wire: Wire::Responses,
        input_tokens: 7,
    },
    Route {
        path: "/v1/responses",
        wire: Wire::Responses,
        model: "claude",
        vendor: MESSAGES_OF_ANTHROPIC,
        vendor_wire: Wire::Messages,
        input_tokens: 9,
    },
    Route {
        path: "/v1/messages",
        wire: Wire::Messages,
        model: "claude",
        vendor: MESSAGES_OF_ANTHROPIC,
        vendor_wire: Wire::Messages,
        input_tokens: 18,
    },
    Route {
        path: "/v1/messages",
        wire: Wire::Messages,
        model: "gpt",
        vendor: CHATS_OF_OPENAI,
        vendor_wire: Wire::Chat,
        input_tokens: 9,
    },
    Route {
        path: "/v1/embeddings",
        wire: Wire::Embeddings,
        model: "embedding",
        vendor: "POST /openai/v1/embeddings",
        vendor_wire: Wire::Embeddings,
        input_tokens: 6,
    },
    Route {
        path: "/v1/embeddings",
        wire: Wire::Embeddings,
        model: "gemini-embedding",
        vendor: "POST /gemini/*",
        vendor_wire: Wire::Embeddings,
        input_tokens: 5,
    },
    Route {
        path: "/v1/audio/speech",
        wire: Wire::Speech,
        model: "voice",
        vendor: "POST /openai/v1/audio/speech",
        vendor_wire: Wire::Speech,
        input_tokens: 0,
    },
];

/// Every route, streamed and not, as far as it can be.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    ROUTES.iter().flat_map(|route| {
        let ways: &[bool] = match route.wire {
            Wire::Embeddings => &[false],
            Wire::Speech => &[true],
            Wire::Chat | Wire::Responses | Wire::Messages => &[false, true],
        };
        ways.iter().map(move |is_stream| Case { route, is_stream: *is_stream })
    })
}

/// Those whose answers come as they are made.
pub(super) fn streams() -> impl Iterator<Item = Case> {
    cases().filter(|case| case.is_stream)
}

impl Route {
    /// What is asked for.
    pub(super) fn body(&self, is_stream: bool) -> Value {
        let messages = json!([{"role": "user", "content": TEXT}]);
        match self.wire {
            Wire::Chat | Wire::Messages => {
                json!({"model": self.model, "max_tokens": 100, "stream": is_stream, "messages": messages})
            }
            Wire::Responses => {
                json!({"model": self.model, "max_output_tokens": 100, "stream": is_stream, "input": TEXT})
            }
            Wire::Embeddings => json!({"model": self.model, "input": TEXT}),
            Wire::Speech => {
                json!({"model": self.model, "voice": "nova", "response_format": "wav", "input": TEXT})
            }
        }
    }

    /// How many characters are said, where that is what is paid for.
    pub(super) fn characters(&self) -> u64 {
        TEXT.chars().count() as u64
    }
}
