//! Media that a caller hands in.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;

use crate::FileId;

/// Media as a caller names it, one string: `file:<id>`, a data URI or an https URL.
#[derive(Clone, PartialEq, Eq)]
pub enum MediaInput {
    /// An upload of ours.
    File(FileId),
    /// The bytes themselves, as a data URI.
    Data(String),
    /// An address that anybody can read.
    Url(String),
}

impl FromStr for MediaInput {
    /// What is allowed.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(id) = text.strip_prefix("file:") {
            id.parse().map(Self::File).map_err(|_| "file:<id> with the id of an upload")
        } else if text.starts_with("data:") && text.contains(";base64,") {
            Ok(Self::Data(text.to_owned()))
        } else if text.starts_with("https://") {
            Ok(Self::Url(text.to_owned()))
        } else {
            Err("file:<id>, a base64 data URI or an https URL")
        }
    }
}

/// What a data URI holds.
#[derive(Clone, PartialEq, Eq)]
pub struct DataUri {
    /// Its media type, such as `image/png`.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

impl MediaInput {
    /// The bytes, if they are in the request itself; the error completes the sentence that begins with the field.
    pub fn data(&self) -> Option<Result<DataUri, &'static str>> {
        let Self::Data(uri) = self else { return None };
        let (head, packed) = uri.strip_prefix("data:")?.split_once(";base64,")?;
        // Parameters of the type, such as a charset, say nothing about media.
        let media_type = head.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let media_type =
            if media_type.contains('/') { media_type } else { "application/octet-stream".to_owned() };
        let bytes = BASE64_STANDARD.decode(packed.trim_ascii());
        Some(
            bytes
                .map(|bytes| DataUri { media_type, bytes: bytes.into() })
                .map_err(|_| "must be valid base64"),
        )
    }
}

impl fmt::Debug for DataUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataUri")
            .field("media_type", &self.media_type)
            .field("size_bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MediaInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(id) => write!(f, "File({id})"),
            Self::Data(uri) => write!(f, "Data({} characters)", uri.len()),
            Self::Url(_) => f.write_str("Url(…)"),
        }
    }
}
