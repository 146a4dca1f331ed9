//! `/models/{vendor}/{model}/predictions`: pictures by one route for all models, answered in the shape of each.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::status::{TaskStatus, code_in, message_in};
use super::{link, pictures};
use crate::http::{BaseHttpClient, ClientError, segment};
use crate::openai::Image;
use crate::vendor::{Pace, Stand, Wait, WaitError, until_over, wire_type};

/// Which pictures are to be made, by which model.
#[derive(Clone, PartialEq, Debug)]
pub struct PredictionRequest {
    /// The model's own vendor, such as `openai`.
    pub vendor: String,
    /// The model's name.
    pub model: String,
    /// What is to be seen, and how.
    pub input: PredictionInput,
}

impl PredictionRequest {
    /// Asks this of a vendor's model.
    pub fn new(vendor: impl Into<String>, model: impl Into<String>, input: PredictionInput) -> Self {
        Self { vendor: vendor.into(), model: model.into(), input }
    }
}

wire_type! {
    /// What is to be seen, and how. Which fields a model takes, its vendor decides.
    pub struct PredictionInput {
        must {
            /// What is to be seen.
            prompt: String,
        }
        may {
            /// How many, from 1 to 10.
            n: u32,
            /// `auto`, `1K`, `2K`, `4K`, or pixels as in `1024x1024`, for Alibaba's models as in `1024*1024`.
            size: String,
            /// `low`, `medium`, `high`; for `glm-image` `hd`, `standard`.
            quality: String,
            /// The picture to begin with by its link, or a list of links.
            image: Value,
            /// From `21:9` to `9:21`, instead of a size, for BFL's models.
            aspect_ratio: String,
            /// From 0 to 6: how much BFL's filter lets through.
            safety_tolerance: u32,
            /// How close OpenAI's models keep to the pictures: `low`, `high`.
            input_fidelity: String,
            /// How strict OpenAI's filter is: `auto`, `low`.
            moderation: String,
            /// `png`, `jpeg`, `webp`.
            output_format: String,
        }
    }
}

wire_type! {
    /// What came of a request: pictures, or the tasks that make them. Where they are in it, depends on the model;
    /// [`images`](Self::images) and [`tasks`](Self::tasks) find them.
    pub struct Prediction {
        may {
            /// What the model gave.
            output: Value,
            /// What a task gave, once it is done.
            result: Value,
            /// What the model gave, in OpenAI's shape.
            data: Value,
            /// How a task stands.
            status: TaskStatus,
            /// Why a task failed.
            error: Value,
            /// Why a task failed, in other words.
            detail: Value,
            /// What is charged for.
            usage: Value,
        }
    }
}

impl Prediction {
    /// The pictures, as base64 or as links for
    /// [`download_image`](super::AihubmixApi::download_image), in their order. None where a task has yet to make them.
    pub fn images(&self) -> Vec<Image> {
        [&self.output, &self.result, &self.data].into_iter().flatten().flat_map(pictures::in_value).collect()
    }

    /// The tasks that make the pictures, where they take a while, as those of `flux-kontext-pro` do.
    pub fn tasks(&self) -> Vec<PredictionTask> {
        let items = match &self.output {
            Some(Value::Array(items)) => items.as_slice(),
            Some(item) => std::slice::from_ref(item),
            None => &[],
        };
        let fields = items.iter().filter_map(Value::as_object).chain([&self.extra]);
        fields.filter_map(PredictionTask::of).collect()
    }

    /// The vendor's code for why it failed, or else its status, which tells what the filter caught.
    pub fn failure_code(&self) -> Option<String> {
        let status = || self.status.as_ref().map(|status| status.as_str().to_owned());
        code_in(self.error.as_ref()).or_else(status)
    }

    /// The vendor's words for why it failed.
    pub fn failure_message(&self) -> Option<String> {
        [&self.error, &self.detail].into_iter().find_map(|place| message_in(place.as_ref()))
    }
}

/// A picture that takes a while.
#[derive(Clone, PartialEq, Eq)]
pub struct PredictionTask {
    /// Its id.
    pub id: String,
    /// Where to look how it stands. Whoever knows it may have the right to. Empty where the vendor gives only an id,
    /// which it is asked for by `GET /tasks/{id}`.
    pub polling_url: String,
}

impl PredictionTask {
    /// The task of this id and URL.
    pub fn new(id: impl Into<String>, polling_url: impl Into<String>) -> Self {
        Self { id: id.into(), polling_url: polling_url.into() }
    }

    fn of(fields: &Map<String, Value>) -> Option<Self> {
        let text = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)?.as_str());
        let polling_url = text(&["polling_url", "pollingUrl", "task_url", "taskUrl"]);
        let Some(polling_url) = polling_url.filter(|url| link::is_link(url)) else {
            // An `id` alone may be anything's.
            return text(&["taskId", "task_id"]).filter(|id| !id.is_empty()).map(|id| Self::new(id, ""));
        };
        let id = text(&["taskId", "task_id", "id"]);
        let id = id.unwrap_or_else(|| polling_url.split('?').next().unwrap_or_default());
        Some(Self::new(id, polling_url))
    }
}

/// Leaves the URL out, which may be signed.
impl fmt::Debug for PredictionTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PredictionTask").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    input: &'a PredictionInput,
}

pub(super) async fn predict(
    http: &BaseHttpClient,
    request: &PredictionRequest,
) -> Result<Prediction, ClientError> {
    let path = format!("models/{}/{}/predictions", segment(&request.vendor), segment(&request.model));
    let body = Body { input: &request.input };
    http.post(&path).operation("predict_image").json(&body).paid().send().await?.json()
}

pub(super) async fn get(http: &BaseHttpClient, task: &PredictionTask) -> Result<Prediction, ClientError> {
    let by_id = format!("tasks/{}", segment(&task.id));
    let call = match task.polling_url.as_str() {
        "" => http.get(&by_id),
        url => link::call(http, url)?,
    };
    call.operation("get_prediction").send().await?.json()
}

pub(super) async fn wait(
    http: &BaseHttpClient,
    task: &PredictionTask,
    wait: &Wait,
) -> Result<Prediction, WaitError> {
    until_over(&task.id, wait, &PACE, || async move { Ok(stand(get(http, task).await?)) }).await
}

/// A picture takes seconds; the vendor's page names no pace.
const PACE: Pace = Pace { advised: Duration::from_secs(3), least: Duration::from_secs(1) };

fn stand(prediction: Prediction) -> Stand<Prediction> {
    match &prediction.status {
        Some(status) if status.is_completed() => Stand::Done(prediction),
        Some(status) if status.is_failed() => {
            Stand::Failed { code: prediction.failure_code(), message: prediction.failure_message() }
        }
        // An answer without a status may be the pictures themselves.
        None if !prediction.images().is_empty() => Stand::Done(prediction),
        _ => Stand::Running(None),
    }
}
