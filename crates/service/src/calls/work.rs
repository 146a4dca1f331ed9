//! The work of a call: asks the providers of the route in their turn until one has answered, and hands on what comes.

use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::{
    AttemptContext, Credits, Effect, Modality, OnDisconnect, Provider, ProviderError, ProviderKey, Quantity,
    Reason,
};
use serde_json::{Map, Value};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::answer::{Begun, Left, Part, Writer};
use super::attempt::{asked, begun};
use super::cache::KeptAnswer;
use super::ending::Outcome;
use super::order::Typed;
use super::spool::Spool;
use super::task::CallTask;
use super::{Call, CallAnswer, FromCache};
use crate::jobs::{AfterFailure, Attempt, AttemptState, JobError, after_failure, logged, words};
use crate::routing::{Asked, Candidate, Candidates, Turn, Wait};

/// How long after a failed try the same vendor is asked again.
const BACKOFF: Duration = Duration::from_millis(500);

/// A call under work.
pub(super) struct Work<'a> {
    pub(super) task: &'a mut CallTask,
    pub(super) call: &'a Call,
    pub(super) attempts: Vec<Attempt>,
    pub(super) spool: Spool,
    /// What the caller was told of the answer, once he was.
    pub(super) begun: Option<Begun>,
    /// Whether who was asked last was sent the caller's own bytes.
    is_passed_on: bool,
    /// What the answer is, where what was asked doesn't say.
    pub(super) media_type: Option<String>,
    /// When a vendor was asked first.
    pub(super) asked_at: Option<Instant>,
    /// How long after that the first part of the answer was handed on.
    first_part: Option<Duration>,
    /// Whether half of its history was left out.
    is_shortened: bool,
    /// How long it may still wait for vendors that can't be asked just now.
    patience: Duration,
}

/// What came of the work.
pub(super) struct Worked {
    pub(super) outcome: Outcome,
    pub(super) attempts: Vec<Attempt>,
    /// Whose answer it is: who was asked last, or who gave it before it was kept.
    provider: Option<ProviderKey>,
    /// What the answer is, where what was asked doesn't say.
    media_type: Option<String>,
    /// Whether who was asked last was sent the caller's own bytes.
    pub(super) is_passed_on: bool,
    /// Whether the caller was told that the answer begins.
    is_begun: bool,
    /// How long after a vendor was asked the first part of the answer was handed on, where it came in parts.
    pub(super) first_part: Option<Duration>,
    spool: Spool,
}

/// What one vendor made of it.
pub(super) struct Tried {
    pub(super) outcome: Outcome,
    /// The vendor's own facts.
    pub(super) vendor: Map<String, Value>,
    /// What the vendor worked for, whatever of it the caller is charged for; nothing where it is nothing, or not known.
    pub(super) worked: Option<Vec<Quantity>>,
}

impl Worked {
    /// No work: the answer was kept.
    pub(super) fn kept(answer: KeptAnswer, spool: Spool) -> Self {
        Self {
            outcome: Outcome::Kept(answer.body),
            attempts: Vec::new(),
            provider: Some(answer.provider),
            media_type: answer.media_type,
            is_passed_on: false,
            is_begun: false,
            first_part: None,
            spool,
        }
    }

    /// Who was asked last.
    pub(super) fn asked(&self) -> Option<&ProviderKey> {
        self.attempts.last().map(|attempt| &attempt.provider)
    }

    /// What the caller was sent, with what he is still to be sent; kept where the same request may come again. Given
    /// once.
    pub(super) fn take_answer(&mut self) -> Option<CallAnswer> {
        let (rest, is_whole) = match &self.outcome {
            Outcome::Whole { last, .. } | Outcome::Filtered(last) | Outcome::Kept(last) => {
                (last.clone(), true)
            }
            _ => (Bytes::new(), false),
        };
        let body = std::mem::replace(&mut self.spool, Spool::off()).whole(&rest)?;
        let (provider, media_type) = (self.provider.clone()?, self.media_type.clone());
        Some(CallAnswer { provider, media_type, body: body.ok(), is_whole })
    }

