//! The operator's routes.

mod accounts;
mod config;
mod keys;
mod keys_issued;
mod ledger;
mod providers;
mod usage;
