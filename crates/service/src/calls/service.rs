//! What callers ask of calls: make one, and get the same answer again.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{CallId, Effect, InstanceId, KeyId, Subject};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::answer::{self, AnswerWriter, CallReply, Part};
use super::left_over::{LeftOver, charged_unsent};
use super::order::Order;
use super::task::CallTask;
use super::{Call, CallSettings, CallState, OpenCall};
use crate::catalog::CatalogService;
use crate::commit::lost;
use crate::credits::Owner;
use crate::limits::Admission;
use crate::ports::Store;
use crate::routing::Routing;
use crate::usage::UsageLog;
use crate::{Clock, Idempotency, IdempotencyRecord, IdempotencyScope, Made, Media, ServiceError, Spawner};

/// How often calls that couldn't be ended are tried again.
const SWEEP: Duration = Duration::from_secs(5);

/// What calls are made of.
#[derive(Clone)]
pub struct CallParts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Who is asked.
    pub routing: Routing,
    /// What can be asked for.
    pub catalog: CatalogService,
    /// Where the media of requests come from.
    pub media: Media,
    /// Takes what has ended.
    pub usage: UsageLog,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// This process.
    pub instance: InstanceId,
    /// How calls are worked on.
    pub settings: CallSettings,
    /// Runs the task of each call.
    pub spawner: Spawner,
}

/// A request for a call.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// Who pays.
    pub subject: Subject,
    /// With which key.
    pub key: Option<KeyId>,
    /// The model's name.
    pub model: String,
    /// What is asked.
    pub input: Map<String, Value>,
    /// Whether the answer is wanted as it is written, or at once.
    pub is_stream: bool,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
    /// What its caller may; held until the call has ended.
    pub admission: Admission,
}

/// Calls, as callers see them. Clones share what is known of those that couldn't be ended, and how many are worked on.
#[derive(Clone)]
pub struct CallsService {
    parts: CallParts,
    left_over: LeftOver,
    /// One for each call; its task holds it to its end.
    in_flight: Arc<Semaphore>,
}

impl CallsService {
    /// Over these parts.
    pub fn new(parts: CallParts) -> Self {
        let in_flight = Arc::new(Semaphore::new(parts.settings.in_flight_max));
        Self { parts, left_over: LeftOver::default(), in_flight }
    }

    /// Makes a chat and answers once it is known who serves it; with an error before that, nothing was charged.
    ///
    /// The work is done by a task of its own, which holds the credits, asks the vendor and settles, whether its caller
    /// listens or not: dropping this future or the reply tells it that the caller has left. The same idempotency key
    /// gives the same answer, as far as it was charged for. Refused with [`ServiceError::Overloaded`] while as many are
    /// worked on as may be.
    pub async fn chat(
        &self,
        request: CallRequest,
        writer: Box<dyn AnswerWriter>,
    ) -> Result<CallReply, ServiceError> {
        let in_flight =
            self.in_flight.clone().try_acquire_owned().map_err(|_none_left| ServiceError::Overloaded)?;
        let CallParts { catalog, routing, .. } = &self.parts;
        let allowed = request.admission.check_model(&request.model);
        let order = allowed.and_then(|()| Order::chat(catalog, routing, &request.model, &request.input));
        let order = match order {
            Ok(order) => order,
            Err(refusal) => return self.earlier(&request, refusal).await,
        };
        request.admission.take_tokens(|| order.tokens_expected()).await?;
        let id = CallId::new(Uuid::now_v7());
        let open = OpenCall {
            id,
            subject: request.subject,
            key: request.key,
            instance: self.parts.instance,
            model: order.model.name.clone(),
            amount: order.amount,
            amount_min: order.amount_min,
            cost_max: order.cost_max(routing, id),
            price: order.model.price.clone(),
            idempotency: request.idempotency,
        };
        let (outlet, body) = answer::answer(self.parts.settings.read_patience);
        let (is_stream, admission) = (request.is_stream, request.admission);
        let task = CallTask { service: self.clone(), order, is_stream, admission, writer, outlet };
        self.parts.spawner.start(async move {
            task.run(open).await;
            drop(in_flight);
        });
        body.begun().await
    }

    /// Starts to end, again and again, the calls that couldn't be ended when they should have been.
    pub fn start_sweep(&self) {
        // It is seen before it counts.
        charged_unsent().increment(0);
        for model in self.parts.catalog.current().models() {
            lost(&model.name).increment(0);
        }
        let (service, stopping) = (self.clone(), self.parts.spawner.stopping().clone());
        self.parts.spawner.start(async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(SWEEP) => service.end_left_over().await,
                }
            }
        });
    }

    /// Ends the calls of this process that couldn't be ended when they should have been; nothing is charged for them,
    /// since their callers weren't sent their end.
    pub async fn end_left_over(&self) {
        self.left_over.end_all(self.parts.store.as_ref()).await;
    }

    /// The answer of an earlier call once more, unless there is none.
    pub(super) async fn again(&self, call: &Call) -> Result<CallReply, ServiceError> {
        match call.state {
            CallState::Open => return Err(ServiceError::InProgress),
            CallState::Interrupted | CallState::Released => return Err(ServiceError::Interrupted),
            CallState::Charged => {}
        }
        let kept = self.parts.store.call_answer(call.id).await?;
        let kept = kept.ok_or_else(|| ServiceError::Internal {
            what: "the answer of a call that was charged is gone",
            effect: Effect::Started,
            source: format!("call {}", call.id).into(),
        })?;
        let Some(bytes) = kept.body else {
            return Err(ServiceError::ReplayTooLarge {
                bytes_max: self.parts.settings.replay_bytes_max as u64,
            });
        };
        if !kept.is_whole && bytes.is_empty() {
            return Err(ServiceError::Interrupted);
        }
        let (outlet, body) = answer::answer(self.parts.settings.read_patience);
        let begin = Ok(Part::Begin(kept.provider));
        // There is room for all of it, and nobody has left yet.
        match kept.is_whole {
            true => outlet.send_all([begin, Ok(Part::End(bytes))]).await,
            false => outlet.send_all([begin, Ok(Part::More(bytes)), Err(ServiceError::Interrupted)]).await,
        }
        body.begun().await
    }

    pub(super) fn parts(&self) -> &CallParts {
        &self.parts
    }

    pub(super) fn left_over(&self) -> &LeftOver {
        &self.left_over
    }

    /// What was answered once is answered again, even where the same request would be refused today.
    async fn earlier(&self, request: &CallRequest, refusal: ServiceError) -> Result<CallReply, ServiceError> {
        let Some(idempotency) = &request.idempotency else { return Err(refusal) };
        let scope: IdempotencyScope = idempotency.scope(&request.subject);
        let known = match self.parts.store.idempotency(&scope).await? {
            Some(IdempotencyRecord { made: Made::Work(Owner::Call(id)), fingerprint, .. })
                if fingerprint == idempotency.fingerprint =>
            {
                self.parts.store.call(id).await?
            }
            _ => None,
        };
        match known {
            Some(known) if known.call.state != CallState::Released => self.again(&known.call).await,
            _ => Err(refusal),
        }
    }
}