    /// What the caller is to be told before the answer, unless he was.
    pub(super) fn begin(&self, from_cache: Option<FromCache>) -> Option<Begun> {
        let provider = self.provider.clone().filter(|_| !self.is_begun)?;
        Some(Begun { provider, media_type: self.media_type.clone(), from_cache })
    }
}

impl<'a> Work<'a> {
    pub(super) fn new(task: &'a mut CallTask, call: &'a Call, spool: Spool) -> Self {
        let patience = task.service.parts().settings.wait_max;
        let media_type = task.turn.as_ref().map(|turn| turn.media_type());
        Self {
            task,
            call,
            // Mostly there is one.
            attempts: Vec::with_capacity(1),
            spool,
            begun: None,
            is_passed_on: false,
            media_type,
            asked_at: None,
            first_part: None,
            is_shortened: false,
            patience,
        }
    }

    pub(super) async fn run(mut self, candidates: Candidates) -> Worked {
        let outcome = self.ask_all(candidates).await;
        Worked {
            outcome,
            provider: self.attempts.last().map(|attempt| attempt.provider.clone()),
            media_type: self.media_type,
            is_passed_on: self.is_passed_on,
            is_begun: self.begun.is_some(),
            first_part: self.first_part,
            attempts: self.attempts,
            spool: self.spool,
        }
    }

    /// Asks one after the other, as long as nothing was begun.
    async fn ask_all(&mut self, candidates: Candidates) -> Outcome {
        let (mut at_hand, mut again) = (Some(candidates), None);
        loop {
            // How they stand is looked at again after each.
            let candidates = at_hand.take().unwrap_or_else(|| {
                self.task.order.candidates(&self.task.service.parts().routing, self.call.id)
            });
            let in_turn = || candidates.turn(self.attempts.last().map(asked));
            let candidate = match again.take().map_or_else(in_turn, Turn::Ask) {
                Turn::Ask(candidate) => candidate,
                Turn::Wait(Wait { lasts, .. }) => match self.wait(lasts).await {
                    Ok(()) => continue,
                    Err(ended) => return ended.unwrap_or_else(|| Outcome::Failed(nobody_yet(lasts))),
                },
                Turn::Nobody(why) => {
                    return Outcome::Failed(ProviderError::new(Reason::Unavailable, Effect::NotStarted, why));
                }
            };
            if self.task.outlet.is_left() {
                return Outcome::NotSent;
            }
            let Tried { outcome, vendor, worked } = self.try_with(&candidate).await;
            match outcome {
                Outcome::Failed(failure) if self.begun.is_none() => {
                    let after = match self.shortens_after(&failure) {
                        true => {
                            again = Some(candidate);
                            let error = JobError::new(failure.reason.as_str(), words(&failure));
                            let (attempt, after) = (AttemptState::Failed, Duration::ZERO);
                            AfterFailure::Retry { error, attempt, after }
                        }
                        false => self.after(&candidates, &candidate, &failure),
                    };
                    if let Some(ended) = self.go_on_after(failure, vendor, after).await {
                        return ended;
                    }
                }
                outcome => {
                    self.end_attempt(&outcome, vendor, worked);
                    return outcome;
                }
            }
        }
    }

    /// Whether the same vendor is asked once more with half of a turn's history, since he refuses it as it is: most likely
    /// it is too long, as we only estimate how many tokens it comes to.
    fn shortens_after(&mut self, failure: &ProviderError) -> bool {
        let is_refused = failure.reason == Reason::InvalidRequest && failure.effect == Effect::NotStarted;
        let may_be_too_long = is_refused && self.task.turn.is_some() && !self.is_shortened;
        self.is_shortened |= may_be_too_long && self.task.order.shorten();
        may_be_too_long && self.is_shortened
    }

