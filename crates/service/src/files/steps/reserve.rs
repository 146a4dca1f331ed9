//! Places for files are reserved before their bytes are written.

use fourfold_domain::{AccountId, FileId, Subject};

use crate::commit::{Needs, Step, World};
use crate::credits::rules::account_of;
use crate::error::Refusal;
use crate::files::{File, FileLimits, FileState, FileUsage};

/// Reserves places for files, all or none. Refused with [`Refusal::TooManyFiles`] where the account would keep
/// more than it may.
#[derive(Clone, Debug)]
pub struct ReserveFiles {
    /// Whose they will be; the account is made on first use.
    pub subject: Subject,
    /// Their ids, and their lengths in bytes where those are known, else 0.
    pub files: Vec<(FileId, u64)>,
    /// What the account may keep.
    pub limits: FileLimits,
}

impl Step for ReserveFiles {
    /// Whose they are.
    type Answer = AccountId;

    fn needs(&self, needs: &mut Needs) {
        needs.subjects.push(self.subject.clone());
        needs.file_usage.push(self.subject.clone());
    }

    fn decide(&self, world: &mut World) -> Result<AccountId, Refusal> {
        let there = world.subjects.get(&self.subject).and_then(|account| world.file_usage.get(account));
        let more = FileUsage {
            count: u64::try_from(self.files.len()).unwrap_or(u64::MAX),
            size_bytes: self.files.iter().fold(0, |sum: u64, (_, bytes)| sum.saturating_add(*bytes)),
        };
        let there = there.copied().unwrap_or_default();
        self.limits.check(there, more.count, more.size_bytes)?;
        let account = account_of(world, &self.subject);
        let usage =
            FileUsage { count: there.count + more.count, size_bytes: there.size_bytes + more.size_bytes };
        world.file_usage.insert(account, usage);
        for (id, size_bytes) in &self.files {
            let file = File {
                id: *id,
                account,
                state: FileState::Incoming,
                media_type: String::new(),
                size_bytes: *size_bytes,
                sha256: String::new(),
                uses: 0,
                created_at: world.now,
                used_at: world.now,
            };
            world.files.insert(*id, file);
        }
        Ok(account)
    }
}
