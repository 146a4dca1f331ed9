//! Calls that cost nobody anything: neither their caller nor, as far as the catalog says, the operator. There is nothing
//! to hold or to settle, so nothing of them is written but their line in the usage log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fourfold_domain::{AccountId, HoldId, Model, Subject};
use tokio::time::Instant;

use super::order::Order;
use super::{Call, CallState, OpenCall};
use crate::ports::Store;
use crate::{StoreError, Timestamp};

/// How long an account is taken to be there without looking again: it may be deleted and made anew.
const KNOWN_FOR: Duration = Duration::from_secs(10);

/// The most accounts that are remembered.
const KNOWN_MAX: usize = 10_000;

/// The accounts that are known to be there. Clones share them.
#[derive(Clone, Default)]
pub(super) struct FreeCalls {
    accounts: Arc<Mutex<HashMap<Subject, (AccountId, Instant)>>>,
}

impl FreeCalls {
    /// The call, if nothing of it needs to be written: it has no price, nobody can ask for the same one again, and its
    /// account is there already. Where no vendor is asked, none charges the operator.
    pub(super) async fn open(
        &self,
        open: &OpenCall,
        order: &Order,
        is_asked: bool,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Option<Call>, StoreError> {
        if !open.amount.is_zero() || open.idempotency.is_some() || (is_asked && has_cost(&order.model)) {
            return Ok(None);
        }
        let account = match self.known(&open.subject) {
            Some(account) => account,
            None => match store.account(&open.subject).await? {
                Some(account) => self.remember(&open.subject, account.id),
                None => return Ok(None),
            },
        };
        Ok(Some(Call {
            id: open.id,
            account,
            key: open.key,
            instance: open.instance,
            model: open.model.clone(),
            hold: HoldId::new(open.id.uuid()),
            cost_max: None,
            state: CallState::Open,
            created_at: now,
            ended_at: None,
        }))
    }

    fn known(&self, subject: &Subject) -> Option<AccountId> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.get(subject).filter(|(_, since)| since.elapsed() < KNOWN_FOR).map(|(account, _)| *account)
    }

    fn remember(&self, subject: &Subject, account: AccountId) -> AccountId {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= KNOWN_MAX {
            accounts.clear();
        }
        accounts.insert(subject.clone(), (account, Instant::now()));
        account
    }
}

/// Whether any vendor of the model charges the operator, as far as the catalog says: then the books are to tell.
fn has_cost(model: &Model) -> bool {
    let rates =
        model.route.choices().filter_map(|choice| choice.cost.as_ref()).flat_map(|cost| cost.rates.iter());
    rates.into_iter().any(|rate| !rate.credits.is_zero())
}
