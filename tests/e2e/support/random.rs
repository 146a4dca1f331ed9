//! Chance that can be had again.

use std::hash::{BuildHasher as _, RandomState};

/// Numbers that look random and follow from their seed (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    /// Another seed each time; printed, so that a failure shows it.
    pub(crate) fn from_chance() -> Self {
        let seed = Self::seed_by_chance();
        println!("seed {seed:#x}");
        Self(seed)
    }

    /// Another seed each time.
    pub(crate) fn seed_by_chance() -> u64 {
        RandomState::new().hash_one(())
    }

    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 up to but not including `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
