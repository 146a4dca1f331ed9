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
        } else if Self::is_data(text) {
            Ok(Self::Data(text.to_owned()))
        } else if text.starts_with("https://") || is_loopback(text) {
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
    /// Whether a text is a data URI in base64.
    pub(super) fn is_data(text: &str) -> bool {
        // The head ends at the first comma; what comes after it may be long.
        let head = text.strip_prefix("data:").and_then(|rest| rest.split(',').next());
        head.is_some_and(|head| head.ends_with(";base64") && head.len() + "data:,".len() <= text.len())
    }

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

/// Whether a URL leads to the machine itself, where nobody listens on the way and so plain HTTP will do. Whether
/// it may be followed is for the reader's address policy to say; it may not by default.
fn is_loopback(url: &str) -> bool {
    let Some(authority) = url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?', '#']).next())
    else {
        return false;
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| match authority.strip_prefix(host) {
        Some("") => true,
        Some(rest) => {
            rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
        }
        None => false,
    })
}

impl fmt::Display for MediaInput {
    /// As a caller writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(id) => write!(f, "file:{id}"),
            Self::Data(text) | Self::Url(text) => f.write_str(text),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> &'static str {
        match text.parse() {
            Ok(MediaInput::File(_)) => "file",
            Ok(MediaInput::Data(_)) => "data",
            Ok(MediaInput::Url(_)) => "url",
            Err(_) => "no",
        }
    }

    #[test]
    fn media_are_named_in_three_ways() {
        for (text, expected) in [
            ("file:0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d", "file"),
            ("file:x", "no"),
            ("data:image/png;base64,UE5H", "data"),
            ("data:;base64,", "data"),
            ("data:image/png,;base64,", "no"),
            ("data:image/png;base64", "no"),
            ("data:,hello", "no"),
            ("https://a.test/b.png", "url"),
            ("http://a.test/b.png", "no"),
            ("http://127.0.0.1:8080/a.png", "url"),
            ("http://localhost", "url"),
            ("http://[::1]:80/a.png?b", "url"),
            ("http://127.0.0.1.a.test/", "no"),
            ("http://localhost.a.test/", "no"),
            ("http://localhost1/", "no"),
            ("http://127.0.0.1@a.test/", "no"),
            ("http://127.0.0.1:80@a.test/", "no"),
            ("ftp://a.test", "no"),
            ("", "no"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
            if expected != "no" {
                assert_eq!(text.parse::<MediaInput>().unwrap().to_string(), text);
            }
        }
    }
}
