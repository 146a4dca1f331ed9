//! What a provider must offer, and what it says when it can't.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Effect, GenerationRequest, GenerationResult, InvalidInput, InvalidName, MediaReader, MediaRequest,
    ModelSpec, Quantity, Request, SpeechRequest, StreamChunk, WireText,
};

/// A stream on the heap.
pub type BoxStream<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

/// Bytes as they come. An error ends the stream.
pub type ByteStream = BoxStream<Result<Bytes, ProviderError>>;

/// A provider's name: 1 to 64 characters of `a-z 0-9 _ -`, kept in lower case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct ProviderKey(Box<str>);

impl ProviderKey {
    /// The text of the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProviderKey {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let key = text.trim().to_ascii_lowercase();
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        if (1..=64).contains(&key.len()) && key.bytes().all(allowed) {
            Ok(Self(key.into()))
        } else {
            Err(InvalidName::new("provider", "1 to 64 characters of a-z 0-9 _ -"))
        }
    }
}

impl fmt::Display for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One vendor, adapted: says which models it has and offers a trait for each kind of work it does.
pub trait Provider: Send + Sync {
    /// Its name.
    fn key(&self) -> &ProviderKey;

    /// The models that it offers.
    fn models(&self) -> &[ModelSpec];

    /// Whether a model of it can do this request, as far as its table of parameters can't say: what depends on
    /// several fields at once. The request keeps to the table.
    fn check(&self, _vendor_model: &str, _request: &Request) -> Result<(), InvalidInput> {
        Ok(())
    }

    /// Its text, if it makes any.
    fn generator(&self) -> Option<&dyn Generator> {
        None
    }

    /// Its media, if it makes any.
    fn media(&self) -> Option<&dyn MediaMaker> {
        None
    }

    /// Its speech as it is spoken, if it gives it so.
    fn speaker(&self) -> Option<&dyn Speaker> {
        None
    }

    /// Its own wire, if that is a dialect of ours.
    fn wire(&self) -> Option<&dyn WireText> {
        None
    }

    /// The operator's account at the vendor, where the vendor tells of it.
    fn account(&self) -> Option<&dyn VendorAccount> {
        None
    }

    /// How its circuit breaker stands. While it is open, a route passes the provider over.
    fn circuit(&self) -> Circuit {
        Circuit::Closed
    }
}

/// How a circuit breaker stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// Calls go through.
    Closed,
    /// The vendor has failed too often in a row, and isn't asked for a while.
    Open,
    /// A few calls go through, to see whether it is well again.
    HalfOpen,
}

/// Offers text: chats and embeddings.
#[async_trait]
pub trait Generator: Send + Sync {
    /// The whole result at once.
    async fn generate(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<GenerationResult, ProviderError>;

    /// The result as it comes. Dropping the stream stops the vendor.
    async fn generate_stream(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<BoxStream<Result<StreamChunk, ProviderError>>, ProviderError>;
}

/// Offers media: pictures, videos, speech and transcriptions.
#[async_trait]
pub trait MediaMaker: Send + Sync {
    /// Asks the vendor for the work. Paid: called once an attempt, never repeated by the provider unless
    /// nothing was begun.
    async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError>;

    /// Asks how a task stands. Free, and may be asked by another process than the one that started it.
    /// An error is a failed poll and says nothing about the task.
    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError>;

    /// Reads one output as a stream.
    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError>;

    /// Asks the vendor to stop a task.
    async fn cancel(&self, task: &UpstreamTask) -> Result<Cancelled, ProviderError>;
}

/// Offers speech as it is spoken, for callers who listen.
#[async_trait]
pub trait Speaker: Send + Sync {
    /// Asks the vendor for speech. Paid: called once an attempt, never repeated by the provider unless nothing was
    /// begun. Dropping the sound stops the vendor.
    async fn speak(&self, request: SpeechRequest, context: AttemptContext) -> Result<Spoken, ProviderError>;
}

/// Speech that is being spoken.
pub struct Spoken {
    /// What it is, such as `audio/mpeg`.
    pub media_type: String,
    /// The sound as it comes.
    pub sound: ByteStream,
    /// The vendor's own facts, kept on the attempt.
    pub vendor: Map<String, Value>,
}

impl fmt::Debug for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spoken")
            .field("media_type", &self.media_type)
            .field("vendor", &self.vendor)
            .finish_non_exhaustive()
    }
}

/// Offers what the vendor tells of the operator's account, to be compared with our own books.
#[async_trait]
pub trait VendorAccount: Send + Sync {
    /// What is left to spend with this credential, one for each unit. Free.
    async fn balance(&self) -> Result<Vec<VendorBalance>, ProviderError>;
}

/// What is left on the operator's account at a vendor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VendorBalance {
    /// How much, as a decimal number.
    pub amount: String,
    /// Of what: a currency, or the vendor's own credits.
    pub unit: String,
}

/// What a provider is told about the attempt that it serves.
#[derive(Clone)]
pub struct AttemptContext {
    /// The job's or call's id: the same for every attempt at it.
    pub owner: String,
    /// Which attempt this is, from 1.
    pub number: u32,
    /// The vendor's name of the model.
    pub vendor_model: String,
    /// Reads the media that the request names.
    pub media: Arc<dyn MediaReader>,
}

impl fmt::Debug for AttemptContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptContext")
            .field("owner", &self.owner)
            .field("number", &self.number)
            .field("vendor_model", &self.vendor_model)
            .finish_non_exhaustive()
    }
}

/// How the vendor took the work.
#[derive(Clone, PartialEq, Debug)]
pub enum Started {
    /// It is done already.
    Done(Outputs),
    /// It works on it and is to be polled.
    Task(UpstreamTask),
}

