//! The leases that this process holds, renewed together, and the word that one was lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fourfold_domain::JobId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Lease;
use crate::ports::JobStore;

/// The leases of one process. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Leases(Arc<Mutex<HashMap<JobId, Held>>>);

struct Held {
    lease: Lease,
    /// Until when it lasts at least, by our own clock.
    until: Instant,
    lost: CancellationToken,
}

/// A lease while somebody works under it; it is no longer renewed once this is dropped.
pub(super) struct HeldLease {
    leases: Leases,
    lease: Lease,
    lost: CancellationToken,
}

impl Leases {
    /// Keeps a lease alive that was asked for at `asked_at`.
    pub(super) fn hold(&self, lease: Lease, asked_at: Instant, lasts: Duration) -> HeldLease {
        let lost = CancellationToken::new();
        let held = Held { lease, until: asked_at + lasts, lost: lost.clone() };
        if let Some(older) = self.lock().insert(lease.job, held) {
            // It ran out, or there would be no newer one: whoever works under it must stop.
            older.lost.cancel();
        }
        HeldLease { leases: self.clone(), lease, lost }
    }

    /// Whether this process works on the job. While the database couldn't be written, its lease may have run
    /// out there; that is no reason to begin anew beside the one who still works.
    pub(super) fn hold_any(&self, job: JobId) -> bool {
        self.lock().contains_key(&job)
    }

    /// Renews all of them in one statement; those that are no longer ours are given up.
    pub(super) async fn renew(&self, store: &dyn JobStore, lasts: Duration) {
        let leases: Vec<Lease> = self.lock().values().map(|held| held.lease).collect();
        if leases.is_empty() {
            return;
        }
        let asked_at = Instant::now();
        match store.renew(leases.clone(), lasts).await {
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "leases couldn't be renewed");
            }
            Ok(lost) => {
                let mut held = self.lock();
                for lease in leases {
                    let Some(held) = held.get_mut(&lease.job).filter(|held| held.lease == lease) else {
                        continue;
                    };
                    if lost.contains(&lease.job) {
                        held.lost.cancel();
                    } else {
                        held.until = asked_at + lasts;
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldLease {
    /// Ends when the lease is no longer ours.
    pub(super) fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// How long it lasts at least.
    pub(super) fn left(&self) -> Duration {
        let leases = self.leases.lock();
        let until =
            leases.get(&self.lease.job).filter(|held| held.lease == self.lease).map(|held| held.until);
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }
}

impl HeldLease {
    /// Gives the job up, before it is lined up again: whoever takes it next must not find it held here.
    pub(super) fn let_go(&self) {
        let mut held = self.leases.lock();
        // The job may be under a newer lease of this very process by now.
        if held.get(&self.lease.job).is_some_and(|held| held.lease == self.lease) {
            held.remove(&self.lease.job);
        }
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        self.let_go();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_job_is_held_until_it_is_let_go_or_given_up() {
        let (leases, job) = (Leases::default(), JobId::new(Uuid::now_v7()));
        let hold = |token| leases.hold(Lease { job, token }, Instant::now(), Duration::from_secs(30));
        let first = hold(1);
        assert!(leases.hold_any(job));
        first.let_go();
        assert!(!leases.hold_any(job));

        let second = hold(2);
        drop(first);
        assert!(leases.hold_any(job), "an old lease takes a newer one along");
        drop(second);
        assert!(!leases.hold_any(job));
    }

    #[test]
    fn a_newer_lease_stops_whoever_works_under_an_older_one() {
        let (leases, job) = (Leases::default(), JobId::new(Uuid::now_v7()));
        let hold = |token| leases.hold(Lease { job, token }, Instant::now(), Duration::from_secs(30));
        let (first, second) = (hold(1), hold(2));
        assert!(first.lost().is_cancelled() && first.left().is_zero());
        assert!(!second.lost().is_cancelled() && !second.left().is_zero());
    }
}
