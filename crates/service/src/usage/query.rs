//! What is asked of the log: rows summed up by some of their traits.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fourfold_domain::{AccountId, Credits, InvalidName, KeyId, ModelName, ProviderKey, Realm};

use super::{UsageAmounts, UsageOutcome};
use crate::Timestamp;

/// How long a day is.
pub(crate) const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What stands for the day where rows aren't told apart by theirs.
pub(crate) const NO_DAY: i64 = -1;

/// Which rows are summed up, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageQuery {
    /// What ended at this moment or later,
    pub from: Timestamp,
    /// and before this one.
    pub to: Timestamp,
    /// Which of that.
    pub filter: UsageFilter,
    /// By what they are told apart.
    pub groups: UsageGroups,
    /// Only what comes after this key.
    pub after: Option<UsageKey>,
    /// How many sums there are at most.
    pub limit: usize,
}

/// Which rows are meant; what is left out lets all pass.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UsageFilter {
    /// Those of this account.
    pub account: Option<AccountId>,
    /// Those of this realm's accounts.
    pub realm: Option<Realm>,
    /// Those that this provider was asked for last.
    pub provider: Option<ProviderKey>,
}

/// By what rows are told apart; by nothing, all are summed up in one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each may be chosen with each")]
pub struct UsageGroups {
    /// The day that they ended on, in UTC.
    pub day: bool,
    /// The model.
    pub model: bool,
    /// The key.
    pub key: bool,
    /// The account.
    pub account: bool,
    /// The account's realm.
    pub realm: bool,
    /// The provider.
    pub provider: bool,
}

/// What the rows of one sum have in common; nothing where they weren't told apart by it, or have none. Sums are in the
/// order of their keys, those with nothing first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct UsageKey {
    /// The day, in days since 1970.
    pub day: Option<i64>,
    /// The model.
    pub model: Option<ModelName>,
    /// The key.
    pub key: Option<KeyId>,
    /// The account.
    pub account: Option<AccountId>,
    /// The account's realm.
    pub realm: Option<Realm>,
    /// The provider.
    pub provider: Option<ProviderKey>,
}

/// The sum of rows that have their key in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageTotals {
    /// What they have in common.
    pub key: UsageKey,
    /// How many of them ended how, in the order of [`UsageOutcome::EACH`].
    pub outcomes: [u64; UsageOutcome::EACH.len()],
    /// How many vendors' attempts they took.
    pub attempts: u64,
    /// What was used.
    pub amounts: UsageAmounts,
    /// What was charged.
    pub charged: Credits,
    /// How many of them are our estimate.
    pub estimated: u64,
    /// How long one took on average.
    pub duration: Duration,
    /// How long the first part of an answer took on average, where answers came in parts.
    pub first_part: Option<Duration>,
}

impl UsageTotals {
    /// How many rows there are.
    pub fn count(&self) -> u64 {
        self.outcomes.iter().sum()
    }
}

impl UsageKey {
    /// The day and the texts as they are compared, in their order.
    pub(crate) fn parts(&self) -> (i64, [String; 5]) {
        let text = |part: Option<String>| part.unwrap_or_default();
        let texts = [
            text(self.model.as_ref().map(|model| model.as_str().to_owned())),
            text(self.key.map(|key| key.to_string())),
            text(self.account.map(|account| account.to_string())),
            text(self.realm.as_ref().map(|realm| realm.as_str().to_owned())),
            text(self.provider.as_ref().map(|provider| provider.as_str().to_owned())),
        ];
        (self.day.unwrap_or(NO_DAY), texts)
    }

    /// The other way round.
    pub(crate) fn of_parts(
        day: i64,
        [model, key, account, realm, provider]: [&str; 5],
    ) -> Result<Self, InvalidName> {
        fn part<T: FromStr<Err = InvalidName>>(text: &str) -> Result<Option<T>, InvalidName> {
            if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
        }
        Ok(Self {
            day: (day != NO_DAY).then_some(day),
            model: part(model)?,
            key: part(key)?,
            account: part(account)?,
            realm: part(realm)?,
            provider: part(provider)?,
        })
    }
}

impl fmt::Display for UsageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = serde_json::to_vec(&self.parts()).map_err(|_| fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(written))
    }
}

impl FromStr for UsageKey {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        const WRONG: InvalidName = InvalidName::new("cursor", "as it was given");
        let written = URL_SAFE_NO_PAD.decode(text).map_err(|_| WRONG)?;
        let (day, texts): (i64, [String; 5]) = serde_json::from_slice(&written).map_err(|_| WRONG)?;
        Self::of_parts(day, texts.each_ref().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let whole = UsageKey {
            day: Some(20_454),
            model: Some("acme/talk:1".parse().unwrap()),
            key: None,
            account: Some("0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d".parse().unwrap()),
            realm: Some(Realm::default()),
            provider: Some("acme".parse().unwrap()),
        };
        for key in [whole, UsageKey::default()] {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for wrong in ["", "x", "bnVsbA", "W10"] {
            assert!(wrong.parse::<UsageKey>().is_err(), "{wrong}");
        }
    }
}
