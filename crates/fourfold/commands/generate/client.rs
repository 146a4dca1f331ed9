//! What `generate` asks of a server.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use fourfold_clients::http::{AuthScheme, BaseHttpClient, Call, ClientError, EventStream, Multipart};
use fourfold_domain::ExternalId;
use futures_util::StreamExt as _;
use http::HeaderName;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A server, and on whose behalf it is asked.
pub(super) struct Client {
    http: BaseHttpClient,
}

/// As much of a job as is shown.
#[derive(Deserialize)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) state: String,
    pub(super) progress: Option<u64>,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) error: Option<JobError>,
    pub(super) credits: JobCredits,
}

#[derive(Deserialize)]
pub(super) struct Artifact {
    pub(super) index: u32,
    pub(super) media_type: String,
    pub(super) size_bytes: u64,
}

#[derive(Deserialize)]
struct Uploaded {
    id: String,
}

#[derive(Deserialize)]
pub(super) struct JobError {
    pub(super) message: String,
}

#[derive(Deserialize)]
pub(super) struct JobCredits {
    pub(super) charged: String,
}

/// One event of a job.
pub(super) struct Happened {
    /// The job's version, unless only its progress changed.
    pub(super) version: Option<String>,
    pub(super) job: Job,
}

/// A job's events as they come.
pub(super) struct Events(EventStream);

impl Job {
    pub(super) fn is_final(&self) -> bool {
        matches!(self.state.as_str(), "succeeded" | "failed" | "cancelled" | "expired")
    }
}

impl Client {
    pub(super) fn new(url: String, key: String, user: &ExternalId) -> Result<Self> {
        let client = BaseHttpClient::builder(url).auth(AuthScheme::Bearer(key.into()));
        Ok(Self { http: client.default_header("fourfold-user", user.as_str()).build()? })
    }

    pub(super) async fn submit(&self, model: &str, input: Map<String, Value>) -> Result<Job> {
        let call = self.http.post("/api/v1/jobs").json(&json!({"model": model, "input": input}));
        // The key makes the request one job, however often it has to be sent.
        let key = uuid::Uuid::now_v7().to_string();
        let answer = call.header(IDEMPOTENCY_KEY, key).send().await.map_err(told)?;
        Ok(answer.json()?)
    }

    /// The JSON Schema of what a model takes; nothing where there is no such model.
    pub(super) async fn parameters(&self, model: &str) -> Result<Value> {
        let models: Value = self.http.get("/api/v1/models").send().await.map_err(told)?.json()?;
        let all = models["data"].as_array().into_iter().flatten();
        let found = all.into_iter().find(|known| known["id"] == model);
        Ok(found.map(|model| model["parameters"].clone()).unwrap_or_default())
    }

    /// Hands a file in; gives the name by which a request can name it.
    pub(super) async fn upload(&self, path: &Path) -> Result<String> {
        let bytes = tokio::fs::read(path).await.context("the file can't be read")?;
        let form = Multipart::new().file("file", "file", "application/octet-stream", bytes);
        let answer = self.http.post("/api/v1/files").multipart(form).send().await.map_err(told)?;
        let file: Uploaded = answer.json()?;
        Ok(format!("file:{}", file.id))
    }

    pub(super) async fn follow(&self, id: &str, seen: Option<String>) -> Result<Events> {
        let path = format!("/api/v1/jobs/{id}/events");
        let mut call: Call<'_> = self.http.get(&path);
        if let Some(version) = seen {
            call = call.header(LAST_EVENT_ID, version);
        }
        Ok(Events(call.events().await.map_err(told)?))
    }

    /// Saves a result, as a stream.
    pub(super) async fn download(&self, id: &str, index: u32, path: &Path) -> Result<()> {
        let url = format!("/api/v1/jobs/{id}/artifacts/{index}");
        let answer = self.http.get(&url).stream().await.map_err(told)?;
        let place = || format!("{} can't be written", path.display());
        let mut file = File::create(path).await.with_context(place)?;
        let mut parts = answer.into_body().into_data_stream();
        while let Some(part) = parts.next().await {
            let part = part.context("the download broke off")?;
            file.write_all(&part).await.with_context(place)?;
        }
        file.flush().await.with_context(place)
    }
}

impl Events {
    /// The next event that tells of the job; nothing when the stream ends.
    pub(super) async fn next(&mut self) -> Result<Option<Happened>> {
        while let Some(event) = self.0.next().await {
            let event = event?;
            if event.name().starts_with("job.") {
                let version = event.id().map(|id| id.into_owned());
                return Ok(Some(Happened { version, job: event.json()? }));
            }
        }
        Ok(None)
    }
}

/// The server's own words, where it gave some.
fn told(error: ClientError) -> anyhow::Error {
    match error.message() {
        Some(message) => anyhow!("{message}"),
        None => error.into(),
    }
}
