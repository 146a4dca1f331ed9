//! What every store must do, by subject. Rules move the bench's clock; none sleeps.

pub mod accounts;
pub mod admission;
pub mod answers;
pub mod attempts;
pub mod audits;
mod bench;
pub mod budgets;
pub mod calls;
pub mod cancels;
pub mod chats;
pub mod deletions;
pub mod endings;
pub mod files;
pub mod instances;
pub mod key_secrets;
pub mod keys;
pub mod late;
pub mod leases;
pub mod lists;
pub mod operator;
pub mod races;
pub mod submissions;
pub mod turns;
pub mod webhook_secrets;
pub mod webhooks;

use std::sync::Arc;

pub use bench::StoreBench;

use super::Failures;
use super::suite::{Rule, run};
use crate::Clock;
use crate::ports::Store;
use crate::testing::TestClock;

/// Runs every rule, each over a store of its own that `make` makes with the clock it is given. Tells how
/// many rules were kept, or which were broken.
pub async fn store(make: impl AsyncFn(Arc<dyn Clock>) -> Arc<dyn Store>) -> Result<usize, Failures> {
    let bench = async || {
        let clock = Arc::new(TestClock::default());
        StoreBench { store: make(clock.clone()).await, clock }
    };
    run(rules(), bench).await
}

fn rules() -> Vec<Rule<StoreBench>> {
    [
        accounts::rules(),
        submissions::rules(),
        races::rules(),
        leases::rules(),
        attempts::rules(),
        endings::rules(),
        cancels::rules(),
        deletions::rules(),
        lists::rules(),
        files::rules(),
        calls::rules(),
        chats::rules(),
        answers::rules(),
        turns::rules(),
        instances::rules(),
        keys::rules(),
        key_secrets::rules(),
        budgets::rules(),
        audits::rules(),
        admission::rules(),
        late::rules(),
        operator::rules(),
        webhook_secrets::rules(),
        webhooks::rules(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
