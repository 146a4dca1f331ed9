//! Our books beside what the vendors can tell: tasks by their ids, and what is left on the operator's accounts.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Credits, JobId, Poll, ProviderKey, VendorBalance};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use crate::credits::Owner;
use crate::jobs::{Attempt, JobError, Late, Reconcile, Upstream};
use crate::ports::{ModelCosts, Store};
use crate::routing::Routing;
use crate::{Clock, Refusal, ServiceError, StoreError, Timestamp};

/// How long a vendor may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long one comparison may ask vendors, all together.
const ASKING_MAX: Duration = Duration::from_secs(60);

/// How many vendors are asked at a time.
const ASKED_AT_ONCE: usize = 8;

/// 30 days.
const MONTH_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// How many attempts in doubt are asked about at once; run it again for more.
const DOUBTS_MAX: usize = 500;

/// Compares, and mends where it is told to.
#[derive(Clone)]
pub struct ReconcileService {
    store: Arc<dyn Store>,
    routing: Routing,
    clock: Arc<dyn Clock>,
}

/// What was found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reconciliation {
    /// What each model's jobs and calls came to.
    pub models: Vec<ModelMargin>,
    /// Attempts of which nobody knew what became, with what the vendor says now.
    pub doubts: Vec<Doubt>,
    /// What each credential's account has left.
    pub accounts: Vec<VendorTold>,
}

/// What a model's jobs and calls came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ModelMargin {
    /// The sums.
    #[serde(flatten)]
    pub costs: ModelCosts,
    /// What was charged less what the vendors charge, as a decimal.
    pub margin: String,
}

/// An attempt of which nobody knew what became.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Doubt {
    /// Whose, `job:<id>` or `call:<id>`.
    pub owner: String,
    /// Which of its attempts.
    pub attempt: u32,
    /// At whom.
    pub provider: String,
    /// With which credential.
    pub credential: String,
    /// The vendor's id of the task, where it gave one before the doubt began.
    pub task: Option<String>,
    /// What the vendor says now.
    pub told: Told,
    /// What was booked as the operator's loss because of it.
    pub lost: Option<Credits>,
}

/// What a vendor says of a task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It delivered: the operator was charged, and nobody got it.
    Delivered,
    /// It still works on it.
    Running,
    /// It failed.
    Failed(String),
    /// It can't be asked, or doesn't answer.
    Nothing(String),
}

/// What a vendor says of the operator's account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VendorTold {
    /// Who.
    pub provider: String,
    /// With which credential.
    pub credential: String,
    /// What is left, where the vendor tells.
    pub balances: Vec<VendorBalance>,
    /// Why nothing is known.
    pub unknown: Option<String>,
}

