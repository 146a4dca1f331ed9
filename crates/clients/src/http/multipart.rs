//! Multipart forms. Parts in memory can be sent again; a form with a streamed part can't.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::HeaderValue;

use super::body::Body;
use super::error::{BoxError, ClientError};

/// A multipart form; its parts are sent in the order in which they are added.
pub struct Multipart {
    boundary: String,
    parts: Vec<(String, Content)>,
}

enum Content {
    Bytes(Bytes),
    Stream(Body),
}

impl Multipart {
    /// A form without parts. (A form that stays empty is still a valid body.)
    pub fn new() -> Self {
        let random = RandomState::new();
        Self::with_boundary(format!("fourfold-{:016x}{:016x}", random.hash_one(0), random.hash_one(1)))
    }

    /// A form whose parts are divided by this text, for those who compare bytes.
    pub fn with_boundary(boundary: impl Into<String>) -> Self {
        Self { boundary: boundary.into(), parts: Vec::new() }
    }

    /// Adds a field of text.
    #[must_use]
    pub fn text(mut self, name: &str, text: impl Into<String>) -> Self {
        let head = self.head(name, None);
        self.parts.push((head, Content::Bytes(text.into().into())));
        self
    }

    /// Adds a file from memory.
    #[must_use]
    pub fn file(self, name: &str, file_name: &str, media_type: &str, bytes: impl Into<Bytes>) -> Self {
        self.file_part(name, file_name, media_type, Content::Bytes(bytes.into()))
    }

    /// Adds a file that is streamed, unless its body is whole in memory. A stream of unknown length makes the whole form
    /// one.
    #[must_use]
    pub fn streamed_file(self, name: &str, file_name: &str, media_type: &str, body: Body) -> Self {
        let content = match body.as_bytes() {
            Some(bytes) => Content::Bytes(bytes.clone()),
            None => Content::Stream(body),
        };
        self.file_part(name, file_name, media_type, content)
    }

    fn file_part(mut self, name: &str, file_name: &str, media_type: &str, content: Content) -> Self {
        let head = self.head(name, Some((file_name, media_type)));
        self.parts.push((head, content));
        self
    }

    fn head(&self, name: &str, file: Option<(&str, &str)>) -> String {
        let mut head =
            format!("--{}\r\nContent-Disposition: form-data; name=\"{}\"", self.boundary, Quoted(name));
        if let Some((file_name, media_type)) = file {
            let media_type = Line(media_type);
            // Writing to a string can't fail.
            _ = write!(head, "; filename=\"{}\"\r\nContent-Type: {media_type}", Quoted(file_name));
        }
        head.push_str("\r\n\r\n");
        head
    }

    pub(crate) fn media_type(&self) -> Result<HeaderValue, BoxError> {
        Ok(HeaderValue::try_from(format!("multipart/form-data; boundary={}", self.boundary))?)
    }

    pub(crate) fn into_body(self) -> Body {
        let end = format!("--{}--\r\n", self.boundary);
        if self.parts.iter().all(|(_, content)| matches!(content, Content::Bytes(_))) {
            return Body::from_pieces(self.into_pieces(end));
        }
        let length_bytes = self.length_bytes(&end);
        let parts = self.parts.into_iter().map(|(head, content)| {
            let content = match content {
                Content::Bytes(bytes) => Body::from(bytes),
                Content::Stream(body) => body,
            };
            whole(head.into()).chain(content.into_data_stream()).chain(whole(Bytes::from_static(b"\r\n")))
        });
        let stream = stream::iter(parts).flatten().chain(whole(end.into()));
        match length_bytes {
            Some(length_bytes) => Body::from_stream_with_length(stream, length_bytes),
            None => Body::from_stream(stream),
        }
    }

    fn into_pieces(self, end: String) -> VecDeque<Bytes> {
        let mut pieces = VecDeque::with_capacity(self.parts.len() * 3 + 1);
        for (head, content) in self.parts {
            if let Content::Bytes(bytes) = content {
                pieces.extend([head.into(), bytes, Bytes::from_static(b"\r\n")]);
            }
        }
        pieces.push_back(end.into());
        pieces
    }

    fn length_bytes(&self, end: &str) -> Option<u64> {
        let mut length_bytes = end.len() as u64;
        for (head, content) in &self.parts {
            length_bytes += head.len() as u64 + 2;
            length_bytes += match content {
                Content::Bytes(bytes) => bytes.len() as u64,
                Content::Stream(body) => body.length_bytes()?,
            };
        }
        Some(length_bytes)
    }
}

fn whole(bytes: Bytes) -> stream::Iter<std::option::IntoIter<Result<Bytes, ClientError>>> {
    stream::iter(Some(Ok(bytes)))
}

impl Default for Multipart {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

/// A name inside quotes, as browsers escape it.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '"' => f.write_str("%22"),
            '\r' => f.write_str("%0D"),
            '\n' => f.write_str("%0A"),
            c => f.write_char(c),
        })
    }
}

/// Text that must not end its line.
struct Line<'a>(&'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().filter(|c| !c.is_control()).try_for_each(|c| f.write_char(c))
    }
}
