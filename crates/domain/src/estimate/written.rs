//! What comes out.

use serde_json::{Map, Value};

use super::text;
use crate::{AnswerPiece, ChatAnswer, Usage};

/// What was written so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    said_bytes: usize,
    thought_bytes: usize,
}

impl Written {
    /// Whether nothing was.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// And so many bytes of an answer, and of what was thought before.
    pub fn bytes(&mut self, said: usize, thought: usize) {
        self.said_bytes += said;
        self.thought_bytes += thought;
    }

    /// Whether anything but thoughts was.
    pub fn is_said(&self) -> bool {
        self.said_bytes > 0
    }

    /// And this whole answer.
    pub fn answer(&mut self, answer: &ChatAnswer) {
        let calls = answer.tool_calls.iter().map(|call| call.name.len() + call.arguments.len());
        let refusal = answer.refusal.as_deref().map_or(0, str::len);
        self.said_bytes += answer.text.len() + refusal + calls.sum::<usize>();
        self.thought_bytes += answer.reasoning.as_deref().map_or(0, str::len);
    }

    /// And this piece of one.
    pub fn piece(&mut self, piece: &AnswerPiece) {
        match piece {
            AnswerPiece::Text(text) | AnswerPiece::Refusal(text) => self.said_bytes += text.len(),
            AnswerPiece::Reasoning(text) => self.thought_bytes += text.len(),
            AnswerPiece::ToolCall { name, arguments, .. } => {
                self.said_bytes += name.as_deref().map_or(0, str::len) + arguments.len();
            }
            AnswerPiece::Extras(_) | AnswerPiece::Finish(_) => {}
        }
    }
}

/// What the vendor tells, with an estimate of what it doesn't, and whether there is any. Some vendors tell a zero
/// where they don't count.
pub fn complete(told: Usage, input_tokens: u64, written: Written) -> (Usage, bool) {
    let mut usage = told;
    if told.input_tokens == 0 {
        usage.input_tokens = input_tokens;
    }
    if told.output_tokens == 0 {
        usage.reasoning_tokens = text(written.thought_bytes);
        usage.output_tokens = usage.reasoning_tokens + text(written.said_bytes);
    }
    (usage, usage != told)
}

/// The vendor fact that a usage is an estimate.
pub fn fact() -> Map<String, Value> {
    Map::from_iter([(FACT.to_owned(), Value::from(ESTIMATED))])
}

/// Whether a vendor's facts say that the usage is an estimate.
pub fn is_estimated(vendor: &Map<String, Value>) -> bool {
    vendor.get(FACT).is_some_and(|usage| usage == ESTIMATED)
}

const FACT: &str = "usage";
const ESTIMATED: &str = "estimated";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_part_of_what_is_written() {
        let mut written = Written::default();
        written.piece(&AnswerPiece::Reasoning("A fox?".to_owned()));
        written.piece(&AnswerPiece::Text("Hm.".to_owned()));
        let call = |name: Option<&str>, arguments: &str| AnswerPiece::ToolCall {
            index: 0,
            id: None,
            name: name.map(str::to_owned),
            arguments: arguments.to_owned(),
        };
        written.piece(&call(Some("look"), ""));
        written.piece(&call(None, "{}"));
        let expected = Usage { input_tokens: 5, output_tokens: 5, reasoning_tokens: 2, ..Usage::default() };
        assert_eq!(complete(Usage::default(), 5, written), (expected, true));
    }

    #[test]
    fn an_estimate_is_known_by_its_fact() {
        assert!(is_estimated(&fact()));
        assert!(!is_estimated(&Map::new()));
    }

    #[test]
    fn what_the_vendor_tells_stays() {
        let written = Written { said_bytes: 400, thought_bytes: 0 };
        let told = Usage { input_tokens: 9, output_tokens: 3, ..Usage::default() };
        assert_eq!(complete(told, 100, written), (told, false));
        let half = Usage { input_tokens: 9, ..Usage::default() };
        assert_eq!(complete(half, 100, written), (Usage { output_tokens: 100, ..half }, true));
        assert_eq!(complete(half, 100, Written::default()), (half, false), "nothing was written");
    }
}
