//! What work costs: a versioned price is a list of rates; a quantity finds its rate, a quote adds them up.
//!
//! The same function prices a request at its highest possible quantities (the hold) and a result at what
//! was delivered (the charge), so the two can't disagree about a rate.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AnyOf, Credits, CreditsError};

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// One picture.
    Image,
    /// One second of video.
    VideoSecond,
    /// One character of text to speak; priced per 1 000.
    Character,
    /// One second of audio; priced per minute.
    AudioSecond,
    /// One token in; priced per million.
    InputToken,
    /// One token in that the vendor had cached; priced per million.
    CachedInputToken,
    /// One token in that the vendor writes to its cache; priced per million. Its trait `ttl` says for how long: `5m` or
    /// `1h`.
    CacheWriteToken,
    /// One token out; priced per million.
    OutputToken,
}

impl Unit {
    /// How many pieces one price stands for unless the rate says otherwise.
    pub const fn default_per(self) -> u64 {
        match self {
            Self::Image | Self::VideoSecond => 1,
            Self::Character => 1_000,
            Self::AudioSecond => 60,
            Self::InputToken | Self::CachedInputToken | Self::CacheWriteToken | Self::OutputToken => {
                1_000_000
            }
        }
    }

    /// The name in prices and quotes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::VideoSecond => "video_second",
            Self::Character => "character",
            Self::AudioSecond => "audio_second",
            Self::InputToken => "input_token",
            Self::CachedInputToken => "cached_input_token",
            Self::CacheWriteToken => "cache_write_token",
            Self::OutputToken => "output_token",
        }
    }
}

/// How many pieces of what, with the traits that a price may depend on (`size`, `quality`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quantity {
    /// What is counted.
    pub unit: Unit,
    /// How many.
    pub count: u64,
    /// Traits such as `size = 1024x1024`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub traits: BTreeMap<String, String>,
}

impl Quantity {
    /// A quantity without traits.
    pub fn new(unit: Unit, count: u64) -> Self {
        Self { unit, count, traits: BTreeMap::new() }
    }

    /// The same with one more trait.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.traits.insert(name.to_owned(), value.into());
        self
    }
}

/// One line of a price.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rate {
    /// What is counted.
    pub unit: Unit,
    /// The price of `per` pieces.
    pub credits: Credits,
    /// How many pieces `credits` stands for; left out, the unit's own (1 image, 1 000 characters, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<u64>,
    /// The rate holds only for quantities with these traits; empty holds for all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub when: BTreeMap<String, AnyOf>,
}

impl Rate {
    /// A rate for every quantity of the unit.
    pub fn new(unit: Unit, credits: Credits) -> Self {
        Self { unit, credits, per: None, when: BTreeMap::new() }
    }

    fn per(&self) -> u64 {
        self.per.unwrap_or(self.unit.default_per())
    }

    /// Whether it holds once the traits that aren't given are known.
    fn may_hold_for(&self, quantity: &Quantity) -> bool {
        let may = |(name, values): (&String, &AnyOf)| {
            quantity.traits.get(name).is_none_or(|given| values.has(given))
        };
        self.unit == quantity.unit && self.when.iter().all(may)
    }

    fn holds_for(&self, quantity: &Quantity) -> bool {
        let does = |(name, values): (&String, &AnyOf)| {
            quantity.traits.get(name).is_some_and(|given| values.has(given))
        };
        self.unit == quantity.unit && self.when.iter().all(does)
    }
}

/// A versioned list of rates. Clones share it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Price {
    /// Names this list for ever: holds and quotes keep it.
    pub version: Arc<str>,
    /// The rates; for each quantity the one with the most matching traits holds, the first of equals.
    pub rates: Arc<[Rate]>,
}

/// One line of a quote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Factor {
    /// What is counted and how many.
    #[serde(flatten)]
    pub quantity: Quantity,
    /// The price of `per` pieces.
    pub rate: Credits,
    /// How many pieces `rate` stands for.
    pub per: u64,
    /// What this line comes to, rounded up.
    pub credits: Credits,
}

