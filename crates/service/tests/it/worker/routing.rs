//! Whose turn it is: credentials that rest or are set aside, breakers, shares, and who is left.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Circuit, Effect, JobState, Provider, ProviderError, Reason, Started};
use fourfold_service::catalog::RouteSettings;
use fourfold_service::jobs::{AttemptState as A, JobView};
use fourfold_service::routing::CredentialState;
use fourfold_service::testing::{ProviderTable, provider};

use super::house::{House, Plan, attempts, route};
use super::script::{MockMaker, failure, here, vendor, vendor_with};

fn not_started(reason: Reason) -> Result<Started, ProviderError> {
    Err(failure(reason, Effect::NotStarted))
}

fn done() -> Result<Started, ProviderError> {
    Ok(Started::Done(here(1)))
}

/// One provider with two credentials.
async fn two_keys(main: MockMaker, spare: MockMaker) -> House {
    let (main, spare) = (vendor("acme", main), vendor("acme", spare));
    let route = vec![route(&main)];
    let mut table = ProviderTable::default();
    table.add("main", main);
    table.add("spare", spare);
    House::over(Plan::default(), table, route).await
}

fn credentials(view: &JobView) -> Vec<&str> {
    view.attempts.iter().map(|attempt| attempt.credential.as_str()).collect()
}

/// Those who wait for the same don't come at once, but soon after it.
fn is_about(wait: Duration, seconds: u64) {
    let wanted = Duration::from_secs(seconds);
    assert!(wait >= wanted && wait <= wanted.mul_f64(1.1), "{wait:?}, not {wanted:?}");
}

/// Whoever is asked first fails so; what came of it.
async fn first_fails(reason: Reason) -> (House, JobView) {
    let asked = Arc::new(std::sync::Mutex::new(0));
    let maker = || {
        let (asked, mut maker) = (asked.clone(), MockMaker::new());
        maker.expect_start().returning(move |_, _| {
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            if *asked == 1 { not_started(reason) } else { done() }
        });
        maker
    };
    let house = two_keys(maker(), maker()).await;
    let job = house.submit(1).await;
    house.look(job).await;
    if !house.view(job).await.job.state.is_final() {
        assert_eq!(house.due_in(job).await, Duration::ZERO, "{reason:?}: the spare is asked at once");
    }
    let view = house.bring_to_an_end(job).await;
    (house, view)
}

#[tokio::test]
async fn a_spare_credential_takes_over_from_one_that_is_bad_or_tired() {
    for reason in [Reason::Unauthorized, Reason::OutOfMoney, Reason::RateLimited] {
        let (house, view) = first_fails(reason).await;
        assert_eq!(view.job.state, JobState::Succeeded, "{reason:?}");
        let (first, second) = (credentials(&view)[0], credentials(&view)[1]);
        assert_ne!(first, second, "{reason:?}");
        let states = house.parts.routing.credentials();
        let state = states.of(&provider("acme"), first);
        match reason {
            Reason::RateLimited => assert!(matches!(state, CredentialState::Resting { .. }), "{state:?}"),
            _ => assert!(matches!(state, CredentialState::SetAside { .. }), "{reason:?}: {state:?}"),
        }
        // It isn't asked again, whoever's lot it would be.
        for _ in 0..8 {
            let job = house.submit(1).await;
            assert_eq!(credentials(&house.look(job).await), [second], "{reason:?}");
        }
    }
}

#[tokio::test]
async fn a_job_waits_for_the_only_credential_that_rests() {
    let mut maker = MockMaker::new();
    let asks = ProviderError {
        retry_after: Some(Duration::from_secs(90)),
        ..failure(Reason::RateLimited, Effect::NotStarted)
    };
    maker.expect_start().times(1).return_once(move |_, _| Err(asks));
    maker.expect_start().times(2).returning(|_, _| done());
    let house = House::new([vendor("acme", maker)]).await;
    let (first, second) = (house.submit(1).await, house.submit(1).await);
    house.look(first).await;
    let view = house.look(second).await;
    assert_eq!((view.job.state, view.attempts.len()), (JobState::Queued, 0), "nobody is asked in vain");
    is_about(house.due_in(second).await, 90);
    for job in [first, second] {
        house.bring_to_an_end(job).await;
        house.check_state(job, JobState::Succeeded).await;
    }
}

