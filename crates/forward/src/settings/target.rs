//! `forward.targets.<name>`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use fourfold_clients::http::{AuthScheme, ProxyUrl};
use http::{HeaderValue, header};
use serde::Deserialize;

use super::allow::AllowSettings;
use super::auth::AuthSettings;
use super::breaker::BreakerSettings;
use super::defaults::TimeoutSettings;
use super::health::HealthCheckSettings;
use super::invalid::{InvalidSetting, check_range};
use super::limits::LimitSettings;
use super::resolved::ResolvedTarget;
use super::retry::RetrySettings;
use super::secret::Secret;
use super::transformers::{TransformerSettings, refuse_credential};
use super::{DefaultSettings, ForwardSettings, OPENAI};
use crate::builder::BODY_BYTES_MAX;
use crate::credential::Credential;
use crate::{ForwardLog, HeaderTransformer, RequestTransformer, Target, TargetError};

/// Where requests may go, and which. All who may use a target share its credential.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TargetSettings {
    /// Where the caller's path goes below: `http://` or `https://`, a host, perhaps a path. Must be given, but for the
    /// target `openai`, which has `OPENAI_BASE_URL`.
    #[cfg_attr(feature = "schema", schemars(extend("x-type" = "URL")))]
    pub base_url: Option<String>,
    /// Headers of every request, in place of the caller's of that name. Credentials are `auth`. Default none.
    pub headers: BTreeMap<String, Secret>,
    /// The credential.
    pub auth: AuthSettings,
    /// The time limits of a request.
    pub timeouts: TimeoutSettings,
    /// When a failed try is followed by another.
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::OfTarget<RetrySettings>"))]
    pub retry: RetrySettings,
    /// When it is taken for ill and requests to it fail at once.
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::OfTarget<BreakerSettings>"))]
    pub circuit_breaker: BreakerSettings,
    /// What is changed on the way.
    pub transformers: TransformerSettings,
    /// What callers may use: a list of `METHOD /path`, where `*` stands for one segment and `**` at the end for any
    /// rest, or `all`, which is everything that the credential can do. Default the generation endpoints by OpenAI's
    /// paths, and the models.
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<Vec<String>>", extend("x-type" = "`all` or list of text"))
    )]
    pub allow: Option<AllowSettings>,
    /// How it proves who it is.
    pub tls: TlsSettings,
    /// The proxy that its connections go through, `http://host:port`. Default none.
    pub proxy: Option<ProxyUrl>,
    /// Asks it from time to time whether it is well.
    pub health_check: HealthCheckSettings,
    /// How much it is asked to do.
    pub limits: LimitSettings,
    /// The largest body that is collected for body transformers, in bytes; a larger one passes untouched. Default
    /// 8 MiB, 1 KiB to 64 MiB.
    pub body_bytes_max: usize,
}

/// How a target proves who it is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// PEM files with certificate authorities to trust beside the platform's. Default none.
    pub ca_files: Vec<PathBuf>,
    /// As `forward.defaults.verify_ssl`, for this target. Default as there.
    pub verify_ssl: Option<bool>,
}

impl Default for TargetSettings {
    fn default() -> Self {
        Self {
            base_url: None,
            headers: BTreeMap::new(),
            auth: AuthSettings::default(),
            timeouts: TimeoutSettings::default(),
            retry: RetrySettings::default(),
            circuit_breaker: BreakerSettings::default(),
            transformers: TransformerSettings::default(),
            allow: None,
            tls: TlsSettings::default(),
            proxy: None,
            health_check: HealthCheckSettings::default(),
            limits: LimitSettings::default(),
            body_bytes_max: BODY_BYTES_MAX,
        }
    }
}

impl TargetSettings {
    /// What the target is made of, with what it doesn't say itself taken from the settings of all, whose bounds
    /// [`ForwardSettings::validate`] checks. An error names the setting from `forward` on. Files are not looked at.
    pub fn resolve(&self, name: &str, forward: &ForwardSettings) -> Result<ResolvedTarget, InvalidSetting> {
        let logging = forward.logging.resolve().map_err(|error| error.within("forward.logging"))?;
        self.resolve_logged(name, forward, logging)
            .map_err(|error| error.within(format_args!("forward.targets.{name}")))
    }

