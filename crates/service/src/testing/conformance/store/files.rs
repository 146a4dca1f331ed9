//! Files: reserved, there, used, gone.

use fourfold_domain::{AccountId, FileId};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::bench::{StoreBench, failed, objects, succeeded, upstream};
use crate::files::{
    CompleteFile, Completed, File, FileState, ForgetFile, NewFile, Removal, RemoveFile, ReserveFiles,
};
use crate::jobs::{Job, RequestCancel, Submit};
use crate::testing::conformance::suite::{Broken, Rule, Verdict, broken, refused, rules, same};
use crate::testing::{FILE_LIMITS, account_subject, begin, complete_file, new_file, reserve_file, submit};
use crate::{Idempotency, Refusal, StoreError, Timestamp};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_file_is_read_back_as_it_was_completed,
        an_incoming_file_is_not_there_yet,
        a_file_is_completed_once,
        a_file_leaves_at_once_and_is_forgotten_at_last,
        another_accounts_file_is_not_there,
        an_account_keeps_so_many_files_and_no_more,
        an_account_keeps_so_many_bytes_and_no_more,
        many_reservations_at_once_keep_the_limit,
        the_same_upload_gives_the_same_file,
        the_same_key_with_another_file_is_refused,
        an_upload_is_taken_anew_once_its_file_is_gone,
        a_file_is_in_use_until_its_jobs_are_final,
        every_ending_of_a_job_ends_its_use,
        a_job_whose_file_is_not_there_is_refused_and_leaves_no_trace,
        files_that_come_with_a_job_are_there_with_it,
        files_of_a_refused_job_stay_incoming,
        a_file_is_removed_or_used_but_never_both,
        files_that_nobody_needs_are_found_by_their_age,
        files_page_the_newest_first,
    )
}

fn new_id() -> FileId {
    FileId::new(Uuid::now_v7())
}

/// Places for files whose lengths are known.
fn reserve(user: &str, files: &[(FileId, u64)]) -> ReserveFiles {
    ReserveFiles { files: files.to_vec(), ..reserve_file(user, new_id()) }
}

fn keyed(step: CompleteFile, key: &str, contents: u8) -> CompleteFile {
    let idempotency = Idempotency {
        method: "POST".to_owned(),
        path: "/api/v1/files".to_owned(),
        key: key.to_owned(),
        fingerprint: [contents; 32],
    };
    CompleteFile { idempotency: Some(idempotency), ..step }
}

fn naming(user: &str, files: &[FileId]) -> Submit {
    Submit { files: files.to_vec(), ..submit(user, "0.04") }
}

impl StoreBench {
    async fn incoming(&self, user: &str, id: FileId) -> Result<AccountId, StoreError> {
        self.store.reserve_files(reserve_file(user, id)).await
    }

    /// A file of ten bytes.
    async fn stored(&self, user: &str) -> Result<File, Broken> {
        let id = new_id();
        self.incoming(user, id).await?;
        match self.store.complete_file(complete_file(user, id, 10)).await? {
            Completed::New(file) => Ok(file),
            earlier @ Completed::Earlier(_) => broken(format!("{earlier:?} instead of a new file")),
        }
    }

    async fn remove(&self, file: &File) -> Result<File, StoreError> {
        let removal = Removal::ByOwner(file.account);
        self.store.remove_file(RemoveFile { id: file.id, removal }).await
    }

    async fn listed(&self, account: AccountId) -> Result<Vec<FileId>, StoreError> {
        Ok(self.store.files(account, None, 100).await?.iter().map(|file| file.id).collect())
    }
}

/// With every field, by its id and in its account's list.
pub async fn a_file_is_read_back_as_it_was_completed(bench: StoreBench) -> Verdict {
    let file = bench.stored("u1").await?;
    let NewFile { id, media_type, size_bytes, sha256 } = new_file(file.id, 10);
    same("the state", file.state, FileState::Stored)?;
    same("what is known of it", (&file.id, &file.media_type, &file.sha256), (&id, &media_type, &sha256))?;
    same("its length and uses", (file.size_bytes, file.uses), (size_bytes, 0))?;
    same("read back", bench.store.file(id).await?, Some(file.clone()))?;
    same("the list", bench.store.files(file.account, None, 10).await?, vec![file])?;
    bench.is_clean().await
}

