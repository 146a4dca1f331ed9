//! Work that is done elsewhere in the house and paid like a call: it is held, settled, limited and recorded here, and
//! nothing of what is asked or answered passes through.
//!
//! ```text
//! open_metered ─► task: open_call ─► (the work is done elsewhere) ─► MeteredHold::end ─► end_call ─► its last bytes
//! ```
//!
//! The task goes on whatever becomes of those who wait. A hold that is dropped without a word ends without a charge.

use std::time::Duration;

use fourfold_domain::estimate::Written;
use fourfold_domain::{
    CallId, Credits, Effect, KeyId, Modality, ModelName, Price, ProviderError, ProviderKey, Quantity, Reason,
    Subject, TokenCeilings, Unit, Usage, WireAsked,
};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::ending::{Outcome, Used};
use super::service::CallsService;
use super::settle::state_after;
use super::{Call, CallState, EndCall, OpenCall, OpenedCall};
use crate::credits::Owner;
use crate::limits::Admission;
use crate::usage::{UsageAmounts, UsageRow};
use crate::{ServiceError, StoreError, failpoint};

/// Work that is about to be done.
#[derive(Debug)]
pub struct MeteredCall {
    /// Who pays.
    pub subject: Subject,
    /// With which key.
    pub key: Option<KeyId>,
    /// What the books call it.
    pub model: ModelName,
    /// Who is asked, by the name that the usage log has.
    pub provider: ProviderKey,
    /// The price in force.
    pub price: Price,
    /// What is asked.
    pub work: MeteredWork,
    /// What its caller may; held until it has ended.
    pub admission: Admission,
}

/// What is asked, as far as it is priced.
#[derive(Clone, PartialEq, Debug)]
pub enum MeteredWork {
    /// Text, by what its body asks.
    Text {
        /// What that is.
        asked: Box<WireAsked>,
        /// The most tokens of an answer.
        limit: u64,
        /// What may go in beside text.
        ceilings: TokenCeilings,
    },
    /// So much of something, whatever comes of it.
    Counted(Modality, Vec<Quantity>),
}

/// How the work ended.
#[derive(Clone, Debug)]
pub struct MeteredEnd {
    /// How.
    pub outcome: MeteredOutcome,
    /// What was told of what it used; nothing where nothing was.
    pub usage: Usage,
    /// What was handed on of the answer.
    pub delivered: Written,
}

/// How the work ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeteredOutcome {
    /// With the whole of its answer.
    Whole,
    /// With a refusal, or without any answer.
    Failed(Effect),
    /// It broke off after some of its answer was handed on.
    Broken,
    /// Its caller left after it was asked for.
    Left,
    /// Its caller left before that.
    NotSent,
}

/// Credits that are set aside for work until its end is told.
#[derive(Debug)]
pub struct MeteredHold(oneshot::Sender<Ended>);

/// The end of the work, and who waits for it to be settled.
type Ended = (MeteredEnd, oneshot::Sender<bool>);

impl MeteredHold {
    /// Tells the end. Whether it is settled, so that the last bytes may be handed on; the settling goes on if nobody
    /// waits for it.
    pub fn end(self, end: MeteredEnd) -> impl Future<Output = bool> + Send + 'static {
        let (tx, settled) = oneshot::channel();
        // Where the task is gone, nobody settles.
        let is_told = self.0.send((end, tx)).is_ok();
        async move { is_told && settled.await.unwrap_or(false) }
    }
}

impl MeteredWork {
    fn modality(&self) -> Modality {
        match self {
            Self::Text { asked, .. } if asked.dialect == fourfold_domain::Dialect::OpenAiEmbeddings => {
                Modality::Embedding
            }
            Self::Text { .. } => Modality::Chat,
            Self::Counted(modality, _) => *modality,
        }
    }

    fn quantities_max(&self) -> Vec<Quantity> {
        match self {
            Self::Text { asked, limit, ceilings } => {
                asked.quantities_max(ceilings, *limit).into_iter().map(|one| self.traited(one)).collect()
            }
            Self::Counted(_, quantities) => quantities.clone(),
        }
    }

