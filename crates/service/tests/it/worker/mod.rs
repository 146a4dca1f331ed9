//! The worker over the fake store, a folder, and vendors that follow a script.

mod attempts;
mod cancels;
mod crashes;
mod deletions;
mod doubts;
mod house;
mod late;
mod leases;
mod media;
mod polls;
mod routing;
mod script;
mod service;
mod storing;
mod sweeps;
mod whole;

pub(crate) use leases::PausedClock;
pub(crate) use script::{MockMaker, vendor};
