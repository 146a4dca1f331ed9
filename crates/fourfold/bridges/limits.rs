//! The rate limits of vendors' credentials, kept together by all processes.

use std::sync::{Arc, OnceLock};

use fourfold_clients::http::{Permits, PermitsOnTheirWay, SharedRateLimit, TakenPermits, WantedPermits};
use fourfold_service::instances::LiveInstances;
use fourfold_service::ports::{self, Rate, SharedLimits, Taking};
use fourfold_service::{BoxError, Spawner};
use tokio::time::Instant;

/// What the vendors' clients count their calls by. Until it is shared, and where it never is, each process counts by
/// itself. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct VendorLimits(Arc<OnceLock<Shared>>);

struct Shared {
    limits: Arc<dyn SharedLimits>,
    live: LiveInstances,
    spawner: Spawner,
}

impl VendorLimits {
    /// Lets other processes count too. Takings run on the spawner. Only the first time counts.
    pub(crate) fn share(&self, limits: Arc<dyn SharedLimits>, live: LiveInstances, spawner: Spawner) {
        self.0.get_or_init(|| Shared { limits, live, spawner });
    }
}

impl SharedRateLimit for VendorLimits {
    fn take(&self, credential: &str, wanted: WantedPermits) -> PermitsOnTheirWay {
        let Some(shared) = self.0.get() else {
            return Box::pin(async { Err(BoxError::from("nobody else counts")) });
        };
        let (limits, key) = (shared.limits.clone(), format!("vendor:{credential}"));
        let taking = Taking {
            rate: Rate { count: wanted.calls, per: wanted.per },
            least: 1,
            most: wanted.most,
            used_within: wanted.used_within,
        };
        // From here, and not from when the task first runs: the caller waits for that too.
        let began_at = Instant::now();
        // Tracked: what is asked for at the end of a server is answered or fails soon.
        let taken = shared.spawner.start(async move {
            limits.take(&key, taking).await.map(|permits| (permits, began_at.elapsed()))
        });
        Box::pin(async move {
            let (permits, took) = taken.await??;
            let permits = match permits {
                ports::Permits::Granted { count, .. } => Permits::Granted(count),
                ports::Permits::After(wait) => Permits::After(wait),
            };
            Ok(TakenPermits { permits, took })
        })
    }

    fn processes(&self) -> u32 {
        self.0.get().map_or(1, |shared| shared.live.count())
    }

    fn is_shared(&self) -> bool {
        self.0.get().is_some()
    }
}
