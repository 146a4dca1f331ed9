//! What the usage log says of calls.

use std::time::Duration;

use fourfold_domain::{Effect, OnDisconnect, Reason};
use fourfold_service::calls::CallReply;
use fourfold_service::testing::credits;
use fourfold_service::usage::{UsageAmounts, UsageOutcome, UsageRow};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::endings::{failure, live, said};
use super::house::{Act, House, Talker, read, text, used};

const AN_HOUR: Duration = Duration::from_secs(60 * 60);

/// The one row that there is in the end.
pub(super) async fn row(house: &House) -> UsageRow {
    rows(house, 1).await.remove(0)
}

/// The rows once there are as many, the first call's first.
pub(super) async fn rows(house: &House, count: usize) -> Vec<UsageRow> {
    let there = async {
        loop {
            let mut rows = house.usage.rows();
            if rows.len() >= count {
                rows.sort_by_key(|row| row.owner.to_string());
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(AN_HOUR, there).await.unwrap()
}

async fn whole(reply: CallReply) {
    read(reply).await.1.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_went_well_has_its_row() {
    let act = Act::Say(Duration::from_secs(3), said("In dens.", 10, 5));
    let house = House::new(OnDisconnect::Cancel, [Talker::of("acme", [act])]).await;
    whole(house.chat(false).await.unwrap()).await;
    let call = house.call().await.call;
    let row = row(&house).await;
    assert_eq!(
        (row.account, row.key, row.model, row.realm.as_str()),
        (call.account, None, call.model, "default")
    );
    assert_eq!(row.provider.unwrap().as_str(), "acme");
    assert_eq!((row.outcome, row.attempts, row.charged), (UsageOutcome::Succeeded, 1, credits("0.02")));
    let amounts = UsageAmounts { input_tokens: 10, output_tokens: 5, ..UsageAmounts::default() };
    assert_eq!((row.amounts, row.is_estimated), (amounts, false));
    assert_eq!((row.duration.as_secs(), row.first_part), (3, None));
}

#[tokio::test(start_paused = true)]
async fn the_row_of_a_stream_says_when_its_first_part_came() {
    let (vendor, act) = live();
    let house = House::new(OnDisconnect::Cancel, [Talker::of("acme", [act])]).await;
    let writing = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        vendor.send(text("In")).unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        vendor.send(used(10, 5)).unwrap();
        drop(vendor);
    };
    let reading = async { whole(house.chat(true).await.unwrap()).await };
    tokio::join!(writing, reading);
    let row = row(&house).await;
    assert_eq!((row.first_part.unwrap().as_secs(), row.duration.as_secs()), (2, 5));
    assert_eq!(row.charged, credits("0.02"));
}

#[tokio::test(start_paused = true)]
async fn a_row_says_how_its_call_ended() {
    for (reason, outcome) in
        [(Reason::Failed, UsageOutcome::Failed), (Reason::Refused, UsageOutcome::Refused)]
    {
        let act = Act::Say(Duration::ZERO, Err(failure(reason, Effect::Started)));
        let house = House::new(OnDisconnect::Cancel, [Talker::of("acme", [act])]).await;
        house.chat(false).await.unwrap_err();
        let row = row(&house).await;
        assert_eq!((row.outcome, row.charged, row.attempts), (outcome, credits("0"), 1));
        assert_eq!(row.amounts, UsageAmounts::default());
    }
}

#[tokio::test(start_paused = true)]
async fn the_row_of_an_answer_that_broke_off_says_what_was_delivered() {
    let (vendor, act) = live();
    let house = House::new(OnDisconnect::Cancel, [Talker::of("acme", [act])]).await;
    vendor.send(text("In dens.")).unwrap();
    vendor.send(Err(failure(Reason::Unavailable, Effect::Started))).unwrap();
    read(house.chat(true).await.unwrap()).await.1.unwrap_err();
    let row = row(&house).await;
    assert_eq!((row.outcome, row.is_estimated, row.charged), (UsageOutcome::Broken, true, credits("0.004")));
    assert_eq!((row.amounts.input_tokens, row.amounts.output_tokens), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn who_left_has_called_it_off() {
    let (vendor, act) = live();
    let house = House::new(OnDisconnect::Cancel, [Talker::of("acme", [act])]).await;
    vendor.send(text("In dens.")).unwrap();
    let mut reply = house.chat(true).await.unwrap();
    reply.body.next().await.unwrap().unwrap();
    drop(reply);
    vendor.closed().await;
    let row = row(&house).await;
    assert_eq!(
        (row.outcome, row.is_estimated, row.charged),
        (UsageOutcome::Cancelled, true, credits("0.013"))
    );
}