    /// One vendor's try.
    async fn try_with(&mut self, candidate: &Candidate) -> Tried {
        let parts = self.task.service.parts();
        let number = u32::try_from(self.attempts.len() + 1).unwrap_or(u32::MAX);
        let context = AttemptContext {
            owner: self.call.id.to_string(),
            number,
            vendor_model: candidate.choice.vendor_model.clone(),
            media: parts.media.of(self.call.account),
        };
        let cost = candidate.choice.cost.as_ref();
        let cost = cost.and_then(|cost| cost.credits_max(&self.task.order.quantities_max()).ok());
        let begun = Attempt {
            cost_price: candidate.choice.cost.clone(),
            cost,
            ..begun(self.call, number, candidate, parts.clock.now())
        };
        self.attempts.push(begun);
        self.asked_at.get_or_insert_with(Instant::now);
        let provider = candidate.provider.clone();
        let asked_at = Instant::now();
        let tried = self.ask(provider.as_ref(), context).await;
        let call = match (self.task.order.model.modality, self.task.is_stream) {
            (Modality::Embedding, _) => "embeddings",
            (Modality::Speech, _) => "speech",
            (_, true) => "chat_stream",
            (_, false) => "chat",
        };
        self.task.service.meters().vendor_call(provider.key(), call, asked_at.elapsed());
        let failure = match &tried.outcome {
            Outcome::Failed(error) | Outcome::Broken { error, .. } => Some(error),
            _ => None,
        };
        let (key, credential) = (&candidate.choice.provider, &candidate.credential);
        self.task.service.parts().routing.learn(key, credential, failure);
        let Tried { outcome, vendor, worked } = tried;
        Tried { outcome: self.unless_cut_off(outcome), vendor, worked }
    }

    /// Callers don't leave when a server that stops cuts them off, and aren't charged for what their vendor said then.
    fn unless_cut_off(&self, outcome: Outcome) -> Outcome {
        let is_left = match &outcome {
            Outcome::Left(_) => true,
            Outcome::Whole { .. } | Outcome::Broken { used: Some(_), .. } => self.task.outlet.is_left(),
            _ => false,
        };
        match is_left && self.task.service.parts().spawner.cut_off().is_cancelled() {
            true => Outcome::CutOff,
            false => outcome,
        }
    }

    /// In the caller's own bytes, of a vendor who reads them, else in our words; those ways are boxed, so that a call that
    /// is only passed on doesn't carry their room.
    async fn ask(&mut self, provider: &dyn Provider, context: AttemptContext) -> Tried {
        let asked = self.task.order.wire.as_ref();
        let wire = provider.wire().filter(|wire| asked.is_some_and(|asked| wire.speaks(asked.asked.dialect)));
        self.is_passed_on = wire.is_some();
        if let Some(wire) = wire {
            return self.pass(wire, context).await;
        }
        let order = &self.task.order;
        if let Some(speech) = order.speech() {
            return Box::pin(self.speak(provider, speech, context)).await;
        }
        let request = order.typed.as_ref().and_then(Typed::generation);
        let (Some(generator), Some(request)) = (provider.generator(), request) else {
            return Tried::failed(unsupported("text"));
        };
        let Some(mut writer) = self.task.writer.take() else {
            return Tried::failed(unsupported("text"));
        };
        writer.parts().asked();
        let tried = match (&mut writer, self.task.is_stream) {
            (Writer::Wire(interpreter), false) => {
                Box::pin(self.whole(generator, request, context, interpreter.as_mut())).await
            }
            (writer, _) => Box::pin(self.stream(generator, request, context, writer.parts())).await,
        };
        self.task.writer = Some(writer);
        tried
    }