impl ReconcileService {
    /// Over this store and these vendors.
    pub fn new(store: Arc<dyn Store>, routing: Routing, clock: Arc<dyn Clock>) -> Self {
        Self { store, routing, clock }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where a comparison until this moment begins unless it is told otherwise.
    pub fn a_month_before(to: Timestamp) -> Timestamp {
        Timestamp::from_millis(to.millis().saturating_sub(MONTH_MS))
    }

    /// Compares what began from one moment until another. With `apply`, what a vendor delivered and nobody got is
    /// booked as the operator's loss, and a failure ends the doubt; without it nothing is changed. Vendors are asked
    /// for a minute; whoever wasn't asked by then is named with that.
    pub async fn reconcile(
        &self,
        from: Timestamp,
        to: Timestamp,
        apply: bool,
    ) -> Result<Reconciliation, ServiceError> {
        let in_doubt = self.store.attempts_in_doubt(from, to, DOUBTS_MAX).await?;
        let until = Instant::now() + ASKING_MAX;
        let doubts: Vec<_> = in_doubt.iter().map(|attempt| self.doubt(attempt, apply, until)).collect();
        let doubts = stream::iter(doubts).buffered(ASKED_AT_ONCE).try_collect();
        let (doubts, accounts) = tokio::join!(doubts, self.accounts(until));
        let doubts = doubts?;
        // After the doubts, since they may have become losses.
        let models = self.store.costs_by_model(from, to).await?.into_iter().map(ModelMargin::of).collect();
        Ok(Reconciliation { models, doubts, accounts })
    }

    async fn doubt(&self, attempt: &Attempt, apply: bool, until: Instant) -> Result<Doubt, ServiceError> {
        let task = match &attempt.upstream {
            Some(Upstream::Task(task)) => Some(task),
            _ => None,
        };
        let (told, late) = match task {
            Some(_) => self.ask(attempt, until).await,
            None => (Told::Nothing("the vendor gave no id, so it can't be asked".to_owned()), None),
        };
        let lost = match (late, attempt.owner) {
            (Some(late), Owner::Job(job)) if apply => self.apply(job, attempt.number, late).await?,
            _ => None,
        };
        Ok(Doubt {
            owner: attempt.owner.to_string(),
            attempt: attempt.number,
            provider: attempt.provider.to_string(),
            credential: attempt.credential.clone(),
            task: task.map(|task| task.id.clone()),
            told,
            lost,
        })
    }

    /// What the vendor says of the attempt's task, and what follows from it.
    async fn ask(&self, attempt: &Attempt, until: Instant) -> (Told, Option<Late>) {
        let nothing = |why: &str| (Told::Nothing(why.to_owned()), None);
        let Some(Upstream::Task(task)) = &attempt.upstream else { return nothing("there is no task") };
        let Some(provider) = self.routing.provider(&attempt.provider, &attempt.credential) else {
            return nothing("its provider or its credential is off");
        };
        let Some(media) = provider.media() else { return nothing("its provider has no tasks any more") };
        match answered(until, media.poll(task)).await {
            Err(why) => nothing(why),
            Ok(Err(failure)) => nothing(&failure.message),
            Ok(Ok(Poll::Running { .. })) => (Told::Running, None),
            Ok(Ok(Poll::Done(outputs))) => {
                let late = Late::Delivered { quantities: outputs.quantities, vendor: outputs.vendor };
                (Told::Delivered, Some(late))
            }
            Ok(Ok(Poll::Failed(verdict))) => {
                let error = JobError::new(verdict.reason.as_str(), verdict.message.clone());
                (Told::Failed(verdict.message), Some(Late::Failed { error, vendor: verdict.vendor }))
            }
        }
    }

    /// What was lost; nothing where a worker was faster.
    async fn apply(&self, job: JobId, attempt: u32, late: Late) -> Result<Option<Credits>, ServiceError> {
        match self.store.reconcile(Reconcile { job, attempt, late }).await {
            Ok(lost) => {
                tracing::warn!(job.id = %job, attempt, lost = %lost, "the doubt about an attempt was ended by an operator");
                Ok(Some(lost))
            }
            Err(StoreError::Refused(Refusal::NotDue)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn accounts(&self, until: Instant) -> Vec<VendorTold> {
        let providers = self.routing.providers();
        let mut asked = Vec::new();
        for key in providers.keys() {
            for one in providers.of(&key) {
                let key = key.clone();
                asked.push(async move {
                    VendorTold::ask(&key, &one.credential, one.provider.account(), until).await
                });
            }
        }
        stream::iter(asked).buffered(ASKED_AT_ONCE).collect().await
    }
}

/// What a vendor says, unless it takes too long or it is too late to ask.
async fn answered<T>(until: Instant, answer: impl Future<Output = T>) -> Result<T, &'static str> {
    if Instant::now() >= until {
        return Err("it wasn't asked, since the others took a minute; run it again");
    }
    timeout_at(until.min(Instant::now() + PATIENCE), answer)
        .await
        .map_err(|_late| "the vendor doesn't answer")
}

impl ModelMargin {
    fn of(costs: ModelCosts) -> Self {
        let micros = costs.charged.micros().saturating_sub(costs.cost.micros());
        Self { margin: fourfold_domain::CreditsChange::from_micros(micros).to_string(), costs }
    }
}

impl VendorTold {
    async fn ask(
        key: &ProviderKey,
        credential: &str,
        account: Option<&dyn fourfold_domain::VendorAccount>,
        until: Instant,
    ) -> Self {
        let told = match account {
            None => Err("the vendor tells nothing of its accounts".to_owned()),
            Some(account) => match answered(until, account.balance()).await {
                Ok(balances) => balances.map_err(|failure| failure.message),
                Err(why) => Err(why.to_owned()),
            },
        };
        let (balances, unknown) = match told {
            Ok(balances) => (balances, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Self { provider: key.to_string(), credential: credential.to_owned(), balances, unknown }
    }
}
