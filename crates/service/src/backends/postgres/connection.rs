//! Connections: how they are made and what is set on each.

use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};

use super::settings::{PostgresError, PostgresSettings};
use super::tls;

/// How long somebody waits for a connection that others use.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Nothing is answered before it is durable, whatever the server's own default is. Whoever stops in the midst of a
/// transaction, since its machine hangs, doesn't keep others out for long. A statement is planned once, not anew for
/// every length of the arrays in it.
pub(super) const SESSION: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') = 'off'; \
     SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '30s'; SET enable_seqscan = off; \
     SET plan_cache_mode = force_generic_plan";

/// What looks at every row says so first. Everything else looks rows up by their keys: a plan that was made while
/// tables were small would read them whole until somebody analyses them.
pub(super) const WHOLE_TABLES: &str = "SET LOCAL enable_seqscan = on";

/// Nor does a batch compare tables with each other.
pub(super) const COMMITTER_SESSION: &str = "SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Connections that are made when they are needed, at most `size`, each set up with these statements. Each lives on
/// the runtime that it was asked for on.
pub(super) fn pool(settings: &PostgresSettings, size: usize, session: String) -> Result<Pool, PostgresError> {
    let tls = tls::connector(settings)?;
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(settings.config.clone(), tls, config);
    let set_up = Hook::async_fn(move |client, _metrics| {
        let session = session.clone();
        Box::pin(async move { client.batch_execute(&session).await.map_err(HookError::Backend) })
    });
    let timeouts = Timeouts { wait: Some(WAIT_MAX), create: Some(WAIT_MAX), recycle: Some(WAIT_MAX) };
    let pool = Pool::builder(manager).max_size(size.max(1)).runtime(Runtime::Tokio1).timeouts(timeouts);
    pool.post_create(set_up)
        .build()
        .map_err(|error| PostgresError::Unreachable { place: settings.place(), source: error.into() })
}
