//! The settings of the whole binary, one section a part. A part's own crate holds the type of its section,
//! with defaults and bounds beside the code that they are for; here they are only put together. A section
//! is added by a field here and, where people know its settings by other names, rows in `plain_names.rs`.
//!
//! So that errors and the generated page can tell about them, sections have
//! `#[serde(default, deny_unknown_fields)]`, `JsonSchema` and docs on their fields; a secret that isn't
//! called `…key`, `…secret`, `…password` or `…token` has `#[schemars(extend("writeOnly" = true))]`, and text
//! of a certain form may have `#[schemars(extend("x-type" = "host:port"))]`.

mod database;
mod forward;
mod log;
mod providers;
mod security;

use std::collections::BTreeMap;
use std::path::PathBuf;

use fourfold_api::ServerSettings;
use fourfold_clients::http::HttpSettings;
use fourfold_providers::{HttpOptions, ProviderSettings};
use fourfold_service::artifacts::ArtifactSettings;
use fourfold_service::backends::RedisSettings;
use fourfold_service::calls::CallSettings;
use fourfold_service::catalog::{ModelSettings, PricingSettings};
use fourfold_service::chats::ChatSettings;
use fourfold_service::files::FileSettings;
use fourfold_service::instances::InstanceSettings;
use fourfold_service::jobs::JobSettings;
use fourfold_service::limits::LimitSettings;
use fourfold_service::tokens::AuthSettings;
use fourfold_service::usage::UsageSettings;
use fourfold_service::webhooks::WebhookSettings;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use database::DatabaseSettings;
pub(crate) use forward::{ForwardSettings, HouseSettings};
pub(crate) use log::{LogFormat, LogSettings};
pub(crate) use security::SecuritySettings;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The folder that holds the embedded database and the stored results. Made where it is missing; one
    /// server process at a time.
    pub(crate) data_dir: PathBuf,
    /// Where accounts, jobs and keys are kept.
    pub(crate) database: DatabaseSettings,
    /// What is logged, and how.
    pub(crate) log: LogSettings,
    /// The HTTP server.
    pub(crate) server: ServerSettings,
    /// Keys that the server itself holds, and where callers may lead it.
    pub(crate) security: SecuritySettings,
    /// Who may call besides the holders of keys.
    pub(crate) auth: AuthSettings,
    /// How jobs are worked on.
    pub(crate) jobs: JobSettings,
    /// How calls are worked on, which answer while their caller waits.
    pub(crate) calls: CallSettings,
    /// How conversations are kept.
    pub(crate) chats: ChatSettings,
    /// How processes watch over each other.
    pub(crate) instances: InstanceSettings,
    /// What processes share.
    pub(crate) redis: RedisSettings,
    /// How results are kept and read.
    pub(crate) artifacts: ArtifactSettings,
    /// How much callers may hand in, and how long it is kept.
    pub(crate) files: FileSettings,
    /// How the usage log is kept.
    pub(crate) usage: UsageSettings,
    /// How much every key and every account may do.
    pub(crate) limits: LimitSettings,
    /// How webhooks are delivered.
    pub(crate) webhooks: WebhookSettings,
    /// The catalog, by the models' names; a name that the shipped catalog has too takes its place.
    pub(crate) models: BTreeMap<String, ModelSettings>,
    /// How vendors are called, for all of them; what a provider says of itself beats it, and it beats the
    /// vendors' own defaults.
    #[schemars(with = "HttpSettings")]
    pub(crate) http: HttpOptions,
    /// The forward proxy. Its target `openai` is there as soon as `providers.openai.api_key` is set.
    pub(crate) forward: ForwardSettings,
    /// How prices to users follow from what vendors charge.
    pub(crate) pricing: PricingSettings,
    /// The vendors, each under its own name; `kind` lets another name stand for one of them.
    #[schemars(with = "providers::ProvidersSchema")]
    pub(crate) providers: BTreeMap<String, ProviderSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./data"),
            database: DatabaseSettings::default(),
            log: LogSettings::default(),
            server: ServerSettings::default(),
            security: SecuritySettings::default(),
            auth: AuthSettings::default(),
            jobs: JobSettings::default(),
            calls: CallSettings::default(),
            chats: ChatSettings::default(),
            instances: InstanceSettings::default(),
            redis: RedisSettings::default(),
            artifacts: ArtifactSettings::default(),
            files: FileSettings::default(),
            usage: UsageSettings::default(),
            limits: LimitSettings::default(),
            webhooks: WebhookSettings::default(),
            models: BTreeMap::new(),
            http: HttpOptions::default(),
            forward: ForwardSettings::default(),
            pricing: PricingSettings::default(),
            providers: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// The sections that differ and that a running server can't change.
    pub(crate) fn fixed_sections_unlike(&self, other: &Self) -> Vec<String> {
        let is_like = [
            ("artifacts", self.artifacts == other.artifacts),
            ("auth", self.auth == other.auth),
            ("calls", self.calls == other.calls),
            ("chats", self.chats == other.chats),
            ("data_dir", self.data_dir == other.data_dir),
            ("database", self.database == other.database),
            ("files", self.files == other.files),
            ("instances", self.instances == other.instances),
            ("jobs", self.jobs == other.jobs),
            ("log", self.log == other.log),
            ("redis", self.redis == other.redis),
            ("security", self.security == other.security),
            ("server", self.server == other.server),
            ("usage", self.usage == other.usage),
            ("webhooks", self.webhooks == other.webhooks),
        ];
        is_like.iter().filter(|(_, is_like)| !is_like).map(|(name, _)| (*name).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plain_names::PLAIN_NAMES;
    use crate::config::shape::Shape;

    #[test]
    fn every_setting_is_described() {
        for (setting, shape) in Shape::of::<Settings>().settings() {
            assert!(!shape.description.is_empty(), "{setting} has no docs");
            assert_ne!(shape.type_text(), "as described", "{setting} needs a type that the schema can tell");
        }
    }

    #[test]
    fn every_plain_name_has_a_setting() {
        let shape = Shape::of::<Settings>();
        for name in PLAIN_NAMES {
            let path = crate::config::path::SettingPath::parse(name.setting);
            assert!(
                shape.get(path.steps()).is_some(),
                "{} sets {}, which is no setting",
                name.variable,
                name.setting
            );
        }
    }
}
