//! `interactions`: what a model does with an input, at once, as it goes on, or in the background. The way to videos.

mod answer;
mod event;
mod format;
mod request;
mod step;

use std::time::Duration;

use crate::http::{BaseHttpClient, Call, ClientError, segment};
use crate::vendor::events::{self, Streaming};
use crate::vendor::{Pace, Stand, Wait, WaitError, until_over};

pub use answer::{Interaction, InteractionError, InteractionStatus, InteractionUsage};
pub use event::{InteractionEvent, InteractionEventKind, InteractionStream, StepDelta};
pub use format::ResponseFormat;
pub use request::{InteractionInput, InteractionRequest};
pub use step::{InteractionContent, Step, StepKind};

pub(super) async fn create(
    http: &BaseHttpClient,
    request: &InteractionRequest,
) -> Result<Interaction, ClientError> {
    call(http).json(request).send().await?.json()
}

pub(super) async fn stream(
    http: &BaseHttpClient,
    request: &InteractionRequest,
) -> Result<InteractionStream, ClientError> {
    Ok(events::values(call(http).json(&Streaming::new(request)).events().await?))
}

pub(super) async fn get(http: &BaseHttpClient, id: &str) -> Result<Interaction, ClientError> {
    http.get(&path(id)).operation("get_interaction").send().await?.json()
}

pub(super) async fn cancel(http: &BaseHttpClient, id: &str) -> Result<Interaction, ClientError> {
    http.post(&format!("{}/cancel", path(id))).operation("cancel_interaction").send().await?.json()
}

pub(super) async fn delete(http: &BaseHttpClient, id: &str) -> Result<(), ClientError> {
    http.delete(&path(id)).operation("delete_interaction").send().await.map(|_deleted| ())
}

pub(super) async fn wait(http: &BaseHttpClient, id: &str, wait: &Wait) -> Result<Interaction, WaitError> {
    until_over(id, wait, &PACE, || async move { Ok(stand(get(http, id).await?)) }).await
}

/// As the vendor's guide advises for what takes a while.
const PACE: Pace = Pace { advised: Duration::from_secs(10), least: Duration::from_secs(1) };

fn stand(interaction: Interaction) -> Stand<Interaction> {
    match interaction.status {
        InteractionStatus::Failed | InteractionStatus::Cancelled | InteractionStatus::BudgetExceeded => {
            let error = interaction.errors.unwrap_or_default().into_iter().next().unwrap_or_default();
            let code = error.code.unwrap_or_else(|| interaction.status.as_str().to_owned());
            Stand::Failed { code: Some(code), message: error.message }
        }
        status if status.is_running() => Stand::Running(None),
        // Over, or the caller's turn.
        status => Stand::Done(Interaction { status, ..interaction }),
    }
}

fn call(http: &BaseHttpClient) -> Call<'_> {
    http.post("interactions").operation("create_interaction").paid()
}

fn path(id: &str) -> String {
    format!("interactions/{}", segment(id))
}
