//! A target's answer on its way through our layers.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use fourfold_forward::{Body, ClientError};
use fourfold_service::limits::Admission;
use http_body::{Body as HttpBody, Frame, SizeHint};

/// Says of an answer that it is a target's, so that no layer adds to it.
#[derive(Clone, Copy)]
pub(crate) struct Forwarded;

/// A target's body; the request's place among its caller's is held until it has ended.
pub(super) struct Held {
    body: Body,
    _admission: Admission,
}

impl Held {
    pub(super) fn new(body: Body, admission: Admission) -> Self {
        Self { body, _admission: admission }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        HttpBody::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        HttpBody::size_hint(&self.body)
    }
}
