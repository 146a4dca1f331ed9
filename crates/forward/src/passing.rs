//! The body of an answer on its way to the caller.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use fourfold_clients::http::{Body, ClientError, Effect, ErrorKind};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::error::break_kind;
use crate::in_flight::InFlight;
use crate::meter::{Ended, ForwardOutcome};
use crate::stream::Watch;

/// Passes an answer's pieces on as they come, and sees its end.
///
/// Where a meter holds the last bytes back, those are the piece that has the stream's last event, or the last piece of a
/// body of known length; of a body of unknown length, its end.
pub(crate) struct PassingBody {
    source: Body,
    watch: Watch,
    /// Whether a stream that breaks off may get an event that says so.
    may_add_event: bool,
    in_flight: Option<Box<InFlight>>,
    /// The meter's work that the last bytes wait for.
    ending: Option<Ended>,
    /// What goes out after that.
    last: Last,
    is_ended: bool,
}

/// What goes out when nothing else has to be waited for.
enum Last {
    Nothing,
    Piece(Bytes),
    Break(ClientError),
}

/// What an answer's body is passed on with.
pub(crate) struct PassingParts {
    pub(crate) watch: Watch,
    pub(crate) may_add_event: bool,
    pub(crate) in_flight: Option<Box<InFlight>>,
}

impl PassingBody {
    pub(crate) fn new(source: Body, parts: PassingParts) -> Self {
        Self {
            source,
            watch: parts.watch,
            may_add_event: parts.may_add_event,
            in_flight: parts.in_flight,
            ending: None,
            last: Last::Nothing,
            is_ended: false,
        }
    }

    /// Takes a piece, and gives it unless it has to wait.
    fn take(&mut self, piece: Bytes) -> Option<Bytes> {
        let Self { watch, in_flight, .. } = self;
        let mut usage = None;
        let mut is_last = HttpBody::is_end_stream(&self.source);
        match watch {
            Watch::Blind => {}
            Watch::Events(events) => {
                usage = events.look(&piece);
                is_last |= events.is_done();
            }
            Watch::Json(json) => {
                usage = json.look(&piece);
                if let Some(in_flight) = in_flight {
                    in_flight.saw_failure(json.says_failed());
                }
            }
        }
        let in_flight = match in_flight {
            Some(in_flight) => in_flight,
            None => return Some(piece),
        };
        in_flight.received(&piece);
        if let Watch::Events(events) = watch {
            in_flight.saw_events(events);
        }
        if let Some(usage) = usage {
            in_flight.used(usage);
        }
        if !is_last {
            return Some(piece);
        }
        let holds = in_flight.holds_last_bytes();
        let ended = in_flight.end(ForwardOutcome::Answered, None, Effect::Started);
        match ended {
            Some(ended) if holds => {
                self.ending = Some(ended);
                self.last = Last::Piece(piece);
                None
            }
            _ => Some(piece),
        }
    }

    /// The source is at its end.
    fn finish(&mut self) {
        self.is_ended = true;
        self.source = Body::empty();
        let Some(in_flight) = &mut self.in_flight else { return };
        let holds = in_flight.holds_last_bytes();
        let ended = in_flight.end(ForwardOutcome::Answered, None, Effect::Started);
        self.ending = ended.filter(|_| holds);
    }

    /// The source broke off.
    fn broke(&mut self, error: ClientError) {
        self.is_ended = true;
        self.source = Body::empty();
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.failed_by(&error);
            let holds = in_flight.holds_last_bytes();
            let effect = error.effect().max(Effect::Started);
            let ended = in_flight.end(ForwardOutcome::Failed, Some(break_kind(&error)), effect);
            self.ending = ended.filter(|_| holds);
        }
        self.last = match &self.watch {
            // Its reader has all that there was to say.
            Watch::Events(events) if events.is_done() => Last::Nothing,
            _ => self.last_word(error),
        };
    }

    /// What says that the answer broke off.
    fn last_word(&self, error: ClientError) -> Last {
        let event = match &self.watch {
            Watch::Events(events) if self.may_add_event => events.break_event(&error),
            _ => None,
        };
        event.map_or(Last::Break(error), Last::Piece)
    }
}

impl HttpBody for PassingBody {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        let this = self.get_mut();
        loop {
            if let Some(ending) = &mut this.ending {
                let is_well = ready!(ending.as_mut().poll(cx));
                this.ending = None;
                if !is_well {
                    if !this.is_ended
                        && let Watch::Events(events) = &mut this.watch
                    {
                        events.take_back();
                    }
                    this.is_ended = true;
                    this.source = Body::empty();
                    let unsettled = ClientError::new(ErrorKind::Interrupted, Effect::Started);
                    this.last = this.last_word(unsettled.with_source("the meter couldn't end its work"));
                }
            }
            match std::mem::replace(&mut this.last, Last::Nothing) {
                Last::Nothing if this.is_ended => return Poll::Ready(None),
                Last::Nothing => {}
                Last::Piece(piece) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                Last::Break(error) => return Poll::Ready(Some(Err(error))),
            }
            match ready!(Pin::new(&mut this.source).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // Trailers belong to a connection; we say of none that it passes them.
                    let Ok(piece) = frame.into_data() else { continue };
                    if let Some(piece) = this.take(piece) {
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                }
                Some(Err(error)) => this.broke(error),
                None => this.finish(),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        if self.ending.is_some() || !matches!(self.last, Last::Nothing) {
            return false;
        }
        // Who isn't asked again after the last piece must have seen the end by then.
        let is_told = self.in_flight.as_ref().is_none_or(|in_flight| in_flight.is_over());
        self.is_ended || is_told && HttpBody::is_end_stream(&self.source)
    }

    fn size_hint(&self) -> SizeHint {
        if self.may_add_event {
            return SizeHint::default();
        }
        let held_bytes = if let Last::Piece(piece) = &self.last { piece.len() as u64 } else { 0 };
        match self.source.length_bytes() {
            Some(left_bytes) => SizeHint::with_exact(left_bytes + held_bytes),
            None => SizeHint::default(),
        }
    }
}