    /// With the name of what was asked, as a trait: one price may have several vendor's models.
    fn traited(&self, quantity: Quantity) -> Quantity {
        match self {
            Self::Text { asked, .. } => quantity.with("model", asked.model.as_str()),
            Self::Counted(..) => quantity,
        }
    }

    fn traited_all(&self, used: Used) -> Used {
        let quantities = used.quantities.into_iter().map(|one| self.traited(one)).collect();
        Used { quantities, ..used }
    }

    fn input_tokens(&self) -> u64 {
        match self {
            Self::Text { asked, .. } => asked.input_tokens(),
            Self::Counted(..) => 0,
        }
    }

    /// As of calls: at most as many as its caller said, else as go in.
    fn tokens_expected(&self) -> u64 {
        let bounded = match self {
            Self::Text { asked, .. } => asked.limit.unwrap_or(0).saturating_mul(asked.answers),
            Self::Counted(..) => 0,
        };
        self.input_tokens().saturating_add(bounded)
    }

    fn outcome(&self, end: MeteredEnd) -> Outcome {
        let MeteredEnd { outcome, usage, delivered } = end;
        // The answer of an embedding is no text.
        let delivered = if self.modality() == Modality::Chat { delivered } else { Written::default() };
        let failed = |effect| ProviderError::new(Reason::Failed, effect, "the target failed");
        let used = |used: fn(Usage, u64, Written) -> Used| match self {
            Self::Text { .. } => self.traited_all(used(usage, self.input_tokens(), delivered)),
            Self::Counted(_, quantities) => Used::counted(quantities.clone()),
        };
        match outcome {
            MeteredOutcome::Whole => Outcome::Whole {
                used: used(|usage, input, delivered| Used::whole(usage, false, input, delivered)),
                last: bytes::Bytes::new(),
            },
            MeteredOutcome::Failed(effect) => Outcome::Failed(failed(effect)),
            MeteredOutcome::Broken => Outcome::Broken {
                error: failed(Effect::Started),
                used: match self {
                    Self::Text { .. } if !delivered.is_nothing() => {
                        Some(self.traited_all(Used::until_broken(usage, delivered)))
                    }
                    Self::Text { .. } | Self::Counted(..) => None,
                },
            },
            MeteredOutcome::Left => Outcome::Left(used(Used::until_left)),
            MeteredOutcome::NotSent => Outcome::NotSent,
        }
    }
}

impl CallsService {
    /// Sets aside what the work may cost at most, before it is begun; refused where its account can't pay for that, as a
    /// call is. From then on the hold is owned by a task of ours.
    ///
    /// Dropping this future gives the credits back.
    pub async fn open_metered(&self, metered: MeteredCall) -> Result<MeteredHold, ServiceError> {
        let in_flight = self.place()?;
        metered.admission.take_tokens(|| metered.work.tokens_expected()).await?;
        let amount = metered.price.quote_max(&metered.work.quantities_max())?.credits;
        let open = OpenCall {
            id: CallId::new(Uuid::now_v7()),
            subject: metered.subject.clone(),
            key: metered.key,
            instance: self.parts().instance,
            model: metered.model.clone(),
            amount,
            amount_min: amount,
            cost_max: None,
            price: metered.price.clone(),
            idempotency: None,
        };
        let (tx, opened) = oneshot::channel();
        let task = MeteredTask { service: self.clone(), metered, opened: tx, in_flight };
        self.parts().spawner.start(task.run(open));
        opened.await.unwrap_or_else(|gone| {
            Err(ServiceError::Internal {
                what: "a hold was given up",
                effect: Effect::NotStarted,
                source: gone.into(),
            })
        })
    }
}

/// A hold, from before it is written to its end.
struct MeteredTask {
    service: CallsService,
    metered: MeteredCall,
    opened: oneshot::Sender<Result<MeteredHold, ServiceError>>,
    in_flight: OwnedSemaphorePermit,
}

