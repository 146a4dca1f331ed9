//! How an answer comes from a vendor who speaks the caller's wire: in the vendor's own bytes.

use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::estimate::Written;
use fourfold_domain::{
    AttemptContext, BoxStream, Edit, Effect, ProviderError, Reason, Usage, WireCall, WirePart, WirePiece,
    WireReply, WireSeen, WireText,
};
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::Map;
use tokio::time::{Sleep, timeout};

use super::answer::Left;
use super::ending::{Outcome, Used};
use super::generate::{Stop, before, refused, too_late};
use super::work::{Tried, Work};
use crate::failpoint;

/// How long a vendor may take to end what it has said the last of, for its connection to be used again.
const END_PATIENCE: Duration = Duration::from_secs(1);

const EVENTS: &str = "text/event-stream";

type Pieces = BoxStream<Result<WirePiece, ProviderError>>;

impl Work<'_> {
    /// Sends the caller's own bytes.
    pub(super) async fn pass(&mut self, wire: &dyn WireText, context: AttemptContext) -> Tried {
        let Some(call) = self.wire_call(context) else { return Tried::failed(unspoken()) };
        let (is_cancelled, mut deadline) = (self.is_cancelled_when_left(), pin!(self.deadline()));
        let passed = Passed { input_tokens: self.task.order.input_tokens(), ..Passed::default() };
        let sent = before(wire.send(call), deadline.as_mut(), &self.task.outlet, is_cancelled).await;
        let WireReply { media_type, body } = match sent {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => return Tried::failed(error),
            Err(Stop::Late) => return Tried::failed(too_late()),
            Err(Stop::Left) => return passed.left(),
        };
        failpoint::reach("after_call_sent");
        if media_type.starts_with(EVENTS) != self.task.is_stream {
            let message = format!("the vendor answered with {media_type}");
            return Tried::failed(ProviderError::new(Reason::Unreadable, Effect::Started, message));
        }
        self.hand_over(body, passed, deadline).await
    }

    fn wire_call(&self, context: AttemptContext) -> Option<WireCall> {
        let order = &self.task.order;
        let wire = order.wire.as_ref()?;
        let edits: Vec<Edit> = wire.asked.edits.clone();
        Some(WireCall {
            dialect: wire.asked.dialect,
            vendor_model: context.vendor_model,
            body: wire.body.clone(),
            edits,
            limit: Some(order.limit).filter(|limit| *limit > 0),
            headers: wire.headers.clone(),
            stream: self.task.is_stream,
        })
    }

    async fn hand_over(
        &mut self,
        mut pieces: Pieces,
        mut passed: Passed,
        mut deadline: Pin<&mut Sleep>,
    ) -> Tried {
        let is_cancelled = self.is_cancelled_when_left();
        let tells_usage = self.task.order.wire.as_ref().is_none_or(|wire| wire.asked.includes_usage);
        loop {
            let next =
                before(pieces.next(), deadline.as_mut(), &self.task.outlet, is_cancelled && !passed.is_left);
            let WirePiece { bytes, part, seen } = match next.await {
                Ok(Some(Ok(piece))) => piece,
                Ok(Some(Err(error))) => return passed.broken(error),
                Ok(None) => return passed.broken(ended_early()),
                Err(Stop::Late) => return passed.broken(too_late()),
                Err(Stop::Left) => return passed.left(),
            };
            passed.seen = seen;
            match part {
                WirePart::Last => {
                    self.end_behind(pieces);
                    return self.passed_whole(passed, bytes);
                }
                WirePart::Usage if !tells_usage => continue,
                WirePart::Usage | WirePart::More => {}
            }
            if self.pass_on(bytes, passed.is_left).await.is_err() {
                if is_cancelled {
                    return passed.left();
                }
                passed.is_left = true;
            }
            if !passed.is_left {
                passed.delivered = seen.written;
            }
        }
    }

    /// Hands on what the vendor sent, as long as its caller hasn't left, and keeps it.
    pub(super) async fn pass_on(&mut self, bytes: Bytes, is_left: bool) -> Result<(), Left> {
        let sent = if is_left { Ok(()) } else { self.send(bytes.clone()).await };
        if sent.is_ok() || !self.is_cancelled_when_left() {
            self.spool.add(&bytes);
        }
        sent
    }

    /// The vendor has said all; this of it isn't handed on yet.
    fn passed_whole(&mut self, passed: Passed, last: Bytes) -> Tried {
        let used = passed.used(passed.told());
        let is_filtered = passed.seen.is_filtered == Some(true) && !passed.seen.written.is_said();
        let (vendor, worked) = (Map::new(), Some(used.quantities.clone()));
        match (is_filtered, self.begun.is_some()) {
            (true, false) => Tried::failed(refused(None)),
            (true, true) => Tried { outcome: Outcome::Filtered(last), vendor, worked },
            (false, _) => Tried { outcome: Outcome::Whole { used, last }, vendor, worked },
        }
    }

    /// Reads what comes behind the end, which is the end of the connection's answer: then it can be used again.
    fn end_behind(&self, mut pieces: Pieces) {
        if pieces.next().now_or_never().is_none() {
            let end = async move { drop(timeout(END_PATIENCE, pieces.next()).await) };
            drop(self.task.service.parts().spawner.start(end));
        }
    }
}

/// What came of an answer, and what of that was handed on.
#[derive(Default)]
struct Passed {
    input_tokens: u64,
    seen: WireSeen,
    /// What was handed on before the caller left.
    delivered: Written,
    is_left: bool,
}

impl Passed {
    fn used(&self, told: Usage) -> Used {
        Used::whole(told, false, self.input_tokens, self.seen.written)
    }

    fn told(&self) -> Usage {
        self.seen.usage.unwrap_or_default()
    }

    fn left(self) -> Tried {
        let told = self.told();
        let used = Used::until_left(told, self.input_tokens, self.delivered);
        Tried { outcome: Outcome::Left(used), vendor: Map::new(), worked: Some(self.used(told).quantities) }
    }

    fn broken(self, error: ProviderError) -> Tried {
        if self.delivered.is_nothing() {
            return Tried::failed(error);
        }
        let told = self.told();
        let used = Some(Used::until_broken(told, self.delivered));
        let (worked, vendor) = (Some(self.used(told).quantities), error.vendor.clone());
        Tried { outcome: Outcome::Broken { error, used }, vendor, worked }
    }
}

fn unspoken() -> ProviderError {
    ProviderError::new(Reason::Unsupported, Effect::NotStarted, "the request isn't in the vendor's wire")
}

fn ended_early() -> ProviderError {
    ProviderError::new(Reason::Unavailable, Effect::Started, "the vendor's answer has no end")
}
