//! Files that are sent beside a vendor's API.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};

use super::asked::Asked;
use crate::answer::Answer;
use crate::call::Form;
use crate::fault::Fault;
use crate::refusal::Refusal;
use crate::world::World;

/// Takes the file, unless the fault asks for a status.
pub(super) async fn answer(
    asked: &Asked<'_>,
    world: &World,
    body: Result<Bytes, Refusal>,
    fault: &Fault,
) -> Answer {
    let status = fault.status.as_ref().map(|status| Answer::empty(status.status));
    match status {
        Some(status) if !fault.accept => status,
        status => {
            let received = receive(asked, world, body).await;
            status.unwrap_or(received)
        }
    }
}

async fn receive(asked: &Asked<'_>, world: &World, body: Result<Bytes, Refusal>) -> Answer {
    if asked.head.method != Method::POST {
        return Answer::empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    // The form is what proves the right to send; the vendors' storage refuses two proofs at once.
    if asked.head.headers.contains_key(AUTHORIZATION) {
        return refusal("Only one auth mechanism allowed; send no Authorization");
    }
    let form = match &body {
        Ok(body) => Form::read(&asked.head.headers, body).await,
        Err(Refusal::TooLarge) => return Answer::empty(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_broken) => return refusal("the body broke off"),
    };
    match form {
        Some(Ok(form)) => world.uploads.lock().receive(asked.path, &form, world.time.now()),
        Some(Err(problem)) => refusal(&problem),
        None => refusal("the body must be multipart/form-data"),
    }
}

fn refusal(problem: &str) -> Answer {
    Answer::bytes("text/plain; charset=utf-8", format!("{problem}\n")).with_status(StatusCode::BAD_REQUEST)
}
