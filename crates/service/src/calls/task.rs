//! The task of a call, from its hold to its end. Its caller may leave at any moment; the task goes on until the call is
//! settled.

use std::time::Duration;

use fourfold_domain::{Credits, Effect, Modality, ProviderError, Realm};
use tokio::time::Instant;

use super::answer::{CallHead, Outlet, PartWriter, Writer};
use super::cache::CacheTurn;
use super::ending::Outcome;
use super::left_over::Watched;
use super::meters::ModelMeters;
use super::order::Order;
use super::service::CallsService;
use super::settle::{charge, state_after};
use super::work::{Work, Worked};
use super::{Call, CallAnswer, CallEnding, CallState, EndCall, OpenCall, OpenedCall, Replay};
use crate::chats::OpenTurn;
use crate::credits::Owner;
use crate::jobs::words;
use crate::limits::Admission;
use crate::routing::Candidates;
use crate::usage::{UsageAmounts, UsageRow};
use crate::{PassedOn, Refusal, ServiceError, StoreError, failpoint};

/// A call that is to be worked on.
pub(crate) struct CallTask {
    pub(super) service: CallsService,
    pub(super) order: Order,
    /// Nothing where its model has no cache.
    pub(super) cache: Option<CacheTurn>,
    pub(super) is_stream: bool,
    /// Held to the end of the call.
    pub(super) admission: Admission,
    /// Writes text in its caller's wire; lent to whoever generates it. Nothing of what isn't text.
    pub(super) writer: Option<Writer>,
    /// The turn that it is of a conversation, which ends with it.
    pub(super) turn: Option<Box<OpenTurn>>,
    pub(super) outlet: Outlet,
}

/// A call that was opened, and is to be worked on.
pub(crate) struct BegunCall {
    pub(crate) call: Call,
    /// What was set aside for it.
    pub(crate) held: Credits,
    /// Whether it costs nobody anything, and nothing of it is in the store.
    pub(crate) is_free: bool,
    /// Whether its answer is kept for the same request that comes again.
    pub(crate) is_replayed: bool,
    /// Whose user pays.
    pub(crate) realm: Realm,
    pub(crate) watched: Watched,
}

/// A call that was opened.
enum Opened {
    /// It costs nobody anything, and nothing of it is in the store.
    Free(Call),
    /// The store has it.
    Kept(OpenedCall),
}

impl CallTask {
    /// The task of a turn.
    pub(crate) fn of_turn(
        service: CallsService,
        order: Order,
        admission: Admission,
        writer: Box<dyn PartWriter>,
        turn: OpenTurn,
        outlet: Outlet,
    ) -> Self {
        let (writer, turn) = (Some(Writer::Turn(writer)), Some(Box::new(turn)));
        // It is written as a stream whatever its caller wants, so that what was said of it can be kept.
        Self { service, order, cache: None, is_stream: true, admission, writer, turn, outlet }
    }

    /// Whether it is of a turn that wasn't ended with it, so that the turn's place is still taken.
    pub(crate) fn keeps_its_place(&self) -> bool {
        self.turn.as_ref().is_some_and(|turn| !turn.is_over)
    }

    /// Opens the call, works on it and ends it. The candidates are those that there were when it was asked for.
    pub(super) async fn run(&mut self, open: OpenCall, candidates: Candidates) {
        let watched = self.service.left_over().watch(open.id);
        let (is_replayed, realm) = (open.idempotency.is_some(), open.subject.realm.clone());
        let (call, held, is_free) = match self.open(open).await {
            Ok(Opened::Free(call)) => (call, Credits::ZERO, true),
            Ok(Opened::Kept(OpenedCall::New { call, held })) => (call, held, false),
            Ok(Opened::Kept(OpenedCall::Earlier(call))) => {
                watched.ended();
                return self.answer_again(&call).await;
            }
            Err(refused @ StoreError::Refused(_)) => {
                watched.ended();
                self.outlet.fail(refused.into()).await;
                return;
            }
            // Perhaps it was opened; nobody was asked, and what was held will be given back.
            Err(error) => {
                self.outlet.fail(error.into()).await;
                return;
            }
        };
        self.go_on(BegunCall { call, held, is_free, is_replayed, realm, watched }, candidates).await;
    }

