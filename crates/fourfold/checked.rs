//! The configuration after everything was checked that can be without starting. Errors name the place.

use anyhow::{Result, anyhow};
use fourfold_clients::http::HttpSettings;
use fourfold_providers::{FactoryError, HttpOptions, ProviderFactory};
use fourfold_service::catalog::{Catalog, CatalogError};
use fourfold_service::keys::KeySecret;
use secrecy::{ExposeSecret as _, SecretString};

use crate::bridges::{Links, ProviderTable, TargetTable};
use crate::catalog::catalog;
use crate::config::{PLAIN_NAMES, Places, Settings, Sources, load};
use crate::data_dir::decode_secret_key;
use crate::database::postgres;

/// A configuration that a server can be started with, and what it leads to.
pub(crate) struct Checked {
    pub(crate) settings: Settings,
    pub(crate) places: Places,
    pub(crate) providers: ProviderTable,
    pub(crate) catalog: Catalog,
    /// Where requests may be forwarded.
    pub(crate) targets: TargetTable,
    /// What the providers and targets were made with.
    pub(crate) links: Links,
}

impl Checked {
    /// Reads the configuration and checks all of it. The vendors' clients and the targets are made with these.
    pub(crate) fn read(sources: &Sources, links: Links) -> Result<Self> {
        let loaded = load::<Settings>(sources, PLAIN_NAMES)?;
        let (settings, places) = (loaded.settings, loaded.places);
        let at = |setting: &str, problem: &str| anyhow!("{}: {problem}", places.of(setting));

        settings.jobs.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.calls.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.chats.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.instances.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.artifacts.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.redis.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.files.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.database.check().map_err(|(setting, problem)| at(setting, &problem))?;
        postgres(&settings).map_err(|error| at("database.url", &error.to_string()))?;
        if settings.database.url.is_some() && settings.security.secret_key.is_none() {
            let problem = "must be set where database.url is, the same for every process; make one with: openssl rand -base64 32";
            return Err(at("security.secret_key", problem));
        }
        settings.server.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.usage.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.auth.check().map_err(|(setting, problem)| at(&setting, &problem))?;
        settings.limits.check().map_err(|(setting, problem)| at(setting, &problem))?;
        settings.webhooks.check().map_err(|(setting, problem)| at(setting, &problem))?;
        if let Some(key) = &settings.security.secret_key {
            decode_secret_key(key.expose()).map_err(|error| at("security.secret_key", &error.to_string()))?;
        }
        if let Some(key) = &settings.security.admin_key {
            let parsed = key.expose().parse::<KeySecret>();
            parsed.map_err(|error| at("security.admin_key", &error.to_string()))?;
        }
        tracing_subscriber::EnvFilter::try_new(&settings.log.filter).map_err(|error| {
            at("log.filter", &format!("must be such as info,fourfold_service=debug ({error})"))
        })?;
        check_http(&settings.http).map_err(|(field, problem)| at(&format!("http.{field}"), &problem))?;
        let providers = ProviderTable::build(
            &ProviderFactory::with_builtin(),
            &settings.providers,
            &settings.http,
            &links.limits,
        );
        let providers = providers.map_err(|error| match &error {
            FactoryError::Settings { key, error } => {
                at(&format!("providers.{key}.{}", error.field), &error.problem)
            }
            FactoryError::UnknownKind { kind, .. } => {
                at(&kind_place(&settings, kind.as_str()), &error.to_string())
            }
            _ => error.into(),
        })?;
        let catalog = catalog(&settings, &providers);
        let catalog = catalog.map_err(|error| match error.downcast::<CatalogError>() {
            Ok(wrong) => at(&wrong.place, &wrong.problem),
            Err(error) => error,
        })?;
        let targets = TargetTable::build(&settings.forward, openai(&settings), &links);
        let targets = targets.map_err(|(setting, problem)| at(&setting, &problem))?;
        Ok(Self { settings, places, providers, catalog, targets, links })
    }
}

/// Where OpenAI is, and the key to it, where there is one.
fn openai(settings: &Settings) -> Option<(&str, SecretString)> {
    let provider = settings.providers.get("openai")?;
    let key = provider.api_key.clone().filter(|key| !key.expose_secret().is_empty())?;
    Some((provider.base_url.as_deref().unwrap_or(fourfold_clients::openai::BASE_URL), key))
}

/// What is set for every vendor, checked once and not once a vendor. The field and what is wrong with it.
fn check_http(written: &HttpOptions) -> Result<(), (String, String)> {
    let settings: HttpSettings = serde_path_to_error::deserialize(written.to_value())
        .map_err(|error| (error.path().to_string(), error.into_inner().to_string()))?;
    settings.validate().map_err(|mistake| (mistake.name.to_owned(), mistake.allowed.to_owned()))
}

/// Where a kind of provider is named: by the provider's setting, else by its own name.
fn kind_place(settings: &Settings, kind: &str) -> String {
    let named = settings.providers.iter().find(|(_key, provider)| provider.kind.as_deref() == Some(kind));
    match named {
        Some((key, _provider)) => format!("providers.{key}.kind"),
        None => format!("providers.{kind}"),
    }
}
