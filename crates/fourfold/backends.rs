//! Which backends stand behind the ports: those of one process, or those that many share.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use fourfold_service::backends::{
    FolderStorage, InProcessLimits, InProcessQueue, InProcessSignals, RedisLimits, RedisLink, RedisQueue,
    RedisSignals, S3Storage,
};
use fourfold_service::ports::{JobQueue, JobSignals, ObjectStorage, SharedLimits};
use fourfold_service::{Clock, Spawner};

use crate::config::Settings;

/// What the processes of a deployment share besides the database.
pub(crate) struct Shared {
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) signals: Arc<dyn JobSignals>,
    pub(crate) limits: Arc<dyn SharedLimits>,
}

impl Shared {
    /// What there is where nobody else is.
    pub(crate) fn in_process(clock: &Arc<dyn Clock>) -> Self {
        Self {
            queue: Arc::new(InProcessQueue::new(clock.clone())),
            signals: Arc::new(InProcessSignals::default()),
            limits: Arc::new(InProcessLimits::new(clock.clone())),
        }
    }
}

/// The queue, the signals and the limits: on Redis where `redis.url` is set. A Redis that can't be reached is waited for.
pub(crate) fn shared(settings: &Settings, clock: &Arc<dyn Clock>, spawner: &Spawner) -> Result<Shared> {
    let link = RedisLink::open(&settings.redis).context("redis")?;
    let Some(link) = link else { return Ok(Shared::in_process(clock)) };
    let queue = RedisQueue::start(link.clone(), &settings.redis, clock.clone(), spawner);
    Ok(Shared {
        queue: Arc::new(queue),
        signals: Arc::new(RedisSignals::start(link.clone(), spawner)),
        limits: Arc::new(RedisLimits::new(link)),
    })
}

/// Where results are kept: in S3 where `artifacts.s3.bucket` is set, else in `artifacts.folder`, else in this folder.
pub(crate) fn storage(
    settings: &Settings,
    in_data_dir: PathBuf,
    spawner: &Spawner,
) -> Result<Arc<dyn ObjectStorage>> {
    if let Some(storage) =
        S3Storage::new(&settings.artifacts.s3, spawner.clone()).map_err(anyhow::Error::from_boxed)?
    {
        return Ok(Arc::new(storage));
    }
    let folder = settings.artifacts.folder.clone().unwrap_or(in_data_dir);
    let storage = match settings.database.url {
        Some(_) => FolderStorage::open_shared(&folder),
        None => FolderStorage::open(&folder),
    };
    let storage =
        storage.with_context(|| format!("artifacts.folder: {} can't be written", folder.display()))?;
    Ok(Arc::new(storage))
}
