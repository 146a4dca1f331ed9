//! Errors that several subjects share.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Whether paid work may exist at the vendor. Carried by every failure, because a failure that says
/// neither yes nor no must never be repeated or refunded as if it had said no.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing was begun: trying again costs nothing.
    NotStarted,
    /// Nobody can tell.
    MayHaveStarted,
    /// The vendor took the work.
    Started,
}

/// A name that breaks its rule; says what is allowed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what} must be {allowed}")]
pub struct InvalidName {
    what: &'static str,
    allowed: &'static str,
}

impl InvalidName {
    /// `what` names the thing, `allowed` completes the sentence "… must be".
    pub const fn new(what: &'static str, allowed: &'static str) -> Self {
        Self { what, allowed }
    }

    /// The same of what the reader knows by another name, such as the field that he has sent it in.
    #[must_use]
    pub const fn called(self, what: &'static str) -> Self {
        Self { what, ..self }
    }
}

/// A request that can't be taken as it is: names the field and what is allowed there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field} {allowed}")]
pub struct InvalidInput {
    /// The path of the field, such as `input.size`.
    pub field: Cow<'static, str>,
    /// What kind of mistake it is.
    pub problem: Problem,
    /// Completes the sentence that begins with the field: `must be one of 512x512, 1024x1024`.
    pub allowed: String,
}

/// The kinds of mistake in a request, which callers are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// Missing, empty or of a wrong type.
    Malformed,
    /// Well formed, but not a value that is offered.
    NotAllowed,
    /// It would cost something that the model's price doesn't name.
    Unpriced,
}

impl InvalidInput {
    /// A field that is missing, empty or of a wrong type.
    pub fn malformed(field: impl Into<Cow<'static, str>>, allowed: impl Into<String>) -> Self {
        Self { field: field.into(), problem: Problem::Malformed, allowed: allowed.into() }
    }

    /// A field that would cost something that the model's price doesn't name.
    pub fn unpriced(field: impl Into<Cow<'static, str>>, allowed: impl Into<String>) -> Self {
        Self { field: field.into(), problem: Problem::Unpriced, allowed: allowed.into() }
    }

    /// A well-formed field whose value isn't offered.
    pub fn not_allowed(field: impl Into<Cow<'static, str>>, allowed: impl Into<String>) -> Self {
        Self { field: field.into(), problem: Problem::NotAllowed, allowed: allowed.into() }
    }
}
