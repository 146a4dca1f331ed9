//! Work that is done elsewhere and paid like a call: what each of its endings costs.

use fourfold_domain::estimate::Written;
use fourfold_domain::{
    Dialect, Effect, Modality, OnDisconnect, Price, Quantity, Rate, TokenCeilings, Unit, Usage, WireAsked,
};
use fourfold_service::ServiceError;
use fourfold_service::calls::{MeteredCall, MeteredEnd, MeteredHold, MeteredOutcome, MeteredWork};
use fourfold_service::credits::EntryKind;
use fourfold_service::limits::Admission;
use fourfold_service::testing::{account_subject, credits};
use fourfold_service::usage::UsageOutcome;
use serde_json::json;

use super::house::{Act, House, Talker};
use super::usage::row;

/// A thousandth of a credit a token in, two a token out, and three out of `dear`; four a picture.
fn price() -> Price {
    let rate = |unit, amount: &str| Rate { per: Some(1), ..Rate::new(unit, credits(amount)) };
    let dear = Rate {
        when: [("model".to_owned(), serde_json::from_value(json!("dear")).unwrap())].into(),
        ..rate(Unit::OutputToken, "0.003")
    };
    let rates = vec![
        rate(Unit::InputToken, "0.001"),
        rate(Unit::OutputToken, "0.002"),
        dear,
        rate(Unit::Image, "0.004"),
    ];
    Price::new("v1", rates)
}

fn text(model: &str, limit: u64) -> MeteredWork {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "Where do foxes live?"}]});
    let asked = WireAsked::read(Dialect::OpenAiChat, body.to_string().as_bytes()).unwrap();
    MeteredWork::Text { asked: Box::new(asked), limit, ceilings: TokenCeilings::default() }
}

async fn house() -> House {
    House::new(OnDisconnect::Cancel, [Talker::of("acme", [] as [Act; 0])]).await
}

async fn open(house: &House, work: MeteredWork) -> Result<MeteredHold, ServiceError> {
    let call = MeteredCall {
        subject: account_subject("u1"),
        key: None,
        model: "forward/t".parse().unwrap(),
        provider: "forward".parse().unwrap(),
        price: price(),
        work,
        admission: Admission::unlimited(),
    };
    house.calls.open_metered(call).await
}

fn told(
    outcome: MeteredOutcome,
    input_tokens: u64,
    output_tokens: u64,
    delivered_bytes: usize,
) -> MeteredEnd {
    let usage = Usage { input_tokens, output_tokens, ..Usage::default() };
    let mut delivered = Written::default();
    delivered.bytes(delivered_bytes, 0);
    MeteredEnd { outcome, usage, delivered }
}

#[tokio::test(start_paused = true)]
async fn what_it_costs_follows_from_how_it_ended() {
    use MeteredOutcome::{Broken, Failed, Left, NotSent, Whole};
    // By our estimate 17 tokens go in.
    for (model, end, kind, charged, is_estimated) in [
        ("m", told(Whole, 10, 5, 400), EntryKind::Settle, "0.02", false),
        ("dear", told(Whole, 10, 5, 400), EntryKind::Settle, "0.025", false),
        ("m", told(Whole, 0, 0, 40), EntryKind::Settle, "0.037", true),
        ("m", told(Broken, 0, 0, 40), EntryKind::Settle, "0.02", true),
        ("m", told(Broken, 0, 0, 0), EntryKind::Release, "0", false),
        ("m", told(Left, 0, 0, 40), EntryKind::Settle, "0.037", true),
        ("m", told(Left, 0, 0, 0), EntryKind::Settle, "0.017", true),
        ("m", told(Failed(Effect::Started), 10, 5, 400), EntryKind::Release, "0", false),
        ("m", told(NotSent, 0, 0, 0), EntryKind::Release, "0", false),
    ] {
        let house = house().await;
        let hold = open(&house, text(model, 50)).await.unwrap();
        let ended = format!("{end:?}");
        assert!(hold.end(end).await, "{ended}");
        assert_eq!(house.end().await, (kind, charged.to_owned(), is_estimated), "{ended}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_counted_costs_the_same_however_much_of_it_was_read() {
    for outcome in [MeteredOutcome::Whole, MeteredOutcome::Left] {
        let house = house().await;
        let pictures = MeteredWork::Counted(Modality::Image, vec![Quantity::new(Unit::Image, 3)]);
        let hold = open(&house, pictures).await.unwrap();
        assert!(hold.end(told(outcome, 0, 0, 4000)).await);
        assert_eq!(house.end().await, (EntryKind::Settle, "0.012".to_owned(), false), "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_is_dropped_without_a_word_costs_nothing() {
    let house = house().await;
    drop(open(&house, text("m", 50)).await.unwrap());
    assert_eq!(house.end().await, (EntryKind::Interrupted, "0".to_owned(), false));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_wait_is_settled_all_the_same() {
    let house = house().await;
    let hold = open(&house, text("m", 50)).await.unwrap();
    drop(hold.end(told(MeteredOutcome::Whole, 10, 5, 0)));
    assert_eq!(house.end().await, (EntryKind::Settle, "0.02".to_owned(), false));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_while_it_is_opened_is_given_back_what_was_held() {
    let house = house().await;
    let opening = open(&house, text("m", 50));
    assert!(futures_util::FutureExt::now_or_never(opening).is_none());
    assert_eq!(house.end().await.0, EntryKind::Release);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_pay_is_refused() {
    let house = house().await;
    let refused = open(&house, text("m", 10_000)).await.unwrap_err();
    assert!(matches!(refused, ServiceError::Refused(_)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_charges_nothing_for_what_it_cuts_off() {
    let house = house().await;
    let _hold = open(&house, text("m", 50)).await.unwrap();
    house.spawner.cut_off().cancel();
    assert_eq!(house.end().await, (EntryKind::Interrupted, "0".to_owned(), false));
}

#[tokio::test(start_paused = true)]
async fn it_has_its_row_in_the_usage_log() {
    let house = house().await;
    let hold = open(&house, text("m", 50)).await.unwrap();
    assert!(hold.end(told(MeteredOutcome::Whole, 10, 5, 0)).await);
    let row = row(&house).await;
    assert_eq!((row.model.as_str(), row.provider.unwrap().as_str()), ("forward/t", "forward"));
    assert_eq!(
        (row.outcome, row.modality, row.charged),
        (UsageOutcome::Succeeded, Modality::Chat, credits("0.02"))
    );
    assert_eq!((row.amounts.input_tokens, row.amounts.output_tokens), (10, 5));
}
