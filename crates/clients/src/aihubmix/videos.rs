//! `/videos…`: OpenAI's routes, where what may be asked and what is answered depends on the model's channel.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::link;
use super::number::Number;
use super::status::{TaskStatus, code_in, message_in};
use crate::http::{BaseHttpClient, Call, ClientError, Effect, ErrorKind, segment};
use crate::vendor::{self, File, Media, Pace, Stand, Wait, WaitError, form, until_over, wire_type};

wire_type! {
    /// Which video is to be made. Which fields a model takes, and which values, its family decides.
    pub struct VideoRequest {
        must {
            /// The model's name.
            model: String,
            /// What is to be seen. It isn't sent where it is empty, as in the [native](Self::native) form.
            #[serde(default, skip_serializing_if = "String::is_empty")]
            prompt: String,
        }
        may {
            /// How long: a text such as `5`; some channels of Veo want a number.
            seconds: Number,
            /// Width and height as in `1280x720`, or for Veo `720p`, `1080p`, `4k`.
            size: String,
            /// The picture to begin with: JPEG, PNG or WebP. With it the request is sent as a form.
            #[serde(skip)]
            input_reference: File,
            /// Kling: the picture to begin with.
            image: String,
            /// Kling: the picture to end with.
            image_tail: String,
            /// Kling: up to 4 pictures to go by.
            image_list: Vec<Value>,
            /// Seedance: how long, in whole seconds, instead of `seconds`.
            duration: u32,
            /// Seedance: width to height, such as `16:9`.
            ratio: String,
            /// Seedance: `720p`, instead of `size`. Older Veo: the same.
            resolution: String,
            /// Seedance: texts, and pictures to go by.
            content: Vec<Value>,
            /// Seedance: the same as `{"content": […]}`.
            extra_body: Map<String, Value>,
            /// Older Veo: what is not to be seen.
            #[serde(rename = "negativePrompt")]
            negative_prompt: String,
            /// Older Veo: width to height, such as `16:9`.
            #[serde(rename = "aspectRatio")]
            aspect_ratio: String,
            /// Older Veo: how long, instead of `seconds`.
            #[serde(rename = "durationSeconds")]
            duration_seconds: Number,
            /// The native form: `{"prompt", "media": [{"type": "first_frame", "url": "data:image/png;base64,…"}]}`.
            input: Value,
            /// The native form: `{"resolution": "720P", …}`.
            parameters: Value,
        }
    }
}

impl VideoRequest {
    /// In the form of the model's own vendor, which Wan's channels may want for videos that begin with a picture.
    pub fn native(model: impl Into<String>, input: impl Into<Value>) -> Self {
        Self::new(model, "").input(input)
    }
}

wire_type! {
    /// A video, made or being made. Which fields it has, the model's channel decides.
    pub struct Video {
        must {
            /// Its id: over 100 characters without a meaning. Where a channel has it as `task_id`, it is here too.
            #[serde(default, deserialize_with = "id_or_nothing")]
            id: String,
        }
        may {
            /// Its id, as some channels name it.
            task_id: String,
            /// `video`.
            object: String,
            /// The model that makes it.
            model: String,
            /// How it stands.
            status: TaskStatus,
            /// How much is done, in percent.
            progress: Number,
            /// When it was asked for, in Unix seconds.
            created_at: Number,
            /// When it was done, in Unix seconds.
            completed_at: Number,
            /// Until when it is kept, in Unix seconds.
            expires_at: Number,
            /// What is to be seen.
            prompt: String,
            /// How long it is.
            seconds: Number,
            /// How long it is, in seconds.
            duration: Number,
            /// Its width in pixels.
            width: Number,
            /// Its height in pixels.
            height: Number,
            /// Width and height.
            size: String,
            /// Where it is, with some channels.
            video_url: String,
            /// Where it is, with other channels.
            url: String,
            /// The video that it was made of.
            remixed_from_video_id: String,
            /// Why it failed: an object with `code` and `message`, or a text.
            error: Value,
            /// Why it failed, with some channels.
            message: Value,
            /// Why it failed, with other channels.
            failure_reason: Value,
            /// Why it failed, with yet others.
            status_message: Value,
        }
    }
}

