//! What the databases are asked and told in the same words.

pub(super) mod audit;
mod keys;
pub(super) mod usage;

pub(super) use keys::KeyLists;
