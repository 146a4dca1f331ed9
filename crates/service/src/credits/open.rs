//! An account is there before anything of it.

use fourfold_domain::Subject;

use super::{Account, rules};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Makes a subject's account where it has none yet; again is the same.
#[derive(Clone, Debug)]
pub struct OpenAccount {
    /// Whose.
    pub subject: Subject,
}

impl Step for OpenAccount {
    type Answer = Account;

    fn needs(&self, needs: &mut Needs) {
        needs.subjects.push(self.subject.clone());
    }

    fn decide(&self, world: &mut World) -> Result<Account, Refusal> {
        let id = rules::account_of(world, &self.subject);
        world.accounts.get(&id).cloned().ok_or(Refusal::NotFound)
    }
}