/// Neither in the list nor for a job nor for its owner to remove.
pub async fn an_incoming_file_is_not_there_yet(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let id = new_id();
    let account = bench.incoming("u1", id).await?;
    same("the state", bench.store.file(id).await?.map(|file| file.state), Some(FileState::Incoming))?;
    same("the list", bench.listed(account).await?, Vec::new())?;
    refused(bench.store.submit(naming("u1", &[id])).await, &Refusal::NoFile(id))?;
    let removal = Removal::ByOwner(account);
    refused(bench.store.remove_file(RemoveFile { id, removal }).await, &Refusal::NotFound)
}

/// The second time there is nothing to complete; nor is there after it was given up.
pub async fn a_file_is_completed_once(bench: StoreBench) -> Verdict {
    let file = bench.stored("u1").await?;
    refused(bench.store.complete_file(complete_file("u1", file.id, 20)).await, &Refusal::NotFound)?;
    same("the file", bench.store.file(file.id).await?, Some(file.clone()))?;
    let abandoned = RemoveFile { id: file.id, removal: Removal::Abandoned };
    refused(bench.store.remove_file(abandoned).await, &Refusal::NotFound)?;

    let id = new_id();
    bench.incoming("u1", id).await?;
    bench.store.remove_file(RemoveFile { id, removal: Removal::Abandoned }).await?;
    refused(bench.store.complete_file(complete_file("u1", id, 20)).await, &Refusal::NotFound)?;
    refused(bench.store.complete_file(complete_file("u1", new_id(), 20)).await, &Refusal::NotFound)
}

/// In between it is for the sweep alone.
pub async fn a_file_leaves_at_once_and_is_forgotten_at_last(bench: StoreBench) -> Verdict {
    let file = bench.stored("u1").await?;
    refused(bench.store.forget_file(ForgetFile { id: file.id }).await, &Refusal::FileInUse)?;
    same("what leaves", bench.remove(&file).await?.state, FileState::Leaving)?;
    same("the list", bench.listed(file.account).await?, Vec::new())?;
    refused(bench.remove(&file).await, &Refusal::NotFound)?;
    let nobodys = bench.store.files_to_sweep(Timestamp::default(), Timestamp::default(), 10).await?;
    same("left to the sweep", nobodys.iter().map(|file| file.id).collect::<Vec<_>>(), vec![file.id])?;
    for _ in 0..2 {
        bench.store.forget_file(ForgetFile { id: file.id }).await?;
        same("the file", bench.store.file(file.id).await?, None)?;
    }
    bench.is_clean().await
}

/// Not to be named, not to be removed.
pub async fn another_accounts_file_is_not_there(bench: StoreBench) -> Verdict {
    bench.grant("u2", "10").await?;
    let (file, stranger) = (bench.stored("u1").await?, bench.account("u2").await?.id);
    let removal = Removal::ByOwner(stranger);
    refused(bench.store.remove_file(RemoveFile { id: file.id, removal }).await, &Refusal::NotFound)?;
    refused(bench.store.submit(naming("u2", &[file.id])).await, &Refusal::NoFile(file.id))?;
    let as_new = Submit { new_files: vec![new_file(file.id, 10)], ..submit("u2", "0.04") };
    refused(bench.store.submit(as_new).await, &Refusal::NoFile(file.id))?;
    same("the stranger's list", bench.listed(stranger).await?, Vec::new())?;
    same("the file", bench.store.file(file.id).await?, Some(file))
}

