//! How a video is told of. The vendor passes on what its channels say, and they say it differently; the page
//! lists the variants, but not which channel has which. So each family plays one, and a client meets them all.

use serde_json::{Value, json};

use super::super::link;
use super::family::Family;
use crate::call::Call;
use crate::vendors::openai::videos::{film, video};
use crate::world::{Outcome, Stand, Task, unix_seconds};

/// The way in which a channel tells of a video.
pub(super) enum Channel {
    /// All of OpenAI's fields.
    OpenAi,
    Terse(Words),
}

/// The words of a channel that leaves out most of the fields.
pub(super) struct Words {
    id: &'static str,
    waits: &'static str,
    done: &'static str,
    failed: &'static str,
    link: (&'static str, LinkTo),
    /// Where the reason of a failure is.
    reason: &'static str,
}

#[derive(Clone, Copy)]
enum LinkTo {
    /// The vendor's own route, which asks for the key.
    Content,
    /// A storage that asks for nothing.
    Storage,
}

impl Channel {
    pub(super) fn of(family: Family) -> Self {
        let words = Words {
            id: "id",
            waits: "queued",
            done: "completed",
            failed: "failed",
            link: ("url", LinkTo::Storage),
            reason: "error",
        };
        match family {
            Family::Sora { .. } => Self::OpenAi,
            Family::Veo { .. } => Self::Terse(words),
            Family::Wan(_) => Self::Terse(Words {
                waits: "in_progress",
                link: ("video_url", LinkTo::Content),
                reason: "message",
                ..words
            }),
            Family::Seedance => Self::Terse(Words {
                id: "task_id",
                done: "succeeded",
                link: ("video_url", LinkTo::Storage),
                reason: "failure_reason",
                ..words
            }),
            Family::Other => {
                Self::Terse(Words { done: "success", failed: "error", reason: "status_message", ..words })
            }
        }
    }

    /// The video at this stage.
    pub(super) fn video(&self, call: &Call<'_>, task: &mut Task, stand: Stand) -> Value {
        match self {
            Self::OpenAi => video(task, stand),
            Self::Terse(words) => words.video(call, task, stand),
        }
    }
}

impl Words {
    fn video(&self, call: &Call<'_>, task: &mut Task, stand: Stand) -> Value {
        let status = match stand {
            Stand::Queued => self.waits,
            Stand::Running(_) => "in_progress",
            Stand::Done(_) => self.done,
            Stand::Failed(_) => self.failed,
        };
        let mut video = json!({"object": "video", "status": status});
        video[self.id] = json!(task.id);
        for field in ["model", "duration", "width", "height"] {
            video[field] = task.details[field].clone();
        }
        video["created_at"] = json!(unix_seconds(task.accepted_at));
        match stand {
            Stand::Done(_) => video[self.link.0] = json!(self.link(call, task)),
            Stand::Failed(_) => video[self.reason] = self.reason(task),
            Stand::Queued | Stand::Running(_) => {}
        }
        video
    }

    fn link(&self, call: &Call<'_>, task: &mut Task) -> String {
        match self.link.1 {
            LinkTo::Content => {
                format!("{}/videos/{}/content", call.vendor.base_url(call.origin), task.id)
            }
            LinkTo::Storage => link::of_task(call, task, film),
        }
    }

    fn reason(&self, task: &Task) -> Value {
        let (code, message) = match &task.outcome {
            Outcome::Failed { code, message } => (code.as_deref(), message.as_deref()),
            _ => (None, None),
        };
        let message = message.unwrap_or("The video could not be generated.");
        match self.reason {
            "error" => json!({"code": code.unwrap_or("video_generation_failed"), "message": message}),
            _ => json!(message),
        }
    }
}
