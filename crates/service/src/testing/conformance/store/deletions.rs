//! Jobs that their owners delete, and the list that they go from.

use fourfold_domain::{JobId, JobState, Modality};

use super::bench::{StoreBench, failed, succeeded};
use crate::Refusal;
use crate::jobs::{DeleteJob, Deletion, Job, JobEmptied, Submit};
use crate::ports::VideoPage;
use crate::testing::conformance::suite::{Broken, Rule, Verdict, holds, refused, rules, same};
use crate::testing::submit;

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        videos_page_in_either_order_and_nothing_else_does,
        a_deleted_job_is_emptied_once_it_is_final,
        only_its_owner_deletes_a_job,
    )
}

async fn video(bench: &StoreBench, user: &str) -> Result<Job, Broken> {
    bench.submit(Submit { modality: Modality::Video, ..submit(user, "0.04") }).await
}

/// None twice, none left out; no other modality, no other account's, none that was deleted.
pub async fn videos_page_in_either_order_and_nothing_else_does(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.grant("u2", "10").await?;
    let mut videos = Vec::new();
    for _ in 0..5 {
        videos.push(video(&bench, "u1").await?.id);
        bench.submit(submit("u1", "0.04")).await?;
    }
    video(&bench, "u2").await?;
    let account = bench.account("u1").await?.id;
    let deleted = videos.remove(2);
    bench.store.delete_job(DeleteJob { job: deleted, account }).await?;
    for is_oldest_first in [true, false] {
        let mut found: Vec<JobId> = Vec::new();
        loop {
            let page = VideoPage { after: found.last().copied(), is_oldest_first, limit: 3 };
            let views = bench.store.videos(account, page).await?;
            holds("a page is longer than asked for", views.len() <= 3)?;
            if views.is_empty() {
                break;
            }
            found.extend(views.iter().map(|view| view.job.id));
        }
        same("the videos", &found, &videos)?;
        videos.reverse();
    }
    Ok(())
}

/// Not before: more may come.
pub async fn a_deleted_job_is_emptied_once_it_is_final(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    let delete = DeleteJob { job: job.id, account: job.account };
    for _ in 0..2 {
        same("its deletion", bench.store.delete_job(delete).await?.deletion, Deletion::Leaving)?;
    }
    same("what is to be removed", bench.store.deleted_jobs(10).await?.len(), 0)?;
    refused(bench.store.job_emptied(JobEmptied { job: job.id }).await, &Refusal::NotFound)?;
    bench.finish(lease, succeeded(job.id, "0.04")).await?;
    let left = bench.store.deleted_jobs(10).await?;
    let of_left: Vec<_> = left.iter().map(|view| (view.job.id, view.artifacts.len())).collect();
    same("what is to be removed", of_left, vec![(job.id, 1)])?;
    bench.store.artifacts_removed(vec![(job.id, 0)]).await?;
    for _ in 0..2 {
        bench.store.job_emptied(JobEmptied { job: job.id }).await?;
    }
    same("what is left", bench.store.deleted_jobs(10).await?.len(), 0)?;
    same("its deletion", bench.store.delete_job(delete).await?.deletion, Deletion::Gone)?;
    bench.stands(job.id, JobState::Succeeded, "0.04").await?;
    bench.is_clean().await
}

/// And what wasn't deleted isn't emptied.
pub async fn only_its_owner_deletes_a_job(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.finish(lease, failed()).await?;
    let other = bench.grant("u2", "10").await?;
    let by_other = DeleteJob { job: job.id, account: other.id };
    refused(bench.store.delete_job(by_other).await, &Refusal::NotFound)?;
    let unknown = DeleteJob { job: submit("u1", "0").id, account: job.account };
    refused(bench.store.delete_job(unknown).await, &Refusal::NotFound)?;
    refused(bench.store.job_emptied(JobEmptied { job: job.id }).await, &Refusal::NotFound)?;
    same("its deletion", bench.view(job.id).await?.job.deletion, Deletion::Kept)
}