    /// What becomes of it after a failure before anything came.
    fn after(&self, candidates: &Candidates, candidate: &Candidate, failure: &ProviderError) -> AfterFailure {
        let elsewhere = candidates.elsewhere(Asked {
            provider: &candidate.choice.provider,
            vendor_model: &candidate.choice.vendor_model,
            credential: &candidate.credential,
            is_refused: true,
            is_of_the_choice: false,
        });
        let attempts = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX);
        after_failure(failure, attempts, &self.task.order.terms(), BACKOFF, elsewhere)
    }

    /// Ends the attempt; gives how the work ended, unless another attempt follows.
    async fn go_on_after(
        &mut self,
        failure: ProviderError,
        vendor: Map<String, Value>,
        after: AfterFailure,
    ) -> Option<Outcome> {
        let now = self.task.service.parts().clock.now();
        let (state, error, again_after) = match after {
            AfterFailure::Fail { error, attempt } => (attempt, error, None),
            AfterFailure::Retry { error, attempt, after } => (attempt, error, Some(after)),
        };
        if let Some(attempt) = self.attempts.last_mut() {
            (attempt.state, attempt.effect) = (state, failure.effect);
            (attempt.error, attempt.ended_at) = (Some(error), Some(now));
            attempt.vendor = vendor;
            if state == AttemptState::Failed {
                attempt.cost = Some(Credits::ZERO);
            }
            tracing::warn!(call.id = %self.call.id, attempt = attempt.number, provider = %attempt.provider,
                reason = failure.reason.as_str(), error = logged(&failure), "an attempt failed");
        }
        match again_after {
            None => Some(Outcome::Failed(failure)),
            Some(again_after) => match self.wait(again_after).await {
                Ok(()) => None,
                Err(ended) => Some(ended.unwrap_or(Outcome::Failed(failure))),
            },
        }
    }

    /// Waits, unless that would be longer than a call may; then the work ends so, where the caller has left.
    async fn wait(&mut self, wait: Duration) -> Result<(), Option<Outcome>> {
        self.patience = self.patience.checked_sub(wait).ok_or(None)?;
        tokio::select! {
            () = self.task.outlet.left() => Err(Some(Outcome::NotSent)),
            () = sleep(wait) => Ok(()),
        }
    }

    /// Sends a part of the answer; the first one tells who answers.
    pub(super) async fn send(&mut self, bytes: Bytes) -> Result<(), Left> {
        if self.begun.is_none()
            && let Some(provider) = self.attempts.last().map(|attempt| attempt.provider.clone())
        {
            if let Some(asked_at) = self.asked_at {
                let after = asked_at.elapsed();
                self.task.service.meters().of(&self.call.model).first_part.record(after);
                self.first_part = Some(after);
            }
            let from_cache = self.task.answered_from();
            let begun = Begun { provider, media_type: self.media_type.clone(), from_cache };
            self.begun = Some(begun.clone());
            self.task.outlet.send(Part::begin(begun)).await?;
        }
        self.task.outlet.send(Part::More(bytes)).await
    }

    /// Whether the vendor is to be stopped when the caller leaves.
    pub(super) fn is_cancelled_when_left(&self) -> bool {
        self.task.order.model.on_disconnect == OnDisconnect::Cancel
    }

    /// Ends once the vendor has taken as long as it may.
    pub(super) fn deadline(&self) -> Sleep {
        sleep_until(self.asked_at.unwrap_or_else(Instant::now) + self.task.order.model.deadline)
    }
}

impl Tried {
    pub(super) fn failed(error: ProviderError) -> Self {
        let vendor = error.vendor.clone();
        Self { outcome: Outcome::Failed(error), vendor, worked: None }
    }
}

fn nobody_yet(wait: Duration) -> ProviderError {
    let message = "no provider of the model can be asked now";
    ProviderError {
        retry_after: Some(wait),
        ..ProviderError::new(Reason::Unavailable, Effect::NotStarted, message)
    }
}

pub(super) fn unsupported(what: &str) -> ProviderError {
    ProviderError::new(Reason::Unsupported, Effect::NotStarted, format!("the provider makes no {what}"))
}
