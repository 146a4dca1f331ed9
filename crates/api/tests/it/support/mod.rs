//! A whole surface around fakes, and what asks it.

mod answer;
mod ask;
mod events;
mod house;
pub(crate) mod rules;
pub(crate) mod tokens;
mod vendor;

pub(crate) use answer::Answer;
pub(crate) use ask::{Ask, MULTIPART, part, text_part};
pub(crate) use events::{Event, Events};
pub(crate) use house::{House, Plan, new_chat, new_job, new_key, new_message, new_response};
pub(crate) use vendor::{ChatStream, failure, outputs, piece, running, said, task, usage, written};
