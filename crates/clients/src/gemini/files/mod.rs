//! `files`: those that callers upload for models to read, and those that models make.

mod name;
mod upload;

use std::time::Duration;

use serde_json::Value;

use super::page::Page;
use super::status::Status;
use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{self, Media, Pace, Stand, Wait, WaitError, open_enum, until_over, wire_type};
use name::Place;

pub use name::file_id_of_uri;
pub use upload::FileUpload;
pub(super) use upload::upload;

wire_type! {
    /// A file at the vendor, which is kept for two days.
    #[serde(rename_all = "camelCase")]
    pub struct StoredFile {
        must {
            /// Its name, with `files/` in front.
            name: String,
        }
        may {
            /// Its name for people.
            display_name: String,
            /// What it is, such as `video/mp4`.
            mime_type: String,
            /// How large it is: a number of bytes as text.
            size_bytes: String,
            /// When it came, in RFC 3339.
            create_time: String,
            /// When it last changed, in RFC 3339.
            update_time: String,
            /// When it goes, in RFC 3339.
            expiration_time: String,
            /// The hash of its bytes, in base64.
            sha256_hash: String,
            /// What a [`Part`](super::Part) names it by.
            uri: String,
            /// Where it can be downloaded, if a model made it.
            download_uri: String,
            /// How it stands.
            state: FileState,
            /// Where it is from: `UPLOADED`, `GENERATED`.
            source: String,
            /// Why it can't be used.
            error: Status,
            /// What is known of a film.
            video_metadata: Value,
        }
    }
}

open_enum! {
    /// How a file stands.
    pub enum FileState {
        /// The vendor looks at it.
        Processing = "PROCESSING",
        /// It can be used.
        Active = "ACTIVE",
        /// It can't.
        Failed = "FAILED",
    }
}

wire_type! {
    /// A page of files.
    #[serde(rename_all = "camelCase")]
    pub struct FileList {
        must {
            /// The files.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            files: Vec<StoredFile>,
        }
        may {
            /// What the next page is asked for by; nothing on the last page.
            next_page_token: String,
        }
    }
}

pub(super) async fn get(http: &BaseHttpClient, file: &str) -> Result<StoredFile, ClientError> {
    http.get(&path(file)?).operation("get_file").send().await?.json()
}

pub(super) async fn list(http: &BaseHttpClient, page: &Page) -> Result<FileList, ClientError> {
    page.ask(http.get("files")).operation("list_files").send().await?.json()
}

pub(super) async fn delete(http: &BaseHttpClient, file: &str) -> Result<(), ClientError> {
    http.delete(&path(file)?).operation("delete_file").send().await.map(|_deleted| ())
}

pub(super) async fn download(http: &BaseHttpClient, file: &str) -> Result<Media, ClientError> {
    let call = match Place::of(file) {
        Place::Path(path) => http.get(&format!("{path}:download")).query("alt", "media"),
        Place::Elsewhere(url) => http.get(&url),
    };
    vendor::download(call.operation("download_file")).await
}

pub(super) async fn wait(http: &BaseHttpClient, file: &str, wait: &Wait) -> Result<StoredFile, WaitError> {
    until_over(file, wait, &PACE, || async move { Ok(stand(get(http, file).await?)) }).await
}

/// As the vendor's examples do.
const PACE: Pace = Pace { advised: Duration::from_secs(5), least: Duration::from_secs(1) };

fn stand(file: StoredFile) -> Stand<StoredFile> {
    match file.state {
        Some(FileState::Active) => Stand::Done(file),
        Some(FileState::Failed) => {
            let error = file.error.unwrap_or_default();
            Stand::Failed { code: error.word(), message: error.message }
        }
        // A state that nobody knows isn't an end.
        _ => Stand::Running(None),
    }
}

fn path(file: &str) -> Result<String, ClientError> {
    match Place::of(file) {
        Place::Path(path) => Ok(path),
        Place::Elsewhere(_) => Err(ClientError::invalid("the URI names no file of the vendor's")),
    }
}
