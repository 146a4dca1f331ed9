//! What AIHubMix's errors say, where their status alone would mislead.

use http::StatusCode;

use crate::http::{Effect, FailedAnswer, Failure, FailureReader};

/// Reads `{"error": {"message", "type", "code"?}, "type": "error"}`, and what the models' own vendors say, which is
/// passed on in their shapes. The request's id is the `tid` in the message, which the vendor's support asks for.
#[derive(Clone, Copy, Debug)]
pub struct AihubmixFailures;

impl FailureReader for AihubmixFailures {
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure {
        let mut failure = Failure::read(answer);
        let message = failure.message.as_deref().unwrap_or_default();
        if let Some(trace_id) = trace_id(message) {
            failure.request_id = Some(trace_id.to_owned());
        }
        let words = message.to_lowercase();
        // The type of all its errors stands where there is no code, and says nothing.
        failure.code = failure.code.filter(|code| !code.eq_ignore_ascii_case("aihubmix_api_error"));
        failure.code = failure.code.or_else(|| code_in(&words).map(str::to_owned));
        let code = failure.code.as_deref().unwrap_or_default();
        match answer.status {
            // The status of two refusals: a limit that passes, and a model that isn't there or not for this key.
            StatusCode::SERVICE_UNAVAILABLE if says_limit(code) || says_limit(&words) => {
                failure.effect = Effect::NotStarted;
            }
            StatusCode::SERVICE_UNAVAILABLE if says_no_such_model(&words) => {
                failure.effect = Effect::NotStarted;
                failure.is_retryable = false;
            }
            // Nobody was found whom the request could have been passed on to.
            StatusCode::INTERNAL_SERVER_ERROR if code == NO_CHANNEL => failure.effect = Effect::NotStarted,
            _ => {}
        }
        failure
    }
}

const NO_CHANNEL: &str = "no_valid_channel_error";
const NO_MONEY: &str = "insufficient_user_quota";

/// The code of an error that has it in its words alone.
fn code_in(words: &str) -> Option<&'static str> {
    if words.contains(NO_CHANNEL) {
        return Some(NO_CHANNEL);
    }
    (words.contains(NO_MONEY) || words.contains("balance is insufficient")).then_some(NO_MONEY)
}

fn says_limit(words: &str) -> bool {
    ["rate limit", "rate_limit", "rate-limit", "too many requests", "overload", "slow_down"]
        .iter()
        .any(|limit| words.contains(limit))
}

fn says_no_such_model(words: &str) -> bool {
    ["incorrect model", "model not found", "does not exist", "permission", "no available channel"]
        .iter()
        .any(|refusal| words.contains(refusal))
}

/// What stands behind the last `tid:` of a message.
fn trace_id(message: &str) -> Option<&str> {
    let (_, rest) = message.rsplit_once("tid:")?;
    let rest = rest.trim_start();
    let end = rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|trace_id| !trace_id.is_empty())
}
