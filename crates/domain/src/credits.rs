//! Money: integer micro-credits with checked arithmetic. Nothing else in Fourfold rounds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MICROS: i64 = 1_000_000;

/// An amount of credits, never negative. One credit is a million micro-credits.
///
/// Written as a decimal string of whole credits, `"1.25"`, in JSON and in text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Credits(i64);

/// A signed change of an amount, as an entry of the ledger records it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CreditsChange(i64);

/// Why an amount can't be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CreditsError {
    /// The text isn't an amount.
    #[error("credits must be a decimal string such as \"1.25\", not negative, with at most 6 decimals")]
    Text,
    /// The amount is past what can be counted, or below zero.
    #[error("credits out of range")]
    Range,
}

impl Credits {
    /// No credits.
    pub const ZERO: Self = Self(0);

    /// From micro-credits, as a database stores them.
    pub const fn from_micros(micros: i64) -> Result<Self, CreditsError> {
        if micros < 0 { Err(CreditsError::Range) } else { Ok(Self(micros)) }
    }

    /// In micro-credits.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// True for nothing at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum.
    pub fn checked_add(self, other: Self) -> Result<Self, CreditsError> {
        self.0.checked_add(other.0).map(Self).ok_or(CreditsError::Range)
    }

    /// The difference; an error when `other` is more.
    pub fn checked_sub(self, other: Self) -> Result<Self, CreditsError> {
        self.0.checked_sub(other.0).filter(|rest| *rest >= 0).map(Self).ok_or(CreditsError::Range)
    }

    /// This price for `per` pieces, applied to `count` pieces, rounded up to the micro-credit: the one
    /// place that rounds. `per` of 0 is taken as 1.
    pub fn for_count(self, count: u64, per: u64) -> Result<Self, CreditsError> {
        let product = i128::from(self.0) * i128::from(count);
        let per = i128::from(per.max(1));
        let rounded_up = product / per + i128::from(product % per != 0);
        i64::try_from(rounded_up).map(Self).map_err(|_| CreditsError::Range)
    }

    /// As a change that adds this amount.
    pub const fn plus(self) -> CreditsChange {
        CreditsChange(self.0)
    }

    /// As a change that takes this amount away.
    pub const fn minus(self) -> CreditsChange {
        CreditsChange(-self.0)
    }
}

impl CreditsChange {
    /// No change.
    pub const ZERO: Self = Self(0);

    /// From micro-credits, as a database stores them.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// In micro-credits.
    pub const fn micros(self) -> i64 {
        self.0
    }
}

impl FromStr for Credits {
    type Err = CreditsError;

    fn from_str(text: &str) -> Result<Self, CreditsError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 6 {
            return Err(CreditsError::Text);
        }
        let whole: i64 = whole.parse().map_err(|_| CreditsError::Range)?;
        let fraction: i64 = format!("{fraction:0<6}").parse().map_err(|_| CreditsError::Text)?;
        whole
            .checked_mul(MICROS)
            .and_then(|micros| micros.checked_add(fraction))
            .map(Self)
            .ok_or(CreditsError::Range)
    }
}

impl FromStr for CreditsChange {
    type Err = CreditsError;

    /// Takes an amount with or without a sign: `"1.25"`, `"+1.25"`, `"-1.25"`.
    fn from_str(text: &str) -> Result<Self, CreditsError> {
        match text.strip_prefix('-') {
            Some(amount) => amount.parse().map(Credits::minus),
            None => text.strip_prefix('+').unwrap_or(text).parse().map(Credits::plus),
        }
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        CreditsChange(self.0).fmt(f)
    }
}

impl fmt::Display for CreditsChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (micros, unit) = (self.0.unsigned_abs(), MICROS.unsigned_abs());
        let (whole, fraction) = (micros / unit, micros % unit);
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{fraction:06}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl fmt::Debug for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credits({self})")
    }
}

impl fmt::Debug for CreditsChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreditsChange({self})")
    }
}

impl Serialize for Credits {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for CreditsChange {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Credits {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, micros: i64) {
        assert_eq!(text.parse(), Ok(Credits(micros)), "{text}");
    }

    #[test]
    fn decimal_strings_are_exact() {
        check("0", 0);
        check("1", 1_000_000);
        check("1.25", 1_250_000);
        check("0.000001", 1);
        check("9223372036854.775807", i64::MAX);
    }

    #[test]
    fn text_that_is_no_amount_is_refused() {
        for wrong in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000001", " 1", "1,5", "NaN", "１"] {
            assert_eq!(wrong.parse::<Credits>(), Err(CreditsError::Text), "{wrong}");
        }
        for past in ["9223372036854.775808", "99999999999999999999"] {
            assert_eq!(past.parse::<Credits>(), Err(CreditsError::Range), "{past}");
        }
    }

    #[test]
    fn a_change_has_one_sign_at_most() {
        for (text, micros) in [("1.25", 1_250_000), ("+1.25", 1_250_000), ("-0.000001", -1), ("-0", 0)] {
            assert_eq!(text.parse(), Ok(CreditsChange(micros)), "{text}");
        }
        for wrong in ["", "-", "+", "--1", "+-1", "- 1", "1-"] {
            assert_eq!(wrong.parse::<CreditsChange>(), Err(CreditsError::Text), "{wrong}");
        }
    }

    #[test]
    fn rounding_is_up_to_the_micro_credit() {
        let price = Credits(1_000);
        assert_eq!(price.for_count(1, 1_000_000), Ok(Credits(1)));
        assert_eq!(price.for_count(1_000, 1_000_000), Ok(Credits(1)));
        assert_eq!(price.for_count(1_001, 1_000_000), Ok(Credits(2)));
        assert_eq!(price.for_count(0, 1_000_000), Ok(Credits::ZERO));
        assert_eq!(Credits(i64::MAX).for_count(2, 1), Err(CreditsError::Range));
    }

    proptest! {
        #[test]
        fn text_and_back_is_the_same(micros in 0..=i64::MAX) {
            prop_assert_eq!(Credits(micros).to_string().parse(), Ok(Credits(micros)));
        }

        #[test]
        fn adding_then_subtracting_gives_the_first_amount(a in 0..=i64::MAX / 2, b in 0..=i64::MAX / 2) {
            let sum = Credits(a).checked_add(Credits(b)).unwrap();
            prop_assert_eq!(sum.checked_sub(Credits(b)), Ok(Credits(a)));
        }

        #[test]
        fn rounding_never_loses_and_never_gains_a_whole_micro(price in 0..=1_000_000_000i64, count in 0..=1_000_000u64, per in 1..=1_000_000u64) {
            let charged = i128::from(Credits(price).for_count(count, per).unwrap().0) * i128::from(per);
            let exact = i128::from(price) * i128::from(count);
            prop_assert!(charged >= exact && charged - exact < i128::from(per));
        }
    }
}
