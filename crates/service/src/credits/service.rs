//! What callers and operators ask of the ledger.

use std::sync::Arc;

use fourfold_domain::{AccountId, Credits, CreditsChange, EntryId, Realm, Subject};
use uuid::Uuid;

use super::{Account, Adjust, Entry, EntryKind, Grant};
use crate::ports::{AccountStore, Audit};
use crate::{Refusal, ServiceError, StoreError};

/// Balances, entries, grants and the audit.
#[derive(Clone)]
pub struct CreditsService {
    store: Arc<dyn AccountStore>,
}

impl CreditsService {
    /// Over this store.
    pub fn new(store: Arc<dyn AccountStore>) -> Self {
        Self { store }
    }

    /// Gives credits to an account, which is made on first use. Idempotent on the operation id, where the
    /// operator gives one.
    pub async fn grant(
        &self,
        subject: Subject,
        credits: Credits,
        operation_id: Option<&str>,
        note: Option<String>,
    ) -> Result<Account, ServiceError> {
        let operation = match operation_id {
            Some(id) => format!("grant:{id}"),
            None => format!("grant:{}", Uuid::now_v7()),
        };
        let account = self.store.grant(Grant { subject, credits, operation, note }).await?;
        tracing::info!(account.id = %account.id, credits = %credits, "credits were granted");
        Ok(account)
    }

    /// Corrects what an account can spend, up or down, never below nothing. Idempotent on the operation id, where
    /// the operator gives one.
    pub async fn adjust(
        &self,
        subject: Subject,
        change: CreditsChange,
        operation_id: Option<&str>,
        note: Option<String>,
    ) -> Result<Account, ServiceError> {
        let operation = match operation_id {
            Some(id) => format!("adjust:{id}"),
            None => format!("adjust:{}", Uuid::now_v7()),
        };
        let step = Adjust { subject, change, operation, note };
        let account = self.store.adjust(step).await.map_err(|error| match error {
            StoreError::Refused(Refusal::NotFound) => ServiceError::NotFound("account"),
            other => other.into(),
        })?;
        tracing::info!(account.id = %account.id, change = %change, "an account was adjusted");
        Ok(account)
    }

    /// The account of a subject, if it was ever used.
    pub async fn account(&self, subject: &Subject) -> Result<Option<Account>, ServiceError> {
        Ok(self.store.account(subject).await?)
    }

    /// A realm's accounts, the newest first, older than `before`.
    pub async fn accounts(
        &self,
        realm: &Realm,
        before: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<Account>, ServiceError> {
        Ok(self.store.accounts(realm, before, limit).await?)
    }

    /// The entries that a subject's own callers see, the newest first, older than `before`: without what the operator
    /// bore, which tells what vendors cost.
    pub async fn own_entries(
        &self,
        subject: &Subject,
        mut before: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Entry>, ServiceError> {
        let mut own = Vec::new();
        loop {
            let page = self.entries(subject, before, limit).await?;
            let is_last = page.len() < limit;
            before = page.last().map(|entry| entry.id);
            own.extend(page.into_iter().filter(|entry| entry.kind != EntryKind::Loss));
            if is_last || own.len() >= limit {
                own.truncate(limit);
                return Ok(own);
            }
        }
    }

    /// A subject's entries, the newest first, older than `before`.
    pub async fn entries(
        &self,
        subject: &Subject,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Entry>, ServiceError> {
        match self.store.account(subject).await? {
            None => Ok(Vec::new()),
            Some(account) => Ok(self.store.entries(account.id, before, limit).await?),
        }
    }

    /// Looks for anything that doesn't add up, in one snapshot.
    pub async fn audit(&self) -> Result<Audit, ServiceError> {
        Ok(self.store.audit().await?)
    }
}
