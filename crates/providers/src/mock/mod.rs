//! The provider that needs no vendor: makes real media offline, at once or as slow tasks, and fails on wish.
//!
//! Its models are one a modality, each in three manners: `mock-image` answers at once, `mock-image-slow`
//! gives a task that takes [`MockSettings::delay`], `mock-image-fail` fails. It keeps nothing: a task's id
//! carries all that a poll needs, so another process answers it as well, and a cancelled task is forgotten.

mod image;
mod model;
mod picture;
mod provider;
mod settings;
mod task;

pub use provider::MockProvider;
pub(crate) use provider::construct;
pub use settings::{MockFailure, MockSettings};
