//! Sound and pictures that come down as they are made.

use http::header;

use crate::http::{Body, StreamResponse};

/// Media on their way here.
#[derive(Debug)]
pub struct Media {
    /// What it is, such as `audio/mpeg`, if the vendor says it.
    pub media_type: Option<String>,
    /// The vendor's id of the request.
    pub request_id: Option<String>,
    /// The bytes as they come. Dropping it closes the vendor's connection.
    pub body: Body,
}

impl Media {
    pub(crate) fn of(answer: StreamResponse) -> Self {
        let media_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Self {
            media_type: media_type.map(str::to_owned),
            request_id: answer.request_id(),
            body: answer.into_body(),
        }
    }
}
