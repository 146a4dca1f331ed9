//! Bodies of `multipart/form-data`.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The parts of a form, in the order in which they came.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Form {
    texts: Vec<(String, String)>,
    files: Vec<FilePart>,
}

/// A part that brought a file: it has a file name, or a media type other than plain text.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct FilePart {
    pub(crate) field: String,
    pub(crate) file_name: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) bytes: Bytes,
    /// How many texts came before it.
    texts_before: usize,
}

impl Form {
    /// The form in this body, if the headers say that it is one; or why it can't be read.
    pub(crate) async fn read(headers: &HeaderMap, body: &Bytes) -> Option<Result<Self, String>> {
        let media_type =
            headers.get(CONTENT_TYPE).filter(|value| value.as_bytes().starts_with(b"multipart/"))?;
        let mut request = Request::new(Body::from(body.clone()));
        request.headers_mut().insert(CONTENT_TYPE, media_type.clone());
        // The body is already as short as the vendor wants it.
        DefaultBodyLimit::disable().apply(&mut request);
        Some(match Multipart::from_request(request, &()).await {
            Ok(multipart) => Self::collect(multipart).await.map_err(|error| error.body_text()),
            Err(rejection) => Err(rejection.body_text()),
        })
    }

    async fn collect(mut multipart: Multipart) -> Result<Self, axum::extract::multipart::MultipartError> {
        let mut form = Self::default();
        while let Some(part) = multipart.next_field().await? {
            let field = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let media_type = part.content_type().map(str::to_owned);
            let is_text = file_name.is_none()
                && media_type.as_deref().is_none_or(|media_type| media_type.starts_with("text/plain"));
            let bytes = part.bytes().await?;
            if is_text {
                form.texts.push((field, String::from_utf8_lossy(&bytes).into_owned()));
            } else {
                let texts_before = form.texts.len();
                form.files.push(FilePart { field, file_name, media_type, bytes, texts_before });
            }
        }
        Ok(form)
    }

    /// The text of this field, the first one where it came several times.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.texts.iter().find(|(name, _)| name == field).map(|(_, text)| text.as_str())
    }

    /// All texts of this field.
    pub(crate) fn texts(&self, field: &str) -> Vec<&str> {
        self.texts.iter().filter(|(name, _)| name == field).map(|(_, text)| text.as_str()).collect()
    }

    /// The fields and their texts that came before this file.
    pub(crate) fn texts_before(&self, file: &FilePart) -> Vec<(&str, &str)> {
        let texts = self.texts.iter().take(file.texts_before);
        texts.map(|(field, text)| (field.as_str(), text.as_str())).collect()
    }

    /// All files of this field.
    pub(crate) fn files(&self, field: &str) -> Vec<&FilePart> {
        self.files.iter().filter(|file| file.field == field).collect()
    }
}