/// What something costs, with each factor named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Quote {
    /// The sum of the factors.
    pub credits: Credits,
    /// The lines.
    pub factors: Vec<Factor>,
    /// The price list that was used.
    pub price_version: String,
}

/// Why no price could be told.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unpriced {
    /// No rate holds for a quantity.
    #[error("price {version} has no rate for {}", unit.as_str())]
    NoRate {
        /// The price that lacks it.
        version: String,
        /// What it lacks.
        unit: Unit,
    },
    /// The sum can't be counted.
    #[error("the price is out of range")]
    Range(#[from] CreditsError),
}

impl Price {
    /// A price from its rates.
    pub fn new(version: impl Into<String>, rates: Vec<Rate>) -> Self {
        Self { version: version.into().into(), rates: rates.into() }
    }

    /// The same with so many hundredths on top of each rate, rounded up; its version tells.
    pub fn marked_up(self, percent: u32) -> Result<Self, CreditsError> {
        if percent == 0 {
            return Ok(self);
        }
        let marked_up = |rate: &Rate| {
            Ok(Rate { credits: rate.credits.for_count(100 + u64::from(percent), 100)?, ..rate.clone() })
        };
        let rates = self.rates.iter().map(marked_up).collect::<Result<_, _>>()?;
        Ok(Self::new(format!("{}+{percent}%", self.version), rates))
    }

    /// The price of these quantities, whose traits are all known.
    pub fn quote(&self, quantities: &[Quantity]) -> Result<Quote, Unpriced> {
        self.quote_by(quantities, |quantity| self.rate_for(quantity))
    }

    /// The most that these quantities can come to: a trait that isn't given, such as a size that is left to
    /// the vendor, may turn out to be the dearest. What may be written to a vendor's cache may be only read as well.
    pub fn quote_max(&self, quantities: &[Quantity]) -> Result<Quote, Unpriced> {
        self.quote_by(quantities, |quantity| self.dearest_rate_for(quantity))
    }

    /// What these quantities come to, as [`Self::quote`] says, without its factors.
    pub fn credits(&self, quantities: &[Quantity]) -> Result<Credits, Unpriced> {
        self.sum_by(quantities, |quantity| self.rate_for(quantity), |_, _, _| ())
    }

    /// The most that these quantities can come to, as [`Self::quote_max`] says, without its factors.
    pub fn credits_max(&self, quantities: &[Quantity]) -> Result<Credits, Unpriced> {
        self.sum_by(quantities, |quantity| self.dearest_rate_for(quantity), |_, _, _| ())
    }

