//! Connections for each runtime: a connection is driven by the runtime that made it, and a call that took another's would
//! cross threads with every read.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::runtime::{Handle, Id};

use super::client::Shared;
use super::error::ClientError;
use super::transport::Transports;

/// The most runtimes that are told apart: more than any process has. Past that, whoever called first loses its own.
const RUNTIMES_MAX: usize = 4096;

/// The transports of a client, by the runtime that they belong to.
pub(crate) struct Pools(RwLock<Vec<(Option<Id>, Arc<Transports>)>>);

impl Pools {
    /// The first runtime that calls gets these.
    pub(crate) fn new(first: Transports) -> Self {
        Self(RwLock::new(vec![(None, Arc::new(first))]))
    }

    /// Those of the runtime that asks. From within one.
    pub(crate) fn here(&self, shared: &Shared) -> Result<Arc<Transports>, ClientError> {
        let here = Handle::current().id();
        let of = |pools: &[(Option<Id>, Arc<Transports>)], runtime: Option<Id>| {
            pools.iter().position(|(owner, _transports)| *owner == runtime)
        };
        {
            let pools = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(index) = of(&pools, Some(here)) {
                return Ok(pools[index].1.clone());
            }
        }
        let mut pools = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = of(&pools, None) {
            pools[index].0 = Some(here);
            return Ok(pools[index].1.clone());
        }
        let transports = Transports::new(&shared.settings, &shared.tls, &shared.resolver);
        let transports = Arc::new(transports.map_err(ClientError::misconfigured)?);
        if pools.len() >= RUNTIMES_MAX {
            pools.remove(0);
        }
        pools.push((Some(here), transports.clone()));
        Ok(transports)
    }
}