/// Incoming ones count, those that leave don't; a refusal makes no account.
pub async fn an_account_keeps_so_many_files_and_no_more(bench: StoreBench) -> Verdict {
    let too_many = Refusal::TooManyFiles(FILE_LIMITS);
    let four: Vec<_> = (0..4).map(|_| (new_id(), 0)).collect();
    refused(bench.store.reserve_files(reserve("u1", &four)).await, &too_many)?;
    same("the account", bench.store.account(&account_subject("u1")).await?, None)?;

    let first = bench.stored("u1").await?;
    bench.stored("u1").await?;
    bench.incoming("u1", new_id()).await?;
    refused(bench.incoming("u1", new_id()).await, &too_many)?;
    bench.incoming("u2", new_id()).await?;
    bench.remove(&first).await?;
    bench.incoming("u1", new_id()).await?;
    refused(bench.incoming("u1", new_id()).await, &too_many)
}

/// By the length that was reserved, and by the one that came in the end.
pub async fn an_account_keeps_so_many_bytes_and_no_more(bench: StoreBench) -> Verdict {
    let too_many = Refusal::TooManyFiles(FILE_LIMITS);
    let (first, second) = (new_id(), new_id());
    refused(bench.store.reserve_files(reserve("u1", &[(first, 60), (second, 41)])).await, &too_many)?;
    bench.store.reserve_files(reserve("u1", &[(first, 60)])).await?;
    refused(bench.store.reserve_files(reserve("u1", &[(second, 41)])).await, &too_many)?;
    bench.store.reserve_files(reserve("u1", &[(second, 0)])).await?;
    refused(bench.store.complete_file(complete_file("u1", second, 41)).await, &too_many)?;
    bench.store.complete_file(complete_file("u1", second, 40)).await?;
    // What was reserved is not counted twice.
    bench.store.complete_file(complete_file("u1", first, 60)).await?;
    refused(bench.store.reserve_files(reserve("u1", &[(new_id(), 1)])).await, &too_many)?;
    bench.is_clean().await
}

/// Twenty for a place each, where there are three.
pub async fn many_reservations_at_once_keep_the_limit(bench: StoreBench) -> Verdict {
    let reservations = (0..20).map(|_| {
        let bench = bench.clone();
        async move { bench.incoming("u1", new_id()).await }
    });
    let answers = reservations.collect::<JoinSet<_>>().join_all().await;
    same("taken", answers.iter().filter(|answer| answer.is_ok()).count(), 3)?;
    let accounts: std::collections::BTreeSet<_> = answers.into_iter().flatten().collect();
    same("accounts", accounts.len(), 1)
}

/// The second place is given up.
pub async fn the_same_upload_gives_the_same_file(bench: StoreBench) -> Verdict {
    let (first, second) = (new_id(), new_id());
    bench.incoming("u1", first).await?;
    let Completed::New(file) =
        bench.store.complete_file(keyed(complete_file("u1", first, 10), "a", 1)).await?
    else {
        return broken("the first is not new".to_owned());
    };
    let account = bench.incoming("u1", second).await?;
    let again = bench.store.complete_file(keyed(complete_file("u1", second, 10), "a", 1)).await?;
    same("the answer", again, Completed::Earlier(file))?;
    same("the list", bench.listed(account).await?, vec![first])?;
    same("the second", bench.store.file(second).await?.map(|file| file.state), Some(FileState::Leaving))
}

/// Its place stays incoming, to be given up.
pub async fn the_same_key_with_another_file_is_refused(bench: StoreBench) -> Verdict {
    let (first, second) = (new_id(), new_id());
    bench.incoming("u1", first).await?;
    bench.store.complete_file(keyed(complete_file("u1", first, 10), "a", 1)).await?;
    bench.incoming("u1", second).await?;
    let other = bench.store.complete_file(keyed(complete_file("u1", second, 10), "a", 2)).await;
    refused(other, &Refusal::IdempotencyMismatch)?;
    same("the second", bench.store.file(second).await?.map(|file| file.state), Some(FileState::Incoming))
}

