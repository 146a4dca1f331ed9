//! Everything dies by chance, for minutes on end, under jobs, chats and listeners; then all must add up.
//!
//! `cargo xtask chaos --minutes 30 --seed 7` runs it for long and prints what happened; the suite runs two minutes.

mod callers;
mod chats;
mod harm;
mod verdict;
mod world;

use std::time::{Duration, Instant};

use crate::support::Random;
use world::World;

/// How much happens, and for how long.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) duration: Duration,
    /// How many jobs are under way at once.
    pub(crate) jobs: usize,
    /// How many chats are under way at once.
    pub(crate) chats: usize,
}

impl Plan {
    /// The suite's, unless `cargo xtask chaos` says more.
    fn read() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test's only way to be told something from outside")]
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
        let minutes = number("FOURFOLD_CHAOS_MINUTES");
        let (jobs, chats) = if minutes.is_some() { (2000, 500) } else { (200, 50) };
        Self {
            seed: number("FOURFOLD_CHAOS_SEED").unwrap_or_else(Random::seed_by_chance),
            duration: Duration::from_secs(minutes.map_or(120, |minutes| minutes * 60)),
            jobs: number("FOURFOLD_CHAOS_JOBS").map_or(jobs, |jobs| usize::try_from(jobs).unwrap()),
            chats: number("FOURFOLD_CHAOS_CHATS").map_or(chats, |chats| usize::try_from(chats).unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_loses_nothing_and_charges_nothing_twice() {
    let plan = Plan::read();
    println!(
        "seed {:#x}, {} s, {} jobs and {} chats in flight",
        plan.seed,
        plan.duration.as_secs(),
        plan.jobs,
        plan.chats
    );
    let mut random = Random::from_seed(plan.seed);
    let mut world = World::new().await;
    println!("{}", world.durability());

    let callers = callers::start(&world, plan.jobs, &mut random).await;
    let chats = chats::start(&world, plan.chats).await;
    let harm = harm::run(&mut world, plan.duration, &mut random).await;
    let left_alone = Instant::now();
    world.heal().await;
    let ((promised, most), told) = (callers.end().await, chats.end().await);
    println!("{most} jobs were under way at most, summed over the callers");

    verdict::check(&world, promised, told, &harm).await;
    println!("the verdict came {} s after all was left alone", left_alone.elapsed().as_secs());
}
