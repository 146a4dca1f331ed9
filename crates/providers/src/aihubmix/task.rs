//! What a poll has to know beside the vendor's id: which route it goes by, and what was asked for, which not every
//! channel repeats.

use fourfold_clients::aihubmix::PredictionTask;
use fourfold_domain::{ProviderError, Quantity};
use serde::{Deserialize, Serialize};

use crate::task_id;

/// Something that takes a while.
pub(super) struct Task {
    /// The vendor's id.
    pub(super) id: String,
    /// Where it is looked at.
    pub(super) route: Route,
    /// What was asked for, as it is priced.
    pub(super) asked: Quantity,
}

/// Where a task is looked at.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Route {
    /// Among the videos.
    Video,
    /// Among the pictures of the route for all models: at this URL, or by the id where it is empty.
    Prediction(String),
}

impl Task {
    pub(super) fn of_prediction(task: PredictionTask, asked: Quantity) -> Self {
        Self { id: task.id, route: Route::Prediction(task.polling_url), asked }
    }

    /// As the id of an upstream task.
    pub(super) fn into_id(self) -> Result<String, ProviderError> {
        task_id::pack(&self.id, &(self.route, self.asked))
    }

    pub(super) fn from_id(id: &str) -> Result<Self, ProviderError> {
        let (id, (route, asked)) = task_id::unpack(id)?;
        Ok(Self { id: id.to_owned(), route, asked })
    }
}
