//! How work at the vendor failed, where no HTTP status says it.

use serde_json::Value;

use crate::vendor::wire_type;

wire_type! {
    /// Why an operation or a file failed.
    pub struct Status {
        may {
            /// A number of `google.rpc.Code`, such as 13.
            code: i64,
            /// The vendor's words.
            message: String,
            /// What more there is to say.
            details: Vec<Value>,
        }
    }
}

impl Status {
    /// The code as the word that errors of HTTP have for it, such as `INTERNAL`; a number that has none as it is.
    pub fn word(&self) -> Option<String> {
        let code = self.code?;
        let word = usize::try_from(code).ok().and_then(|code| WORDS.get(code));
        Some(word.map_or_else(|| code.to_string(), |word| (*word).to_owned()))
    }
}

/// The words of `google.rpc.Code`, by their numbers.
const WORDS: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn numbers_have_the_words_of_http_errors() {
        for (code, word) in [(3, "INVALID_ARGUMENT"), (13, "INTERNAL"), (16, "UNAUTHENTICATED"), (99, "99")] {
            assert_eq!(Status::default().code(code).word().as_deref(), Some(word));
        }
        assert_eq!(Status::default().word(), None);
    }
}
