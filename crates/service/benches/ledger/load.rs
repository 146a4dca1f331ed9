//! Callers who open calls and end them, as fast as they are answered or at a pace.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fourfold_domain::{CallId, InstanceId};
use fourfold_service::calls::{CallEnding, EndCall, OpenCall};
use fourfold_service::credits::Grant;
use fourfold_service::ports::Store;
use fourfold_service::testing::{account_subject, credits, open_call};
use tokio::task::JoinSet;
use uuid::Uuid;

const CALLERS: usize = 64;
const MANY: usize = 1000;

/// Whose credits move.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Accounts {
    /// A thousand accounts.
    Many,
    /// One account.
    Hot,
}

impl fmt::Display for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Many => "1 000 accounts",
            Self::Hot => "one account",
        })
    }
}

/// The same work in both ways.
pub(crate) struct Sides {
    /// Many steps share a commit.
    pub(crate) together: Arc<dyn Store>,
    /// Each step has a transaction of its own; the callers spread over these.
    pub(crate) alone: Vec<Arc<dyn Store>>,
    pub(crate) accounts: Accounts,
}

/// Pairs a second.
pub(crate) struct Pairs {
    pub(crate) together: f64,
    pub(crate) alone: f64,
}

/// Lets both sides work in turns.
pub(crate) async fn compare(sides: &Sides, slice: Duration, rounds: u32) -> Pairs {
    let together = std::slice::from_ref(&sides.together);
    grant(&sides.together, sides.accounts).await;
    grant(&sides.alone[0], sides.accounts).await;
    work(together, sides.accounts, slice).await;
    work(&sides.alone, sides.accounts, slice).await;
    let mut pairs = Pairs { together: 0.0, alone: 0.0 };
    for _ in 0..rounds {
        pairs.together += work(together, sides.accounts, slice).await / f64::from(rounds);
        pairs.alone += work(&sides.alone, sides.accounts, slice).await / f64::from(rounds);
    }
    pairs
}

/// Every caller opens a call and ends it, over and over. Answers pairs a second.
async fn work(stores: &[Arc<dyn Store>], accounts: Accounts, duration: Duration) -> f64 {
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = Arc::clone(&stores[caller % stores.len()]);
        callers.spawn(async move {
            let mut pairs = 0_u32;
            while began.elapsed() < duration {
                let number = caller + CALLERS * usize::try_from(pairs).unwrap();
                pair(store.as_ref(), accounts, number).await;
                pairs += 1;
            }
            pairs
        });
    }
    let pairs: u32 = callers.join_all().await.into_iter().sum();
    f64::from(pairs) / began.elapsed().as_secs_f64()
}

/// One call, from its hold to its charge. Answers how long each of both steps took.
async fn pair(store: &dyn Store, accounts: Accounts, number: usize) -> [Duration; 2] {
    let user = match accounts {
        Accounts::Many => format!("u{}", number % MANY),
        Accounts::Hot => "u0".to_owned(),
    };
    let id = CallId::new(Uuid::now_v7());
    let began = Instant::now();
    store.open_call(OpenCall { id, ..open_call(&user, "0.04", InstanceId::new(id.uuid())) }).await.unwrap();
    let opened = began.elapsed();
    let began = Instant::now();
    store
        .end_call(EndCall {
            id,
            ending: CallEnding::Charged(credits("0.03")),
            attempts: Vec::new(),
            answer: None,
        })
        .await
        .unwrap();
    [opened, began.elapsed()]
}

/// How long steps wait.
pub(crate) struct Waits {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Begins pairs at a steady rate, whether earlier ones are answered or not.
pub(crate) async fn paced(sides: &Sides, rate: f64, duration: Duration) -> Waits {
    let mut running = JoinSet::new();
    let began = tokio::time::Instant::now();
    let mut number = 0_usize;
    while began.elapsed() < duration {
        let store = Arc::clone(&sides.together);
        let accounts = sides.accounts;
        running.spawn(async move { pair(store.as_ref(), accounts, number).await });
        number += 1;
        tokio::time::sleep_until(began + Duration::from_secs_f64(number as f64 / rate)).await;
    }
    let mut waits: Vec<Duration> = running.join_all().await.into_iter().flatten().collect();
    waits.sort_unstable();
    let at = |percent: usize| waits[(waits.len() * percent).div_ceil(100) - 1];
    Waits { p50: at(50), p99: at(99) }
}

async fn grant(store: &Arc<dyn Store>, accounts: Accounts) {
    let count = if matches!(accounts, Accounts::Many) { MANY } else { 1 };
    for number in 0..count {
        let step = Grant {
            subject: account_subject(&format!("u{number}")),
            credits: credits("1000000"),
            operation: format!("grant:{}", Uuid::now_v7()),
            note: None,
        };
        store.grant(step).await.unwrap();
    }
}
