//! What attempts cost the operator, and what of that is lost.

use fourfold_domain::{Credits, JobId, Quantity};

use crate::commit::World;
use crate::credits::{Owner, rules};
use crate::jobs::{Attempt, AttemptState};

/// What an attempt comes to as far as is known: what was delivered at the vendor's price, nothing for what failed,
/// else what it was reckoned at.
pub(super) fn cost_of(attempt: &Attempt) -> Option<Credits> {
    match attempt.state {
        AttemptState::Failed | AttemptState::NotSent => Some(Credits::ZERO),
        AttemptState::Succeeded | AttemptState::Lost => {
            attempt.delivered().and_then(|quantities| cost_at(attempt, quantities)).or(attempt.cost)
        }
        _ => attempt.cost,
    }
}

/// What these quantities come to at the vendor's price, where it is known.
pub(super) fn cost_at(attempt: &Attempt, quantities: &[Quantity]) -> Option<Credits> {
    let price = attempt.cost_price.as_ref().filter(|_| !quantities.is_empty())?;
    price.quote(quantities).ok().map(|quote| quote.credits)
}

/// Writes down what the operator pays for an attempt of which nobody was charged: its cost where that is known,
/// else its price. Answers with the amount.
pub(super) fn lose(
    world: &mut World,
    job: JobId,
    number: u32,
    quantities: &[Quantity],
    note: Option<&str>,
) -> Credits {
    let owner = Owner::Job(job);
    let Some(attempt) = world.attempts.get(&(owner, number)) else { return Credits::ZERO };
    let Some(row) = world.jobs.get(&job) else { return Credits::ZERO };
    let (account, price) = (row.account, world.holds.get(&row.hold).map(|hold| &hold.price));
    let quantities = if quantities.is_empty() { attempt.delivered().unwrap_or_default() } else { quantities };
    let price = price.filter(|_| !quantities.is_empty());
    let priced = price.and_then(|price| price.quote(quantities).ok()).map(|quote| quote.credits);
    let amount = attempt.cost.or(priced).unwrap_or(row.held);
    rules::lose(world, account, owner, number, amount, note);
    amount
}
