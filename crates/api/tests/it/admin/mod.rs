//! The operator's routes.

mod accounts;
mod config;
mod keys;
mod ledger;
mod providers;
mod usage;
