//! The provider that needs no vendor: makes real media offline, at once or as slow tasks, and fails on wish.
//!
//! Its models are one a modality, each in three manners: `mock-image` answers at once, `mock-image-slow`
//! takes [`MockSettings::delay`], `mock-image-fail` fails. It keeps nothing: a slow task's id carries all that
//! a poll needs, so another process answers it as well, and a cancelled task is forgotten.
//!
//! ```text
//! request → image, video, speech, transcription    what can be asked, and what it comes to (work)
//!         → picture, film, sound                   makes the bytes
//!         → task                                   the work in an id, for later
//! ```

mod blocking;
mod caption;
mod errors;
mod film;
mod image;
mod input;
mod models;
mod picture;
mod provider;
mod settings;
mod sound;
mod speech;
mod task;
mod transcription;
mod video;
mod work;

pub use provider::MockProvider;
pub(crate) use provider::construct;
pub use settings::{MockFailure, MockSettings};
