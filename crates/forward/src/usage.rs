//! What an answer says that it used, as OpenAI, Anthropic and those like them write it.

use bytes::Bytes;
use serde::Deserialize;

use crate::usage_scan::usage_in;

/// What an answer used, in all so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Usage {
    /// The tokens that went in, those from and to the vendor's cache included.
    pub input_tokens: u64,
    /// The tokens that came out; none where that wasn't said.
    pub output_tokens: Option<u64>,
    /// Of those that went in, the ones that the vendor had in its cache.
    pub cached_tokens: u64,
    /// Of those that went in, the ones that the vendor put in its cache.
    pub cache_write_tokens: u64,
}

/// What a stream has said about usage so far; later words replace earlier ones, each for itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UsageSoFar(Option<Words>);

impl UsageSoFar {
    /// Reads an event. Says whether it had anything about usage.
    pub(crate) fn read_event(&mut self, json: &Bytes) -> bool {
        let mut is_news = false;
        usage_in(json, |usage| is_news |= self.read(usage));
        is_news
    }

    /// Reads one usage. Says whether it is one.
    pub(crate) fn read(&mut self, usage: &[u8]) -> bool {
        let Ok(words) = serde_json::from_slice::<Words>(usage) else { return false };
        self.0 = Some(self.0.unwrap_or_default().then(words));
        true
    }

    pub(crate) fn usage(&self) -> Option<Usage> {
        self.0.map(|words| words.usage())
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    input_tokens_details: Option<Details>,
    /// Anthropic's, which `input_tokens` doesn't have in it.
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
}

impl Words {
    fn then(self, later: Self) -> Self {
        Self {
            prompt_tokens: later.prompt_tokens.or(self.prompt_tokens),
            completion_tokens: later.completion_tokens.or(self.completion_tokens),
            prompt_tokens_details: later.prompt_tokens_details.or(self.prompt_tokens_details),
            input_tokens: later.input_tokens.or(self.input_tokens),
            output_tokens: later.output_tokens.or(self.output_tokens),
            input_tokens_details: later.input_tokens_details.or(self.input_tokens_details),
            cache_read_input_tokens: later.cache_read_input_tokens.or(self.cache_read_input_tokens),
            cache_creation_input_tokens: later
                .cache_creation_input_tokens
                .or(self.cache_creation_input_tokens),
        }
    }

    fn usage(&self) -> Usage {
        let read = self.cache_read_input_tokens.unwrap_or(0);
        let written = self.cache_creation_input_tokens.unwrap_or(0);
        let input = self.prompt_tokens.or(self.input_tokens).unwrap_or(0);
        let details = self.prompt_tokens_details.or(self.input_tokens_details);
        Usage {
            input_tokens: input.saturating_add(read).saturating_add(written),
            output_tokens: self.completion_tokens.or(self.output_tokens),
            cached_tokens: details.and_then(|details| details.cached_tokens).unwrap_or(read),
            cache_write_tokens: written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(events: &[&str], expected: Option<(u64, u64, u64, u64)>) {
        let mut so_far = UsageSoFar::default();
        for event in events {
            so_far.read_event(&Bytes::copy_from_slice(event.as_bytes()));
        }
        let expected = expected.map(|(input_tokens, output_tokens, cached_tokens, cache_write_tokens)| {
            Usage { input_tokens, output_tokens: Some(output_tokens), cached_tokens, cache_write_tokens }
        });
        assert_eq!(so_far.usage(), expected, "{events:?}");
    }

    #[test]
    fn each_dialect_is_read() {
        check(
            &[
                r#"{"usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}}"#,
            ],
            Some((9, 3, 4, 0)),
        );
        check(
            &[
                r#"{"type": "response.completed", "response": {"usage": {"input_tokens": 9, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 4}}}}"#,
            ],
            Some((9, 3, 4, 0)),
        );
        check(
            &[
                r#"{"type": "message_start", "message": {"usage": {"input_tokens": 2, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 3, "output_tokens": 1}}}"#,
                r#"{"type": "message_delta", "usage": {"output_tokens": 30}}"#,
            ],
            Some((9, 30, 4, 3)),
        );
    }

    #[test]
    fn nothing_that_came_out_is_told_apart_from_nothing_said() {
        let output_tokens = |json: &'static str| {
            let mut so_far = UsageSoFar::default();
            so_far.read_event(&Bytes::from_static(json.as_bytes()));
            so_far.usage().unwrap().output_tokens
        };
        assert_eq!(output_tokens(r#"{"usage": {"prompt_tokens": 7, "completion_tokens": 0}}"#), Some(0));
        assert_eq!(output_tokens(r#"{"usage": {"prompt_tokens": 7}}"#), None);
        assert_eq!(output_tokens(r#"{"usage": {"input_tokens": 7, "output_tokens": null}}"#), None);
    }

    #[test]
    fn what_says_nothing_about_usage_is_no_usage() {
        check(
            &[r#"{"usage": null}"#, r#"{"choices": []}"#, r#"{"usage": "#, r#"{"usage": 7}"#, "[DONE]", ""],
            None,
        );
        check(&[r#"{"choices": [{"delta": {"content": "say \"usage\": {\"prompt_tokens\": 9}"}}]}"#], None);
    }
}
