//! A vendor's part in an answer: key, rate limit, route, handler, and what it costs.

use axum::extract::Query;
use bytes::Bytes;
use http::HeaderValue;
use http::header::RETRY_AFTER;

use super::asked::Asked;
use crate::answer::Answer;
use crate::call::{Call, Form};
use crate::fault::Fault;
use crate::refusal::Refusal;
use crate::world::{PaidTask, World};
use crate::{Vendor, route};

/// Decides the answer and counts what it costs.
pub(super) async fn answer(
    asked: &Asked<'_>,
    vendor: Vendor,
    world: &World,
    body: Result<Bytes, Refusal>,
    fault: &Fault,
) -> Answer {
    let status = fault.status.as_ref().map(|status| Refusal::Asked(status.clone()));
    let decided = match status {
        Some(status) if !fault.accept => Err(status),
        status => {
            let served = serve(asked, vendor, world, body, fault).await;
            served.and_then(|served| status.map_or(Ok(served), Err))
        }
    };
    let mut answer = decided.unwrap_or_else(|refusal| refuse(asked, vendor, &refusal));
    (vendor.row().headers)(&mut answer.headers, &asked.request_id);
    answer
}

async fn serve(
    asked: &Asked<'_>,
    vendor: Vendor,
    world: &World,
    body: Result<Bytes, Refusal>,
    fault: &Fault,
) -> Result<Answer, Refusal> {
    let (route, params) = route::find(vendor.row().routes, &asked.head.method, asked.path)?;
    let credential = match credential(asked, vendor, world) {
        Err(Refusal::NoKey) if route.is_open => String::new(),
        credential => credential?,
    };
    if !credential.is_empty() {
        world.admit(vendor, &credential).map_err(Refusal::RateLimited)?;
    }
    let body = body?;
    let call = Call {
        world,
        vendor,
        credential: &credential,
        origin: &asked.origin(),
        params,
        query: Query::try_from_uri(&asked.head.uri).map(|Query(query)| query).unwrap_or_default(),
        headers: &asked.head.headers,
        form: Form::read(&asked.head.headers, &body).await,
        body: &body,
        task_fault: fault.task.as_ref(),
    };
    let scripted = world.rules.lock().answer_for(&asked.head.method, asked.head.uri.path());
    let answer = scripted.map_or_else(|| (route.handler)(&call), Ok)?;
    if route.is_paid && answer.status.is_success() {
        world.accept(PaidTask {
            vendor,
            task_id: answer.task_id.clone().unwrap_or_else(|| asked.request_id.clone()),
            credential,
            route: format!("{} {}", route.method, route.path),
            request: asked.number,
            accepted_at: world.time.now(),
        });
    }
    Ok(answer)
}

fn credential(asked: &Asked<'_>, vendor: Vendor, world: &World) -> Result<String, Refusal> {
    match asked.key() {
        Some(key) if world.knows_key(vendor, &key) => Ok(key),
        Some(key) => Err(Refusal::WrongKey(key)),
        None => Err(Refusal::NoKey),
    }
}

fn refuse(asked: &Asked<'_>, vendor: Vendor, refusal: &Refusal) -> Answer {
    let mut answer = (vendor.row().refuse)(refusal, asked.path, &asked.request_id);
    if let Refusal::Asked(status) = refusal
        // A fault's text may hold what no header can; then there is none.
        && let Some(Ok(value)) = status.retry_after.as_deref().map(HeaderValue::from_str)
    {
        answer.headers.insert(RETRY_AFTER, value);
    }
    answer
}
