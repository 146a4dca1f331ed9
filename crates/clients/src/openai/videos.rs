//! `/videos…`: a service that OpenAI has closed, and whose wire other vendors speak on.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::http::{BaseHttpClient, ClientError, segment};
use crate::vendor::{
    self, File, Media, Pace, Stand, Wait, WaitError, form, open_enum, until_over, wire_type,
};

wire_type! {
    /// Which video is to be made.
    pub struct VideoRequest {
        must {
            /// What is to be seen, in at most 32 000 characters.
            prompt: String,
        }
        may {
            /// The model's name.
            model: String,
            /// How long: `4`, `8`, `12`.
            seconds: String,
            /// Width and height as in `1280x720`.
            size: String,
            /// A picture or a video to begin with.
            #[serde(skip)]
            input_reference: File,
        }
    }
}

wire_type! {
    /// A video, made or being made.
    pub struct Video {
        must {
            /// Its id.
            id: String,
        }
        may {
            /// `video`.
            object: String,
            /// The model that makes it.
            model: String,
            /// How it stands.
            status: VideoStatus,
            /// How much is done, in percent.
            progress: f64,
            /// When it was asked for, in Unix seconds.
            created_at: u64,
            /// When it was done, in Unix seconds.
            completed_at: u64,
            /// Until when it is kept, in Unix seconds.
            expires_at: u64,
            /// What is to be seen.
            prompt: String,
            /// How long it is. Some vendors send a number.
            #[serde(default, deserialize_with = "text_or_number")]
            seconds: String,
            /// Width and height.
            size: String,
            /// The video that it was made of.
            remixed_from_video_id: String,
            /// Why it failed.
            error: VideoError,
        }
    }
}

open_enum! {
    /// How a video stands.
    pub enum VideoStatus {
        /// It waits.
        Queued = "queued",
        /// It is being made.
        InProgress = "in_progress",
        /// It can be downloaded.
        Completed = "completed",
        /// It won't be made.
        Failed = "failed",
    }
}

wire_type! {
    /// Why a video failed.
    pub struct VideoError {
        may {
            /// The vendor's code.
            code: String,
            /// The vendor's words.
            message: String,
        }
    }
}

wire_type! {
    /// A page of videos.
    pub struct VideoList {
        must {
            /// The videos.
            data: Vec<Video>,
        }
        may {
            /// `list`.
            object: String,
            /// The id of the first.
            first_id: String,
            /// The id of the last, from which the next page goes on.
            last_id: String,
            /// Whether there is a next page.
            has_more: bool,
        }
    }
}

wire_type! {
    /// A video that is gone.
    pub struct DeletedVideo {
        must {
            /// The id that it had.
            id: String,
        }
        may {
            /// `video.deleted`.
            object: String,
            /// Whether it is gone.
            deleted: bool,
        }
    }
}

/// Which page of videos.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VideoPage {
    /// How many at most.
    pub limit: Option<u32>,
    /// The id after which it begins.
    pub after: Option<String>,
    /// The oldest first, and not the newest.
    pub is_ascending: bool,
}

open_enum! {
    /// What of a video is downloaded.
    pub enum VideoVariant {
        /// The video itself.
        Video = "video",
        /// One picture of it.
        Thumbnail = "thumbnail",
        /// Many pictures of it on one.
        Spritesheet = "spritesheet",
    }
}

pub(super) async fn generate(http: &BaseHttpClient, request: &VideoRequest) -> Result<Video, ClientError> {
    let mut form = form::of(request)?;
    if let Some(reference) = &request.input_reference {
        form = form::with_file(form, "input_reference", reference);
    }
    http.post("videos").operation("generate_video").multipart(form).paid().send().await?.json()
}

pub(super) async fn remix(http: &BaseHttpClient, id: &str, prompt: &str) -> Result<Video, ClientError> {
    let prompt = serde_json::json!({"prompt": prompt});
    let call = http.post(&format!("{}/remix", path(id))).operation("remix_video");
    call.json(&prompt).paid().send().await?.json()
}

pub(super) async fn get(http: &BaseHttpClient, id: &str) -> Result<Video, ClientError> {
    http.get(&path(id)).operation("get_video").send().await?.json()
}

pub(super) async fn list(http: &BaseHttpClient, page: &VideoPage) -> Result<VideoList, ClientError> {
    let mut call = http.get("videos").operation("list_videos");
    if let Some(limit) = page.limit {
        call = call.query("limit", limit);
    }
    if let Some(after) = &page.after {
        call = call.query("after", after);
    }
    if page.is_ascending {
        call = call.query("order", "asc");
    }
    call.send().await?.json()
}

pub(super) async fn delete(http: &BaseHttpClient, id: &str) -> Result<DeletedVideo, ClientError> {
    http.delete(&path(id)).operation("delete_video").send().await?.json()
}

pub(super) async fn download(
    http: &BaseHttpClient,
    id: &str,
    variant: &VideoVariant,
) -> Result<Media, ClientError> {
    let call = http.get(&format!("{}/content", path(id))).operation("download_video");
    vendor::download(call.query("variant", variant.as_str())).await
}

pub(super) async fn wait(http: &BaseHttpClient, id: &str, wait: &Wait) -> Result<Video, WaitError> {
    until_over(id, wait, &PACE, || async move { Ok(stand(get(http, id).await?)) }).await
}

/// The vendor's guide says every 10 to 20 s, its own client looks each second.
const PACE: Pace = Pace { advised: Duration::from_secs(10), least: Duration::from_secs(1) };

fn stand(video: Video) -> Stand<Video> {
    match video.status {
        Some(VideoStatus::Completed) => Stand::Done(video),
        Some(VideoStatus::Failed) => {
            let error = video.error.unwrap_or_default();
            Stand::Failed { code: error.code, message: error.message }
        }
        // A status that nobody knows isn't an end.
        _ => Stand::Running(video.progress),
    }
}

fn path(id: &str) -> String {
    format!("videos/{}", segment(id))
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        None => None,
        Some(Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
    })
}
