//! The task of a turn, from its place in the line to the end of its call. Its caller may leave at any moment.

use std::pin::Pin;
use std::time::Duration;

use fourfold_domain::CallId;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use super::history::Prepared;
use super::scribe::Scribe;
use super::service::NO_CONVERSATION;
use super::{
    About, BeginTurn, BegunTurn, ChatsService, ConversationName, LeaveLine, NewTurn, OpenTurn, RenewTurn,
    Ticket, TurnOutcome, TurnWriter,
};
use crate::calls::{BegunCall, Call, CallTask, OpenCall, Outlet, Replay};
use crate::routing::Candidates;
use crate::{Refusal, ServiceError, StoreError};

/// How often in the time of its lease a turn is renewed.
const RENEWALS: u32 = 3;

/// How soon one who waits looks whether those of other processes before him have gone.
const LOOK_FIRST: Duration = Duration::from_millis(50);
const LOOK_MAX: Duration = Duration::from_secs(1);

/// A turn that is to be taken.
pub(super) struct TurnTask {
    pub(super) chats: ChatsService,
    pub(super) turn: NewTurn,
    pub(super) name: ConversationName,
    scribe: Scribe,
    outlet: Outlet,
    /// The call of the turn, by which its place is known.
    id: CallId,
    pub(super) ticket: Option<Ticket>,
    /// Whether it may have a place though it has no ticket, since what came of asking for one isn't known.
    may_have_a_place: bool,
    /// Whether the message is in the history, since the same request has brought it there.
    pub(super) is_retry: bool,
}

/// How the wait for a turn ended.
enum Begun {
    /// It has begun.
    Turn { prepared: Box<Prepared>, candidates: Candidates, ticket: Ticket, call: BegunCall },
    /// The same request was answered before, or is being answered.
    Earlier(Call),
    /// The caller has left.
    Left,
}

impl TurnTask {
    pub(super) fn new(
        chats: ChatsService,
        turn: NewTurn,
        writer: Box<dyn TurnWriter>,
        outlet: Outlet,
    ) -> Self {
        let name = ConversationName::of(&turn.subject, turn.conversation.clone());
        Self {
            chats,
            turn,
            name,
            scribe: Scribe::new(writer),
            outlet,
            id: CallId::new(Uuid::now_v7()),
            ticket: None,
            may_have_a_place: false,
            is_retry: false,
        }
    }

    pub(super) async fn run(mut self) {
        let calls = self.chats.calls().clone();
        let begun = self.begin().await;
        let begun = match begun {
            Ok(begun) => begun,
            Err(refusal) => {
                self.leave_line().await;
                let subject = &self.turn.subject;
                // What was sent of an answer that is to be had in place isn't it.
                let idempotency = self.turn.idempotency.as_ref().filter(|_| !self.is_retry);
                return match calls.earlier(subject, idempotency, Replay::Turn, refusal).await {
                    Ok(reply) => self.outlet.pass_on(reply).await,
                    Err(error) => self.outlet.fail(error).await,
                };
            }
        };
        match begun {
            Begun::Turn { prepared, candidates, ticket, call } => {
                self.answer(*prepared, candidates, ticket, call).await;
            }
            Begun::Earlier(call) => {
                self.leave_line().await;
                match calls.again(&call, Replay::Turn).await {
                    Ok(reply) => self.outlet.pass_on(reply).await,
                    Err(error) => self.outlet.fail(error).await,
                }
            }
            Begun::Left => self.leave_line().await,
        }
    }

    /// Waits until the turn has begun.
    async fn begin(&mut self) -> Result<Begun, ServiceError> {
        let (id, until) = (self.id, Instant::now() + self.chats.settings().turn_wait);
        let mut prepared = self.prepare().await?;
        self.turn.admission.take_tokens(|| prepared.order.tokens_expected()).await?;
        let watched = self.chats.calls().watch(id);
        loop {
            let line = self.chats.waiting().line(&self.name);
            // Whoever goes from now on wakes us.
            let mut woken = std::pin::pin!(line.notified());
            woken.as_mut().enable();
            let candidates = prepared.order.candidates(&self.chats.calls().parts().routing, id);
            let step = self.step(&prepared, &candidates);
            let ticket = match self.chats.store().begin_turn(step).await {
                Ok(BegunTurn::Begun { ticket, call, held }) => {
                    let call = BegunCall {
                        call,
                        held,
                        is_free: false,
                        is_replayed: self.turn.idempotency.is_some(),
                        realm: self.name.realm.clone(),
                        watched,
                    };
                    return Ok(Begun::Turn { prepared: Box::new(prepared), candidates, ticket, call });
                }
                Ok(BegunTurn::Earlier(call)) => {
                    watched.ended();
                    return Ok(Begun::Earlier(call));
                }
                Ok(BegunTurn::Changed(ticket)) => {
                    self.ticket = ticket;
                    prepared = match self.prepare().await {
                        Ok(prepared) => prepared,
                        Err(error) => {
                            watched.ended();
                            return Err(error);
                        }
                    };
                    continue;
                }
                Ok(BegunTurn::Waits(ticket)) => {
                    self.ticket = Some(ticket);
                    ticket
                }
                Err(refused @ StoreError::Refused(_)) => {
                    watched.ended();
                    return Err(match refused {
                        StoreError::Refused(Refusal::NotFound) => NO_CONVERSATION,
                        refused => refused.into(),
                    });
                }
                // Perhaps it was opened; nobody was asked, and what was held will be given back, as is the place.
                Err(error) => {
                    self.may_have_a_place = true;
                    return Err(error.into());
                }
            };
            if let Some(ended) = self.await_turn(ticket, until, &line, woken).await {
                watched.ended();
                return ended;
            }
        }
    }

