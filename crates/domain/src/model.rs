//! What can be asked for: a model of our catalog, and the route of providers that may serve it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Credits, InvalidName, Parameter, Price, ProviderKey};

/// What kind of thing a model makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Text from messages.
    Chat,
    /// Vectors from text.
    Embedding,
    /// Pictures.
    Image,
    /// Videos.
    Video,
    /// Audio from text.
    Speech,
    /// Text from audio.
    Transcription,
}

impl Modality {
    /// The name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
            Self::Image => "image",
            Self::Video => "video",
            Self::Speech => "speech",
            Self::Transcription => "transcription",
        }
    }
}

/// A name in our catalog: 1 to 128 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct ModelName(Box<str>);

impl ModelName {
    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new("model", "1 to 128 visible ASCII characters"))
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One model as a provider offers it: the vendor's name for it, and what it can be told.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelSpec {
    /// The vendor's name.
    pub vendor_model: String,
    /// What it makes.
    pub modality: Modality,
    /// What it can be told.
    pub parameters: Vec<Parameter>,
}

/// One model of the catalog.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// Its name, which callers use.
    pub name: ModelName,
    /// What it makes.
    pub modality: Modality,
    /// What it can be told: the parameters of the first choice of its route.
    pub parameters: Vec<Parameter>,
    /// Whether parameters that it doesn't have are dropped instead of refused.
    pub drop_unsupported: bool,
    /// The price to the user, whoever serves it.
    pub price: Price,
    /// What the input of a chat may come to beside its text.
    pub token_ceilings: TokenCeilings,
    /// The output limit of a chat that names none, in tokens; nothing leaves it to the parameter's own default.
    pub default_max_output: Option<u64>,
    /// The least output that is worth asking for, in tokens: where the balance buys less, a call isn't begun.
    pub min_output: u64,
    /// How many tokens the input and the output of a chat may come to together.
    pub context_tokens: u64,
    /// Who may serve it.
    pub route: Route,
    /// A job that isn't final this long after its submission ends as expired.
    pub deadline: Duration,
    /// How many times paid work may be tried in all.
    pub attempts_max: u32,
    /// What a cancel costs once the vendor was asked for the work.
    pub on_cancel: OnCancel,
    /// What becomes of an attempt of which nobody can tell whether the vendor took it.
    pub on_uncertain: OnUncertain,
    /// What becomes of a call whose caller leaves.
    pub on_disconnect: OnDisconnect,
    /// How its answers are kept to be given again; nothing where they aren't.
    pub cache: Option<CacheTerms>,
}

/// How many tokens of input whatever isn't text may come to, for the hold of a chat. A text never comes to more
/// than its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TokenCeilings {
    /// A message, beside what it says.
    pub per_message: u64,
    /// A tool, beside its description.
    pub per_tool: u64,
    /// A picture.
    pub per_image: u64,
    /// A sound.
    pub per_audio: u64,
    /// A document.
    pub per_file: u64,
}

impl Default for TokenCeilings {
    fn default() -> Self {
        Self { per_message: 16, per_tool: 64, per_image: 6_000, per_audio: 60_000, per_file: 200_000 }
    }
}

/// The ordered, weighted choices that may serve a model. Never empty.
#[derive(Clone, PartialEq, Debug)]
pub struct Route {
    first: Arc<RouteChoice>,
    rest: Vec<Arc<RouteChoice>>,
}

impl Route {
    /// A route that tries `first`, then `rest` in their order.
    pub fn new(first: RouteChoice, rest: Vec<RouteChoice>) -> Self {
        Self { first: Arc::new(first), rest: rest.into_iter().map(Arc::new).collect() }
    }

    /// The choice that is tried first.
    pub fn first(&self) -> &RouteChoice {
        &self.first
    }

