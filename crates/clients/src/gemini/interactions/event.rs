//! An interaction as it goes on.
//!
//! ```text
//! interaction.created interaction.status_update (step.start step.delta* step.stop)* interaction.completed
//! ```

use futures_util::stream::BoxStream;
use serde_json::Value;

use super::answer::{Interaction, InteractionStatus};
use super::step::{InteractionContent, Step};
use crate::gemini::failure::GeminiFailures;
use crate::http::{ClientError, FailedAnswer, Failure, FailureReader};
use crate::vendor::{Streamed, open_enum, wire_type};

/// The events of an interaction as they come. Dropping it closes the vendor's connection.
pub type InteractionStream = BoxStream<'static, Result<InteractionEvent, ClientError>>;

wire_type! {
    /// What happened in an interaction.
    pub struct InteractionEvent {
        must {
            /// What happened.
            event_type: InteractionEventKind,
        }
        may {
            /// The event's id.
            event_id: String,
            /// The interaction, at its beginning and its end; not all of it need be there.
            interaction: Interaction,
            /// Which interaction stands otherwise.
            interaction_id: String,
            /// How it stands now.
            status: InteractionStatus,
            /// The place of a step among the steps.
            index: u32,
            /// A step that begins, still empty.
            step: Step,
            /// What is added to a step.
            delta: StepDelta,
        }
    }
}

open_enum! {
    /// What happened in an interaction.
    pub enum InteractionEventKind {
        /// It was begun.
        Created = "interaction.created",
        /// It stands otherwise.
        StatusUpdate = "interaction.status_update",
        /// A step begins.
        StepStart = "step.start",
        /// Something is added to a step.
        StepDelta = "step.delta",
        /// A step is whole.
        StepStop = "step.stop",
        /// It is over.
        Completed = "interaction.completed",
    }
}

wire_type! {
    /// What is added to a step.
    pub struct StepDelta {
        must {
            /// What it is: `text`, `thought_summary`, `thought_signature`, `arguments_delta`, or media such as `video`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// The next of a text.
            text: String,
            /// The next of what the model thought, in short.
            content: InteractionContent,
            /// The signature of what it thought.
            signature: String,
            /// The next of a call's arguments: a piece of JSON text.
            arguments: Value,
            /// Media in base64.
            data: String,
            /// Where media are.
            uri: String,
            /// What they are, such as `video/mp4`.
            mime_type: String,
        }
    }
}

impl Streamed for InteractionEvent {
    // The codes of interactions are words; these are not documented.
    const PASSING: &'static [&'static str] =
        &["deadline_exceeded", "internal", "resource_exhausted", "unavailable"];

    fn is_last(&self) -> bool {
        self.event_type == InteractionEventKind::Completed
            || self.status.as_ref().is_some_and(|status| !status.is_running())
    }

    fn failure(event: &FailedAnswer<'_>) -> Failure {
        GeminiFailures.read(event)
    }
}
