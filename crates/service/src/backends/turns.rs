//! Whose turn it is among the priorities, the same in every queue.

use fourfold_domain::Priority;

/// Of thirteen jobs that are taken while all three lines wait, this many come from each.
const SHARES: [(Priority, u32); 3] = [(Priority::High, 8), (Priority::Normal, 4), (Priority::Low, 1)];

/// Counts the turns.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turns(u32);

impl Turns {
    /// The line that is asked first this time. Where nobody waits in it, the others follow from high to low.
    pub(super) fn next(&mut self) -> Priority {
        let sum: u32 = SHARES.iter().map(|(_, share)| share).sum();
        let mut place = self.0 % sum;
        self.0 = (self.0 + 1) % sum;
        for (priority, share) in SHARES {
            if place < share {
                return priority;
            }
            place -= share;
        }
        Priority::High
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirteen_turns_are_eight_four_and_one() {
        let mut turns = Turns::default();
        let taken: Vec<Priority> = (0..26).map(|_| turns.next()).collect();
        let count = |priority| taken.iter().filter(|taken| **taken == priority).count();
        assert_eq!(Priority::ALL.map(count), [16, 8, 2]);
    }
}
