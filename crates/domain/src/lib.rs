//! The words of Fourfold and nothing else: what is asked, what it costs, who pays, how work moves, and
//! what a provider must offer.
//!
//! This crate does no I/O, has no runtime and reads no clock. Everything in it is a value, a pure function
//! or a trait, so the layers above share one meaning of each word and each rule can be tested as a table.
//!
//! - money: [`Credits`], [`CreditsChange`], [`Price`], [`Quote`]
//! - who pays: [`Realm`], [`ExternalId`], [`Subject`]
//! - what is asked: [`Request`], [`ImageRequest`] and its siblings, [`Parameter`]
//! - what can be asked for: [`Model`], [`Route`], [`ModelSpec`]
//! - how work moves: [`JobState`], [`JobMove`]
//! - who does it: [`Provider`], [`MediaMaker`], [`Generator`], [`WireText`], [`ProviderError`]
//!
//! ```
//! use fourfold_domain::{Credits, Price, Quantity, Rate, Unit};
//!
//! let price = Price::new("2026-11", vec![Rate::new(Unit::Image, "0.04".parse()?)]);
//! let quote = price.quote(&[Quantity::new(Unit::Image, 3)])?;
//! assert_eq!(quote.credits, "0.12".parse::<Credits>()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod any_of;
mod credits;
mod duration;
mod error;
pub mod estimate;
mod generation;
mod id;
mod job;
mod media;
mod media_type;
mod model;
mod parameter;
mod price;
mod provider;
pub mod request;
mod wire;

pub use account::{ExternalId, Realm, Subject};
pub use any_of::AnyOf;
pub use credits::{Credits, CreditsChange, CreditsError};
pub use duration::{duration_text, parse_duration, serde_duration};
pub use error::{Effect, InvalidInput, InvalidName, Problem};
pub use generation::{
    AnswerPiece, ChatAnswer, ChatResult, EmbeddingResult, FinishReason, GenerationResult, StreamChunk,
    TimedText, Transcript, Usage,
};
pub use id::{
    AccountId, CallId, ConversationId, EntryId, EventId, FileId, HoldId, InstanceId, JobId, KeyId, MessageId,
    WebhookSecretId,
};
pub use job::{IllegalMove, JobMove, JobState, Priority};
pub use media::{InlineMedia, MediaReader, OpenMedia};
pub use media_type::{MEDIA_TYPE_HEAD_BYTES, media_type_of};
pub use model::{
    CacheTerms, Modality, Model, ModelName, ModelSpec, OnCancel, OnDisconnect, OnUncertain, Route,
    RouteChoice, TokenCeilings,
};
pub use parameter::{Parameter, ParameterKind};
pub use price::{Factor, Price, Quantity, Quote, Rate, Unit, Unpriced};
pub use provider::{
    AttemptContext, BoxStream, ByteStream, Cancelled, Circuit, Generator, MediaMaker, Output, OutputSource,
    Outputs, Poll, Provider, ProviderError, ProviderKey, Reason, Speaker, Spoken, Started, UpstreamTask,
    VendorAccount, VendorBalance,
};
pub use request::{
    ChatMessage, ChatPart, ChatRequest, ChatRole, DataUri, EmbeddingRequest, GenerationRequest, ImageRequest,
    MediaInput, MediaPlace, MediaRequest, Request, ResponseFormat, Size, SpeechRequest, Timestamps, Tool,
    ToolCall, ToolChoice, TranscriptionRequest, VideoRequest,
};
pub use wire::{
    Dialect, Edit, WireAsked, WireCall, WireFields, WirePart, WirePiece, WireReply, WireSeen, WireText,
    check_betas,
};