/// And then it is the one that is given again.
pub async fn an_upload_is_taken_anew_once_its_file_is_gone(bench: StoreBench) -> Verdict {
    let [first, second, third] = [new_id(), new_id(), new_id()];
    bench.incoming("u1", first).await?;
    let Completed::New(file) =
        bench.store.complete_file(keyed(complete_file("u1", first, 10), "a", 1)).await?
    else {
        return broken("the first is not new".to_owned());
    };
    bench.remove(&file).await?;
    bench.incoming("u1", second).await?;
    match bench.store.complete_file(keyed(complete_file("u1", second, 10), "a", 1)).await? {
        Completed::New(file) => same("the new file", file.id, second)?,
        Completed::Earlier(file) => return broken(format!("{file:?} is gone")),
    }
    bench.store.forget_file(ForgetFile { id: first }).await?;
    bench.incoming("u1", third).await?;
    match bench.store.complete_file(keyed(complete_file("u1", third, 10), "a", 1)).await? {
        Completed::New(file) => broken(format!("{file:?} was made twice")),
        Completed::Earlier(file) => same("the earlier file", file.id, second),
    }
}

/// Of two jobs that name it, and one that names it twice.
pub async fn a_file_is_in_use_until_its_jobs_are_final(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let file = bench.stored("u1").await?;
    bench.pass(1);
    let first = bench.submit(naming("u1", &[file.id])).await?;
    same("the job's files", first.files.to_vec(), vec![file.id])?;
    let second = bench.submit(naming("u1", &[file.id])).await?;
    same("the job read back", bench.view(second.id).await?.job, second.clone())?;
    let used = bench.store.file(file.id).await?.map(|file| (file.uses, file.used_at));
    same("uses, and the last", used, Some((2, first.created_at)))?;
    let day = first.created_at.after(std::time::Duration::from_secs(24 * 60 * 60));
    for job in [first, second] {
        refused(bench.remove(&file).await, &Refusal::FileInUse)?;
        let unused = RemoveFile { id: file.id, removal: Removal::Unused(day) };
        refused(bench.store.remove_file(unused).await, &Refusal::FileInUse)?;
        same("for the sweep", bench.store.files_to_sweep(day, day, 10).await?, Vec::new())?;
        bench.is_clean().await?;
        bench.pass(1);
        bench
            .store
            .request_cancel(RequestCancel { job: job.id, account: job.account, account_max: 0 })
            .await?;
    }
    let unused = bench.store.file(file.id).await?;
    let expected = Some((0, file.used_at.after(std::time::Duration::from_secs(3))));
    same("uses, and the last", unused.map(|file| (file.uses, file.used_at)), expected)?;
    bench.remove(&file).await?;
    bench.is_clean().await
}

/// Success, failure under the lease.
pub async fn every_ending_of_a_job_ends_its_use(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let file = bench.stored("u1").await?;
    for succeeds in [true, false] {
        let job: Job = bench.submit(naming("u1", &[file.id])).await?;
        let lease = bench.claim(job.id).await?.lease;
        bench.store.begin_attempt(begin(lease)).await?;
        bench.store.record_upstream(upstream(lease, objects(job.id))).await?;
        refused(bench.remove(&file).await, &Refusal::FileInUse)?;
        bench.finish(lease, if succeeds { succeeded(job.id, "0.04") } else { failed() }).await?;
        same("uses", bench.store.file(file.id).await?.map(|file| file.uses), Some(0))?;
    }
    bench.remove(&file).await?;
    bench.is_clean().await
}

/// Nothing is held, and the file that is there is no more in use than before.
pub async fn a_job_whose_file_is_not_there_is_refused_and_leaves_no_trace(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let (here, gone) = (bench.stored("u1").await?, bench.stored("u1").await?);
    bench.remove(&gone).await?;
    let before = bench.all_of(&["u1"]).await?;
    for missing in [gone.id, new_id()] {
        let step = naming("u1", &[here.id, missing]);
        refused(bench.store.submit(step).await, &Refusal::NoFile(missing))?;
    }
    same("all there is", bench.all_of(&["u1"]).await?, before)?;
    same("the file", bench.store.file(here.id).await?, Some(here))
}

