//! What can go wrong, by what a caller does about it.

use std::borrow::Cow;
use std::time::Duration;

use fourfold_domain::{
    Credits, CreditsError, Effect, FileId, IllegalMove, InvalidInput, JobState, KeyId, Reason, Unpriced,
};

use crate::files::FileLimits;
use crate::limits::{LimitOf, Limited};
use crate::webhooks::SECRETS_MAX;

/// Why a durable step was not taken. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing, or it is another account's.
    #[error("not found")]
    NotFound,
    /// The account can't pay for it.
    #[error("insufficient credits: {needed} needed, {available} available")]
    InsufficientCredits {
        /// What the work could cost.
        needed: Credits,
        /// What the account has.
        available: Credits,
    },
    /// The key's budget doesn't cover it.
    #[error("the budget of the key {key} is spent: {needed} needed, {left} left")]
    BudgetExceeded {
        /// Whose budget.
        key: KeyId,
        /// What the work could cost.
        needed: Credits,
        /// What is left of the budget.
        left: Credits,
    },
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used with another request")]
    IdempotencyMismatch,
    /// The operation id was used for another operation.
    #[error("the operation id was used for another operation")]
    OperationMismatch,
    /// The job isn't due, or somebody else holds its lease.
    #[error("the job is not due")]
    NotDue,
    /// The lease that the step came with is no longer the job's.
    #[error("the lease was lost")]
    LeaseLost,
    /// The job's caller wants it called off.
    #[error("the job is to be cancelled")]
    CancelRequested,
    /// Nothing follows the job's state.
    #[error("the job is final")]
    AlreadyFinal,
    /// The job may still end well, or has.
    #[error("only a job that failed, was cancelled or has expired can be tried again; this one is {0}")]
    NotRetryable(JobState),
    /// The call was ended already, by its sweep or by an earlier try.
    #[error("the call has ended")]
    CallEnded,
    /// The account has no such file.
    #[error("there is no file {0}")]
    NoFile(FileId),
    /// A job that isn't final needs the file.
    #[error("the file is in use by a job that isn't final")]
    FileInUse,
    /// The account would keep more than it may.
    #[error("an account may keep {} files of {} bytes together; delete some first", .0.count_max, .0.bytes_max)]
    TooManyFiles(FileLimits),
    /// The account has no secret to sign webhooks with.
    #[error("webhook_url needs a secret to sign with; make one with POST /api/v1/webhooks/secrets")]
    NoWebhookSecret,
    /// The account has as many secrets as it may.
    #[error("an account may have {SECRETS_MAX} secrets for webhooks at a time; delete one first")]
    TooManyWebhookSecrets,
    /// The conversation is another account's.
    #[error("the conversation is another user's")]
    AnothersConversation,
    /// Other messages of the conversation come first.
    #[error("an earlier message of the conversation is still being answered; send it again in a moment")]
    ConversationBusy,
    /// The turn of the conversation is another's by now.
    #[error("the turn was lost")]
    TurnLost,
    /// The state doesn't allow the move.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// The account's money can't be counted.
    #[error(transparent)]
    Range(#[from] CreditsError),
}

