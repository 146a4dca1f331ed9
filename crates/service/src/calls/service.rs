//! What callers ask of calls: text and speech.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{CallId, Effect, InstanceId, KeyId, Modality, Subject};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::answer::{self, CallReply, Interpreter, Outlet, Writer};
use super::broken::BrokenSounds;
use super::cache::{AnswerCache, AnswerKey, CacheTurn};
use super::free::FreeCalls;
use super::left_over::{LeftOver, Watched, charged_unsent};
use super::meters::Meters;
use super::order::{Order, WireOrder};
use super::task::CallTask;
use super::{CacheUse, CallRequest, CallSettings, FromCache, OpenCall, Replay, SpeechCall};
use crate::catalog::CatalogService;
use crate::commit::lost;
use crate::ports::Store;
use crate::routing::Routing;
use crate::usage::UsageLog;
use crate::{Clock, Idempotency, Media, ServiceError, Spawner};

/// How often calls that couldn't be ended are tried again.
const SWEEP: Duration = Duration::from_secs(5);

/// Requests of more bytes than this aren't read on the thread that serves HTTP.
const LARGE_BYTES: usize = 256 * 1024;

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
    /// Runs the sweep and the tasks of calls that are much to read or to write, and of all of them until
    /// [`CallsService::on`] says otherwise.
    pub spawner: Spawner,
}

/// Who pays for a call.
struct Payer {
    subject: Subject,
    key: Option<KeyId>,
    idempotency: Option<Idempotency>,
}

/// Calls, as callers see them. Clones share what is known of those that couldn't be ended, and how many are worked on.
#[derive(Clone)]
pub struct CallsService {
    shared: Arc<Shared>,
    /// Runs the tasks of calls that are little work.
    here: Spawner,
}

struct Shared {
    parts: CallParts,
    left_over: LeftOver,
    free: FreeCalls,
    cache: AnswerCache,
    broken: BrokenSounds,
    meters: Meters,
    /// One for each call; its task holds it to its end.
    in_flight: Arc<Semaphore>,
}

impl CallsService {
    /// Over these parts.
    pub fn new(parts: CallParts) -> Self {
        let in_flight = Arc::new(Semaphore::new(parts.settings.in_flight_max));
        let here = parts.spawner.clone();
        let cache = AnswerCache::new(parts.settings.cache.clone());
        let (left_over, free, meters) = (LeftOver::default(), FreeCalls::default(), Meters::default());
        let broken = BrokenSounds::default();
        let shared = Shared { parts, left_over, free, cache, broken, meters, in_flight };
        Self { shared: Arc::new(shared), here }
    }

    /// The same, for callers who are served on this spawner's runtime: what is only passed on, and isn't large, is worked
    /// on there, so that nothing of it crosses threads.
    #[must_use]
    pub fn on(&self, spawner: Spawner) -> Self {
        Self { here: spawner, ..self.clone() }
    }

    /// Has text generated and answers once it is known who serves it; with an error before that, nothing was charged.
    ///
    /// The work is done by a task of its own, which holds the credits, asks the vendor and settles, whether its caller
    /// listens or not: dropping this future or the reply tells it that the caller has left. The same idempotency key
    /// gives the same answer, as far as it was charged for. Refused with [`ServiceError::Overloaded`] while as many are
    /// worked on as may be.
    ///
    /// Vendors who speak the caller's wire are sent his own bytes, and theirs are passed on to him; for the others
    /// `interpreter` says what is asked in our words, and writes the answer.
    ///
    /// Where the model has a cache, the same account is given the whole answer again that the same bytes had; no vendor
    /// is asked then, and it is charged what the model's terms say. The same key of idempotency still comes first.
    pub async fn generate(
        &self,
        request: CallRequest,
        interpreter: Box<dyn Interpreter>,
    ) -> Result<CallReply, ServiceError> {
        let in_flight = self.place()?;
        let CallRequest { subject, key, asked, body, headers, idempotency, cache, admission } = request;
        let (is_stream, allowed) = (asked.is_stream, admission.check_model(&asked.model));
        let wire = WireOrder { asked, body, headers };
        let (order, interpreter) = self.order(&subject, wire, interpreter).await?;
        let order = allowed.and(order);
        let mut order = match order {
            Ok(order) => order,
            Err(refusal) => return self.earlier(&subject, idempotency.as_ref(), Replay::Text, refusal).await,
        };
        admission.take_tokens(|| order.tokens_expected()).await?;
        let cache = self.cache_turn(&mut order, cache);
        let payer = Payer { subject, key, idempotency };
        let task = |outlet| CallTask {
            service: self.clone(),
            order,
            cache,
            is_stream,
            admission,
            writer: Some(Writer::Wire(interpreter)),
            turn: None,
            outlet,
        };
        self.start(in_flight, payer, task).await
    }

    /// Has a text spoken, and answers once it is known who serves it and what the sound is; with an error before that,
    /// nothing was charged. The price is by what is said, so that who leaves after a vendor was asked pays for all of
    /// it. A client that by itself asks once more for a sound that broke off lately is refused: each time the vendor may
    /// want to be paid. Else as [`Self::generate`].
    pub async fn speak(&self, request: SpeechCall) -> Result<CallReply, ServiceError> {
        let in_flight = self.place()?;
        let SpeechCall { subject, key, model, input, fingerprint, is_repeat, idempotency, cache, admission } =
            request;
        let allowed = admission.check_model(&model);
        let CallParts { catalog, routing, .. } = &self.shared.parts;
        let answer_key = AnswerKey::new(&subject, Modality::Speech, &[], &fingerprint);
        let order = allowed.and_then(|()| Order::of_speech(catalog, routing, answer_key, &model, &input));
        let order = match is_repeat {
            true => order.and_then(|order| self.shared.broken.check(answer_key).map(|()| order)),
            false => order,
        };
        let mut order = match order {
            Ok(order) => order,
            Err(refusal) => {
                return self.earlier(&subject, idempotency.as_ref(), Replay::Sound, refusal).await;
            }
        };
        let cache = self.cache_turn(&mut order, cache);
        let payer = Payer { subject, key, idempotency };
        let task = |outlet| CallTask {
            service: self.clone(),
            order,
            cache,
            is_stream: true,
            admission,
            writer: None,
            turn: None,
            outlet,
        };
        self.start(in_flight, payer, task).await
    }

