//! The operator's routes: admin keys only.

pub(crate) mod accounts;
pub(crate) mod config;
pub(crate) mod forward;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod providers;
pub(crate) mod usage;