    /// Adds the quantities up, each at its rate, and shows each with what it costs.
    fn sum_by<'a>(
        &'a self,
        quantities: &[Quantity],
        rate_for: impl Fn(&Quantity) -> Result<&'a Rate, Unpriced>,
        mut each: impl FnMut(&Quantity, &Rate, Credits),
    ) -> Result<Credits, Unpriced> {
        quantities.iter().try_fold(Credits::ZERO, |sum, quantity| {
            let rate = rate_for(quantity)?;
            let credits = rate.credits.for_count(quantity.count, rate.per())?;
            each(quantity, rate, credits);
            Ok(sum.checked_add(credits)?)
        })
    }

    fn quote_by<'a>(
        &'a self,
        quantities: &[Quantity],
        rate_for: impl Fn(&Quantity) -> Result<&'a Rate, Unpriced>,
    ) -> Result<Quote, Unpriced> {
        let mut factors = Vec::new();
        let credits = self.sum_by(quantities, rate_for, |quantity, rate, credits| {
            let (quantity, per) = (quantity.clone(), rate.per());
            factors.push(Factor { quantity, rate: rate.credits, per, credits });
        })?;
        Ok(Quote { credits, factors, price_version: self.version.to_string() })
    }

    fn dearest_rate_for(&self, quantity: &Quantity) -> Result<&Rate, Unpriced> {
        let dearest = self.dearest_rate_of_unit(quantity)?;
        if quantity.unit != Unit::CacheWriteToken {
            return Ok(dearest);
        }
        let read = self.dearest_rate_of_unit(&Quantity { unit: Unit::InputToken, ..quantity.clone() })?;
        let price = |rate: &Rate| rate.credits.for_count(quantity.count, rate.per());
        Ok(if price(read)? > price(dearest)? { read } else { dearest })
    }

    fn dearest_rate_of_unit(&self, quantity: &Quantity) -> Result<&Rate, Unpriced> {
        let certain = self.rate_for(quantity)?;
        let price = |rate: &Rate| rate.credits.for_count(quantity.count, rate.per());
        let mut dearest = (certain, price(certain)?);
        for rate in self.rates.iter().filter(|rate| rate.may_hold_for(quantity)) {
            // One that is less specific than the certain one would be beaten by it.
            if rate.when.len() > certain.when.len() && price(rate)? > dearest.1 {
                dearest = (rate, price(rate)?);
            }
        }
        Ok(dearest.0)
    }

    fn rate_for(&self, quantity: &Quantity) -> Result<&Rate, Unpriced> {
        let holding = self.rates.iter().filter(|rate| rate.holds_for(quantity));
        // `max_by_key` takes the last of equals; reversed, the first.
        match holding.rev().max_by_key(|rate| rate.when.len()) {
            Some(rate) => Ok(rate),
            // What the vendor had cached is cheaper only where a price says so, and what it caches dearer.
            None if matches!(quantity.unit, Unit::CachedInputToken | Unit::CacheWriteToken) => {
                self.rate_for(&Quantity { unit: Unit::InputToken, ..quantity.clone() })
            }
            None => Err(Unpriced::NoRate { version: self.version.to_string(), unit: quantity.unit }),
        }
    }
}

#[cfg(test)]
mod markup_tests {
    use super::*;

