//! Time limits of one try: until connected, until the first byte, between bytes, in all.
//!
//! One timer serves all four. It is armed for the nearest limit and asks, when it fires, which stage the try
//! is in; so progress costs a store, not a timer.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::error::TimeoutStage;

/// The time limits of a client. Zero means none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TimeoutSettings {
    /// Until a connection is there, name look-up and TLS included. Default 5 s, at most 10 min.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub connect: Duration,
    /// From the request's last byte to the answer's head; a call that generates waits as long as `total`. Default 30 s.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub first_byte: Duration,
    /// Between two pieces of the answer. Default 30 s.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub idle: Duration,
    /// The whole try, the answer's body included. Default 60 s.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub total: Duration,
    /// The limits of answers that are read as a stream, which have no total.
    pub stream: StreamTimeoutSettings,
}

/// The time limits of a streamed answer. Zero means none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct StreamTimeoutSettings {
    /// From the request's last byte to the answer's head. Default 60 s.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub first_byte: Duration,
    /// Between two pieces of the answer. Default 60 s.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub idle: Duration,
}

impl Default for TimeoutSettings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(60),
            stream: StreamTimeoutSettings::default(),
        }
    }
}

impl Default for StreamTimeoutSettings {
    fn default() -> Self {
        Self { first_byte: Duration::from_secs(60), idle: Duration::from_secs(60) }
    }
}

/// The time limits of one try. Zero means none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// Until a connection is there.
    pub connect: Duration,
    /// From the request's last byte to the answer's head.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// The whole try.
    pub total: Duration,
}

impl Timeouts {
    /// No limit at all.
    pub const NONE: Self = Self {
        connect: Duration::ZERO,
        first_byte: Duration::ZERO,
        idle: Duration::ZERO,
        total: Duration::ZERO,
    };
}

impl TimeoutSettings {
    /// For an answer that is read whole.
    pub fn whole(&self) -> Timeouts {
        Timeouts { connect: self.connect, first_byte: self.first_byte, idle: self.idle, total: self.total }
    }

    /// For an answer that is read as a stream.
    pub fn streamed(&self) -> Timeouts {
        Timeouts {
            connect: self.connect,
            first_byte: self.stream.first_byte,
            idle: self.stream.idle,
            total: Duration::ZERO,
        }
    }

    /// For a call that generates: its first byte may take as long as the whole.
    pub(crate) fn generating(&self, timeouts: Timeouts) -> Timeouts {
        let first_byte = match self.total {
            Duration::ZERO => Duration::ZERO,
            total => total.max(timeouts.first_byte),
        };
        Timeouts { first_byte, ..timeouts }
    }
}

/// How far a try has come, shared between its timer, the body that is being sent and whoever wants to know.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    /// Milliseconds from `started` to the last sign of sending, plus one; zero until something was written.
    written_ms: AtomicU64,
    /// Whether the connection would take more of the body, and the caller has none ready.
    waits_for_caller: AtomicBool,
}

impl Progress {
    /// Of a try that begins then.
    pub fn start(started: Instant) -> Self {
        Self { started, written_ms: AtomicU64::new(0), waits_for_caller: AtomicBool::new(false) }
    }

    /// The connection takes the request's head or a piece of its body now.
    pub(crate) fn mark_written(&self) {
        let elapsed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.written_ms.store(elapsed_ms + 1, Ordering::Relaxed);
    }

    /// The caller has a piece of the body ready, or not.
    pub(crate) fn mark_waiting(&self, waits_for_caller: bool) {
        self.waits_for_caller.store(waits_for_caller, Ordering::Relaxed);
    }

    pub(crate) fn waits_for_caller(&self) -> bool {
        self.waits_for_caller.load(Ordering::Relaxed)
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Whether the connection took anything of the request, so that the vendor may have begun. While there is no
    /// connection yet it can't have.
    pub fn is_written(&self) -> bool {
        self.written_ms.load(Ordering::Relaxed) != 0
    }

    /// When the connection last took something, if ever.
    pub(crate) fn written_at(&self) -> Option<Instant> {
        let written_ms = self.written_ms.load(Ordering::Relaxed);
        written_ms.checked_sub(1).map(|ms| self.started + Duration::from_millis(ms))
    }
}

/// The limits of a try until its answer's head is there.
#[derive(Clone, Copy)]
pub(crate) struct HeadLimits {
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
    pub(crate) total_at: Option<Instant>,
}

impl HeadLimits {
    /// Waits for the answer's head.
    pub(crate) async fn hold<F: Future>(
        &self,
        progress: &Progress,
        head: F,
    ) -> Result<F::Output, TimeoutStage> {
        let mut head = pin!(head);
        let Some(check_at) = self.next_check(progress, progress.started) else {
            return Ok(head.await);
        };
        let mut timer = pin!(tokio::time::sleep_until(check_at));
        std::future::poll_fn(|cx| {
            if let Poll::Ready(output) = head.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            while timer.as_mut().poll(cx).is_ready() {
                let now = Instant::now();
                if let Some((limit, stage)) = self.next_limit(progress)
                    && limit <= now
                {
                    return Poll::Ready(Err(stage));
                }
                match self.next_check(progress, now) {
                    Some(check_at) => timer.as_mut().reset(check_at),
                    None => return Poll::Pending,
                }
            }
            Poll::Pending
        })
        .await
    }

    /// The earliest moment at which a limit can have run out. A try that isn't written yet may be written at
    /// any moment, and then has the first byte's limit.
    fn next_check(&self, progress: &Progress, now: Instant) -> Option<Instant> {
        let limit = self.next_limit(progress).map(|(limit, _)| limit);
        match progress.written_at() {
            Some(_) => limit,
            None => earliest(limit, after(now, self.first_byte)),
        }
    }

    /// The nearest limit in the stage that the try is in.
    fn next_limit(&self, progress: &Progress) -> Option<(Instant, TimeoutStage)> {
        let stage = match progress.written_at() {
            None => after(progress.started, self.connect).map(|limit| (limit, TimeoutStage::Connect)),
            Some(at) => after(at, self.first_byte).map(|limit| (limit, TimeoutStage::FirstByte)),
        };
        let total = self.total_at.map(|limit| (limit, TimeoutStage::Total));
        match (stage, total) {
            (Some(stage), Some(total)) if total.0 < stage.0 => Some(total),
            (stage, total) => stage.or(total),
        }
    }
}

/// The moment that long after `start`; none if there is no limit.
pub(crate) fn after(start: Instant, limit: Duration) -> Option<Instant> {
    if limit.is_zero() { None } else { start.checked_add(limit) }
}

fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
