//! `allow`: which methods and paths of a target may be used.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::invalid::InvalidSetting;
use crate::Allow;

/// What callers may use of a target that says nothing else: that which generates, by OpenAI's paths, and the list of models.
///
/// A target's credential is shared by all who may use it, so nothing is here that reads, lists or deletes what another
/// caller may have stored. `POST /v1/responses` isn't either: it goes on from what another has stored, by its id, and
/// stores answers unless told otherwise. The paths are the caller's, with `/v1`; the base URL is without.
pub const GENERATION_ENDPOINTS: [&str; 11] = [
    "POST /v1/chat/completions",
    "POST /v1/completions",
    "POST /v1/embeddings",
    "POST /v1/images/generations",
    "POST /v1/images/edits",
    "POST /v1/audio/speech",
    "POST /v1/audio/transcriptions",
    "POST /v1/audio/translations",
    "POST /v1/moderations",
    "GET /v1/models",
    "GET /v1/models/*",
];

/// Which methods and paths of a target may be used: `all`, or a list of `METHOD /path`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AllowSettings {
    /// Everything that the target's credential can do.
    All,
    /// Only these: `*` stands for one segment, `**` at the end for any rest.
    Only(Vec<String>),
}

impl AllowSettings {
    /// What may be used; without any settings the [`GENERATION_ENDPOINTS`].
    pub(super) fn resolve(settings: Option<&Self>) -> Result<Allow, InvalidSetting> {
        match settings {
            None => Ok(Allow::only(GENERATION_ENDPOINTS).expect("a test reads them")),
            Some(Self::All) => Ok(Allow::everything()),
            Some(Self::Only(rules)) => only(rules),
        }
    }
}

/// Only these methods and paths.
pub(super) fn only(rules: &[String]) -> Result<Allow, InvalidSetting> {
    Allow::only(rules.iter().map(String::as_str))
        .map_err(|error| InvalidSetting::new("", format!("can't be: {error}")))
}

impl<'de> Deserialize<'de> for AllowSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl<'de> Visitor<'de> for Written {
            type Value = AllowSettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`all`, or a list of entries such as `GET /v1/models`")
            }

            /// A variable of the environment has commas between the entries.
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AllowSettings, E> {
                let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                Ok(match text.trim() {
                    "all" => AllowSettings::All,
                    _ => AllowSettings::Only(entries.map(str::to_owned).collect()),
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AllowSettings, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = list.next_element()? {
                    entries.push(entry);
                }
                Ok(AllowSettings::Only(entries))
            }
        }

        deserializer.deserialize_any(Written)
    }
}