#[tokio::test]
async fn jobs_wait_for_a_lone_credential_that_was_refused_once() {
    for reason in [Reason::Unauthorized, Reason::OutOfMoney] {
        let mut maker = MockMaker::new();
        maker.expect_start().times(1).return_once(move |_, _| not_started(reason));
        maker.expect_start().times(2).returning(|_, _| done());
        let house = House::new([vendor("acme", maker)]).await;
        let (first, second) = (house.submit(1).await, house.submit(1).await);
        house.look(first).await;
        let view = house.look(second).await;
        assert_eq!((view.job.state, view.attempts.len()), (JobState::Queued, 0), "nobody is asked in vain");
        is_about(house.due_in(second).await, 10);
        for job in [first, second] {
            house.bring_to_an_end(job).await;
            house.check_state(job, JobState::Succeeded).await;
        }
    }
}

#[tokio::test]
async fn a_job_looks_for_a_credential_that_may_have_been_mended() {
    let mut maker = MockMaker::new();
    maker.expect_start().times(3).returning(|_, _| not_started(Reason::Unauthorized));
    let house = House::new([vendor("acme", maker)]).await;
    for (set_aside_for, looks_after) in [(10, 10), (40, 30), (160, 30)] {
        let (asking, waiting) = (house.submit(1).await, house.submit(1).await);
        house.look(asking).await;
        house.look(waiting).await;
        is_about(house.due_in(waiting).await, looks_after);
        house.clock.advance(Duration::from_secs(set_aside_for));
    }
}

#[tokio::test]
async fn a_job_whose_only_credentials_stay_bad_fails_and_is_free() {
    let bad = |reason| {
        let mut maker = MockMaker::new();
        maker.expect_start().returning(move |_, _| not_started(reason));
        maker
    };
    let house = two_keys(bad(Reason::OutOfMoney), bad(Reason::Unauthorized)).await;
    let job = house.submit(1).await;
    let view = house.bring_to_an_end(job).await;
    house.check(job, JobState::Failed, "0").await;
    assert_eq!(attempts(&view), [("acme", A::Failed); 4], "both, and both again");
    let next = house.submit(1).await;
    house.look(next).await;
    assert_ne!(house.due_in(next).await, Duration::ZERO);
    // The operator mends it.
    house.parts.routing.credentials().forgive();
    assert_eq!(house.look(next).await.attempts.len(), 1);
}

#[tokio::test]
async fn an_open_breaker_is_passed_over() {
    let down = vendor_with("acme", MockMaker::new(), Circuit::Open);
    let up = vendor("zenith", MockMaker::starting([done()]));
    let house = House::new([down, up]).await;
    let job = house.submit(1).await;
    let view = house.look(job).await;
    assert_eq!(attempts(&view), [("zenith", A::Succeeded)]);
}

#[tokio::test]
async fn where_every_breaker_is_open_a_job_waits() {
    let house = House::new([vendor_with("acme", MockMaker::new(), Circuit::Open)]).await;
    let job = house.submit(1).await;
    let view = house.look(job).await;
    assert_eq!((view.job.state, view.attempts.len()), (JobState::Queued, 0));
    is_about(house.due_in(job).await, 5);
}

#[tokio::test]
async fn a_vendor_that_does_not_know_the_model_is_passed_over_and_a_refusal_is_final() {
    for (reason, state) in [
        (Reason::NotFound, JobState::Succeeded),
        (Reason::InvalidRequest, JobState::Succeeded),
        (Reason::Refused, JobState::Failed),
    ] {
        let first = vendor("acme", MockMaker::starting([not_started(reason)]));
        let mut second = MockMaker::new();
        second.expect_start().times(usize::from(state == JobState::Succeeded)).returning(|_, _| done());
        let house = House::new([first, vendor("zenith", second)]).await;
        let job = house.submit(1).await;
        house.bring_to_an_end(job).await;
        house.check_state(job, state).await;
    }
}

#[tokio::test]
async fn choices_of_one_rank_share_the_work() {
    let asked = |name: &str| {
        let mut maker = MockMaker::new();
        maker.expect_start().returning(|_, _| done());
        vendor(name, maker)
    };
    let vendors: [Arc<dyn Provider>; 2] = [asked("acme"), asked("zenith")];
    let routes = vendors.iter().map(|vendor| RouteSettings { rank: Some(1), ..route(vendor) }).collect();
    let house = House::over(Plan::default(), ProviderTable::from_iter(vendors), routes).await;
    let mut served = std::collections::BTreeSet::new();
    for _ in 0..64 {
        let job = house.submit(1).await;
        served.insert(house.look(job).await.attempts[0].provider.to_string());
    }
    assert_eq!(served.len(), 2, "{served:?}");
}