    /// How a call is answered whose model has a cache. With an answer that is kept, it costs what that does.
    fn cache_turn(&self, order: &mut Order, wanted: CacheUse) -> Option<CacheTurn> {
        let (key, terms) = (order.key?, order.model.cache?);
        let turn = match wanted {
            CacheUse::Usual => match self.shared.cache.get(key, &order.model) {
                Some(kept) => {
                    order.cost(terms.charge(kept.charged));
                    CacheTurn::Given(kept)
                }
                None => CacheTurn::Asked(Some(key)),
            },
            CacheUse::Refresh => CacheTurn::Asked(Some(key)),
            CacheUse::Off => CacheTurn::Asked(None),
        };
        Some(turn)
    }

    /// A place for one more call.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        self.shared.in_flight.clone().try_acquire_owned().map_err(|_none_left| ServiceError::Overloaded)
    }

    /// Starts the task of a call and waits until its answer begins.
    async fn start(
        &self,
        in_flight: OwnedSemaphorePermit,
        payer: Payer,
        task: impl FnOnce(Outlet) -> CallTask,
    ) -> Result<CallReply, ServiceError> {
        let (outlet, body) = answer::answer(self.shared.parts.settings.read_patience);
        let (mut task, id) = (task(outlet), CallId::new(Uuid::now_v7()));
        let order = &task.order;
        let candidates = order.candidates(&self.shared.parts.routing, id);
        let open = OpenCall {
            id,
            subject: payer.subject,
            key: payer.key,
            instance: self.shared.parts.instance,
            model: order.model.name.clone(),
            amount: order.amount,
            amount_min: order.amount_min,
            cost_max: task.cost_max(&candidates),
            price: order.model.price.clone(),
            idempotency: payer.idempotency,
        };
        let spawner =
            if task.order.is_only_passed_on(LARGE_BYTES) { &self.here } else { &self.shared.parts.spawner };
        // It is large, and would else be moved several times.
        spawner.start(Box::pin(async move {
            task.run(open, candidates).await;
            drop(in_flight);
        }));
        body.begun().await
    }

    /// What is asked, checked and priced; aside where there is much of it.
    async fn order(
        &self,
        subject: &Subject,
        wire: WireOrder,
        mut interpreter: Box<dyn Interpreter>,
    ) -> Result<(Result<Order, ServiceError>, Box<dyn Interpreter>), ServiceError> {
        let CallParts { catalog, routing, .. } = &self.shared.parts;
        if wire.body.len() <= LARGE_BYTES {
            return Ok((Order::new(catalog, routing, subject, wire, interpreter.as_mut()), interpreter));
        }
        let (catalog, routing, subject) = (catalog.clone(), routing.clone(), subject.clone());
        let order = move || {
            let order = Order::new(&catalog, &routing, &subject, wire, interpreter.as_mut());
            (order, interpreter)
        };
        tokio::task::spawn_blocking(order).await.map_err(|error| ServiceError::Internal {
            what: "the reading of a large request broke off",
            effect: Effect::NotStarted,
            source: error.into(),
        })
    }

    /// Starts to end, again and again, the calls that couldn't be ended when they should have been, and to forget the
    /// answers that were kept for long enough.
    pub fn start_sweep(&self) {
        // It is seen before it counts.
        charged_unsent().increment(0);
        for model in self.shared.parts.catalog.current().models() {
            lost(&model.name).increment(0);
            if model.cache.is_some() {
                for from_cache in [FromCache::Hit, FromCache::Miss] {
                    self.shared.meters.of(&model.name).answered(from_cache).increment(0);
                }
            }
        }
        let (service, stopping) = (self.clone(), self.shared.parts.spawner.stopping().clone());
        self.shared.parts.spawner.start(async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(SWEEP) => {
                        service.cache().forget_ended();
                        service.end_left_over().await;
                    }
                }
            }
        });
    }

    /// Ends the calls of this process that couldn't be ended when they should have been; nothing is charged for them,
    /// since their callers weren't sent their end.
    pub async fn end_left_over(&self) {
        self.shared.left_over.end_all(self.shared.parts.store.as_ref()).await;
    }

    pub(crate) fn parts(&self) -> &CallParts {
        &self.shared.parts
    }

    pub(super) fn broken(&self) -> &BrokenSounds {
        &self.shared.broken
    }

    pub(super) fn cache(&self) -> &AnswerCache {
        &self.shared.cache
    }

    /// Watches a call that is about to be opened.
    pub(crate) fn watch(&self, id: CallId) -> Watched {
        self.shared.left_over.watch(id)
    }

    pub(super) fn left_over(&self) -> &LeftOver {
        &self.shared.left_over
    }

    pub(super) fn free(&self) -> &FreeCalls {
        &self.shared.free
    }

    pub(super) fn meters(&self) -> &Meters {
        &self.shared.meters
    }
}
