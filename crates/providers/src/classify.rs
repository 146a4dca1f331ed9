//! What a vendor's error means to us, said once: reason, effect, and how long to wait.

use ::http::StatusCode;
use fourfold_clients::http::{self, BaseHttpClient, BreakerState, ClientError, ErrorKind};
use fourfold_domain::{Circuit, Effect, ProviderError, Reason};

use crate::facts::facts;

/// A vendor's own codes, and what they mean. A code that isn't in the table means what its status means.
pub(crate) type Codes = &'static [(&'static str, Reason)];

/// What a client's error means.
pub(crate) fn classify(codes: Codes, error: ClientError) -> ProviderError {
    let last = error.last();
    let by_code = last.code().and_then(|code| codes.iter().find(|(known, _)| *known == code));
    let reason = match by_code {
        // It is no verdict on the request, whatever the code says.
        _ if last.status() == Some(StatusCode::REQUEST_TIMEOUT) => Reason::Timeout,
        Some((_, reason)) => *reason,
        None => by_kind(last),
    };
    let retry_after = error.retry_after().or(last.retry_after());
    let effect = match (last.kind(), effect(error.effect())) {
        // Begun it was, but nobody knows what came of an answer that was cut.
        (ErrorKind::Interrupted | ErrorKind::Timeout(_), Effect::Started) => Effect::MayHaveStarted,
        (_, effect) => effect,
    };
    let message = last.message().map(without_urls).filter(|message| !message.is_empty());
    let message = message.unwrap_or_else(|| match last.kind() {
        ErrorKind::Interrupted => "the vendor's answer broke off".to_owned(),
        _ => words(reason).to_owned(),
    });
    let vendor = facts([
        ("code", last.code().map(str::to_owned)),
        ("status", last.status().map(|status| status.as_u16().to_string())),
        ("request_id", last.request_id().map(str::to_owned)),
    ]);
    let vendor_code = last.code().and_then(word);
    ProviderError { reason, effect, message, vendor_code, retry_after, vendor, source: Some(Box::new(error)) }
}

/// A vendor's verdict on work that it took.
#[cfg(any(feature = "media", feature = "anthropic"))]
pub(crate) fn verdict(codes: Codes, code: Option<&str>, message: Option<&str>) -> ProviderError {
    let by_code = codes.iter().find(|(known, _)| Some(*known) == code);
    let reason = by_code.map_or(Reason::Failed, |(_, reason)| *reason);
    let message = message.map(without_urls).filter(|message| !message.is_empty());
    let message = message.or(code.map(str::to_owned)).unwrap_or_else(|| words(reason).to_owned());
    let vendor = facts([("code", code.map(str::to_owned))]);
    let vendor_code = code.and_then(word);
    ProviderError { vendor_code, vendor, ..ProviderError::new(reason, Effect::Started, message) }
}

/// The longest code of a vendor that is one for programs.
const CODE_BYTES_MAX: usize = 64;

/// The kinds of error of OpenAI's and Anthropic's wires. Where an error has no code, it is known by its kind.
const KINDS: [&str; 10] = [
    "api_error",
    "authentication_error",
    "billing_error",
    "conflict_error",
    "invalid_request_error",
    "not_found_error",
    "overloaded_error",
    "permission_error",
    "rate_limit_error",
    "timeout_error",
];

/// A vendor's code, if it is a word for programs and no kind of error.
fn word(code: &str) -> Option<String> {
    let is_right = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let is_word = (1..=CODE_BYTES_MAX).contains(&code.len()) && code.bytes().all(is_right);
    (is_word && !KINDS.contains(&code)).then(|| code.to_owned())
}

/// A request that the vendor wouldn't take, found before it was asked.
pub(crate) fn invalid(message: impl Into<String>) -> ProviderError {
    ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, message)
}

/// An answer that isn't what the vendor's page says.
pub(crate) fn unreadable(message: impl Into<String>) -> ProviderError {
    ProviderError::new(Reason::Unreadable, Effect::Started, message)
}

/// An answer that can be read and has nothing of what was asked for.
pub(crate) fn empty(message: impl Into<String>) -> ProviderError {
    ProviderError::new(Reason::Failed, Effect::Started, message)
}

pub(crate) fn effect(effect: http::Effect) -> Effect {
    match effect {
        http::Effect::NotStarted => Effect::NotStarted,
        http::Effect::MayHaveStarted => Effect::MayHaveStarted,
        http::Effect::Started => Effect::Started,
    }
}

/// How the breaker of a vendor's client stands.
pub(crate) fn circuit(http: &BaseHttpClient) -> Circuit {
    match http.breaker_state() {
        BreakerState::Closed => Circuit::Closed,
        BreakerState::Open => Circuit::Open,
        BreakerState::HalfOpen => Circuit::HalfOpen,
    }
}

fn by_kind(error: &ClientError) -> Reason {
    match error.kind() {
        ErrorKind::Status => error.status().map_or(Reason::Failed, |status| by_status(status.as_u16())),
        ErrorKind::Timeout(_) => Reason::Timeout,
        ErrorKind::RateLimited => Reason::RateLimited,
        ErrorKind::Decode | ErrorKind::TooLarge => Reason::Unreadable,
        ErrorKind::AddressRefused
        | ErrorKind::RequestBody
        | ErrorKind::InvalidSettings
        | ErrorKind::InvalidRequest => Reason::InvalidRequest,
        _ => Reason::Unavailable,
    }
}

