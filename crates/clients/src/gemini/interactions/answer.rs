//! How an interaction stands, and what came of it.

use serde_json::Value;

use super::step::{InteractionContent, Step, StepKind};
use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// An interaction, over or not.
    pub struct Interaction {
        must {
            /// How it stands.
            status: InteractionStatus,
        }
        may {
            /// Its id. One that isn't kept may have none.
            id: String,
            /// `interaction`.
            object: String,
            /// The model that works.
            model: String,
            /// When it was begun, in RFC 3339.
            created: String,
            /// When it last changed, in RFC 3339.
            updated: String,
            /// The interaction that it goes on from.
            previous_interaction_id: String,
            /// What was done so far, the oldest first.
            steps: Vec<Step>,
            /// What is charged for, once it is over.
            usage: InteractionUsage,
            /// Why it failed.
            errors: Vec<InteractionError>,
        }
    }
}

impl Interaction {
    /// What the model said or made last.
    pub fn output(&self) -> &[InteractionContent] {
        let made = self.steps.iter().flatten().rev().find(|step| step.kind == StepKind::ModelOutput);
        made.and_then(|step| step.content.as_deref()).unwrap_or_default()
    }

    /// The texts of what the model said last, one after another.
    pub fn text(&self) -> String {
        self.output().iter().filter_map(|content| content.text.as_deref()).collect()
    }

    /// The pictures, sounds and films that the model made last.
    pub fn media(&self) -> impl Iterator<Item = &InteractionContent> {
        self.output().iter().filter(|content| content.data.is_some() || content.uri.is_some())
    }
}

open_enum! {
    /// How an interaction stands.
    pub enum InteractionStatus {
        /// It waits.
        Queued = "queued",
        /// The model works.
        InProgress = "in_progress",
        /// A function was called, whose result goes into the next interaction.
        RequiresAction = "requires_action",
        /// It can be gone on with.
        RequiresContinuation = "requires_continuation",
        /// It is whole.
        Completed = "completed",
        /// It came to nothing.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// It came to a limit.
        Incomplete = "incomplete",
        /// It came to the end of its budget.
        BudgetExceeded = "budget_exceeded",
    }
}

impl InteractionStatus {
    /// Whether the model works on. A status that nobody knows isn't an end.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Queued | Self::InProgress | Self::Other(_))
    }
}

wire_type! {
    /// Why an interaction failed.
    pub struct InteractionError {
        may {
            /// The vendor's code.
            code: String,
            /// The vendor's words.
            message: String,
        }
    }
}

wire_type! {
    /// What is charged for.
    pub struct InteractionUsage {
        may {
            /// The tokens that went in.
            total_input_tokens: u64,
            /// Those of them that were read from the cache.
            total_cached_tokens: u64,
            /// The tokens that came out, without thoughts.
            total_output_tokens: u64,
            /// The tokens of thoughts.
            total_thought_tokens: u64,
            /// The tokens of what tools gave.
            total_tool_use_tokens: u64,
            /// All of them.
            total_tokens: u64,
            /// What went in, as in `[{"modality": "text", "tokens": 1}]`.
            input_tokens_by_modality: Vec<Value>,
            /// What came out.
            output_tokens_by_modality: Vec<Value>,
        }
    }
}