    fn resolve_logged(
        &self,
        name: &str,
        forward: &ForwardSettings,
        logging: ForwardLog,
    ) -> Result<ResolvedTarget, InvalidSetting> {
        let base_url = self.checked_base_url(name)?;
        self.timeouts.check().map_err(|error| error.within("timeouts"))?;
        self.retry.check().map_err(|error| error.within("retry"))?;
        self.circuit_breaker.check().map_err(|error| error.within("circuit_breaker"))?;
        check_range("body_bytes_max", Some(self.body_bytes_max), 1 << 10..=64 << 20)?;
        let allow = AllowSettings::resolve(self.allow.as_ref()).map_err(|error| error.within("allow"))?;
        let health_check = self.health_check.resolve().map_err(|error| error.within("health_check"))?;
        let transformers = self.transformers.resolve();
        let (configured, response_transformers) =
            transformers.map_err(|error| error.within("transformers"))?;
        let own_headers = self.own_headers().map_err(|error| error.within("headers"))?;
        Ok(ResolvedTarget {
            name: name.to_owned(),
            base_url,
            auth: self.checked_auth().map_err(|error| error.within("auth"))?,
            user_agent: self.user_agent(&forward.defaults),
            allow,
            timeouts: self.timeouts.resolve(&forward.defaults),
            retry: self.retry.resolve(&forward.retry),
            strategy: self.retry.resolve_strategy(&forward.retry),
            breaker: self.circuit_breaker.resolve(&forward.circuit_breaker),
            // Before those of its list, which have the same priority unless they say otherwise.
            request_transformers: own_headers.into_iter().chain(configured).collect(),
            response_transformers,
            body_bytes_max: self.body_bytes_max,
            tls: fourfold_clients::http::TlsSettings {
                ca_files: self.tls.ca_files.clone(),
                verify: self.tls.verify_ssl.unwrap_or(forward.defaults.verify_ssl),
            },
            proxy: self.proxy.clone(),
            health_check,
            limits: self.limits.resolve().map_err(|error| error.within("limits"))?,
            logging,
        })
    }

    fn checked_base_url(&self, name: &str) -> Result<String, InvalidSetting> {
        let base_url = self.base_url.as_deref().filter(|base_url| !base_url.is_empty());
        let base_url = base_url.ok_or_else(|| InvalidSetting::new("base_url", "must be given"))?;
        self.refuse_version_twice(name, base_url)?;
        match Target::new(name, base_url) {
            Ok(_) => Ok(base_url.to_owned()),
            Err(TargetError::Name) => {
                Err(InvalidSetting::new("", "must be called by 1 to 64 characters of a-z 0-9 _ -"))
            }
            Err(_) => {
                let allowed = "must be http:// or https:// with a host, without user, query, fragment, dot segments or //";
                Err(InvalidSetting::new("base_url", allowed))
            }
        }
    }

    /// Callers of the ready target bring the `/v1`, as its list of what may be used has it.
    fn refuse_version_twice(&self, name: &str, base_url: &str) -> Result<(), InvalidSetting> {
        let changes_paths = self.transformers.request.iter().any(|one| one.path.is_some());
        match base_url.trim_end_matches('/').strip_suffix("/v1") {
            Some(base_url) if name == OPENAI && !changes_paths => {
                let allowed =
                    format!("must be without the /v1, which the caller's path brings: write {base_url}");
                Err(InvalidSetting::new("base_url", allowed))
            }
            _ => Ok(()),
        }
    }

    /// Checked as it will be sent.
    fn checked_auth(&self) -> Result<AuthScheme, InvalidSetting> {
        let auth = self.auth.resolve()?;
        Credential::new(&auth)?;
        Ok(auth)
    }

    /// The user agent of all targets, unless this one has its own.
    fn user_agent(&self, defaults: &DefaultSettings) -> Option<HeaderValue> {
        let is_own = self.headers.keys().any(|name| name.eq_ignore_ascii_case(header::USER_AGENT.as_str()));
        let user_agent = defaults.user_agent.as_deref().filter(|_| !is_own)?;
        HeaderValue::from_str(user_agent).ok()
    }

    /// Sets the target's own headers, whatever the caller sent; none where there are none.
    fn own_headers(&self) -> Result<Option<Arc<dyn RequestTransformer>>, InvalidSetting> {
        if self.headers.is_empty() {
            return Ok(None);
        }
        let mut transformer = HeaderTransformer::new();
        for (name, value) in &self.headers {
            refuse_credential(name)?;
            let set = transformer.remove(name).and_then(|header| header.add(name, value.expose()));
            transformer = set.map_err(|error| InvalidSetting::new(name, error.allowed))?;
        }
        Ok(Some(Arc::new(transformer)))
    }
}
