//! A request under way, as those see it who count, log and charge.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::http::Effect;
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::limits::Place;
use crate::log::{Capture, ForwardLog};
use crate::meter::{Ended, ForwardEnd, ForwardOutcome, Meter, Ticket};
use crate::record::{ForwardRecorder, ForwardReport};
use crate::usage::Usage;

/// Who wants to know of a target's requests.
#[derive(Clone, Default)]
pub(crate) struct Observers {
    pub(crate) meter: Option<Arc<dyn Meter>>,
    pub(crate) recorder: Option<Arc<dyn ForwardRecorder>>,
    pub(crate) log: Option<ForwardLog>,
}

impl Observers {
    pub(crate) fn is_any(&self) -> bool {
        self.meter.is_some() || self.recorder.is_some() || self.log.is_some()
    }
}

/// A request under way. Dropped without a word, it says that the caller left.
pub(crate) struct InFlight {
    observers: Arc<Observers>,
    target: Arc<str>,
    request_id: Arc<str>,
    started: Instant,
    ticket: Option<Ticket>,
    /// Kept as long as the request is under way.
    place: Option<Place>,
    /// Whether anything went out, so that the target may have begun.
    is_sent: bool,
    status: Option<StatusCode>,
    received_bytes: u64,
    events: u64,
    usage: Option<Usage>,
    /// What the log shows of the answer.
    shown_headers: Option<String>,
    body: Option<Capture>,
    is_over: bool,
}

impl InFlight {
    pub(crate) fn begin(
        observers: &Arc<Observers>,
        target: &Arc<str>,
        request_id: Arc<str>,
        started: Instant,
    ) -> Self {
        if let Some(recorder) = &observers.recorder {
            recorder.began();
        }
        let body_bytes_max = observers.log.as_ref().map_or(0, |log| log.body_bytes_max);
        Self {
            observers: Arc::clone(observers),
            target: Arc::clone(target),
            request_id,
            started,
            ticket: None,
            place: None,
            is_sent: false,
            status: None,
            received_bytes: 0,
            events: 0,
            usage: None,
            shown_headers: None,
            body: (body_bytes_max > 0).then(|| Capture::new(body_bytes_max)),
            is_over: false,
        }
    }

    /// It has a place among those under way.
    pub(crate) fn placed(&mut self, place: Place) {
        self.place = Some(place);
    }

    /// The meter let it through.
    pub(crate) fn ticketed(&mut self, ticket: Ticket) {
        self.ticket = Some(ticket);
    }

    /// From now on the target may have it.
    pub(crate) fn sent(&mut self) {
        self.is_sent = true;
    }

    pub(crate) fn head_came(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.status = Some(status);
        self.shown_headers = self.observers.log.as_ref().and_then(|log| log.shown_headers(headers));
        if let Some(recorder) = &self.observers.recorder {
            recorder.answered(status, self.elapsed());
        }
    }

    pub(crate) fn received(&mut self, piece: &Bytes) {
        self.received_bytes += piece.len() as u64;
        if let Some(body) = &mut self.body {
            body.look(piece);
        }
    }

    /// Bytes that came past us.
    pub(crate) fn received_bytes(&mut self, bytes: u64) {
        self.received_bytes += bytes;
    }

    /// So many events came in all.
    pub(crate) fn saw_events(&mut self, events: u64) {
        self.events = events;
    }

    pub(crate) fn used(&mut self, usage: Usage) {
        self.usage = Some(usage);
        if let (Some(meter), Some(ticket)) = (&self.observers.meter, &self.ticket) {
            meter.on_usage(ticket, &usage);
        }
    }

    pub(crate) fn wants_usage(&self) -> bool {
        self.ticket.is_some()
    }

    /// Whether the last bytes of the answer wait for the meter.
    pub(crate) fn holds_last_bytes(&self) -> bool {
        self.ticket.is_some() && self.observers.meter.as_ref().is_some_and(|meter| meter.holds_last_bytes())
    }

    /// Says how it ended, the first time. Gives what tells when the meter is done with it.
    pub(crate) fn end(
        &mut self,
        outcome: ForwardOutcome,
        error: Option<&'static str>,
        effect: Effect,
    ) -> Option<Ended> {
        if std::mem::replace(&mut self.is_over, true) {
            return None;
        }
        self.place = None;
        let report = ForwardReport {
            status: self.status,
            outcome,
            error,
            duration: self.elapsed(),
            received_bytes: self.received_bytes,
        };
        if let Some(recorder) = &self.observers.recorder {
            recorder.ended(&report);
        }
        if let Some(log) = &self.observers.log {
            let headers = self.shown_headers.as_deref();
            log.ended(&self.target, &self.request_id, &report, headers, self.body.as_ref());
        }
        let (meter, ticket) = (self.observers.meter.as_ref()?, self.ticket.take()?);
        let end = ForwardEnd {
            outcome,
            effect,
            status: self.status,
            received_bytes: self.received_bytes,
            events: self.events,
            usage: self.usage,
        };
        Some(meter.on_end(ticket, end))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let effect = match (self.status, self.is_sent) {
            (Some(_), _) => Effect::Started,
            (None, true) => Effect::MayHaveStarted,
            (None, false) => Effect::NotStarted,
        };
        // The meter's work goes on by itself; there is nobody left to wait for it.
        drop(self.end(ForwardOutcome::Left, None, effect));
    }
}
