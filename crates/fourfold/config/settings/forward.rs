//! `forward`: the proxy's own settings, and beside those of each target what only the whole house knows: who may use it
//! and what it costs.

use std::collections::BTreeMap;
use std::fmt;

use fourfold_api::ForwardAccess;
use fourfold_domain::TokenCeilings;
use fourfold_forward::settings as proxy;
use fourfold_service::catalog::PriceSettings;
use fourfold_service::keys::KeyKind;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The forward proxy.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ForwardSettings {
    /// What the bodies of forwarded requests may come to together, in bytes, that a process collects for transformers
    /// and prices; a request without room is answered 503. Others stream. Default 256 MiB, 64 MiB to 1 TiB.
    pub(crate) collected_bytes_max: usize,
    /// What holds for every target that doesn't say otherwise.
    pub(crate) defaults: proxy::DefaultSettings,
    /// When a failed try is followed by another, where a target doesn't say otherwise.
    pub(crate) retry: proxy::RetrySettings,
    /// When a target is taken for ill and requests to it fail at once, where it doesn't say otherwise.
    pub(crate) circuit_breaker: proxy::BreakerSettings,
    /// What is logged of forwarded requests.
    pub(crate) logging: proxy::LoggingSettings,
    /// Where requests may go, by the name that stands in the path: `/forward/<name>/…`. 1 to 64 characters of
    /// `a-z 0-9 _ -`.
    pub(crate) targets: BTreeMap<String, TargetSettings>,
}

/// One target.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct TargetSettings {
    /// What the proxy knows of it.
    pub(crate) proxy: proxy::TargetSettings,
    /// What it doesn't.
    pub(crate) house: HouseSettings,
}

/// Who may use a target, and what it costs.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct HouseSettings {
    /// Which kinds of callers may use it. Tokens are their users'. Users pay nothing where there is no price.
    pub(crate) access: Vec<AccessKind>,
    /// Where there are any, of these callers only the holders of these keys, by their ids or names. Default none.
    pub(crate) keys: Vec<String>,
    /// What it costs the caller's account: chats, responses, messages and embeddings by tokens, pictures and speech by
    /// `image` and `character`; what else generates is refused then, and reading is free. Default nothing.
    pub(crate) price: Option<PriceSettings>,
    /// The output limit of a priced request that names none, in tokens, for the hold. Default 4096, 1 or more.
    pub(crate) default_max_output: u64,
    /// What the input of a priced request may come to beside its text, in tokens, for the hold.
    pub(crate) token_ceilings: TokenCeilings,
}

/// A kind of caller. Serialised for the default on the generated page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccessKind {
    /// Admin keys.
    Admin,
    /// Service keys.
    Service,
    /// User keys and tokens.
    User,
}

impl Default for HouseSettings {
    fn default() -> Self {
        Self {
            access: vec![AccessKind::Admin, AccessKind::Service],
            keys: Vec::new(),
            price: None,
            default_max_output: 4096,
            token_ceilings: TokenCeilings::default(),
        }
    }
}

impl Default for ForwardSettings {
    fn default() -> Self {
        Self {
            collected_bytes_max: 256 << 20,
            defaults: proxy::DefaultSettings::default(),
            retry: proxy::RetrySettings::default(),
            circuit_breaker: proxy::BreakerSettings::default(),
            logging: proxy::LoggingSettings::default(),
            targets: BTreeMap::new(),
        }
    }
}

impl ForwardSettings {
    /// The bound if it can be: the largest body that is collected must have room. Else the setting, and what is allowed.
    pub(crate) fn checked_collected_bytes_max(&self) -> Result<usize, (String, String)> {
        match (64 << 20..=1 << 40).contains(&self.collected_bytes_max) {
            true => Ok(self.collected_bytes_max),
            false => Err((
                "forward.collected_bytes_max".to_owned(),
                "must be from 67108864 (64 MiB) to 1099511627776 (1 TiB)".to_owned(),
            )),
        }
    }

    /// What the proxy knows of it.
    pub(crate) fn proxy(&self) -> proxy::ForwardSettings {
        let targets = self.targets.iter().map(|(name, target)| (name.clone(), target.proxy.clone()));
        proxy::ForwardSettings {
            defaults: self.defaults.clone(),
            retry: self.retry.clone(),
            circuit_breaker: self.circuit_breaker.clone(),
            logging: self.logging.clone(),
            targets: targets.collect(),
        }
    }
}