    /// All choices in their order.
    pub fn choices(&self) -> impl Iterator<Item = &Arc<RouteChoice>> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

/// One (provider, vendor model) pair of a route.
#[derive(Clone, PartialEq, Debug)]
pub struct RouteChoice {
    /// Who serves it.
    pub provider: ProviderKey,
    /// The vendor's name of the model.
    pub vendor_model: String,
    /// What it can be told there. A request that it can't do passes this choice over.
    pub parameters: Vec<Parameter>,
    /// The lower ones are asked first.
    pub rank: u32,
    /// How often it is the first among choices of the same rank.
    pub weight: u32,
    /// What the vendor charges the operator, where it is known.
    pub cost: Option<Price>,
}

/// What a cancel costs once the vendor was asked for the work and gives no figure of its own. Written
/// `full`, `none` or a share such as `50%`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnCancel {
    /// The whole hold.
    #[default]
    Full,
    /// Nothing.
    None,
    /// This many hundredths of the hold.
    Percent(u8),
}

impl OnCancel {
    /// The charge for a hold of this amount.
    pub fn charge(self, held: Credits) -> Credits {
        match self {
            Self::Full => held,
            Self::None => Credits::ZERO,
            // A share of at most the whole can't leave the range.
            Self::Percent(percent) => held.for_count(u64::from(percent.min(100)), 100).unwrap_or(held),
        }
    }
}

impl fmt::Display for OnCancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("full"),
            Self::None => f.write_str("none"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for OnCancel {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let share = |text: &str| text.strip_suffix('%')?.parse().ok().filter(|percent| *percent <= 100);
        match text {
            "full" => Ok(Self::Full),
            "none" => Ok(Self::None),
            share_text => share(share_text)
                .map(Self::Percent)
                .ok_or(InvalidName::new("on_cancel", "full, none or a share from 0% to 100% such as 50%")),
        }
    }
}

impl Serialize for OnCancel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OnCancel {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What becomes of an attempt of which nobody can tell whether the vendor took it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUncertain {
    /// The job fails, its hold is released, the operator sees it.
    #[default]
    Fail,
    /// The work is tried again, at the risk that the vendor is paid twice.
    Retry,
}

/// What becomes of a call whose caller leaves before its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDisconnect {
    /// The vendor's call is cancelled; the input and what was delivered are charged.
    #[default]
    Cancel,
    /// The vendor's answer is read to its end; what the vendor says that it used is charged.
    Drain,
}

/// How the answers of a model's calls are kept, to be given again where the same account asks exactly the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CacheTerms {
    /// How long an answer is kept; at most 24h.
    #[serde(with = "crate::serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub ttl: Duration,
    /// What an answer costs that is given again, in hundredths of what was charged for it first; 0 to 100.
    #[serde(default)]
    pub charge_percent: u8,
}

impl CacheTerms {
    /// What an answer costs that is given again, where this was charged for it first.
    pub fn charge(self, first: Credits) -> Credits {
        // A share of at most the whole can't leave the range.
        first.for_count(u64::from(self.charge_percent.min(100)), 100).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_given_again_costs_at_most_what_it_did() {
        let first: Credits = "0.000003".parse().unwrap();
        for (charge_percent, charge) in [(0, "0"), (50, "0.000002"), (100, "0.000003"), (250, "0.000003")] {
            let terms = CacheTerms { ttl: Duration::from_secs(60), charge_percent };
            assert_eq!(terms.charge(first).to_string(), charge, "{charge_percent}");
        }
    }

    #[test]
    fn what_a_cancel_costs_is_read_back() {
        for (text, on_cancel) in
            [("full", OnCancel::Full), ("none", OnCancel::None), ("50%", OnCancel::Percent(50))]
        {
            assert_eq!(text.parse(), Ok(on_cancel));
            assert_eq!(on_cancel.to_string(), text);
        }
        for wrong in ["", "50", "101%", "-1%", "half"] {
            assert!(wrong.parse::<OnCancel>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cancel_never_costs_more_than_the_hold() {
        let held: Credits = "0.04".parse().unwrap();
        let cases = [
            (OnCancel::Full, "0.04"),
            (OnCancel::None, "0"),
            (OnCancel::Percent(50), "0.02"),
            (OnCancel::Percent(250), "0.04"),
        ];
        for (on_cancel, charge) in cases {
            assert_eq!(on_cancel.charge(held).to_string(), charge, "{on_cancel:?}");
        }
    }
}
