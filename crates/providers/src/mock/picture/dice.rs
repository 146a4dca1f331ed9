//! Numbers that look random and are all decided by a hash.

use sha2::{Digest, Sha256};

/// Dice that fall the same way for the same hash.
pub(super) struct Dice {
    block: [u8; 32],
    used: usize,
}

impl Dice {
    pub(super) fn new(hash: [u8; 32]) -> Self {
        Self { block: hash, used: 0 }
    }

    /// From `low` up to but not including `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        let throw = u16::from_le_bytes([self.byte(), self.byte()]);
        low + (high - low) * f32::from(throw) / 65536.0
    }

    /// One of these.
    pub(super) fn one_of<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        choices[usize::from(self.byte()) % N]
    }

    /// A direction: a vector of length 1.
    pub(super) fn direction(&mut self) -> [f32; 2] {
        let (x, y) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
        match (x * x + y * y).sqrt() {
            length if length > 0.01 => [x / length, y / length],
            _ => [1.0, 0.0],
        }
    }

    fn byte(&mut self) -> u8 {
        if self.used == self.block.len() {
            *self = Self::new(Sha256::digest(self.block).into());
        }
        self.used += 1;
        self.block[self.used - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_stay_within_their_bounds_past_the_first_hash() {
        let mut dice = Dice::new([7; 32]);
        for _ in 0..1000 {
            assert!((2.0..3.0).contains(&dice.between(2.0, 3.0)));
            let [x, y] = dice.direction();
            assert!((x * x + y * y - 1.0).abs() < 1e-3);
        }
    }
}
