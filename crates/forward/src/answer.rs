//! An answer on its way back: cleaned, changed by the target's transformers, and watched where somebody asks for it.

use fourfold_clients::http::{Body, ClientError, Effect, ErrorKind};
use http::{HeaderMap, Response, StatusCode, Version, header};
use http_body::Body as HttpBody;

use crate::ForwardError;
use crate::collect::{is_plain_event_stream, is_plain_json};
use crate::forwarder::Inner;
use crate::headers;
use crate::in_flight::InFlight;
use crate::meter::ForwardOutcome;
use crate::passing::{PassingBody, PassingParts};
use crate::stream::{EventWatch, JsonWatch, Watch};
use crate::timeouts::ForwardTimeouts;
use crate::transform::CallContext;
use crate::upgrade::Switched;

impl Inner {
    /// Cleans an answer and dresses its body.
    pub(crate) async fn answer(
        &self,
        mut answer: Response<Body>,
        is_head: bool,
        timeouts: ForwardTimeouts,
        call: Option<&CallContext>,
        in_flight: &mut Option<Box<InFlight>>,
    ) -> Result<Response<Body>, ForwardError> {
        let status = answer.status();
        let (mut head, body) = answer.into_parts();
        headers::clean_answer(&mut head.headers, status, is_head, &body);
        // Whoever answers our caller speaks a version of its own. As HTTP/1.0, an answer without a length would end like
        // one that was cut.
        head.version = Version::HTTP_11;
        answer = Response::from_parts(head, body.without_trailers());
        if status == StatusCode::SWITCHING_PROTOCOLS {
            answer.extensions_mut().insert(Switched::new(in_flight.take(), timeouts.stream_ends_at()));
            return Ok(answer);
        }
        let has_body = !HttpBody::is_end_stream(answer.body());
        if let Some(call) = call {
            answer = self.chain.change_answer(answer, has_body, call).await?;
        }
        if HttpBody::is_end_stream(answer.body()) {
            if let Some(mut in_flight) = in_flight.take() {
                let holds = in_flight.holds_last_bytes();
                let ended = in_flight.end(ForwardOutcome::Answered, None, Effect::Started);
                if let Some(ended) = ended.filter(|_| holds)
                    && !ended.await
                {
                    let error = ClientError::new(ErrorKind::Interrupted, Effect::Started);
                    let error = error.with_source("the meter couldn't end its work");
                    return Err(ForwardError::of_client(error, Effect::Started));
                }
            }
            return Ok(answer);
        }
        let wants_usage = in_flight.as_ref().is_some_and(|in_flight| in_flight.wants_usage());
        let watch = watch(answer.headers(), wants_usage);
        let may_add_event =
            matches!(watch, Watch::Events(_)) && !answer.headers().contains_key(header::CONTENT_LENGTH);
        if matches!(watch, Watch::Blind) && in_flight.is_none() {
            return Ok(answer);
        }
        let parts = PassingParts { watch, may_add_event, in_flight: in_flight.take() };
        Ok(answer.map(|body| Body::wrap(PassingBody::new(body, parts))))
    }
}

/// What is looked at in an answer with these headers.
fn watch(headers: &HeaderMap, wants_usage: bool) -> Watch {
    if is_plain_event_stream(headers) {
        return Watch::Events(Box::new(EventWatch::new(wants_usage)));
    }
    if wants_usage && is_plain_json(headers) {
        return Watch::Json(JsonWatch::default());
    }
    Watch::Blind
}
