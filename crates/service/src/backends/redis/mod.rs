//! Many processes together: one queue, one carrier of signals and shared limits, on Redis. All of it may be lost.

mod limits;
mod link;
mod queue;
mod settings;
mod signals;
mod taking;

pub use limits::RedisLimits;
pub use link::RedisLink;
pub use queue::RedisQueue;
pub use settings::RedisSettings;
pub use signals::RedisSignals;
