//! A file leaves.

use fourfold_domain::{AccountId, FileId};

use super::rules;
use crate::Timestamp;
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::files::{File, FileState};

/// Takes a file away from its owner; its object can be deleted once this is durable. Refused with
/// [`Refusal::FileInUse`] where a job still needs it.
#[derive(Clone, Copy, Debug)]
pub struct RemoveFile {
    /// Which.
    pub id: FileId,
    /// Why.
    pub removal: Removal,
}

/// Why a file leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removal {
    /// Its owner wants it; another account's file isn't found.
    ByOwner(AccountId),
    /// It wasn't used since this moment.
    Unused(Timestamp),
    /// It was never completed, and nobody will.
    Abandoned,
}

impl Step for RemoveFile {
    /// The file as it leaves.
    type Answer = File;

    fn needs(&self, needs: &mut Needs) {
        needs.files.insert(self.id);
    }

    fn decide(&self, world: &mut World) -> Result<File, Refusal> {
        let file = world.files.get(&self.id).ok_or(Refusal::NotFound)?;
        let expected = match self.removal {
            Removal::ByOwner(account) if account != file.account => return Err(Refusal::NotFound),
            Removal::ByOwner(_) | Removal::Unused(_) => FileState::Stored,
            Removal::Abandoned => FileState::Incoming,
        };
        if file.state != expected {
            return Err(Refusal::NotFound);
        }
        let used_since = matches!(self.removal, Removal::Unused(since) if file.used_at >= since);
        if file.uses > 0 || used_since {
            return Err(Refusal::FileInUse);
        }
        rules::leave(world, self.id).ok_or(Refusal::NotFound)
    }
}
