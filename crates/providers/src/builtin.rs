//! The providers that we ship, one row each. A new vendor adds its row here and nothing else in this crate
//! but its own files.

use fourfold_domain::ProviderKey;

use crate::{Constructed, ProviderSettings};

/// One kind of provider that we ship.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// The kind, and the key of the provider that is of it by name.
    pub key: &'static str,
    /// Who it is, in one line.
    pub about: &'static str,
    /// Builds one under this key.
    pub construct: fn(&ProviderKey, &ProviderSettings) -> Constructed,
}

/// What we ship, as far as its cargo feature is on.
pub const BUILTIN: &[Builtin] = &[
    #[cfg(feature = "aihubmix")]
    Builtin {
        key: "aihubmix",
        about: "AIHubMix: the models of many vendors behind one key",
        construct: crate::aihubmix::construct,
    },
    #[cfg(feature = "deepseek")]
    Builtin {
        key: "deepseek",
        about: "DeepSeek: chats that think first",
        construct: crate::deepseek::construct,
    },
    #[cfg(feature = "openai")]
    Builtin {
        key: "openai",
        about: "OpenAI, and by its base URL and models any vendor that speaks its wire",
        construct: crate::openai::construct,
    },
    #[cfg(feature = "anthropic")]
    Builtin {
        key: "anthropic",
        about: "Anthropic, and by its base URL and models any vendor that speaks its wire",
        construct: crate::anthropic::construct,
    },
    #[cfg(feature = "gemini")]
    Builtin {
        key: "gemini",
        about: "Google's Gemini: chats, vectors, pictures, speech and videos",
        construct: crate::gemini::construct,
    },
    #[cfg(feature = "runway")]
    Builtin {
        key: "runway",
        about: "Runway: videos, pictures and speech, of its own models and of other makers'",
        construct: crate::runway::construct,
    },
    #[cfg(feature = "stability")]
    Builtin {
        key: "stability",
        about: "Stability: pictures, what changes them, and what makes them larger",
        construct: crate::stability::construct,
    },
    #[cfg(feature = "mock")]
    Builtin {
        key: "mock",
        about: "makes real media offline, for development and tests",
        construct: crate::mock::construct,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProviderFactory;

    #[test]
    fn every_row_is_a_kind_of_its_own() {
        assert_eq!(ProviderFactory::with_builtin().kinds().len(), BUILTIN.len());
    }
}
