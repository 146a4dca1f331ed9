//! Chats on Gemini's wire.

mod answer;
mod check;
mod messages;
mod request;
mod stream;

pub(super) use answer::result;
pub(super) use check::check;
pub(super) use request::request;
pub(super) use stream::chunks;

/// The extra with the signature of what the model thought before it spoke. It goes back with the message.
const SIGNATURE: &str = "thought_signature";

/// The extra with the signatures of what the model thought before it called tools, by the calls' ids. They must go back
/// with the message, or the vendor refuses it.
const SIGNATURES: &str = "thought_signatures";

/// What goes in place of a signature with calls that another model made, or whose signatures the caller's wire has no
/// room for: the vendor doesn't check them then.
/// <https://ai.google.dev/gemini-api/docs/thought-signatures>
const UNSIGNED: &str = "skip_thought_signature_validator";

/// How ids of calls begin that the vendor gave none. They aren't told to it.
const OWN_ID: &str = "fourfold-";

/// How closely a model can look at media, from the least on.
pub(super) const RESOLUTIONS: [&str; 3] = ["low", "medium", "high"];
