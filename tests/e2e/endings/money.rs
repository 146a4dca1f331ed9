//! What each ending costs, worked out by hand.

use super::routes::Case;
use super::wires::{Told, Wire};

/// What a thousand tokens in and out cost, and a thousand characters, in micro-credits.
pub(super) const INPUT: u64 = 1_234_567;
pub(super) const OUTPUT: u64 = 7_654_321;
pub(super) const CHARACTER: u64 = 15_000_001;

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// The whole answer came, and its vendor told this.
    Whole(Told),
    /// Its caller left: he had been sent so many bytes of text, and its vendor had told this.
    Left(usize, Told),
    /// Its vendor died when its caller had been sent so many bytes of text, and had told this.
    Broken(usize, Told),
    /// Nothing came of it.
    Released,
    /// We died, or stopped before it had ended.
    Interrupted,
}

impl Ending {
    /// The kind of its entry, and what it costs in micro-credits.
    pub(super) fn entry(self, case: Case) -> (&'static str, u64) {
        let route = case.route;
        let input = |told: Told| told.input_tokens.unwrap_or(route.input_tokens);
        let written = |bytes: usize| (bytes as u64).div_ceil(4);
        let tokens = |input: u64, output: u64| rated(input, INPUT) + rated(output, OUTPUT);
        match (self, route.wire) {
            (Self::Released, _) | (Self::Broken(0, _), _) => ("release", 0),
            (Self::Interrupted, _) => ("interrupted", 0),
            // Nobody can tell what share of a sound came.
            (Self::Broken(..), Wire::Speech) => ("release", 0),
            (_, Wire::Speech) => ("settle", rated(route.characters(), CHARACTER)),
            (Self::Whole(told), _) => ("settle", tokens(input(told), told.output_tokens.unwrap_or_default())),
            (Self::Left(bytes, told), _) => {
                ("settle", tokens(input(told), told.output_tokens.unwrap_or(written(bytes))))
            }
            (Self::Broken(bytes, told), _) => {
                ("settle", tokens(0, told.output_tokens.unwrap_or(written(bytes))))
            }
        }
    }
}

/// Rounded up to the micro-credit.
fn rated(count: u64, per_thousand: u64) -> u64 {
    (count * per_thousand).div_ceil(1000)
}
