//! Giving credits to an account.

use fourfold_domain::{Credits, Subject};

use super::{Account, EntryKind, rules};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Gives credits to an account, which is made on first use. Idempotent on the operation id: the second
/// time it changes nothing and answers with the account as it is.
#[derive(Clone, Debug)]
pub struct Grant {
    /// To whom.
    pub subject: Subject,
    /// How many.
    pub credits: Credits,
    /// Names this grant for ever.
    pub operation: String,
    /// The operator's words.
    pub note: Option<String>,
}

impl Step for Grant {
    type Answer = Account;

    fn needs(&self, needs: &mut Needs) {
        needs.subjects.push(self.subject.clone());
        needs.operations.push(self.operation.clone());
    }

    fn decide(&self, world: &mut World) -> Result<Account, Refusal> {
        if let Some(known) = world.operations.get(&self.operation) {
            let account = world.subjects.get(&self.subject).and_then(|id| world.accounts.get(id));
            let same = known.kind == EntryKind::Grant && known.amount == self.credits.plus();
            return match account {
                Some(account) if same && account.id == known.account => Ok(account.clone()),
                _ => Err(Refusal::OperationMismatch),
            };
        }
        let id = rules::account_of(world, &self.subject);
        rules::grant(world, id, self.credits, &self.operation, self.note.as_deref())?;
        if let Some(entry) = world.entries.last().cloned() {
            world.operations.insert(self.operation.clone(), entry);
        }
        world.accounts.get(&id).cloned().ok_or(Refusal::NotFound)
    }
}
