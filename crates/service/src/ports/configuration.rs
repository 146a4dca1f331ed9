//! The configuration, as far as it may change while the server runs.

use async_trait::async_trait;

/// Reads the configuration again.
#[async_trait]
pub trait Configuration: Send + Sync {
    /// Checks the whole configuration as it is written now and puts its models, prices, routes, providers and
    /// keys in force. A mistake changes nothing; it is told in words for the operator.
    async fn reload(&self) -> Result<Reloaded, String>;
}

/// What is in force after a reload.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reloaded {
    /// How many models there are.
    pub models: usize,
    /// The providers that are on.
    pub providers: Vec<String>,
    /// Changed sections that wait for a restart.
    pub wait_for_restart: Vec<String>,
}
