//! `/v1/videos…`: OpenAI's routes, where what may be asked and what is answered depends on the model.

mod channel;
mod create;
mod family;
mod fields;
mod read;
mod size;

pub(super) use super::super::openai::videos::content;
pub(super) use create::{create, remix};
pub(super) use read::{delete, get};
