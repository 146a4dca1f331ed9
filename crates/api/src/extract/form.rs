//! Multipart bodies of several fields, whose files are stored as they come.

use std::time::Duration;

use axum::extract::Request;
use bytes::Bytes;
use fourfold_domain::{BoxStream, Subject};
use fourfold_service::BoxError;
use fourfold_service::files::{File, Upload};
use futures_util::stream;
use http::header;
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout_at};

use super::Object;
use super::upload::{BrokenUpload, broken, too_slow};
use crate::AppState;
use crate::error::ApiError;

/// The most fields that a body may have.
const FIELDS_MAX: usize = 256;

/// The most files that a body may have.
const FILES_MAX: usize = 32;

/// The most that the texts of a body may come to.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// The longest name of a field.
const NAME_BYTES_MAX: usize = 64;

/// A multipart body that was read whole. Its files are stored, and are to be discarded where nothing comes of them.
pub(crate) struct Form {
    /// The fields that are texts, in the order in which they came.
    pub(crate) texts: Vec<(String, String)>,
    /// The fields that are files.
    pub(crate) files: Vec<(String, File)>,
    /// Tells bodies apart by what is in them, however they were sent.
    pub(crate) fingerprint: [u8; 32],
}

/// Whether a request says that its body is multipart.
pub(crate) fn is_form(request: &Request) -> bool {
    content_type(request).trim_start().to_ascii_lowercase().starts_with("multipart/form-data")
}

impl Form {
    /// Reads a body, and stores its files as the subject's own.
    pub(crate) async fn read(
        state: &AppState,
        subject: &Subject,
        request: Request,
    ) -> Result<Self, ApiError> {
        let settings = state.files.settings();
        let boundary = multer::parse_boundary(content_type(&request))
            .map_err(|_no_boundary| ApiError::malformed("body", "the body must be multipart/form-data"))?;
        let bytes_max = settings.account_bytes_max.saturating_add(TEXT_BYTES_MAX as u64);
        let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(bytes_max));
        let body = request.into_body().into_data_stream();
        let mut multipart = Multipart::with_constraints(body, boundary, constraints);
        let mut reading = Reading::new(settings.upload_timeout);
        match reading.all(state, subject, &mut multipart).await {
            Ok(()) => Ok(reading.form()),
            Err(error) => {
                discard(state, &reading.files).await;
                Err(error)
            }
        }
    }

    /// Its fields as an object: a name that ends in `[]` is a list, and a file is named as `file:<id>`. No other name
    /// may be there twice.
    pub(crate) fn object(&self) -> Result<Object, ApiError> {
        let texts = self.texts.iter().map(|(name, text)| (name, text.clone()));
        let files = self.files.iter().map(|(name, file)| (name, format!("file:{}", file.id)));
        let mut fields = Map::new();
        for (name, text) in texts.chain(files) {
            match name.strip_suffix("[]") {
                Some(list) => match fields.entry(list).or_insert_with(|| Value::Array(Vec::new())) {
                    Value::Array(items) => items.push(text.into()),
                    _ => return Err(twice(list)),
                },
                None if fields.contains_key(name) => return Err(twice(name)),
                None => drop(fields.insert(name.clone(), text.into())),
            }
        }
        Ok(fields.into())
    }

    /// Deletes its files again. What can't be deleted now goes by itself, as every file that nobody uses.
    pub(crate) async fn discard(&self, state: &AppState) {
        discard(state, &self.files).await;
    }
}

async fn discard(state: &AppState, files: &[(String, File)]) {
    for (_, file) in files {
        if let Err(error) = state.files.delete(file.account, file.id).await {
            tracing::warn!(file.id = %file.id, error = &error as &dyn std::error::Error,
                "a file that came to nothing is left to the sweep");
        }
    }
}

/// What was read so far.
struct Reading {
    texts: Vec<(String, String)>,
    files: Vec<(String, File)>,
    hash: Sha256,
    text_bytes: usize,
    until: Instant,
}

