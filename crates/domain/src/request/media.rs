//! Media that a caller hands in.

use std::fmt;
use std::str::FromStr;

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

impl fmt::Debug for MediaInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(id) => write!(f, "File({id})"),
            Self::Data(uri) => write!(f, "Data({} characters)", uri.len()),
            Self::Url(_) => f.write_str("Url(…)"),
        }
    }
}
