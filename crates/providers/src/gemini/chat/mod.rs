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

/// How ids of calls begin that the vendor gave none. They aren't told to it.
const OWN_ID: &str = "fourfold-";

/// How closely a model can look at media, from the least on.
pub(super) const RESOLUTIONS: [&str; 3] = ["low", "medium", "high"];
