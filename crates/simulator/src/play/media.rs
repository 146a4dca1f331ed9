//! Media that a link leads to.

use http::{Method, StatusCode};

use super::asked::Asked;
use crate::answer::Answer;
use crate::fault::Fault;
use crate::world::World;

/// What is behind the link, unless the fault asks for a status.
pub(super) fn answer(asked: &Asked<'_>, world: &World, fault: &Fault) -> Answer {
    match &fault.status {
        Some(status) => Answer::empty(status.status),
        None if ![Method::GET, Method::HEAD].contains(&asked.head.method) => {
            Answer::empty(StatusCode::METHOD_NOT_ALLOWED)
        }
        None => world.links.lock().follow(asked.path, world.time.now()),
    }
}