    /// Works on a call that was opened, and ends it.
    pub(crate) async fn go_on(&mut self, begun: BegunCall, candidates: Candidates) {
        let BegunCall { call, held, is_free, is_replayed, realm, mut watched } = begun;
        failpoint::reach("after_open_call");
        let meters = self.service.meters().of(&call.model);
        meters.held.increment(held.micros().unsigned_abs());
        // Who could pay for a part of the limit only has an answer that others wouldn't have.
        let is_for_all = held >= self.order.amount;
        if let Err(error) = self.order.lower_to(held) {
            tracing::error!(call.id = %call.id, error = &error as &dyn std::error::Error, "a call has no price");
        }
        if let Some(from_cache) = self.answered_from() {
            meters.answered(from_cache).increment(1);
        }
        if is_free {
            watched.has_nothing();
        } else if self.asks() {
            watched.is_asked();
        }
        let (began, spool) = (Instant::now(), self.spool(is_replayed));
        let mut worked = match &self.cache {
            Some(CacheTurn::Given(kept)) => Worked::kept(kept.clone(), spool),
            Some(CacheTurn::Asked(_)) | None => {
                if let Some(writer) = &mut self.writer {
                    writer.parts().begin(&CallHead { id: call.id, created_at: call.created_at });
                }
                Work::new(self, &call, spool).run(candidates).await
            }
        };
        self.close_turn(&mut worked.outcome, held);
        let answer = worked.take_answer();
        let replayed = answer.as_ref().filter(|_| is_replayed).map(|answer| self.replayed(answer));
        let (settled, ending) = self.settle(&call, held, is_free, &worked, replayed).await;
        if let Some(turn) = &mut self.turn {
            turn.is_over = settled.is_ok();
        }
        self.note_sound(&worked.outcome);
        if let (Outcome::Whole { .. }, Ok(charged), Some(answer)) = (&worked.outcome, &settled, answer)
            && is_for_all
        {
            self.keep(answer, *charged);
        }
        // Who has lost his turn has settled nothing, and what was held is still to be given back.
        if matches!(&settled, Ok(_) | Err(StoreError::Refused(_)))
            && !matches!(&settled, Err(StoreError::Refused(Refusal::TurnLost)))
        {
            watched.ended();
        }
        self.admission.used_tokens(
            worked.outcome.used().map_or(0, |used| used.usage.input_tokens + used.usage.output_tokens),
        );
        let (charged, duration) = (settled.as_ref().ok().copied(), began.elapsed());
        note_end(&meters, &call, &worked, ending, charged, duration);
        self.service.parts().usage.call(self.usage_row(&call, realm, &worked, charged, duration));
        self.tell_end(settled, worked).await;
    }

    async fn open(&self, open: OpenCall) -> Result<Opened, StoreError> {
        let parts = self.service.parts();
        let (store, now) = (parts.store.as_ref(), parts.clock.now());
        let free = self.service.free().open(&open, &self.order, self.asks(), store, now);
        match free.await? {
            Some(call) => Ok(Opened::Free(call)),
            None => store.open_call(open).await.map(Opened::Kept),
        }
    }

    /// Whether a vendor is asked.
    fn asks(&self) -> bool {
        !matches!(self.cache, Some(CacheTurn::Given(_)))
    }

    /// The most that the vendor who is asked first charges for it, where the catalog says; nothing where nobody is.
    pub(super) fn cost_max(&self, candidates: &Candidates) -> Option<Credits> {
        self.order.cost_max(candidates).filter(|_| self.asks())
    }

    /// What the usage log keeps of the call.
    fn usage_row(
        &self,
        call: &Call,
        realm: Realm,
        worked: &Worked,
        charged: Option<Credits>,
        duration: Duration,
    ) -> UsageRow {
        let used = worked.outcome.used();
        UsageRow {
            owner: Owner::Call(call.id),
            account: call.account,
            realm,
            key: call.key,
            model: call.model.clone(),
            modality: self.order.model.modality,
            provider: worked.asked().cloned(),
            outcome: worked.outcome.in_usage(),
            attempts: u32::try_from(worked.attempts.len()).unwrap_or(u32::MAX),
            amounts: used.map(|used| UsageAmounts::of(&used.quantities)).unwrap_or_default(),
            charged: charged.unwrap_or_default(),
            is_estimated: used.is_some_and(|used| used.is_estimated),
            duration,
            first_part: worked.first_part,
            ended_at: self.service.parts().clock.now(),
        }
    }

