//! The provider that needs no vendor: makes real media offline, at once or as slow tasks, and fails on wish.
//!
//! Its models are one a modality, each in three manners: `mock-image` answers at once, `mock-image-slow`
//! takes [`MockSettings::delay`], `mock-image-fail` fails. It keeps nothing: a slow task's id carries all that
//! a poll needs, so another process answers it as well, and a cancelled task is forgotten.
//!
//! ```text
//! media → image, video, speech, transcription   what can be asked, and what it comes to (work)
//!         picture, film, sound                  make the bytes
//!         task                                  the work in an id, for later
//! text  → chat, embedding                       what can be asked, and what is answered
//!         tokens                                what streams and limits go by
//! ```

mod blocking;
mod caption;
mod chat;
mod embedding;
mod errors;
mod film;
mod image;
mod input;
mod media;
mod models;
mod picture;
mod provider;
mod settings;
mod sound;
mod speaking;
mod speech;
mod task;
mod text;
mod tokens;
mod transcription;
mod video;
mod work;

pub use provider::MockProvider;
pub(crate) use provider::construct;
pub use settings::{MockFailure, MockSettings};