/// Why a store didn't answer as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The step was refused; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no room left on the disk.
    #[error("the storage is full")]
    Full(#[source] BoxError),
    /// The store can't be reached or has failed; nothing was changed.
    #[error("the store has failed")]
    Failed(#[source] BoxError),
    /// The store can't be reached any more, and whether it took the step isn't known.
    #[error("it isn't known whether the store took the step")]
    Unknown(#[source] BoxError),
}

/// Any error beneath.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a use case didn't do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The request can't be taken as it is.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),
    /// The catalog has no such model.
    #[error("unknown model {0}")]
    UnknownModel(String),
    /// The caller may not use the model.
    #[error("this key may not use the model {0}")]
    ModelNotAllowed(String),
    /// The caller does more than he may.
    #[error("this {of} may have {limit} {limited}; try again later")]
    LimitExceeded {
        /// Whose limit it is.
        of: LimitOf,
        /// What is limited.
        limited: Limited,
        /// To how much.
        limit: u32,
        /// How soon it makes sense to try again.
        retry_after: Duration,
    },
    /// There is no such thing, or it is another account's.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The result was there and was kept for as long as results are.
    #[error("the result was removed, since results are kept for a limited time")]
    Removed,
    /// The work could cost more than the caller allows.
    #[error("the work may cost {price} credits, which is more than max_credits {max}")]
    MaxCreditsExceeded {
        /// What it may cost.
        price: Credits,
        /// What the caller allows.
        max: Credits,
    },
    /// The first request with this idempotency key is still being worked on.
    #[error("the first request with this idempotency key is still being worked on")]
    InProgress,
    /// A call was cut off before its answer was whole.
    #[error("the call was cut off before its answer was whole")]
    Interrupted,
    /// The first answer was too long to be kept.
    #[error("the first answer was longer than {bytes_max} bytes and wasn't kept")]
    ReplayTooLarge {
        /// The longest that is kept.
        bytes_max: u64,
    },
    /// The first request with this idempotency key gave a secret that isn't shown any more.
    #[error("the first request with this idempotency key was for the {what} {id}, whose secret {because}")]
    AlreadyMade {
        /// What has the secret.
        what: &'static str,
        /// Its id.
        id: String,
        /// Why it isn't shown; completes the sentence that begins with "its secret".
        because: &'static str,
    },
    /// This process is about to end; nothing was begun.
    #[error("the server is stopping; nothing was done, try again")]
    Stopping,
    /// This process works on as many calls as it may.
    #[error("too many calls are worked on just now; try again soon")]
    Overloaded,
    /// No vendor did the work.
    #[error("{message}")]
    Vendor {
        /// Why, as far as it is treated differently.
        reason: Reason,
        /// Whether paid work may exist.
        effect: Effect,
        /// The vendor's words, fit for the caller.
        message: String,
        /// How soon it makes sense to try again.
        retry_after: Option<Duration>,
        /// Where a vendor who speaks the caller's wire was sent his own bytes.
        passed_on: Option<PassedOn>,
    },
    /// Something is larger than is taken.
    #[error("{what} must be at most {bytes_max} bytes")]
    TooLarge {
        /// What.
        what: Cow<'static, str>,
        /// The most that is taken.
        bytes_max: u64,
    },
    /// The bytes that were to be stored broke off.
    #[error("the bytes that were to be stored broke off")]
    Source(#[source] BoxError),
    /// The durable step was refused.
    #[error(transparent)]
    Refused(Refusal),
    /// Our store or storage has no room left.
    #[error("the storage is full")]
    StorageFull(#[source] BoxError),
    /// Our store or storage can't be reached or has failed.
    #[error("{what}")]
    Unavailable {
        /// What is gone, for the operator.
        what: &'static str,
        /// Whether what was asked for may be done all the same.
        effect: Effect,
        /// What lies beneath.
        #[source]
        source: BoxError,
    },
    /// Something of ours failed.
    #[error("{what}")]
    Internal {
        /// What failed, for the operator.
        what: &'static str,
        /// Whether paid work may exist.
        effect: Effect,
        /// What lies beneath.
        #[source]
        source: BoxError,
    },
}

/// What a vendor made of a caller's own bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PassedOn {
    /// The code that it gave.
    pub code: Option<String>,
}

/// Refuses a caller's URL that leads, or may lead, into a private network.
pub(crate) fn private_address(field: impl Into<Cow<'static, str>>) -> InvalidInput {
    InvalidInput::not_allowed(field, "must lead to an address of the public internet")
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(Refusal::NotFound) => Self::NotFound("job"),
            StoreError::Refused(refusal) => Self::Refused(refusal),
            StoreError::Full(source) => Self::StorageFull(source),
            StoreError::Failed(source) => {
                Self::Unavailable { what: "the store has failed", effect: Effect::NotStarted, source }
            }
            StoreError::Unknown(source) => Self::Unavailable {
                what: "it isn't known whether the store took a step",
                effect: Effect::MayHaveStarted,
                source,
            },
        }
    }
}

impl From<Unpriced> for ServiceError {
    fn from(error: Unpriced) -> Self {
        Self::Internal {
            what: "a model has no price for this",
            effect: Effect::NotStarted,
            source: error.into(),
        }
    }
}
