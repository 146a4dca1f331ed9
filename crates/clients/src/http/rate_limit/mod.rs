//! The client's own rate limit, for vendors that punish those who break theirs.
//!
//! A sliding window: in no span of that length do more calls begin than allowed. Calls that would are held back
//! in order of arrival; a call that would wait too long fails instead.
//!
//! ```text
//! pass ──► one process ───► window ────────────────► each call has its place in time at once
//!      └─► many share it ─► line ──► stock ────────► takes permits in blocks, a call uses one
//!                                      └─► window ─► this process's share, while the others can't be asked
//! ```

mod limit;
mod line;
mod settings;
mod shared;
mod stock;
mod window;

pub(crate) use limit::RateLimit;
pub use settings::RateLimitSettings;
pub use shared::{Permits, PermitsOnTheirWay, SharedRateLimit, TakenPermits, WantedPermits};
