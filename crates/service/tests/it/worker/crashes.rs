//! A process that dies right after any of its commits, and another that goes on from there: the job comes
//! to an end, the vendor is paid once at most, and so is the account.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fourfold_domain::{InstanceId, JobId, JobState, OnUncertain, Outputs, Poll, Started};
use fourfold_service::jobs::{AttemptState as A, Claim, JobView, RecordUpstream, Upstream};
use fourfold_service::ports::JobStore as _;
use fourfold_service::testing::{artifact, begin};
use serde_json::Map;
use uuid::Uuid;

use super::house::{House, Plan, attempts, error};
use super::script::{MockMaker, at_links, fetched, here, task, vendor};

/// How the vendor delivers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Delivery {
    AtOnce,
    AtOnceByLink,
    ByTask,
    ByTaskAndLink,
}

impl Delivery {
    fn outputs(self) -> Outputs {
        match self {
            Self::AtOnce | Self::ByTask => here(1),
            Self::AtOnceByLink | Self::ByTaskAndLink => at_links(1),
        }
    }

    /// Claim and begin, where it is a task the task and another claim, the places of results that are links, the end.
    fn commits(self) -> u32 {
        match self {
            Self::AtOnce => 3,
            Self::AtOnceByLink => 4,
            Self::ByTask => 5,
            Self::ByTaskAndLink => 6,
        }
    }
}

async fn house(delivery: Delivery, on_uncertain: OnUncertain) -> (House, Arc<AtomicU32>) {
    let starts = Arc::new(AtomicU32::new(0));
    let counted = starts.clone();
    let mut maker = MockMaker::new();
    maker.expect_start().returning(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(match delivery {
            Delivery::AtOnce | Delivery::AtOnceByLink => Started::Done(delivery.outputs()),
            Delivery::ByTask | Delivery::ByTaskAndLink => task(5),
        })
    });
    maker.expect_poll().returning(move |_| Ok(Poll::Done(delivery.outputs())));
    maker.expect_fetch().returning(|output| Ok(fetched(output)));
    let plan = Plan { on_uncertain, ..Plan::default() };
    (House::with(plan, [vendor("acme", maker)]).await, starts)
}

/// Works on the job until the process dies after so many answered commits and one more.
async fn die_after(house: &House, job: JobId, commits: u32) {
    house.store.keep_back_after(commits);
    let work = async {
        loop {
            if house.look(job).await.job.state.is_final() {
                break;
            }
        }
    };
    tokio::select! {
        () = work => panic!("it came to an end before the process died"),
        () = house.store.kept_back() => {}
    }
}

/// Another process takes the job over once the lease has ended.
async fn go_on(house: &mut House, job: JobId) -> JobView {
    house.worker = house.other_worker();
    if house.view(job).await.job.state.is_final() {
        return house.view(job).await;
    }
    house.clock.advance(Duration::from_secs(30));
    house.bring_to_an_end(job).await
}

#[tokio::test]
async fn whatever_commit_is_the_last_the_job_is_paid_for_once() {
    use Delivery::{AtOnce, AtOnceByLink, ByTask, ByTaskAndLink};
    for delivery in [AtOnce, AtOnceByLink, ByTask, ByTaskAndLink] {
        for commits in 0..delivery.commits() {
            let (mut house, starts) = house(delivery, OnUncertain::Fail).await;
            let job = house.submit(1).await;
            die_after(&house, job, commits).await;
            let view = go_on(&mut house, job).await;
            let case = format!("{delivery:?}, dead after {commits} commits and one");
            // The second commit says that a vendor is about to be asked; who dies there leaves a doubt.
            if commits == 1 {
                house.check(job, JobState::Failed, "0").await;
                assert_eq!(error(&view), Some("uncertain"), "{case}");
                assert_eq!(attempts(&view), [("acme", A::Uncertain)], "{case}");
            } else {
                house.check(job, JobState::Succeeded, "0.04").await;
                assert_eq!(attempts(&view), [("acme", A::Succeeded)], "{case}");
                assert_eq!(view.artifacts.len(), 1, "{case}");
                house.picture(&view.artifacts[0].object).await;
            }
            assert!(starts.load(Ordering::SeqCst) <= 1, "{case}");
        }
    }
}

#[tokio::test]
async fn a_doubt_is_tried_again_where_the_operator_says_so() {
    let (mut house, starts) = house(Delivery::AtOnce, OnUncertain::Retry).await;
    let job = house.submit(1).await;
    die_after(&house, job, 1).await;
    let view = go_on(&mut house, job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
    assert_eq!(attempts(&view), [("acme", A::Uncertain), ("acme", A::Succeeded)]);
    assert_eq!(starts.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_job_whose_workers_all_die_keeps_its_number_of_attempts() {
    let (mut house, _starts) = house(Delivery::AtOnce, OnUncertain::Retry).await;
    let job = house.submit(1).await;
    die_after(&house, job, 1).await;
    for _ in 0..2 {
        house.worker = house.other_worker();
        house.clock.advance(Duration::from_secs(30));
        // A claim, the doubt, a claim; dead after the next attempt was begun.
        die_after(&house, job, 3).await;
    }
    let view = go_on(&mut house, job).await;
    house.check(job, JobState::Failed, "0").await;
    assert_eq!((error(&view), attempts(&view)), (Some("uncertain"), vec![("acme", A::Uncertain); 3]));
}

/// As versions did that recorded results before they ended the job.
#[tokio::test]
async fn objects_that_are_recorded_are_charged_even_past_the_deadline() {
    let (mut house, _starts) = house(Delivery::AtOnce, OnUncertain::Fail).await;
    let job = house.submit(1).await;
    let claim = Claim { job, instance: InstanceId::new(Uuid::now_v7()), lease: Duration::from_secs(30) };
    let lease = house.store.claim(claim).await.unwrap().lease;
    house.store.begin_attempt(begin(lease)).await.unwrap();
    let delivery = fourfold_service::jobs::Delivery {
        items: vec![artifact(job, 0).object],
        quantities: Vec::new(),
        missing: None,
    };
    let record = RecordUpstream { lease, upstream: Upstream::Objects(delivery), vendor: Map::new() };
    house.store.record_upstream(record).await.unwrap();
    house.clock.advance(Duration::from_secs(60 * 60));
    go_on(&mut house, job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
}
