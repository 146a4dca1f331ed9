//! Transformers that can't be.

use http::{HeaderName, HeaderValue};

/// A transformer that can't be: which part of it is wrong, and what is allowed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{part} {allowed}")]
pub struct InvalidTransformer {
    /// The part, as the settings call it, such as `add.connection`.
    pub part: String,
    /// Completes the sentence that begins with the part. Holds no secret.
    pub allowed: String,
}

impl InvalidTransformer {
    pub(crate) fn new(part: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { part: part.into(), allowed: allowed.into() }
    }
}

/// What the connection decides: whoever sets one of these by hand can split a request in two or send it elsewhere.
const FRAMING: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A header's name that a transformer may touch.
pub(crate) fn header_name(part: &str, name: &str) -> Result<HeaderName, InvalidTransformer> {
    let wrong = |allowed: &str| InvalidTransformer::new(format!("{part}.{name}"), allowed);
    let header: HeaderName = name.parse().map_err(|_| wrong("must be the name of a header"))?;
    match FRAMING.contains(&header.as_str()) {
        true => Err(wrong("belongs to the connection, and can't be changed")),
        false => Ok(header),
    }
}

/// A header's value. Operators write keys into all kinds of headers, so none is ever printed.
pub(crate) fn header_value(place: &str, value: &str) -> Result<HeaderValue, InvalidTransformer> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| InvalidTransformer::new(place, "must be text that a header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}
