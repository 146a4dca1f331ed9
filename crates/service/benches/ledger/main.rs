//! Hold + settle pairs a second: many steps in one commit, beside one transaction each, in one run on one disk.
//!
//! 64 callers each open a call and end it with a charge, over a thousand accounts and over a single one. Everything
//! is durable: SQLite syncs its log at every commit, Postgres runs with fsync. Run it with `cargo xtask bench ledger`,
//! which says what the disk can do; it fails if a goal is missed.

#![expect(clippy::unwrap_used, reason = "a bench ends where it can't go on")]

mod bare;
mod load;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use fourfold_servers::Postgres;
use fourfold_service::SystemClock;
use fourfold_service::backends::{PostgresSettings, PostgresStore, SqliteSettings, SqliteStore};
use fourfold_service::ports::Store;

use load::{Accounts, Sides};

/// How many steps share a commit by default.
const BATCH_MAX: usize = 256;

/// How many connections take one transaction each on Postgres; more don't make it faster there.
const SINGLES: usize = 32;

/// Half of what one side does at a time, so that both see the same disk.
const ROUNDS: u32 = 4;

/// What has to be reached, as multiples of one transaction each.
const SQLITE_GOAL: f64 = 8.0;
const POSTGRES_MANY_GOAL: f64 = 2.0;
const POSTGRES_HOT_GOAL: f64 = 8.0;

/// Or this much of what the same rows cost without any decision.
const BARE_GOAL: f64 = 0.8;

/// The longest wait of 99 of 100 steps at a tenth of the load.
const WAIT_GOAL: Duration = Duration::from_millis(5);

fn main() -> ExitCode {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(3);
    let slice = Duration::from_secs(seconds) / ROUNDS;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let met = runtime.block_on(async {
        let mut met = sqlite(slice).await;
        met.extend(postgres(slice).await);
        met
    });
    ExitCode::from(u8::from(met.contains(&false)))
}

async fn sqlite(slice: Duration) -> Vec<bool> {
    let folder = tempfile::tempdir().unwrap();
    let mut met = Vec::new();
    let mut tenth = None;
    for accounts in [Accounts::Many, Accounts::Hot] {
        let open = |name: &str, batch_max| {
            let settings = SqliteSettings {
                batch_max,
                ..SqliteSettings::new(folder.path().join(format!("{accounts:?}-{name}.db")))
            };
            SqliteStore::open(&settings, Arc::new(SystemClock)).unwrap()
        };
        let (together, alone) = (open("together", BATCH_MAX), open("alone", 1));
        println!("sqlite   {}", together.durability());
        let sides = Sides { together: Arc::new(together), alone: vec![Arc::new(alone)], accounts };
        let pairs = load::compare(&sides, slice, ROUNDS).await;
        let bare =
            bare::pairs_per_second(&folder.path().join(format!("{accounts:?}-bare.db")), slice * ROUNDS);
        let goal = (SQLITE_GOAL * pairs.alone).min(BARE_GOAL * bare);
        met.push(says(&format!("sqlite, {accounts}"), &pairs, Some(bare), goal));
        tenth.get_or_insert((sides, pairs.together / 10.0));
    }
    if let Some((sides, rate)) = tenth {
        met.push(waits("sqlite", &sides, rate, slice * ROUNDS).await);
    }
    met
}

async fn postgres(slice: Duration) -> Vec<bool> {
    let server = Postgres::start(Postgres::SYNCED).unwrap();
    let mut met = Vec::new();
    let mut tenth = None;
    for (accounts, times) in [(Accounts::Many, POSTGRES_MANY_GOAL), (Accounts::Hot, POSTGRES_HOT_GOAL)] {
        let url = server.create_database().unwrap();
        let open = async |batch_max| {
            let mut settings = PostgresSettings::new(&url).unwrap();
            settings.batch_max = batch_max;
            PostgresStore::open(&settings).await.unwrap()
        };
        let together = open(BATCH_MAX).await;
        println!("postgres {}", together.durability());
        let mut alone: Vec<Arc<dyn Store>> = Vec::new();
        for _ in 0..SINGLES {
            alone.push(Arc::new(open(1).await));
        }
        let sides = Sides { together: Arc::new(together), alone, accounts };
        let pairs = load::compare(&sides, slice, ROUNDS).await;
        met.push(says(&format!("postgres, {accounts}"), &pairs, None, times * pairs.alone));
        tenth.get_or_insert((sides, pairs.together / 10.0));
    }
    if let Some((sides, rate)) = tenth {
        // As in a server that has run for a while, whose next files of the log are there already: making them is slow.
        server.sql("postgres", "CHECKPOINT").unwrap();
        met.push(waits("postgres", &sides, rate, slice * ROUNDS).await);
    }
    met
}

/// Prints what both sides did, and whether that is enough.
fn says(name: &str, pairs: &load::Pairs, bare: Option<f64>, goal: f64) -> bool {
    let met = pairs.together >= goal;
    let bare = bare.map(|bare| format!(", bare rows {bare:.0}")).unwrap_or_default();
    println!(
        "{name:24} {:.0} pairs/s together, {:.0} one transaction each ({:.1} x){bare}: {} the goal of {goal:.0}",
        pairs.together,
        pairs.alone,
        pairs.together / pairs.alone,
        if met { "meets" } else { "MISSES" },
    );
    met
}

async fn waits(name: &str, sides: &Sides, rate: f64, duration: Duration) -> bool {
    let waits = load::paced(sides, rate, duration).await;
    let met = waits.p99 < WAIT_GOAL;
    println!(
        "{name:24} at {rate:.0} pairs/s a step waits p50 {:.2} ms, p99 {:.2} ms: {} the goal of under {:.0} ms",
        waits.p50.as_secs_f64() * 1000.0,
        waits.p99.as_secs_f64() * 1000.0,
        if met { "meets" } else { "MISSES" },
        WAIT_GOAL.as_secs_f64() * 1000.0,
    );
    met
}