impl HouseSettings {
    /// Who may use it.
    pub(crate) fn access(&self) -> ForwardAccess {
        let kind = |kind: &AccessKind| match kind {
            AccessKind::Admin => KeyKind::Admin,
            AccessKind::Service => KeyKind::Service,
            AccessKind::User => KeyKind::User,
        };
        ForwardAccess { kinds: self.access.iter().map(kind).collect(), keys: self.keys.clone() }
    }
}

/// Both parts stand side by side. `flatten` would lose the types that variables need, and which names there are.
impl<'de> Deserialize<'de> for TargetSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Both;

        impl<'de> Visitor<'de> for Both {
            type Value = TargetSettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a section")
            }

            fn visit_map<M: MapAccess<'de>>(self, entries: M) -> Result<TargetSettings, M::Error> {
                let mut house = HouseSettings::default();
                let others = Others { entries, house: &mut house };
                let proxy = proxy::TargetSettings::deserialize(MapAccessDeserializer::new(others))?;
                Ok(TargetSettings { proxy, house })
            }
        }

        deserializer.deserialize_struct("TargetSettings", &[], Both)
    }
}

/// The entries of a target without the house's, which are taken on the way.
struct Others<'h, M> {
    entries: M,
    house: &'h mut HouseSettings,
}

impl<'de, M: MapAccess<'de>> MapAccess<'de> for Others<'_, M> {
    type Error = M::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, M::Error> {
        while let Some(name) = self.entries.next_key::<String>()? {
            match name.as_str() {
                "access" => self.house.access = self.entries.next_value()?,
                "keys" => self.house.keys = self.entries.next_value()?,
                "price" => self.house.price = self.entries.next_value()?,
                "default_max_output" => self.house.default_max_output = self.entries.next_value()?,
                "token_ceilings" => self.house.token_ceilings = self.entries.next_value()?,
                _ => return seed.deserialize(name.into_deserializer()).map(Some),
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, M::Error> {
        self.entries.next_value_seed(seed)
    }
}

impl JsonSchema for TargetSettings {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ForwardTarget".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = proxy::TargetSettings::json_schema(generator);
        let house = HouseSettings::json_schema(generator);
        let house = house.get("properties").and_then(|properties| properties.as_object()).cloned();
        if let Some(properties) =
            schema.get_mut("properties").and_then(|properties| properties.as_object_mut())
        {
            properties.extend(house.unwrap_or_default());
        }
        schema
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_parts_of_a_target_are_read_side_by_side() {
        let written = json!({"targets": {"t": {
            "access": ["user"], "base_url": "https://a.test", "keys": ["k"], "body_bytes_max": 4096,
            "default_max_output": 7,
        }}});
        let settings: ForwardSettings = serde_json::from_value(written).unwrap();
        let target = &settings.targets["t"];
        assert_eq!(target.proxy.base_url.as_deref(), Some("https://a.test"));
        assert_eq!(target.proxy.body_bytes_max, 4096);
        assert_eq!(target.house.access().kinds, [KeyKind::User]);
        assert_eq!((&target.house.keys[..], target.house.default_max_output), (&["k".to_owned()][..], 7));
        settings.proxy().validate().unwrap();
        let unknown = serde_json::from_value::<ForwardSettings>(json!({"targets": {"t": {"acess": []}}}));
        assert!(unknown.unwrap_err().to_string().contains("acess"));
    }

    #[test]
    fn the_configuration_on_the_page_is_taken_as_a_whole() {
        let page = include_str!("../../../../docs/forward.md");
        let yaml = page.split("```yaml\n").nth(1).and_then(|piece| piece.split("```").next()).unwrap();
        let written: serde_json::Value = serde_saphyr::from_str(yaml).unwrap();
        let settings: ForwardSettings = serde_json::from_value(written["forward"].clone()).unwrap();
        assert_eq!(settings.collected_bytes_max, ForwardSettings::default().collected_bytes_max);
        let house = &settings.targets["search"].house;
        assert_eq!((house.keys.len(), house.price.as_ref().map(|price| price.rates.len())), (1, Some(3)));
        assert_eq!((house.access.clone(), house.default_max_output), (HouseSettings::default().access, 4096));
    }

    #[test]
    fn users_are_let_in_only_where_that_is_written() {
        let settings: ForwardSettings = serde_json::from_value(json!({"targets": {"t": {}}})).unwrap();
        assert_eq!(settings.targets["t"].house.access().kinds, [KeyKind::Admin, KeyKind::Service]);
    }
}
