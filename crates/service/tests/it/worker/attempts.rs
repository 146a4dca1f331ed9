//! Asking a vendor: what it answers, and what becomes of the job.

use std::collections::BTreeSet;
use std::time::Duration;

use fourfold_domain::{
    Credits, Effect, JobState, MediaRequest, OnUncertain, Outputs, ProviderError, Quantity, Reason, Started,
    Unit,
};
use fourfold_service::catalog::Catalog;
use fourfold_service::jobs::AttemptState as A;
use fourfold_service::ports::JobStore as _;
use metrics_exporter_prometheus::PrometheusBuilder;

use super::house::{House, Plan, attempts, error, submission};
use super::late::losses;
use super::script::{MockMaker, at_links, failure, here, vendor};

#[tokio::test]
async fn pictures_that_come_at_once_are_stored_and_charged() {
    let mut maker = MockMaker::new();
    maker.expect_start().times(1).returning(|request, context| {
        let MediaRequest::Image(image) = request else { panic!("{request:?}") };
        assert_eq!((image.prompt.as_str(), image.n), ("a fox", 2));
        assert_eq!((context.number, context.vendor_model.as_str()), (1, "acme-1"));
        Ok(Started::Done(here(2)))
    });
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(2).await;
    house.check(job, JobState::Queued, "0").await;
    let view = house.look(job).await;
    house.check(job, JobState::Succeeded, "0.08").await;
    assert_eq!(attempts(&view), [("acme", A::Succeeded)]);
    assert_eq!(view.attempts[0].vendor["request_id"], "r-1");
    assert_eq!(view.artifacts.len(), 2);
    for (artifact, text) in view.artifacts.iter().zip(["picture 0", "picture 1"]) {
        assert_eq!(house.picture(&artifact.object).await, text);
        assert_eq!(artifact.object.key, format!("{}/{job}/{}.png", view.job.account, artifact.index));
    }
}