    #[test]
    fn a_markup_raises_each_rate_and_names_itself() {
        let price = Price::new("v1", vec![Rate::new(Unit::Image, "0.000003".parse().unwrap())]);
        let dearer = price.clone().marked_up(50).unwrap();
        assert_eq!(
            (dearer.version.as_ref(), dearer.rates[0].credits.to_string()),
            ("v1+50%", "0.000005".into())
        );
        assert_eq!(price.clone().marked_up(0).unwrap(), price);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price() -> Price {
        let rate = |unit, credits: &str| Rate::new(unit, credits.parse().unwrap());
        let mut large = rate(Unit::Image, "0.08");
        large.when.insert("size".into(), "1792x1024".into());
        Price::new(
            "v1",
            vec![
                rate(Unit::Image, "0.04"),
                large,
                rate(Unit::Character, "15"),
                rate(Unit::AudioSecond, "0.006"),
            ],
        )
    }

    fn check(quantity: Quantity, credits: &str) {
        assert_eq!(price().quote(&[quantity]).unwrap().credits.to_string(), credits);
    }

    #[test]
    fn each_unit_has_its_own_measure() {
        check(Quantity::new(Unit::Image, 3), "0.12");
        check(Quantity::new(Unit::Character, 1), "0.015");
        check(Quantity::new(Unit::AudioSecond, 90), "0.009");
    }

    #[test]
    fn the_most_specific_rate_holds() {
        check(Quantity::new(Unit::Image, 1).with("size", "1792x1024"), "0.08");
        check(Quantity::new(Unit::Image, 1).with("size", "512x512"), "0.04");
    }

    #[test]
    fn a_rate_may_hold_for_several_values_of_a_trait() {
        let mut fine = Rate::new(Unit::Image, "0.01".parse().unwrap());
        fine.when.insert("size".into(), ["64x64", "64x128"].into_iter().collect());
        let price = Price::new("v1", vec![Rate::new(Unit::Image, "0.04".parse().unwrap()), fine]);
        let quoted = |size| {
            let quantity = Quantity::new(Unit::Image, 1).with("size", size);
            price.quote_max(&[quantity]).unwrap().credits.to_string()
        };
        assert_eq!([quoted("64x64"), quoted("64x128"), quoted("128x128")], ["0.01", "0.01", "0.04"]);
    }

    fn check_max(quantity: Quantity, credits: &str) {
        assert_eq!(price().quote_max(&[quantity]).unwrap().credits.to_string(), credits);
    }

    #[test]
    fn what_is_left_open_may_turn_out_to_be_the_dearest() {
        check_max(Quantity::new(Unit::Image, 2), "0.16");
        check_max(Quantity::new(Unit::Image, 2).with("quality", "low"), "0.16");
        check_max(Quantity::new(Unit::Image, 2).with("size", "512x512"), "0.08");
        check_max(Quantity::new(Unit::Image, 2).with("size", "1792x1024"), "0.16");
    }

    #[test]
    fn a_quantity_without_a_rate_is_refused_by_name() {
        let error = price().quote(&[Quantity::new(Unit::OutputToken, 1)]).unwrap_err();
        assert_eq!(error.to_string(), "price v1 has no rate for output_token");
    }

    #[test]
    fn cached_tokens_cost_what_others_do_unless_a_price_says_less() {
        let tokens =
            [Quantity::new(Unit::InputToken, 2_000_000), Quantity::new(Unit::CachedInputToken, 1_000_000)];
        let cost = |rates: Vec<Rate>| Price::new("v1", rates).quote(&tokens).unwrap().credits.to_string();
        let rate = |unit, credits: &str| Rate::new(unit, credits.parse().unwrap());
        assert_eq!(cost(vec![rate(Unit::InputToken, "1")]), "3");
        assert_eq!(cost(vec![rate(Unit::InputToken, "1"), rate(Unit::CachedInputToken, "0.1")]), "2.1");
    }

    #[test]
    fn what_is_cached_costs_by_how_long_it_stays_and_at_most_the_dearest() {
        let rate = |unit, credits: &str| Rate::new(unit, credits.parse().unwrap());
        let mut hour = rate(Unit::CacheWriteToken, "4");
        hour.when.insert("ttl".into(), "1h".into());
        let price =
            Price::new("v1", vec![rate(Unit::InputToken, "2"), rate(Unit::CacheWriteToken, "2.5"), hour]);
        let written = Quantity::new(Unit::CacheWriteToken, 1_000_000);
        let cost =
            |quantity: &Quantity| price.quote(std::slice::from_ref(quantity)).unwrap().credits.to_string();
        assert_eq!(cost(&written.clone().with("ttl", "5m")), "2.5");
        assert_eq!(cost(&written.clone().with("ttl", "1h")), "4");
        assert_eq!(price.quote_max(&[written]).unwrap().credits.to_string(), "4");
    }

    #[test]
    fn what_may_be_cached_costs_at_most_the_dearer_of_written_and_read() {
        let rate = |unit, credits: &str| Rate::new(unit, credits.parse().unwrap());
        for (read, written, dearer) in [("2", "1", "2"), ("2", "2.5", "2.5")] {
            let price =
                Price::new("v1", vec![rate(Unit::InputToken, read), rate(Unit::CacheWriteToken, written)]);
            let quote = price.quote_max(&[Quantity::new(Unit::CacheWriteToken, 1_000_000)]).unwrap();
            assert_eq!(quote.credits.to_string(), dearer);
        }
    }

    #[test]
    fn factors_add_up_to_the_quote() {
        let quote =
            price().quote(&[Quantity::new(Unit::Image, 2), Quantity::new(Unit::Character, 10)]).unwrap();
        let sum = quote
            .factors
            .iter()
            .try_fold(Credits::ZERO, |sum, factor| sum.checked_add(factor.credits))
            .unwrap();
        assert_eq!(sum, quote.credits);
        assert_eq!(quote.factors.len(), 2);
        let quantities = [Quantity::new(Unit::Image, 2), Quantity::new(Unit::Character, 10)];
        assert_eq!(price().credits(&quantities).unwrap(), quote.credits);
        assert_eq!(
            price().credits_max(&quantities).unwrap(),
            price().quote_max(&quantities).unwrap().credits
        );
    }
}