impl Reading {
    fn new(patience: Duration) -> Self {
        let until = Instant::now() + patience;
        Self { texts: Vec::new(), files: Vec::new(), hash: Sha256::new(), text_bytes: 0, until }
    }

    async fn all(
        &mut self,
        state: &AppState,
        subject: &Subject,
        multipart: &mut Multipart<'static>,
    ) -> Result<(), ApiError> {
        loop {
            let field = timeout_at(self.until, multipart.next_field()).await.map_err(|_late| too_slow())?;
            let Some(field) = field.map_err(|error| broken(error, "body"))? else { return Ok(()) };
            if self.texts.len() + self.files.len() >= FIELDS_MAX {
                return Err(ApiError::invalid(
                    "body",
                    format!("the body must have at most {FIELDS_MAX} fields"),
                ));
            }
            let name = field.name().unwrap_or_default().to_owned();
            if name.is_empty() || name.len() > NAME_BYTES_MAX {
                let message = format!("each field must have a name of at most {NAME_BYTES_MAX} bytes");
                return Err(ApiError::malformed("body", message));
            }
            match field.file_name() {
                Some(_) => self.file(state, subject, name, field).await?,
                None => self.text(name, field).await?,
            }
        }
    }

    async fn file(
        &mut self,
        state: &AppState,
        subject: &Subject,
        name: String,
        field: Field<'static>,
    ) -> Result<(), ApiError> {
        if self.files.len() >= FILES_MAX {
            return Err(ApiError::invalid(name, format!("the body must have at most {FILES_MAX} files")));
        }
        let media_type = field.content_type().map(ToString::to_string);
        let bytes = pieces(field, self.until);
        let upload = Upload { subject: subject.clone(), media_type, bytes, idempotency: None };
        let file = state.files.upload(upload).await;
        let file = file.map_err(|error| {
            let error = ApiError::from(error);
            if error.status.is_client_error() { error.param(name.clone()) } else { error }
        })?;
        self.note(&name, &[file.media_type.as_bytes(), file.sha256.as_bytes()]);
        self.files.push((name, file));
        Ok(())
    }

    async fn text(&mut self, name: String, mut field: Field<'static>) -> Result<(), ApiError> {
        let mut bytes = Vec::new();
        loop {
            let piece = timeout_at(self.until, field.chunk()).await.map_err(|_late| too_slow())?;
            let Some(piece) = piece.map_err(|error| broken(error, "body"))? else { break };
            self.text_bytes += piece.len();
            if self.text_bytes > TEXT_BYTES_MAX {
                return Err(ApiError::too_large("the texts of the body", TEXT_BYTES_MAX as u64).param(name));
            }
            bytes.extend_from_slice(&piece);
        }
        let text = String::from_utf8(bytes)
            .map_err(|_not_utf8| ApiError::malformed(name.clone(), format!("{name} must be UTF-8")))?;
        self.note(&name, &[text.as_bytes()]);
        self.texts.push((name, text));
        Ok(())
    }

    /// Each part with its length, so that none can pass for two.
    fn note(&mut self, name: &str, value: &[&[u8]]) {
        for part in [&[name.as_bytes()], value].concat() {
            self.hash.update((part.len() as u64).to_le_bytes());
            self.hash.update(part);
        }
    }

    fn form(self) -> Form {
        let Self { texts, files, hash, .. } = self;
        Form { texts, files, fingerprint: hash.finalize().into() }
    }
}

fn twice(name: &str) -> ApiError {
    ApiError::malformed(name.to_owned(), format!("{name} must be there once"))
}

/// The bytes of a file, until this moment.
fn pieces(field: Field<'static>, until: Instant) -> BoxStream<Result<Bytes, BoxError>> {
    Box::pin(stream::try_unfold(field, move |mut field| async move {
        let piece = timeout_at(until, field.chunk()).await.map_err(|_late| too_slow());
        let piece = piece.and_then(|piece| piece.map_err(|error| broken(error, "body")));
        let piece = piece.map_err(|error| BoxError::from(BrokenUpload(error)))?;
        Ok(piece.map(|piece| (piece, field)))
    }))
}

fn content_type(request: &Request) -> &str {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}
