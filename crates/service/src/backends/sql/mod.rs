//! What the databases are asked in the same words.

pub(super) mod audit;
pub(super) mod usage;
