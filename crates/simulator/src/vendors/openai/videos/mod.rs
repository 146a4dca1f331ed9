//! `/v1/videos…`: a service that the vendor has closed, and whose wire aggregators speak on.

mod create;
mod read;
mod video;

pub(in super::super) use create::{create, edit, extend, remix};
pub(in super::super) use read::{content, delete, film, get, list};
pub(in super::super) use video::{task, video};
