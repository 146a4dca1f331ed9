//! What a key may spend in all, whoever pays.

use fourfold_domain::{Credits, KeyId};

use crate::error::Refusal;

/// A key's budget. It moves in the very steps that move the accounts' credits; it never adds to what an account
/// may spend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// The most that may be held and charged with the key, together and for good.
    pub limit: Credits,
    /// What is held with it for work under way.
    pub held: Credits,
    /// What was charged with it.
    pub charged: Credits,
}

impl Budget {
    /// A budget of which nothing was spent.
    pub fn new(limit: Credits) -> Self {
        Self { limit, held: Credits::ZERO, charged: Credits::ZERO }
    }

    /// What is left of it.
    pub fn left(&self) -> Credits {
        let spent = self.held.checked_add(self.charged);
        spent.and_then(|spent| self.limit.checked_sub(spent)).unwrap_or_default()
    }

    /// Whether more was spent of it than it is.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.held.checked_add(self.charged).map_or(true, |spent| spent > self.limit)
    }

    pub(super) fn check(&self, key: KeyId, amount: Credits) -> Result<(), Refusal> {
        match self.left() {
            left if left < amount => Err(Refusal::BudgetExceeded { key, needed: amount, left }),
            _ => Ok(()),
        }
    }
}
