//! Correcting what an account can spend.

use fourfold_domain::{Credits, CreditsChange, Subject};

use super::{Account, EntryKind, rules};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Changes what an account can spend, up or down; never below nothing, and never what is held. Idempotent on the
/// operation id: the second time it changes nothing and answers with the account as it is. An account that was
/// never used refuses with [`Refusal::NotFound`].
#[derive(Clone, Debug)]
pub struct Adjust {
    /// Whose.
    pub subject: Subject,
    /// By how much.
    pub change: CreditsChange,
    /// Names this adjustment for ever.
    pub operation: String,
    /// The operator's words.
    pub note: Option<String>,
}

impl Step for Adjust {
    type Answer = Account;

    fn needs(&self, needs: &mut Needs) {
        needs.subjects.push(self.subject.clone());
        needs.operations.push(self.operation.clone());
    }

    fn decide(&self, world: &mut World) -> Result<Account, Refusal> {
        let id = *world.subjects.get(&self.subject).ok_or(Refusal::NotFound)?;
        let account = world.accounts.get(&id).ok_or(Refusal::NotFound)?;
        if let Some(known) = world.operations.get(&self.operation) {
            let same = known.kind == EntryKind::Adjust && known.amount == self.change && known.account == id;
            return if same { Ok(account.clone()) } else { Err(Refusal::OperationMismatch) };
        }
        rules::adjust(world, id, self.change, &self.operation, self.note.as_deref())?;
        if let Some(entry) = world.entries.last().cloned() {
            world.operations.insert(self.operation.clone(), entry);
        }
        world.accounts.get(&id).cloned().ok_or(Refusal::NotFound)
    }
}

/// What can be spent after a change; less than nothing is refused.
pub(super) fn changed(available: Credits, change: CreditsChange) -> Result<Credits, Refusal> {
    let size = Credits::from_micros(change.micros().checked_abs().unwrap_or(i64::MAX))?;
    if change.micros() >= 0 {
        return Ok(available.checked_add(size)?);
    }
    available.checked_sub(size).map_err(|_| Refusal::InsufficientCredits { needed: size, available })
}