/// A task at the vendor. Holds all that a poll needs, so that any process can ask after a restart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UpstreamTask {
    /// The vendor's id.
    pub id: String,
    /// The vendor's model, since some vendors ask for it again.
    pub vendor_model: String,
    /// How long to wait before the first poll.
    pub poll_after: Duration,
}

/// How a task stands.
#[derive(Clone, PartialEq, Debug)]
pub enum Poll {
    /// The vendor still works on it.
    Running {
        /// How far it is, 0 to 100, where the vendor tells.
        progress: Option<u8>,
        /// How long to wait before the next poll.
        poll_after: Duration,
    },
    /// It is done.
    Done(Outputs),
    /// It failed, in the vendor's own verdict.
    Failed(ProviderError),
}

/// What came of a wish to stop.
#[derive(Clone, PartialEq, Debug)]
pub enum Cancelled {
    /// The vendor stopped; `used` is its own figure of what it charges, where it gives one.
    Stopped {
        /// What the vendor charges for, where it tells.
        used: Option<Vec<Quantity>>,
    },
    /// The vendor can't be asked to stop.
    Unsupported,
    /// The work was finished already.
    TooLate,
}

/// All that one attempt produced.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outputs {
    /// The results in the vendor's order.
    pub items: Vec<Output>,
    /// What was delivered, as it is priced.
    pub quantities: Vec<Quantity>,
    /// Why fewer results came than were asked for, where that is so.
    pub missing: Option<String>,
    /// The vendor's own facts (request id, seed, safety verdicts), kept on the attempt.
    pub vendor: Map<String, Value>,
}

/// One result.
#[derive(Clone, PartialEq, Debug)]
pub struct Output {
    /// Its media type, such as `image/png`.
    pub media_type: String,
    /// Where its bytes are.
    pub source: OutputSource,
}

/// Where the bytes of a result are.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputSource {
    /// Here.
    #[serde(skip)]
    Bytes(Bytes),
    /// At this address, which may be a secret and may expire.
    Link(String),
    /// At the vendor, under this id, behind its credential.
    Handle(String),
}

impl fmt::Debug for OutputSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Link(_) => f.write_str("Link(…)"),
            Self::Handle(handle) => write!(f, "Handle({handle})"),
        }
    }
}

/// Why a provider couldn't, classified once.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// What a caller or a retry does about it.
    pub reason: Reason,
    /// Whether paid work may exist.
    pub effect: Effect,
    /// The vendor's own words, fit for the caller: no key, no URL.
    pub message: String,
    /// The vendor's own code, where it gave one that is a word for programs.
    pub vendor_code: Option<String>,
    /// How long the vendor asks to wait.
    pub retry_after: Option<Duration>,
    /// The vendor's own facts (code, status, request id, safety verdicts), kept on the attempt.
    pub vendor: Map<String, Value>,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// The reasons that are treated differently.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The request can't be served as it is; trying again won't help.
    InvalidRequest,
    /// The vendor refuses the content. A verdict, not a failure.
    Refused,
    /// The credential is bad.
    Unauthorized,
    /// The credential is good, but may not do this.
    Forbidden,
    /// The operator's account at the vendor is out of money.
    OutOfMoney,
    /// Too many requests.
    RateLimited,
    /// The vendor is overloaded or down, or its breaker is open.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// The vendor tried and failed.
    Failed,
    /// The vendor's answer can't be made out; the operator may have paid for it.
    Unreadable,
    /// The vendor doesn't know the task or the model.
    NotFound,
    /// The provider doesn't do this.
    Unsupported,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::InvalidRequest,
        Self::Refused,
        Self::Unauthorized,
        Self::Forbidden,
        Self::OutOfMoney,
        Self::RateLimited,
        Self::Unavailable,
        Self::Timeout,
        Self::Failed,
        Self::Unreadable,
        Self::NotFound,
        Self::Unsupported,
    ];

    /// The name in attempts, errors and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Refused => "refused",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::OutOfMoney => "out_of_money",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
            Self::NotFound => "not_found",
            Self::Unsupported => "unsupported",
        }
    }
}

impl ProviderError {
    /// An error with no cause beneath.
    pub fn new(reason: Reason, effect: Effect, message: impl Into<String>) -> Self {
        Self {
            reason,
            effect,
            message: message.into(),
            vendor_code: None,
            retry_after: None,
            vendor: Map::new(),
            source: None,
        }
    }
}

impl PartialEq for ProviderError {
    /// Two errors are the same when they are treated the same; facts and causes aren't compared.
    fn eq(&self, other: &Self) -> bool {
        (self.reason, self.effect, &self.message, self.retry_after)
            == (other.reason, other.effect, &other.message, other.retry_after)
    }
}

impl Clone for ProviderError {
    /// The cause stays with the first: it is for the log, and is logged once.
    fn clone(&self) -> Self {
        Self {
            reason: self.reason,
            effect: self.effect,
            message: self.message.clone(),
            vendor_code: self.vendor_code.clone(),
            retry_after: self.retry_after,
            vendor: self.vendor.clone(),
            source: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provider_key_knows_no_case_and_is_never_empty() {
        assert_eq!("OpenAI".parse::<ProviderKey>(), "openai".parse());
        for wrong in ["", "  ", "a b", "a/b"] {
            assert!(wrong.parse::<ProviderKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_link_does_not_print() {
        let output = Output {
            media_type: "image/png".into(),
            source: OutputSource::Link("https://x/?sig=secret".into()),
        };
        assert!(!format!("{output:?}").contains("secret"));
    }
}