/// In the same step, in use at once.
pub async fn files_that_come_with_a_job_are_there_with_it(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let (named, new) = (bench.stored("u1").await?, new_id());
    bench.store.reserve_files(reserve("u1", &[(new, 20)])).await?;
    let step = Submit { new_files: vec![new_file(new, 20)], ..naming("u1", &[named.id]) };
    let job = bench.submit(step).await?;
    same("the job's files", job.files.to_vec(), vec![named.id, new])?;
    let found = bench.store.file(new).await?.map(|file| (file.state, file.size_bytes, file.uses));
    same("the new file", found, Some((FileState::Stored, 20, 1)))?;
    same("the list", bench.listed(job.account).await?, vec![new, named.id])?;
    bench.is_clean().await
}

/// Of one that can't be paid.
pub async fn files_of_a_refused_job_stay_incoming(bench: StoreBench) -> Verdict {
    let new = new_id();
    bench.store.reserve_files(reserve("u1", &[(new, 20)])).await?;
    let step = Submit { new_files: vec![new_file(new, 20)], ..submit("u1", "0.04") };
    if bench.store.submit(step).await.is_ok() {
        return broken("a job was taken that can't be paid".to_owned());
    }
    same("the file", bench.store.file(new).await?.map(|file| file.state), Some(FileState::Incoming))?;
    let abandoned = bench.store.remove_file(RemoveFile { id: new, removal: Removal::Abandoned }).await?;
    same("the account", abandoned.account, bench.account("u1").await?.id)
}

/// Ten times, at once.
pub async fn a_file_is_removed_or_used_but_never_both(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    for _ in 0..10 {
        let file = bench.stored("u1").await?;
        let step = naming("u1", &[file.id]);
        let (removed, submitted) = tokio::join!(bench.remove(&file), bench.store.submit(step.clone()));
        match (removed, submitted) {
            (Ok(_), submitted) => {
                refused(submitted, &Refusal::NoFile(file.id))?;
            }
            (removed, Ok(_)) => {
                refused(removed, &Refusal::FileInUse)?;
                let cancel = RequestCancel { job: step.id, account: file.account, account_max: 0 };
                bench.store.request_cancel(cancel).await?;
                bench.remove(&file).await?;
            }
            (Err(error), Err(_)) => return broken(format!("neither was done: {error:?}")),
        }
    }
    bench.is_clean().await
}

/// Since their last use, or since they began to come in.
pub async fn files_that_nobody_needs_are_found_by_their_age(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let (old, used, incoming) = (bench.stored("u1").await?, bench.stored("u1").await?, new_id());
    bench.incoming("u1", incoming).await?;
    bench.pass(100);
    let job = bench.submit(naming("u1", &[used.id])).await?;
    bench.store.request_cancel(RequestCancel { job: job.id, account: job.account, account_max: 0 }).await?;
    let ids = async |unused_since: Timestamp, incoming_since: Timestamp| {
        let found = bench.store.files_to_sweep(unused_since, incoming_since, 10).await?;
        let mut ids: Vec<FileId> = found.iter().map(|file| file.id).collect();
        ids.sort();
        Ok::<_, StoreError>(ids)
    };
    let (then, later) = (old.used_at, job.created_at);
    same("none is older than the oldest", ids(then, then).await?, Vec::new())?;
    same("the unused one", ids(later, then).await?, vec![old.id])?;
    same("the incoming one", ids(then, later).await?, vec![incoming])?;
    same("both", ids(later, later).await?, vec![old.id, incoming])?;
    same("not more than asked for", bench.store.files_to_sweep(later, later, 1).await?.len(), 1)?;

    let unused = |file: &File| RemoveFile { id: file.id, removal: Removal::Unused(later) };
    refused(bench.store.remove_file(unused(&used)).await, &Refusal::FileInUse)?;
    bench.store.remove_file(unused(&old)).await?;
    bench.is_clean().await
}

/// None twice, none left out, another account's not at all.
pub async fn files_page_the_newest_first(bench: StoreBench) -> Verdict {
    let mut files = Vec::new();
    for _ in 0..3 {
        files.push(bench.stored("u1").await?);
    }
    bench.stored("u2").await?;
    files.reverse();
    let account = bench.account("u1").await?.id;
    let first = bench.store.files(account, None, 2).await?;
    let rest = bench.store.files(account, first.last().map(|file| file.id), 2).await?;
    same("the files", [first, rest].concat(), files)
}
