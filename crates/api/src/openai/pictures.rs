//! Pictures on OpenAI's wire, written while they are read from the store.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use fourfold_service::jobs::{Artifact, JobView};
use fourfold_service::ports::ReadObject;
use fourfold_service::{BoxError, ServiceError};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::header;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::AppState;
use crate::error::ApiError;
use crate::native::job_body::link;
use crate::native::jobs::served_by;

/// How pictures are given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    /// In the answer itself, as base64.
    Bytes,
    /// By addresses of ours that anybody can read for a while.
    Links,
}

/// Pictures, in OpenAI's shape.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiImages)]
pub(crate) struct Pictures {
    /// When they were asked for, in seconds since 1970.
    created: i64,
    /// What is behind them, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    background: Option<Value>,
    /// png, jpeg or webp, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    output_format: Option<Value>,
    /// Where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    quality: Option<Value>,
    /// Where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    size: Option<Value>,
    /// What it used, where the vendor tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
    data: Vec<Picture>,
}

/// One picture.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiImage)]
struct Picture {
    /// Its bytes as base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    b64_json: Option<String>,
    /// Where it can be read for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// What the vendor made of the prompt, where it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    revised_prompt: Option<Value>,
}

impl Pictures {
    /// The pictures of a job.
    pub(super) async fn answer(
        state: &AppState,
        view: JobView,
        wanted: Wanted,
    ) -> Result<Response, ApiError> {
        if view.artifacts.iter().any(|artifact| artifact.removed_at.is_some()) {
            return Err(ServiceError::Removed.into());
        }
        let pictures = Self::of(state, &view, wanted)?;
        let body = match (wanted, view.artifacts.first()) {
            (Wanted::Bytes, Some(first)) => {
                // What can't be read is told before the answer begins.
                let first = state.artifacts.read(first, 0, None).await?;
                Body::from_stream(pictures.written(state.clone(), first, view.artifacts.clone())?)
            }
            _ => Body::from(text(&pictures)?),
        };
        let mut response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
        response.headers_mut().extend(served_by(&view));
        Ok(response)
    }

    fn of(state: &AppState, view: &JobView, wanted: Wanted) -> Result<Self, ApiError> {
        let mut known: Map<String, Value> = serde_json::from_str(&view.job.input).map_err(unreadable)?;
        for (name, default) in &view.job.terms.defaults {
            known.entry(name).or_insert_with(|| default.clone());
        }
        let said = view.attempts.last().map(|attempt| &attempt.vendor);
        let usage = said.and_then(|said| said.get("usage")).filter(|usage| usage["total_tokens"].is_u64());
        let revised = said.and_then(|said| said.get("revised_prompts")).and_then(Value::as_array);
        let revised = revised.filter(|revised| revised.len() == view.artifacts.len());
        let picture = |(place, artifact): (usize, &Artifact)| Picture {
            b64_json: None,
            url: (wanted == Wanted::Links).then(|| link(&state.public_url, &state.artifacts, artifact)),
            revised_prompt: revised.and_then(|revised| revised.get(place)).cloned(),
        };
        Ok(Self {
            created: view.job.created_at.millis() / 1000,
            background: known.remove("background"),
            output_format: known.remove("format"),
            quality: known.remove("quality"),
            size: known.remove("size"),
            usage: usage.cloned(),
            data: view.artifacts.iter().enumerate().map(picture).collect(),
        })
    }

    /// The answer with the bytes of the pictures, of which no more than a piece is held at a time.
    fn written(
        mut self,
        state: AppState,
        first: ReadObject,
        artifacts: Vec<Artifact>,
    ) -> Result<impl Stream<Item = Result<Bytes, BoxError>> + use<>, ApiError> {
        let pictures = std::mem::take(&mut self.data);
        let head = text(&self)?;
        let head = head.strip_suffix("]}").unwrap_or(&head).to_owned();
        let mut first = Some(first);
        let mut parts = vec![Part::Text(head)];
        for (place, (picture, artifact)) in pictures.into_iter().zip(artifacts).enumerate() {
            let comma = if place == 0 { "" } else { "," };
            parts.push(Part::Text(format!("{comma}{{\"b64_json\":\"")));
            parts.push(Part::Picture(artifact, first.take()));
            let rest = text(&picture)?;
            let rest = rest.strip_prefix('{').filter(|rest| *rest != "}");
            parts.push(Part::Text(rest.map_or_else(|| "\"}".to_owned(), |rest| format!("\",{rest}"))));
        }
        parts.push(Part::Text("]}".to_owned()));
        let written = stream::iter(parts).then(move |part| part.written(state.clone()));
        Ok(written.try_flatten())
    }
}

/// A part of the answer.
enum Part {
    Text(String),
    /// A picture, the first one opened already.
    Picture(Artifact, Option<ReadObject>),
}

type Written = futures_util::stream::BoxStream<'static, Result<Bytes, BoxError>>;

impl Part {
    async fn written(self, state: AppState) -> Result<Written, BoxError> {
        match self {
            Self::Text(text) => Ok(stream::iter([Ok(Bytes::from(text))]).boxed()),
            Self::Picture(artifact, opened) => {
                let object = match opened {
                    Some(object) => object,
                    None => state.artifacts.read(&artifact, 0, None).await?,
                };
                Ok(base64(object).boxed())
            }
        }
    }
}

/// The bytes of an object as base64, piece by piece.
fn base64(object: ReadObject) -> impl Stream<Item = Result<Bytes, BoxError>> {
    let begin = (Some(object.bytes), BytesMut::new());
    stream::try_unfold(begin, |(mut bytes, mut left)| async move {
        while let Some(pieces) = &mut bytes {
            match pieces.try_next().await? {
                Some(piece) => left.extend_from_slice(&piece),
                None => bytes = None,
            }
            // Three bytes are four characters; only the end may be padded.
            let whole = if bytes.is_some() { left.len() - left.len() % 3 } else { left.len() };
            if whole > 0 {
                let encoded = BASE64_STANDARD.encode(left.split_to(whole));
                return Ok(Some((Bytes::from(encoded), (bytes, left))));
            }
        }
        Ok::<_, BoxError>(None)
    })
}

fn text(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> ApiError {
    tracing::error!(error = &error as &dyn std::error::Error, "what was stored of a job can't be read");
    ApiError::internal()
}