impl Video {
    /// Where it is, where the channel says it.
    pub fn link(&self) -> Option<&str> {
        let links = [&self.video_url, &self.url].into_iter().flatten();
        links.map(String::as_str).find(|text| link::is_link(text))
    }

    /// The vendor's code for why it failed.
    pub fn failure_code(&self) -> Option<String> {
        code_in(self.error.as_ref())
    }

    /// The vendor's words for why it failed, wherever the channel has them.
    pub fn failure_message(&self) -> Option<String> {
        let places = [&self.error, &self.message, &self.failure_reason, &self.status_message];
        places.into_iter().find_map(|place| message_in(place.as_ref()))
    }
}

pub(super) async fn generate(http: &BaseHttpClient, request: &VideoRequest) -> Result<Video, ClientError> {
    let call = http.post("videos").operation("generate_video");
    let call = match &request.input_reference {
        None => call.json(request),
        Some(file) => call.multipart(form::with_file(form::of(request)?, "input_reference", file)),
    };
    begin(call).await
}

pub(super) async fn remix(http: &BaseHttpClient, id: &str, prompt: &str) -> Result<Video, ClientError> {
    let prompt = serde_json::json!({"prompt": prompt});
    begin(http.post(&format!("{}/remix", path(id))).operation("remix_video").json(&prompt)).await
}

/// A video that has begun has an id, or nobody could ever find it again.
async fn begin(call: Call<'_>) -> Result<Video, ClientError> {
    let answer = call.paid().send().await?;
    let video = named(answer.json()?, "");
    if video.id.is_empty() {
        let error = ClientError::new(ErrorKind::Decode, Effect::Started).with_source("the video has no id");
        return Err(error.with_status(answer.status()).with_request_id(answer.request_id()));
    }
    Ok(video)
}

pub(super) async fn get(http: &BaseHttpClient, id: &str) -> Result<Video, ClientError> {
    let answer = http.get(&path(id)).operation("get_video_status").send().await?;
    Ok(named(answer.json()?, id))
}

pub(super) async fn delete(http: &BaseHttpClient, id: &str) -> Result<(), ClientError> {
    http.delete(&path(id)).operation("delete_video").send().await.map(|_deleted| ())
}

pub(super) async fn download(http: &BaseHttpClient, video: &Video) -> Result<Media, ClientError> {
    let content = format!("{}/content", path(&video.id));
    let call = match video.link() {
        Some(link) => link::call(http, link)?,
        None => http.get(&content),
    };
    vendor::download(call.operation("download_video")).await
}

pub(super) async fn wait(http: &BaseHttpClient, id: &str, wait: &Wait) -> Result<Video, WaitError> {
    until_over(id, wait, &PACE, || async move { Ok(stand(get(http, id).await?)) }).await
}

/// The vendor's guide says every 15 s.
const PACE: Pace = Pace { advised: Duration::from_secs(15), least: Duration::from_secs(1) };

fn stand(video: Video) -> Stand<Video> {
    match &video.status {
        Some(status) if status.is_completed() => Stand::Done(video),
        Some(status) if status.is_failed() => {
            Stand::Failed { code: video.failure_code(), message: video.failure_message() }
        }
        _ => Stand::Running(video.progress.as_ref().and_then(Number::as_f64)),
    }
}

/// The video with its id where callers look for it; the asked one where the answer has none.
fn named(mut video: Video, asked: &str) -> Video {
    if video.id.is_empty() {
        video.id = video.task_id.clone().unwrap_or_else(|| asked.to_owned());
    }
    video
}

fn path(id: &str) -> String {
    format!("videos/{}", segment(id))
}

fn id_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<Number>::deserialize(deserializer)?.map(|id| id.to_string()).unwrap_or_default())
}