#[tokio::test]
async fn pictures_that_come_as_links_are_fetched() {
    let maker = MockMaker::starting([Ok(Started::Done(at_links(1)))]).fetching(1);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    let view = house.look(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
    assert_eq!(house.picture(&view.artifacts[0].object).await, "picture at https://vendor.example/0.png");
}

#[tokio::test]
async fn a_part_of_the_pictures_is_charged_as_that_part() {
    let part = Outputs { missing: Some("1 of 3 was refused".to_owned()), ..here(2) };
    let house = House::new([vendor("acme", MockMaker::starting([Ok(Started::Done(part))]))]).await;
    let job = house.submit(3).await;
    let view = house.look(job).await;
    house.check(job, JobState::Succeeded, "0.08").await;
    assert_eq!((error(&view), view.artifacts.len()), (Some("partial"), 2));
}

#[tokio::test]
async fn nothing_delivered_is_a_failure_and_free() {
    let house = House::new([vendor("acme", MockMaker::starting([Ok(Started::Done(here(0)))]))]).await;
    let job = house.submit(1).await;
    let view = house.look(job).await;
    house.check(job, JobState::Failed, "0").await;
    assert_eq!((error(&view), attempts(&view)), (Some("failed"), vec![("acme", A::Failed)]));
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_free_and_the_operators_loss() {
    let mut maker = MockMaker::new();
    let unreadable = || failure(Reason::Unreadable, Effect::Started);
    maker.expect_start().times(1).returning(move |_, _| Err(unreadable()));
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    let view = house.bring_to_an_end(job).await;
    house.check(job, JobState::Failed, "0").await;
    assert_eq!((error(&view), attempts(&view)), (Some("unreadable"), vec![("acme", A::Lost)]));
    assert_eq!(losses(&house).await, ["-0.04"]);
}

#[tokio::test]
async fn every_loss_is_counted_as_its_entry_says() {
    let unreadable = failure(Reason::Unreadable, Effect::Started);
    let uncertain = failure(Reason::Timeout, Effect::MayHaveStarted);
    let recorder = PrometheusBuilder::new().build_recorder();
    let _recorder = metrics::set_default_local_recorder(&recorder);
    for (failure, micros) in [(unreadable, 40_000), (uncertain, 80_000)] {
        let house = House::new([vendor("acme", MockMaker::starting([Err(failure)]))]).await;
        let job = house.submit(1).await;
        house.bring_to_an_end(job).await;
        assert_eq!(losses(&house).await, ["-0.04"]);
        let (shown, line) = (
            recorder.handle().render(),
            format!("fourfold_credits_lost_micros_total{{model=\"picture\"}} {micros}\n"),
        );
        assert!(shown.contains(&line), "{shown}");
    }
}

#[tokio::test]
async fn the_charge_is_at_most_the_hold() {
    let cases = [
        // More than was asked for is the operator's loss.
        (vec![Quantity::new(Unit::Image, 5)], "0.04"),
        // What has no price, or no figure at all, costs the hold.
        (vec![Quantity::new(Unit::VideoSecond, 5)], "0.04"),
        (Vec::new(), "0.04"),
        (vec![Quantity::new(Unit::Image, 0)], "0"),
    ];
    for (quantities, charged) in cases {
        let outputs = Outputs { quantities, ..here(1) };
        let maker = MockMaker::starting([Ok(Started::Done(outputs))]);
        let house = House::new([vendor("acme", maker)]).await;
        let job = house.submit(1).await;
        house.look(job).await;
        house.check(job, JobState::Succeeded, charged).await;
    }
}

/// One vendor that always fails so, two attempts at most: how often it is asked, and why the job fails.
async fn check(reason: Reason, effect: Effect, on_uncertain: OnUncertain, asked: usize, code: &str) {
    let mut maker = MockMaker::new();
    maker.expect_start().times(asked).returning(move |_, _| Err(failure(reason, effect)));
    let plan = Plan { attempts_max: 2, on_uncertain, ..Plan::default() };
    let house = House::with(plan, [vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    let view = house.bring_to_an_end(job).await;
    house.check(job, JobState::Failed, "0").await;
    assert_eq!(error(&view), Some(code), "{reason:?} {effect:?}");
    let ended = if effect == Effect::MayHaveStarted { A::Uncertain } else { A::Failed };
    assert_eq!(attempts(&view), vec![("acme", ended); asked], "{reason:?} {effect:?}");
}

#[tokio::test]
async fn paid_work_is_tried_again_only_when_it_was_not_begun() {
    use Effect::{MayHaveStarted, NotStarted, Started};
    use OnUncertain::{Fail, Retry};
    check(Reason::Unavailable, NotStarted, Fail, 2, "unavailable").await;
    check(Reason::RateLimited, NotStarted, Fail, 2, "rate_limited").await;
    check(Reason::OutOfMoney, NotStarted, Fail, 2, "out_of_money").await;
    check(Reason::Refused, NotStarted, Fail, 1, "refused").await;
    check(Reason::InvalidRequest, NotStarted, Fail, 1, "invalid_request").await;
    check(Reason::Failed, Started, Retry, 1, "failed").await;
    check(Reason::Timeout, MayHaveStarted, Fail, 1, "uncertain").await;
    check(Reason::Timeout, MayHaveStarted, Retry, 2, "uncertain").await;
}

#[tokio::test]
async fn the_next_provider_is_asked_when_nothing_was_begun() {
    let vendor_says = serde_json::Map::from_iter([("status".to_owned(), "503".into())]);
    let down = ProviderError { vendor: vendor_says, ..failure(Reason::Unavailable, Effect::NotStarted) };
    let down = MockMaker::starting([Err(down)]);
    let up = MockMaker::starting([Ok(Started::Done(here(1)))]);
    let house = House::new([vendor("acme", down), vendor("zenith", up)]).await;
    let job = house.submit(1).await;
    let view = house.look(job).await;
    assert_eq!((view.job.state, attempts(&view)), (JobState::Queued, vec![("acme", A::Failed)]));
    house.check(job, JobState::Queued, "0").await;
    let view = house.look(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
    assert_eq!(attempts(&view), [("acme", A::Failed), ("zenith", A::Succeeded)]);
    assert_eq!(view.attempts[0].vendor["status"], "503", "what the vendor said is kept");
}

#[tokio::test]
async fn the_next_provider_is_not_asked_when_work_may_have_begun() {
    let uncertain = MockMaker::starting([Err(failure(Reason::Timeout, Effect::MayHaveStarted))]);
    let house = House::new([vendor("acme", uncertain), vendor("zenith", MockMaker::new())]).await;
    let job = house.submit(1).await;
    let view = house.bring_to_an_end(job).await;
    house.check(job, JobState::Failed, "0").await;
    assert_eq!((error(&view), attempts(&view)), (Some("uncertain"), vec![("acme", A::Uncertain)]));
}

#[tokio::test]
async fn attempts_wait_for_as_long_as_the_vendor_asks_else_longer_each_time() {
    let unavailable = || failure(Reason::Unavailable, Effect::NotStarted);
    let asks = ProviderError { retry_after: Some(Duration::from_secs(90)), ..unavailable() };
    let maker =
        MockMaker::starting([Err(unavailable()), Err(unavailable()), Err(asks), Ok(Started::Done(here(1)))]);
    let plan = Plan { attempts_max: 4, ..Plan::default() };
    let house = House::with(plan, [vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    for seconds in [1, 2, 90] {
        house.look(job).await;
        assert_eq!(house.due_in(job).await, Duration::from_secs(seconds));
    }
    house.bring_to_an_end(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
}

#[tokio::test]
async fn a_job_past_its_deadline_expires_unasked() {
    let house = House::new([vendor("acme", MockMaker::new())]).await;
    let job = house.submit(1).await;
    house.clock.advance(Duration::from_secs(60 * 60));
    let view = house.look(job).await;
    house.check(job, JobState::Expired, "0").await;
    assert_eq!((error(&view), view.attempts.len()), (Some("expired"), 0));
}

#[tokio::test]
async fn a_model_that_is_gone_is_kept_for_its_jobs_until_none_needs_it() {
    let house = House::new([vendor("acme", MockMaker::starting([Ok(Started::Done(here(1)))]))]).await;
    let (first, second) = (house.submit(1).await, house.submit(1).await);
    let catalog = &house.parts.catalog;
    catalog.replace(Catalog::default());
    assert!(house.jobs().submit(submission(1)).await.is_err(), "it isn't offered any more");
    catalog.forget_retired(std::time::Instant::now(), &house.store.needed().await.unwrap().models);
    house.look(first).await;
    house.check_state(first, JobState::Succeeded).await;

    catalog.forget_retired(std::time::Instant::now(), &BTreeSet::new());
    let view = house.look(second).await;
    house.check_state(second, JobState::Failed).await;
    assert_eq!((error(&view), view.job.charged), (Some("unavailable"), Credits::ZERO));
    catalog.replace(Catalog::default());
}

#[tokio::test]
async fn a_job_whose_model_is_gone_fails_and_is_free() {
    let house = House::new([vendor("acme", MockMaker::new())]).await;
    let job = house.submit(1).await;
    house.parts.catalog.replace(Catalog::default());
    house.parts.catalog.forget_retired(std::time::Instant::now(), &BTreeSet::new());
    let view = house.look(job).await;
    house.check(job, JobState::Failed, "0").await;
    assert_eq!((error(&view), view.attempts.len()), (Some("unavailable"), 0));
}