    async fn answer_again(&self, call: &Call) {
        let is_sound = self.order.model.modality == Modality::Speech;
        let replay = if is_sound { Replay::Sound } else { Replay::Text };
        let reply = match self.service.again(call, replay).await {
            Ok(reply) => reply,
            Err(error) => {
                self.outlet.fail(error).await;
                return;
            }
        };
        self.outlet.pass_on(reply).await;
    }

    /// Says of a turn what becomes of its messages, and its caller what comes last: only now is it known what he pays.
    fn close_turn(&mut self, outcome: &mut Outcome, held: Credits) {
        let Some(turn) = &mut self.turn else { return };
        let credits = charge(outcome.ending(&self.order.model.price, held), held);
        let usage = outcome.used().map(|used| used.usage).unwrap_or_default();
        turn.outcome = outcome.of_turn();
        match outcome {
            Outcome::Whole { last, .. } | Outcome::Filtered(last) => *last = turn.is_whole(usage, credits),
            _ => turn.broke_off(usage),
        }
    }

    /// Ends the call.
    async fn settle(
        &self,
        call: &Call,
        held: Credits,
        is_free: bool,
        worked: &Worked,
        answer: Option<CallAnswer>,
    ) -> (Result<Credits, StoreError>, CallEnding) {
        let ending = worked.outcome.ending(&self.order.model.price, held);
        if is_free {
            return (Ok(Credits::ZERO), ending);
        }
        let end = EndCall { id: call.id, ending, attempts: worked.attempts.clone(), answer };
        failpoint::reach("before_end_call");
        let settled = self.service.write_end(end, self.turn.as_deref(), held).await;
        failpoint::reach("after_end_call");
        (settled, ending)
    }

    /// Tells the caller how it ended, if he is still there.
    async fn tell_end(&self, settled: Result<Credits, StoreError>, worked: Worked) {
        let begin = worked.begin(self.answered_from());
        match (settled, worked.outcome) {
            (Err(error), _) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a call couldn't be settled");
                let (what, effect) = ("a call couldn't be settled", Effect::Started);
                self.outlet
                    .fail(match error {
                        // The sweep ends the call once the store is back.
                        StoreError::Failed(source) | StoreError::Unknown(source) => {
                            ServiceError::Unavailable { what, effect, source }
                        }
                        error @ (StoreError::Refused(_) | StoreError::Full(_)) => {
                            ServiceError::Internal { what, effect, source: error.into() }
                        }
                    })
                    .await;
            }
            (Ok(_), Outcome::Whole { last, .. } | Outcome::Filtered(last) | Outcome::Kept(last)) => {
                self.outlet.end(begin, last).await;
            }
            (Ok(_), Outcome::Failed(error) | Outcome::Broken { error, .. }) => {
                self.outlet.fail(vendor_failed(error, worked.is_passed_on)).await;
            }
            (Ok(_), Outcome::NotSent | Outcome::Left(_) | Outcome::CutOff) => {}
        }
    }
}

fn vendor_failed(error: ProviderError, is_passed_on: bool) -> ServiceError {
    ServiceError::Vendor {
        reason: error.reason,
        effect: error.effect,
        message: words(&error),
        retry_after: error.retry_after,
        passed_on: is_passed_on.then_some(PassedOn { code: error.vendor_code }),
    }
}

/// Counts a call that has ended and writes its one line.
fn note_end(
    meters: &ModelMeters,
    call: &Call,
    worked: &Worked,
    ending: CallEnding,
    charged: Option<Credits>,
    duration: Duration,
) {
    let state = charged.map(|_settled| state_after(ending));
    let used = worked.outcome.used();
    let usage = used.map(|used| used.usage).unwrap_or_default();
    tracing::info!(
        call.id = %call.id,
        account.id = %call.account,
        model = %call.model,
        provider = worked.asked().map(|provider| provider.as_str()),
        state = state.map_or("unsettled", CallState::as_str),
        outcome = worked.outcome.name(),
        attempts = worked.attempts.len(),
        input_tokens = usage.input_tokens,
        output_tokens = usage.output_tokens,
        is_estimated = used.is_some_and(|used| used.is_estimated),
        charged = charged.map(tracing::field::display),
        duration_ms = crate::jobs::millis(duration),
        "a call ended"
    );
    meters.ended(state, &usage, charged, duration);
}
