//! The operator's routes.

mod accounts;
mod keys;
mod ledger;
