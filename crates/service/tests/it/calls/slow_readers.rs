//! Callers who don't read what they asked for.

use fourfold_domain::OnDisconnect;
use fourfold_service::calls::CallSettings;
use fourfold_service::credits::EntryKind;
use fourfold_service::jobs::AttemptState;
use tokio::time::{Duration, Instant, sleep};

use super::endings::live;
use super::house::{House, Talker, read, text, used};

#[tokio::test(start_paused = true)]
async fn who_reads_no_further_has_left_and_the_vendor_is_stopped() {
    let (vendor, act) = live();
    let house = House::new(OnDisconnect::Cancel, [Talker::of("acme", [act])]).await;
    for _ in 0..1000 {
        vendor.send(text("four")).unwrap();
    }
    let began = Instant::now();
    let reply = house.chat(true).await.unwrap();
    vendor.closed().await;
    assert_eq!(began.elapsed().as_secs(), CallSettings::default().read_patience.as_secs());
    // Nine tokens in, and the 32 out that wait for him; more wasn't taken from the vendor.
    assert_eq!(house.end().await, (EntryKind::Settle, "0.073".to_owned(), true));
    assert_eq!(house.call().await.attempts[0].state, AttemptState::Cancelled);
    let (words, end) = read(reply).await;
    assert_eq!(words, "four".repeat(32));
    // What was cut doesn't look whole.
    end.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn who_reads_slowly_is_waited_for() {
    let (vendor, act) = live();
    let house = House::new(OnDisconnect::Cancel, [Talker::of("acme", [act])]).await;
    for _ in 0..40 {
        vendor.send(text("four")).unwrap();
    }
    vendor.send(used(10, 40)).unwrap();
    drop(vendor);
    let reply = house.chat(true).await.unwrap();
    sleep(CallSettings::default().read_patience - Duration::from_secs(1)).await;
    let (words, end) = read(reply).await;
    end.unwrap();
    assert_eq!(words, format!("{}.", "four".repeat(40)));
    assert_eq!(house.end().await, (EntryKind::Settle, "0.09".to_owned(), false));
}
