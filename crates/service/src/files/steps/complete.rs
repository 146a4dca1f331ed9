//! An upload has come to its end.

use fourfold_domain::Subject;

use super::rules;
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::files::{File, FileLimits, FileState, NewFile};
use crate::idempotency::{Idempotency, Made};

/// Turns an incoming file whose object is there into a stored one. Refused with [`Refusal::TooManyFiles`] where
/// the account would keep more bytes than it may, with [`Refusal::NotFound`] where the place was given up.
/// The same idempotency key gives the same file while that is there; the new one then leaves.
#[derive(Clone, Debug)]
pub struct CompleteFile {
    /// Whose it is.
    pub subject: Subject,
    /// The file.
    pub file: NewFile,
    /// What the account may keep.
    pub limits: FileLimits,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
}

/// What came of [`CompleteFile`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Completed {
    /// The file is there.
    New(File),
    /// The same request had made this one before.
    Earlier(File),
}

impl Step for CompleteFile {
    type Answer = Completed;

    fn needs(&self, needs: &mut Needs) {
        needs.files.insert(self.file.id);
        needs.subjects.push(self.subject.clone());
        needs.file_usage.push(self.subject.clone());
        if let Some(idempotency) = &self.idempotency {
            idempotency.needs(&self.subject, needs);
        }
    }

    fn decide(&self, world: &mut World) -> Result<Completed, Refusal> {
        let id = self.file.id;
        let incoming = world.files.get(&id).filter(|file| file.state == FileState::Incoming);
        let (account, reserved) =
            incoming.map(|file| (file.account, file.size_bytes)).ok_or(Refusal::NotFound)?;
        if let Some(idempotency) = &self.idempotency
            && let Some(made) = idempotency.earlier(world, &self.subject)?
        {
            let Made::File(earlier) = made else { return Err(Refusal::IdempotencyMismatch) };
            let earlier = world.files.get(&earlier).filter(|file| file.state == FileState::Stored);
            if let Some(earlier) = earlier.cloned() {
                rules::leave(world, id);
                return Ok(Completed::Earlier(earlier));
            }
        }
        let usage = world.file_usage.get(&account).copied().unwrap_or_default();
        self.limits.check(usage, 0, self.file.size_bytes.saturating_sub(reserved))?;
        let file = rules::store(world, &self.file).ok_or(Refusal::NotFound)?;
        if let Some(idempotency) = &self.idempotency {
            idempotency.record(world, &self.subject, account, Made::File(id));
        }
        Ok(Completed::New(file))
    }
}
