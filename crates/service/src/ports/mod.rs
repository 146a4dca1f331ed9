//! What the business needs from outside, as traits. Each method of a store is one atomic step or one read;
//! no transaction crosses this line, so a fake can do a step under a mutex and a database can commit many
//! together, and nobody above can tell.

mod chats;
mod configuration;
mod files;
mod key_source;
mod limits;
mod media_fetcher;
mod object_storage;
mod operator;
mod providers;
mod queue;
mod signals;
mod store;
mod usage;
mod webhooks;

pub(crate) use chats::ChatReads;
pub use chats::{ChatStore, MessagePage};
pub use configuration::{Configuration, Reloaded};
pub(crate) use files::FileReads;
pub use files::FileStore;
pub use key_source::KeySource;
pub use limits::{LimitsError, Permits, Rate, SharedLimits, Taking};
pub use media_fetcher::MediaFetcher;
pub use object_storage::{ObjectStorage, Presigned, ReadObject, StorageError};
pub use operator::{JobFilter, ModelCosts, OperatorStore};
pub use providers::{Credentialed, Providers};
pub use queue::{DueJob, JobQueue, Taken, Waiting};
pub use signals::{JobSignal, JobSignals};
pub(crate) use store::Reads;
pub use store::{
    AccountStore, Audit, CallStore, Counts, Finding, InstanceStore, JobStore, KeyStore, Needed, Store,
    VideoPage,
};
pub use usage::UsageStore;
pub(crate) use webhooks::WebhookReads;
pub use webhooks::{
    DueDeliveries, EventWriter, Reception, Unanswered, WebhookAnswer, WebhookMessage, WebhookSender,
    WebhookStore,
};
