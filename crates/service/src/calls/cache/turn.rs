//! What the cache has to do with one call.

use super::{AnswerKey, KeptAnswer};

/// What a caller wants of the cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CacheUse {
    /// An answer that is kept, else a new one, which is kept.
    #[default]
    Usual,
    /// A new answer, which takes the place of one that is kept.
    Refresh,
    /// A new answer, which isn't kept.
    Off,
}

/// Where the answer of a call came from whose model has a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FromCache {
    /// It was kept.
    Hit,
    /// From a vendor.
    Miss,
}

/// How a call is answered whose model has a cache.
pub(in crate::calls) enum CacheTurn {
    /// With this, which was kept.
    Given(KeptAnswer),
    /// By a vendor; then it is kept under this key, if it is to be.
    Asked(Option<AnswerKey>),
}

impl CacheTurn {
    pub(in crate::calls) fn answered_from(&self) -> FromCache {
        match self {
            Self::Given(_) => FromCache::Hit,
            Self::Asked(_) => FromCache::Miss,
        }
    }
}
