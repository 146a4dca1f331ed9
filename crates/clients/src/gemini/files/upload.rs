//! `/upload/v1beta/files`: a file in pieces, of which the vendor knows how far it has come.
//!
//! ```text
//! start ─► upload, upload, … ─► upload and finalize
//!   └ x-goog-upload-url           └ {"file": …}
//! ```

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use http::HeaderName;
use serde::Deserialize;
use serde_json::json;

use super::StoredFile;
use crate::http::{BaseHttpClient, Body, Call, ClientError, DataStream, Effect, ErrorKind, Response};

/// A file that is to be uploaded. Its bytes may come from memory or as a stream; no more than a piece of them is held.
pub struct FileUpload {
    /// What it is, such as `video/mp4`.
    pub media_type: String,
    /// What is in it, up to 2 GB.
    pub body: Body,
    /// Its name for people.
    pub display_name: Option<String>,
    /// The name that it gets: `files/` and up to 40 lower-case letters, digits and dashes. Default one of the vendor's.
    pub name: Option<String>,
}

impl FileUpload {
    /// A file of this media type.
    pub fn new(media_type: impl Into<String>, body: impl Into<Body>) -> Self {
        Self { media_type: media_type.into(), body: body.into(), display_name: None, name: None }
    }

    /// Names it for people.
    #[must_use]
    pub fn display_name(mut self, display_name: impl Into<String>) -> Self {
        self.display_name = Some(display_name.into());
        self
    }

    /// Names it for the vendor.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// Leaves the names out, which a user may have given.
impl fmt::Debug for FileUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileUpload")
            .field("media_type", &self.media_type)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

pub(in crate::gemini) async fn upload(
    http: &BaseHttpClient,
    upload: FileUpload,
) -> Result<StoredFile, ClientError> {
    let url = start(http, &upload).await?;
    let mut pieces = Pieces::of(upload.body);
    let mut offset = 0;
    loop {
        let (piece, is_last) = pieces.next().await?;
        let length = piece.len() as u64;
        let answer = send(http, &url, piece, offset, is_last).await?;
        if is_last {
            return Ok(answer.json::<Uploaded>()?.file);
        }
        offset += length;
    }
}

/// The vendor wants pieces of a multiple of 256 KiB, but for the last.
const PIECE_BYTES: usize = 8 << 20;

const COMMAND: HeaderName = HeaderName::from_static("x-goog-upload-command");
const OFFSET: HeaderName = HeaderName::from_static("x-goog-upload-offset");

#[derive(Deserialize)]
struct Uploaded {
    file: StoredFile,
}

/// Says what will come. Returns the URL that it goes to, which is secret enough to need no credential.
async fn start(http: &BaseHttpClient, upload: &FileUpload) -> Result<String, ClientError> {
    let mut file = json!({"mimeType": upload.media_type});
    if let Some(name) = &upload.name {
        file["name"] = json!(name);
    }
    if let Some(display_name) = &upload.display_name {
        file["displayName"] = json!(display_name);
    }
    let mut call = call(http, &start_url(http), "start")
        .header(HeaderName::from_static("x-goog-upload-protocol"), "resumable")
        .header(HeaderName::from_static("x-goog-upload-header-content-type"), &*upload.media_type);
    if let Some(length) = upload.body.length_bytes() {
        call = call.header(HeaderName::from_static("x-goog-upload-header-content-length"), length);
    }
    let answer = call.json(&json!({"file": file})).send().await?;
    let url = header(&answer, "x-goog-upload-url").filter(|url| url.starts_with("http"));
    url.map(str::to_owned).ok_or_else(|| unreadable("the answer has no URL to upload to"))
}

/// Beside the base URL, which ends with the version: `…/v1beta` becomes `…/upload/v1beta/files`.
fn start_url(http: &BaseHttpClient) -> String {
    let base_url = http.base_url().as_str().trim_end_matches('/');
    let (before, version) = base_url.rsplit_once('/').unwrap_or((base_url, ""));
    format!("{before}/upload/{version}/files")
}

/// Sends a piece. After a failure that may pass the vendor is asked how much of it came, and the rest is sent.
async fn send(
    http: &BaseHttpClient,
    url: &str,
    mut piece: Bytes,
    mut offset: u64,
    is_last: bool,
) -> Result<Response, ClientError> {
    let command = if is_last { "upload, finalize" } else { "upload" };
    let mut pauses = PAUSES.into_iter();
    loop {
        // Sent again as it is, it would be refused where the vendor had it already.
        let call = call(http, url, command).header(OFFSET, offset).body(piece.clone()).no_retry();
        let failed = match call.send().await {
            Ok(answer) => return Ok(answer),
            Err(failed) => failed,
        };
        let Some(pause) = pauses.next().filter(|_| failed.is_retryable()) else { return Err(failed) };
        tokio::time::sleep(failed.retry_after().unwrap_or(pause).min(PAUSE_MAX)).await;
        let Ok(standing) = self::call(http, url, "query").send().await else { return Err(failed) };
        if header(&standing, "x-goog-upload-status") == Some("final") {
            return Ok(standing);
        }
        let received = header(&standing, "x-goog-upload-size-received").and_then(|text| text.parse().ok());
        let taken = received.and_then(|received: u64| usize::try_from(received.checked_sub(offset)?).ok());
        let Some(taken) = taken.filter(|taken| *taken <= piece.len()) else { return Err(failed) };
        piece = piece.split_off(taken);
        offset += taken as u64;
        if piece.is_empty() && !is_last {
            return Ok(standing);
        }
    }
}

/// Before the vendor is asked, where it doesn't say how long to wait.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
const PAUSE_MAX: Duration = Duration::from_secs(60);

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

fn call<'c>(http: &'c BaseHttpClient, url: &str, command: &'static str) -> Call<'c> {
    http.post(url).operation("upload_file").header(COMMAND, command)
}

/// A body in pieces of one size, but for the last.
struct Pieces {
    stream: DataStream,
    read: BytesMut,
}

impl Pieces {
    fn of(body: Body) -> Self {
        Self { stream: body.into_data_stream(), read: BytesMut::new() }
    }

    /// The next piece, and whether it is the last. One that is empty is the last.
    async fn next(&mut self) -> Result<(Bytes, bool), ClientError> {
        // One byte more tells that there is another.
        while self.read.len() <= PIECE_BYTES {
            match self.stream.try_next().await? {
                Some(bytes) => self.read.extend_from_slice(&bytes),
                None => return Ok((std::mem::take(&mut self.read).freeze(), true)),
            }
        }
        Ok((self.read.split_to(PIECE_BYTES).freeze(), false))
    }
}

fn unreadable(why: &'static str) -> ClientError {
    ClientError::new(ErrorKind::Decode, Effect::Started).with_source(why)
}
