//! What callers and operators ask of the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fourfold_domain::{AccountId, Subject};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{UsageFilter, UsageQuery, UsageTotals};
use crate::ports::{Store, UsageStore};
use crate::{Clock, ServiceError, StoreError, Timestamp};

/// How many accounts are looked up at a time.
const LOOK_UPS: usize = 8;

/// Whose an account is; nothing where that is known no more.
pub type AccountName = Option<Subject>;

/// The log, summed up.
#[derive(Clone)]
pub struct UsageService {
    usage: Arc<dyn UsageStore>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl UsageService {
    /// Over these stores.
    pub fn new(usage: Arc<dyn UsageStore>, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { usage, store, clock }
    }

    /// The moment that a query means by now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What one subject used; its filter is of its account alone, whatever the query says.
    pub async fn of(&self, subject: &Subject, query: UsageQuery) -> Result<Vec<UsageTotals>, ServiceError> {
        let Some(account) = self.store.account(subject).await? else { return Ok(Vec::new()) };
        let filter = UsageFilter { account: Some(account.id), ..UsageFilter::default() };
        Ok(self.usage.usage(UsageQuery { filter, ..query }).await?)
    }

    /// What all used, or one account, with the names of the accounts that the sums are of.
    pub async fn of_all(
        &self,
        account: Option<&Subject>,
        mut query: UsageQuery,
    ) -> Result<Vec<(UsageTotals, AccountName)>, ServiceError> {
        if let Some(subject) = account {
            let Some(account) = self.store.account(subject).await? else { return Ok(Vec::new()) };
            query.filter.account = Some(account.id);
        }
        let totals = self.usage.usage(query).await?;
        let names = self.names(totals.iter().filter_map(|sum| sum.key.account).collect()).await?;
        let named = |sum: UsageTotals| {
            let name = sum.key.account.and_then(|id| names.get(&id).cloned());
            (sum, name)
        };
        Ok(totals.into_iter().map(named).collect())
    }

    async fn names(&self, accounts: BTreeSet<AccountId>) -> Result<BTreeMap<AccountId, Subject>, StoreError> {
        let known = stream::iter(accounts).map(|id| self.store.account_of(id)).buffer_unordered(LOOK_UPS);
        let known: Vec<_> = known.try_collect().await?;
        Ok(known.into_iter().flatten().map(|account| (account.id, account.subject)).collect())
    }
}