fn by_status(status: u16) -> Reason {
    match status {
        401 => Reason::Unauthorized,
        403 => Reason::Forbidden,
        402 => Reason::OutOfMoney,
        404 | 410 => Reason::NotFound,
        408 | 504 => Reason::Timeout,
        429 => Reason::RateLimited,
        400..=499 => Reason::InvalidRequest,
        _ => Reason::Unavailable,
    }
}

/// What a caller is told where the vendor says nothing.
fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::InvalidRequest => "the vendor can't serve this request",
        Reason::Refused => "the vendor refuses this content",
        Reason::Unauthorized => "the vendor refuses our credential",
        Reason::Forbidden => "our credential may not do this at the vendor",
        Reason::OutOfMoney => "our account at the vendor is out of money",
        Reason::RateLimited => "the vendor has had too many requests",
        Reason::Unavailable => "the vendor can't be reached",
        Reason::Timeout => "the vendor didn't answer in time",
        Reason::Failed => "the vendor failed",
        Reason::Unreadable => "the vendor's answer can't be read",
        Reason::NotFound => "the vendor doesn't know what was asked for",
        Reason::Unsupported => "the vendor doesn't do this",
    }
}

/// A vendor's words without its URLs, which may be signed.
pub(crate) fn without_urls(message: &str) -> String {
    let is_url = |word: &&str| !word.contains("://");
    message.split_whitespace().filter(is_url).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const CODES: Codes = &[("moderation_blocked", Reason::Refused), ("no_quota", Reason::OutOfMoney)];

    fn status(status: u16) -> ClientError {
        let status = ::http::StatusCode::from_u16(status).unwrap();
        ClientError::new(ErrorKind::Status, http::Effect::NotStarted).with_status(status)
    }

    #[test]
    fn what_came_of_an_answer_that_was_cut_is_unknown() {
        for kind in [ErrorKind::Interrupted, ErrorKind::Timeout(http::TimeoutStage::Idle)] {
            let error = classify(CODES, ClientError::new(kind, http::Effect::Started));
            assert_eq!(error.effect, Effect::MayHaveStarted, "{kind:?}");
        }
        let unreadable = classify(CODES, ClientError::new(ErrorKind::Decode, http::Effect::Started));
        assert_eq!(unreadable.effect, Effect::Started);
    }

    #[test]
    fn a_code_comes_before_its_status() {
        for (error, reason) in [
            (status(400), Reason::InvalidRequest),
            (status(401), Reason::Unauthorized),
            (status(402), Reason::OutOfMoney),
            (status(403), Reason::Forbidden),
            (status(404), Reason::NotFound),
            (status(408), Reason::Timeout),
            (status(413), Reason::InvalidRequest),
            (status(422), Reason::InvalidRequest),
            (status(429), Reason::RateLimited),
            (status(500), Reason::Unavailable),
            (status(504), Reason::Timeout),
            (status(400).with_code("moderation_blocked".to_owned()), Reason::Refused),
            (status(429).with_code("no_quota".to_owned()), Reason::OutOfMoney),
            (status(429).with_code("another".to_owned()), Reason::RateLimited),
            // Some say no more of a timeout than of a mistake.
            (status(408).with_code("moderation_blocked".to_owned()), Reason::Timeout),
            (ClientError::new(ErrorKind::Connect, http::Effect::NotStarted), Reason::Unavailable),
            (ClientError::new(ErrorKind::CircuitOpen, http::Effect::NotStarted), Reason::Unavailable),
            (ClientError::new(ErrorKind::Interrupted, http::Effect::Started), Reason::Unavailable),
            (ClientError::new(ErrorKind::RateLimited, http::Effect::NotStarted), Reason::RateLimited),
            (ClientError::new(ErrorKind::Decode, http::Effect::Started), Reason::Unreadable),
            (ClientError::new(ErrorKind::InvalidRequest, http::Effect::NotStarted), Reason::InvalidRequest),
        ] {
            let text = format!("{error:?}");
            assert_eq!(classify(CODES, error).reason, reason, "{text}");
        }
    }

    #[test]
    fn the_vendors_code_is_a_word_and_no_kind_of_error() {
        for (code, told) in [
            ("context_length_exceeded", true),
            ("moderation_blocked", true),
            ("invalid_request_error", false),
            ("a text, not a word", false),
            ("", false),
            (&"x".repeat(65), false),
        ] {
            let error = classify(CODES, status(400).with_code(code.to_owned()));
            assert_eq!(error.vendor_code.as_deref(), told.then_some(code), "{code}");
        }
        assert_eq!(classify(CODES, status(400)).vendor_code, None);
    }

    #[test]
    fn effect_wait_and_words_are_kept_and_urls_are_not() {
        let error = status(429)
            .with_message("Slow down, see https://vendor.test/?sig=1 please".to_owned())
            .with_request_id("req_1".to_owned())
            .with_retry_after(Duration::from_secs(7));
        let error = classify(CODES, error);
        assert_eq!(error.message, "Slow down, see please");
        assert_eq!((error.effect, error.retry_after), (Effect::NotStarted, Some(Duration::from_secs(7))));
        assert_eq!((&error.vendor["status"], &error.vendor["request_id"]), (&"429".into(), &"req_1".into()));
        assert_eq!(classify(CODES, status(402)).message, "our account at the vendor is out of money");
    }

    #[test]
    #[cfg(feature = "media")]
    fn a_verdict_has_started_work() {
        let error = verdict(CODES, Some("moderation_blocked"), None);
        assert_eq!((error.reason, error.effect), (Reason::Refused, Effect::Started));
        assert_eq!(error.message, "moderation_blocked");
        assert_eq!(verdict(CODES, Some("novel"), Some("Oh.")).reason, Reason::Failed);
    }
}