    /// Waits until it may be this ticket's turn, or its place is to be kept: until then it only looks, since all that is
    /// written here is written durably. Gives how the wait ended, if it is over.
    async fn await_turn<'l>(
        &self,
        ticket: Ticket,
        until: Instant,
        line: &'l Notify,
        mut woken: Pin<&mut Notified<'l>>,
    ) -> Option<Result<Begun, ServiceError>> {
        let parts = self.chats.calls().parts();
        let kept_until = Instant::now() + self.chats.lease() / RENEWALS;
        let mut pause = LOOK_FIRST;
        loop {
            tokio::select! {
                () = self.outlet.left() => return Some(Ok(Begun::Left)),
                () = parts.spawner.stopping().cancelled() => return Some(Err(ServiceError::Stopping)),
                () = sleep_until(until) => {
                    return Some(Err(ServiceError::Refused(Refusal::ConversationBusy)));
                }
                () = woken.as_mut() => {}
                () = sleep(pause) => pause = (pause * 2).min(LOOK_MAX),
            }
            if Instant::now() >= kept_until {
                return None;
            }
            woken.set(line.notified());
            woken.as_mut().enable();
            match self.chats.store().line(&self.name).await {
                Ok(Some((id, places)))
                    if id == ticket.conversation && !places.may_be_next(ticket.number, parts.clock.now()) => {
                }
                Ok(_) => return None,
                Err(error) => return Some(Err(error.into())),
            }
        }
    }

    fn step(&self, prepared: &Prepared, candidates: &Candidates) -> BeginTurn {
        let Prepared { order, seen, .. } = prepared;
        let open = OpenCall {
            id: self.id,
            subject: self.turn.subject.clone(),
            key: self.turn.key,
            instance: self.chats.calls().parts().instance,
            model: order.model.name.clone(),
            amount: order.amount,
            amount_min: order.amount_min,
            cost_max: order.cost_max(candidates),
            price: order.model.price.clone(),
            idempotency: self.turn.idempotency.clone(),
        };
        BeginTurn {
            open,
            name: self.name.clone(),
            seen: *seen,
            is_retry: self.is_retry,
            ticket: self.ticket,
            may_wait: self.turn.may_wait,
            lease: self.chats.lease(),
        }
    }

    /// Has the call worked on, and keeps the turn until it has ended.
    async fn answer(self, prepared: Prepared, candidates: Candidates, ticket: Ticket, call: BegunCall) {
        let Self { chats, turn, name, scribe, outlet, id, .. } = self;
        let Prepared { order, question, asked, title, replaces, .. } = prepared;
        let model = order.model.name.clone();
        let open = OpenTurn {
            scribe: scribe.clone(),
            name: name.clone(),
            ticket,
            model,
            question,
            asked,
            replaces,
            about: About { title, system: turn.system, metadata: turn.metadata },
            is_over: false,
            outcome: TurnOutcome::Failed,
            answer: None,
        };
        let mut task =
            CallTask::of_turn(chats.calls().clone(), order, turn.admission, Box::new(scribe), open, outlet);
        tokio::select! {
            () = task.go_on(call, candidates) => {}
            () = keep(&chats, &name, ticket) => {}
        }
        // Whoever else has ended the call didn't.
        if task.keeps_its_place() {
            leave_line(&chats, &name, id).await;
        }
        chats.waiting().wake(&name);
    }

    /// Gives its place up, if it may have one.
    async fn leave_line(&mut self) {
        if self.ticket.is_some() || self.may_have_a_place {
            leave_line(&self.chats, &self.name, self.id).await;
            self.chats.waiting().wake(&self.name);
        }
    }
}

async fn leave_line(chats: &ChatsService, name: &ConversationName, call: CallId) {
    let step = LeaveLine { name: name.clone(), call };
    if let Err(error) = chats.store().leave_line(step).await {
        // The place is free once its time is over.
        tracing::warn!(error = &error as &dyn std::error::Error, "a place in a line can't be given up");
    }
}

/// Says again and again that the turn goes on. Never ends: a turn that is lost is told so when it ends.
async fn keep(chats: &ChatsService, name: &ConversationName, ticket: Ticket) {
    loop {
        let lease = chats.lease();
        sleep(lease / RENEWALS).await;
        let step = RenewTurn { name: name.clone(), ticket, lease };
        match chats.store().renew_turn(step).await {
            Ok(()) => {}
            Err(StoreError::Refused(_)) => std::future::pending().await,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a turn can't be renewed yet");
            }
        }
    }
}
