//! A file in a multipart body, passed on as it comes.

use std::fmt;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use fourfold_domain::BoxStream;
use fourfold_service::BoxError;
use futures_util::stream;
use http::{StatusCode, header};
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::time::{Instant, timeout_at};

use crate::AppState;
use crate::error::ApiError;
use crate::pace::is_too_slow;

/// The name of the one field.
const FIELD: &str = "file";

/// How much more than the file a body may have, for its frame.
const FRAME_BYTES_MAX: u64 = 16 * 1024;

/// The file of a multipart body.
pub(crate) struct UploadBody {
    /// What the caller calls it.
    pub(crate) media_type: Option<String>,
    /// Its bytes; the stream ends well only where nothing follows the file that would be dropped silently.
    pub(crate) bytes: BoxStream<Result<Bytes, BoxError>>,
}

/// A mistake in a body that shows while its file is passed on.
#[derive(Debug)]
pub(crate) struct BrokenUpload(pub(crate) ApiError);

/// A body that is being read.
struct Reading {
    multipart: Multipart<'static>,
    /// The file, until its end was read.
    field: Option<Field<'static>>,
    until: Instant,
}

impl FromRequest<AppState> for UploadBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let settings = state.files.settings();
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(|_| {
            ApiError::malformed(
                "body",
                "the body must be multipart/form-data with the file in the field file",
            )
        })?;
        let bytes_max = settings.file_bytes_max.saturating_add(FRAME_BYTES_MAX);
        let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(bytes_max));
        let body = request.into_body().into_data_stream();
        let mut reading = Reading {
            multipart: Multipart::with_constraints(body, boundary, constraints),
            field: None,
            until: Instant::now() + settings.upload_timeout,
        };
        let field = reading.next_field().await?;
        let field = field.ok_or_else(|| ApiError::malformed(FIELD, "file is required"))?;
        if field.name() != Some(FIELD) {
            return Err(unknown(&field));
        }
        let media_type = field.content_type().map(ToString::to_string);
        reading.field = Some(field);
        Ok(Self { media_type, bytes: Box::pin(stream::try_unfold(reading, Reading::next)) })
    }
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, BoxError> {
        match self.piece().await {
            Ok(piece) => Ok(piece.map(|piece| (piece, self))),
            Err(error) => Err(BrokenUpload(error).into()),
        }
    }

    /// The next piece of the file; nothing once it has come to its end, and the body with it.
    async fn piece(&mut self) -> Result<Option<Bytes>, ApiError> {
        if let Some(field) = &mut self.field {
            let piece = timeout_at(self.until, field.chunk()).await.map_err(|_late| too_slow())?;
            if let Some(piece) = piece.map_err(|error| broken(error, FIELD))? {
                return Ok(Some(piece));
            }
            self.field = None;
        }
        match self.next_field().await? {
            Some(field) => Err(unknown(&field)),
            None => Ok(None),
        }
    }

    async fn next_field(&mut self) -> Result<Option<Field<'static>>, ApiError> {
        let field = timeout_at(self.until, self.multipart.next_field()).await.map_err(|_late| too_slow())?;
        field.map_err(|error| broken(error, FIELD))
    }
}

fn unknown(field: &Field<'_>) -> ApiError {
    let name: String = field.name().unwrap_or_default().chars().take(64).collect();
    let message = format!("{name} is not known here; there is one field, file");
    ApiError::invalid(name, message)
}

pub(crate) fn too_slow() -> ApiError {
    let message = "the body of the request took too long";
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", message)
}

pub(super) fn broken(error: multer::Error, field: &'static str) -> ApiError {
    match error {
        multer::Error::StreamSizeExceeded { limit } => {
            ApiError::too_large(field, limit.saturating_sub(FRAME_BYTES_MAX)).param(field)
        }
        multer::Error::StreamReadFailed(error) if is_too_slow(error.as_ref()) => too_slow(),
        multer::Error::StreamReadFailed(_)
        | multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteFieldData { .. } => {
            ApiError::malformed("body", "the body of the request broke off")
        }
        other => ApiError::malformed("body", format!("the body must be multipart/form-data: {other}")),
    }
}

impl fmt::Display for BrokenUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for BrokenUpload {}