impl MeteredTask {
    async fn run(self, open: OpenCall) {
        let Self { service, metered, opened, in_flight } = self;
        let mut watched = service.left_over().watch(open.id);
        let (call, held) = match service.parts().store.open_call(open).await {
            Ok(OpenedCall::New { call, held }) => (call, held),
            // Only a key of idempotency finds one, and there is none.
            Ok(OpenedCall::Earlier(_)) => return,
            Err(error) => {
                if matches!(error, StoreError::Refused(_)) {
                    watched.ended();
                }
                // Whoever asked may be gone.
                drop(opened.send(Err(error.into())));
                return;
            }
        };
        failpoint::reach("after_open_call");
        service.meters().of(&call.model).held.increment(held.micros().unsigned_abs());
        let (tx, ended) = oneshot::channel();
        let (outcome, waiting, began) = match opened.send(Ok(MeteredHold(tx))) {
            Err(_left) => (Outcome::NotSent, None, Instant::now()),
            Ok(()) => {
                watched.is_asked();
                let began = Instant::now();
                let (outcome, waiting) = until_ended(&service, &metered.work, ended).await;
                (outcome, waiting, began)
            }
        };
        let ending = outcome.ending(&metered.price, held);
        failpoint::reach("before_end_call");
        let settled = service.write_end(EndCall::new(call.id, ending), None, held).await;
        failpoint::reach("after_end_call");
        if matches!(settled, Ok(_) | Err(StoreError::Refused(_))) {
            watched.ended();
        }
        if let Err(error) = &settled {
            tracing::error!(call.id = %call.id, error = error as &dyn std::error::Error, "a call couldn't be settled");
        }
        let state = settled.is_ok().then(|| state_after(ending));
        let charged = settled.ok();
        note_end(&service, &metered, &call, &outcome, (state, charged), began.elapsed());
        if let Some(waiting) = waiting {
            // Whoever waited may have left.
            _ = waiting.send(charged.is_some());
        }
        drop(in_flight);
    }
}

/// How the work ended, and who waits for that.
async fn until_ended(
    service: &CallsService,
    work: &MeteredWork,
    ended: oneshot::Receiver<Ended>,
) -> (Outcome, Option<oneshot::Sender<bool>>) {
    tokio::select! {
        biased;
        ended = ended => match ended {
            Ok((end, waiting)) => (work.outcome(end), Some(waiting)),
            Err(_dropped) => (Outcome::CutOff, None),
        },
        () = service.parts().spawner.cut_off().cancelled() => (Outcome::CutOff, None),
    }
}

/// Counts work that has ended, writes its one line, and its row of the usage log.
fn note_end(
    service: &CallsService,
    metered: &MeteredCall,
    call: &Call,
    outcome: &Outcome,
    (state, charged): (Option<CallState>, Option<Credits>),
    duration: Duration,
) {
    let used = outcome.used();
    let usage = used.map(|used| used.usage).unwrap_or_default();
    metered.admission.used_tokens(usage.input_tokens.saturating_add(usage.output_tokens));
    tracing::info!(
        call.id = %call.id,
        account.id = %call.account,
        model = %call.model,
        state = state.map_or("unsettled", CallState::as_str),
        outcome = outcome.name(),
        input_tokens = usage.input_tokens,
        output_tokens = usage.output_tokens,
        is_estimated = used.is_some_and(|used| used.is_estimated),
        charged = charged.map(tracing::field::display),
        duration_ms = crate::jobs::millis(duration),
        "a call ended"
    );
    service.meters().of(&call.model).ended(state, &usage, charged, duration);
    service.parts().usage.call(UsageRow {
        owner: Owner::Call(call.id),
        account: call.account,
        realm: metered.subject.realm.clone(),
        key: call.key,
        model: call.model.clone(),
        modality: metered.work.modality(),
        provider: Some(metered.provider.clone()),
        outcome: outcome.in_usage(),
        attempts: u32::from(!matches!(outcome, Outcome::NotSent)),
        amounts: used.map(|used| UsageAmounts::of(&used.quantities)).unwrap_or_default(),
        charged: charged.unwrap_or_default(),
        is_estimated: used.is_some_and(|used| used.is_estimated),
        duration,
        first_part: None,
        ended_at: service.parts().clock.now(),
    });
}

/// Whether a price has a rate for this, whatever its traits.
pub fn is_priced(price: &Price, unit: Unit) -> bool {
    price.rates.iter().any(|rate| rate.unit == unit && rate.when.is_empty())
}
