//! A request under way, as those see it who count, log and charge.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::http::{ClientError, Effect, Progress, with_causes};
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::limits::Place;
use crate::log::{Capture, ForwardLog, Seen};
use crate::meter::{Ended, ForwardEnd, ForwardOutcome, Meter, Ticket};
use crate::record::{ForwardRecorder, ForwardReport};
use crate::stream::EventWatch;
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
    /// What the tries before may have done.
    effect: Effect,
    /// The try that runs, if one does.
    trying: Option<Arc<Progress>>,
    status: Option<StatusCode>,
    received_bytes: u64,
    /// Where the answer is a stream of them.
    events: Option<u64>,
    usage: Option<Usage>,
    /// Whether more of the answer came since it was told.
    is_usage_behind: bool,
    /// Whether the answer says of itself that it failed.
    says_failed: bool,
    /// What lies behind its failure, for the log.
    cause: Option<String>,
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
            effect: Effect::NotStarted,
            trying: None,
            status: None,
            received_bytes: 0,
            events: None,
            usage: None,
            is_usage_behind: false,
            says_failed: false,
            cause: None,
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

    /// A try begins, by which it will be known whether anything of it went out.
    pub(crate) fn try_begins(&mut self) -> &Arc<Progress> {
        self.trying.insert(Arc::new(Progress::start(Instant::now())))
    }

    /// A try failed, and there will be another; so much the target may have done in all of them so far.
    pub(crate) fn try_failed(&mut self, effect: Effect) {
        self.effect = effect;
        self.trying = None;
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

    /// These events came in all.
    pub(crate) fn saw_events(&mut self, watch: &EventWatch) {
        self.events = Some(watch.events());
        self.is_usage_behind = watch.is_usage_behind();
        self.says_failed = watch.says_failed();
    }

    /// The answer says of itself that it failed, whatever its status, or it doesn't.
    pub(crate) fn saw_failure(&mut self, says_failed: bool) {
        self.says_failed = says_failed;
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

    /// This is why it will be said to have failed.
    pub(crate) fn failed_by(&mut self, error: &ClientError) {
        if self.observers.log.is_some() {
            self.cause = Some(with_causes(error).to_string());
        }
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
        let (outcome, error) = match outcome {
            // Who is told so leaves.
            ForwardOutcome::Answered | ForwardOutcome::Left if self.says_failed => {
                (ForwardOutcome::Failed, Some("failed_answer"))
            }
            outcome => (outcome, error),
        };
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
            let seen = Seen {
                headers: self.shown_headers.as_deref(),
                body: self.body.as_ref(),
                cause: self.cause.as_deref(),
            };
            log.ended(&self.target, &self.request_id, &report, &seen);
        }
        let (meter, ticket) = (self.observers.meter.as_ref()?, self.ticket.take()?);
        let is_behind = self.is_usage_behind;
        let usage = self.usage.map(|told| match is_behind {
            true => Usage { output_tokens: None, ..told },
            false => told,
        });
        let end = ForwardEnd {
            outcome,
            effect,
            status: self.status,
            received_bytes: self.received_bytes,
            events: self.events,
            usage,
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
        let effect = match (self.status, &self.trying) {
            (Some(_), _) => Effect::Started,
            (None, Some(trying)) if trying.is_written() => self.effect.max(Effect::MayHaveStarted),
            (None, _) => self.effect,
        };
        // The meter's work goes on by itself; there is nobody left to wait for it.
        drop(self.end(ForwardOutcome::Left, None, effect));
    }
}
