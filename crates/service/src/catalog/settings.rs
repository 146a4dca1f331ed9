//! The catalog as the operator writes it.

use std::collections::BTreeMap;
use std::time::Duration;

use fourfold_domain::{
    AnyOf, CacheTerms, Modality, OnCancel, OnDisconnect, OnUncertain, TokenCeilings, Unit, serde_duration,
};
use serde::{Deserialize, Serialize};

use crate::artifacts::Retention;

/// One model of the catalog.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// What it makes: chat, embedding, image, video, speech or transcription.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub modality: Modality,
    /// Who may serve it, the first one first.
    pub route: Vec<RouteSettings>,
    /// What it costs the user. Left out, what the first choice of the route that names its cost costs the
    /// operator, with `pricing.markup_percent` on top.
    #[serde(default)]
    pub price: Option<PriceSettings>,
    /// Whether parameters that the model doesn't have are dropped, and told in the job, instead of refused.
    #[serde(default)]
    pub drop_unsupported: bool,
    /// What the input of a chat may come to beside its text, in tokens, for the hold.
    #[serde(default)]
    pub token_ceilings: TokenCeilings,
    /// The output limit of a chat that names none, in tokens. Left out, the model's own default.
    #[serde(default)]
    pub default_max_output: Option<u64>,
    /// The least output that is worth asking for, in tokens: a call whose account can't pay for its whole limit gets as
    /// much as it can pay for, but not less than this.
    #[serde(default = "min_output_default")]
    pub min_output: u64,
    /// How many tokens what goes into a chat and what comes out may come to together: as much of a conversation's
    /// history goes in as there is room for.
    #[serde(default = "context_default")]
    pub context_tokens: u64,
    /// A job that isn't final this long after its submission ends as expired.
    #[serde(default = "deadline_default", with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub deadline: Duration,
    /// How many times paid work may be tried in all; 1 to 10.
    #[serde(default = "attempts_default")]
    pub attempts_max: u32,
    /// What a cancel costs once the vendor was asked: full, none, or a share such as 50%.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub on_cancel: OnCancel,
    /// What becomes of an attempt of which nobody can tell whether the vendor took it: fail or retry.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub on_uncertain: OnUncertain,
    /// What becomes of a call whose caller leaves before its end: `cancel` stops the vendor and charges the input and
    /// what was delivered, `drain` reads the vendor's answer to its end and charges what it used.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub on_disconnect: OnDisconnect,
    /// How answers of its calls (chats, embeddings, speech) are kept, to be given again where the same account asks
    /// exactly the same. Left out, none are.
    #[serde(default)]
    pub cache: Option<CacheTerms>,
    /// How long its results are kept after their jobs have ended; 0 is for ever. Left out, `artifacts.retention`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub retention: Option<Retention>,
}

/// How prices to users follow from costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PricingSettings {
    /// How much is added to what the vendor charges, for models that have no price of their own; 0 to 10 000
    /// hundredths.
    pub markup_percent: u32,
}

/// One choice of a route.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RouteSettings {
    /// The provider's name.
    pub provider: String,
    /// The vendor's name of the model.
    pub model: String,
    /// Lower ones are asked first. Left out, its place in the list, from 1.
    #[serde(default)]
    pub rank: Option<u32>,
    /// How often it is asked first among choices of the same rank; 1 or more.
    #[serde(default = "weight_default")]
    pub weight: u32,
    /// What the vendor charges the operator; the shipped catalog takes a credit for a US dollar.
    #[serde(default)]
    pub cost: Option<PriceSettings>,
}

/// A versioned price.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PriceSettings {
    /// Names this price for ever; holds and quotes keep it.
    pub version: String,
    /// Its rates; for each quantity the one with the most matching traits holds.
    pub rates: Vec<RateSettings>,
}

/// One rate of a price.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RateSettings {
    /// What is counted: image, video_second, character, audio_second, input_token, cached_input_token, cache_write_token
    /// or output_token.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub unit: Unit,
    /// The price of `per` pieces, as a decimal string of credits.
    pub credits: String,
    /// How many pieces `credits` stands for; left out, 1 image or second of video, 1 000 characters, 60
    /// seconds of audio, 1 000 000 tokens.
    #[serde(default)]
    pub per: Option<u64>,
    /// The rate holds only for these traits, such as `size: 1024x1024` or `size: [1024x1024, 1536x1024]`.
    #[serde(default)]
    pub when: BTreeMap<String, AnyOf>,
}

fn deadline_default() -> Duration {
    Duration::from_secs(60 * 60)
}

fn attempts_default() -> u32 {
    3
}

fn min_output_default() -> u64 {
    16
}

fn context_default() -> u64 {
    32_768
}

fn weight_default() -> u32 {
    1
}
