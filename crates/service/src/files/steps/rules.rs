//! What the steps of files and of jobs share.

use fourfold_domain::{AccountId, FileId};

use crate::commit::World;
use crate::error::Refusal;
use crate::files::{File, FileState, NewFile};

/// Refuses unless all of these are files of the account that are there.
pub(crate) fn check_stored(
    world: &World,
    account: Option<&AccountId>,
    files: &[FileId],
) -> Result<(), Refusal> {
    check(world, account, files.iter(), FileState::Stored)
}

/// Refuses unless the account has reserved places for all of these.
pub(crate) fn check_incoming(
    world: &World,
    account: Option<&AccountId>,
    files: &[NewFile],
) -> Result<(), Refusal> {
    check(world, account, files.iter().map(|file| &file.id), FileState::Incoming)
}

fn check<'f>(
    world: &World,
    account: Option<&AccountId>,
    mut files: impl Iterator<Item = &'f FileId>,
    state: FileState,
) -> Result<(), Refusal> {
    let is_there = |id: &FileId| {
        let file = world.files.get(id);
        file.is_some_and(|file| file.state == state && Some(&file.account) == account)
    };
    files.find(|id| !is_there(id)).map_or(Ok(()), |missing| Err(Refusal::NoFile(*missing)))
}

/// An incoming file is there.
pub(crate) fn store(world: &mut World, new: &NewFile) -> Option<File> {
    let now = world.now;
    let file = world.files.get_mut(&new.id)?;
    let reserved = file.size_bytes;
    (file.state, file.size_bytes, file.used_at) = (FileState::Stored, new.size_bytes, now);
    (file.media_type, file.sha256) = (new.media_type.clone(), new.sha256.clone());
    let file = file.clone();
    if let Some(usage) = world.file_usage.get_mut(&file.account) {
        usage.size_bytes = (usage.size_bytes + new.size_bytes).saturating_sub(reserved);
    }
    Some(file)
}

/// A job that names these files begins.
pub(crate) fn begin_use(world: &mut World, files: &[FileId]) {
    let now = world.now;
    for id in files {
        if let Some(file) = world.files.get_mut(id) {
            (file.uses, file.used_at) = (file.uses + 1, now);
        }
    }
}

/// A job that names these files has ended.
pub(crate) fn end_use(world: &mut World, files: &[FileId]) {
    let now = world.now;
    for id in files {
        if let Some(file) = world.files.get_mut(id) {
            (file.uses, file.used_at) = (file.uses.saturating_sub(1), now);
        }
    }
}

/// A file leaves, and no longer counts.
pub(super) fn leave(world: &mut World, id: FileId) -> Option<File> {
    let file = world.files.get_mut(&id)?;
    file.state = FileState::Leaving;
    let file = file.clone();
    // Where nobody asked what the account keeps, nothing has to be kept current.
    if let Some(usage) = world.file_usage.get_mut(&file.account) {
        usage.count = usage.count.saturating_sub(1);
        usage.size_bytes = usage.size_bytes.saturating_sub(file.size_bytes);
    }
    Some(file)
}
