//! Whose tokens are taken.

use std::fmt;
use std::time::Duration;

use fourfold_domain::{Realm, serde_duration};
use serde::{Deserialize, Serialize};

use crate::keys::{AllowedModels, Scopes};

/// The shortest secret that HS256 may be used with (RFC 7518, section 3.2).
const SECRET_BYTES_MIN: usize = 32;

/// The shortest `auth.keys_pause`: whoever makes tokens up can have keys read that often.
const KEYS_PAUSE_MIN: Duration = Duration::from_millis(100);

/// The longest: for so long a token signed with an issuer's new key may be refused.
const KEYS_PAUSE_MAX: Duration = Duration::from_secs(10 * 60);

/// Who may call besides the holders of keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// The issuers whose tokens (JWT) are taken as users.
    pub jwt: Vec<IssuerSettings>,
    /// A Supabase project, whose users are taken as users.
    pub supabase: SupabaseSettings,
    /// How long after one reading of an issuer's public keys there is no other, whatever keys tokens name; 100 ms to 10 minutes.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub keys_pause: Duration,
}

impl Default for AuthSettings {
    fn default() -> Self {
        let (jwt, supabase) = (Vec::new(), SupabaseSettings::default());
        Self { jwt, supabase, keys_pause: Duration::from_secs(60) }
    }
}

/// An issuer of tokens. Needs `secret`, `jwks_url` or both.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct IssuerSettings {
    /// What its tokens have as `iss`.
    pub issuer: String,
    /// What its tokens have as `aud`, or among those.
    pub audience: String,
    /// The secret of tokens signed with HS256; at least 32 bytes.
    #[cfg_attr(feature = "schema", schemars(extend("writeOnly" = true)))]
    pub secret: Option<String>,
    /// Where the public keys of tokens are that are signed with RS256 or ES256.
    pub jwks_url: Option<String>,
    /// The realm of its users; without it, `default`.
    pub realm: Option<String>,
    /// What its users are limited to, such as `chat`; without it, what a user's key may do.
    pub scopes: Vec<String>,
    /// The models that its users may use: names, or beginnings of names such as `gpt-*`; without it, all.
    pub models: Vec<String>,
}

/// A Supabase project.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SupabaseSettings {
    /// Its address. Issuer and public keys are below it at `/auth/v1`, the audience is `authenticated`.
    pub url: Option<String>,
    /// Its JWT secret, where it signs with HS256 still.
    #[cfg_attr(feature = "schema", schemars(extend("writeOnly" = true)))]
    pub jwt_secret: Option<String>,
}

/// An issuer whose settings were checked.
pub(super) struct Trusted {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) secret: Option<String>,
    pub(super) jwks_url: Option<String>,
    pub(super) realm: Realm,
    pub(super) scopes: Scopes,
    pub(super) models: AllowedModels,
}

impl AuthSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (String, String)> {
        self.trusted().map(drop)
    }

    pub(super) fn trusted(&self) -> Result<Vec<Trusted>, (String, String)> {
        if !(KEYS_PAUSE_MIN..=KEYS_PAUSE_MAX).contains(&self.keys_pause) {
            return Err(("auth.keys_pause".to_owned(), "must be from 100ms to 10m".to_owned()));
        }
        let issuers = self.jwt.iter().enumerate();
        let mut trusted: Vec<_> = issuers
            .map(|(index, settings)| {
                settings.trusted().map_err(|(field, problem)| (format!("auth.jwt.{index}.{field}"), problem))
            })
            .collect::<Result<_, _>>()?;
        match (self.supabase.issuer(), &self.supabase.jwt_secret) {
            (Some(supabase), _) => trusted.push(supabase.trusted().map_err(|(field, problem)| {
                let field = if field == "secret" { "jwt_secret" } else { "url" };
                (format!("auth.supabase.{field}"), problem)
            })?),
            (None, Some(_)) => {
                let problem = "must be set where auth.supabase.jwt_secret is";
                return Err(("auth.supabase.url".to_owned(), problem.to_owned()));
            }
            (None, None) => {}
        }
        Ok(trusted)
    }
}

impl IssuerSettings {
    fn trusted(&self) -> Result<Trusted, (&'static str, String)> {
        for (field, text) in [("issuer", &self.issuer), ("audience", &self.audience)] {
            if text.is_empty() {
                return Err((field, "must be set".to_owned()));
            }
        }
        if self.secret.is_none() && self.jwks_url.is_none() {
            return Err(("jwks_url", "must be set where secret isn't".to_owned()));
        }
        if self.secret.as_ref().is_some_and(|secret| secret.len() < SECRET_BYTES_MIN) {
            return Err(("secret", format!("must be at least {SECRET_BYTES_MIN} bytes")));
        }
        let is_http = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if !self.jwks_url.as_ref().is_none_or(is_http) {
            return Err(("jwks_url", "must be such as https://host/.well-known/jwks.json".to_owned()));
        }
        let realm = self.realm.as_deref().map(str::parse).transpose();
        Ok(Trusted {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            secret: self.secret.clone(),
            jwks_url: self.jwks_url.clone(),
            realm: realm.map_err(|error| ("realm", format!("{error}")))?.unwrap_or_default(),
            scopes: Scopes::parse(&self.scopes).map_err(|error| ("scopes", error.to_string()))?,
            models: AllowedModels::parse(&self.models).map_err(|error| ("models", error.to_string()))?,
        })
    }
}

impl SupabaseSettings {
    fn issuer(&self) -> Option<IssuerSettings> {
        let issuer = format!("{}/auth/v1", self.url.as_ref()?.trim_end_matches('/'));
        Some(IssuerSettings {
            jwks_url: Some(format!("{issuer}/.well-known/jwks.json")),
            issuer,
            audience: "authenticated".to_owned(),
            secret: self.jwt_secret.clone(),
            ..IssuerSettings::default()
        })
    }
}

impl fmt::Debug for IssuerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerSettings")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("secret", &self.secret.as_ref().map(|_secret| "…"))
            .field("jwks_url", &self.jwks_url)
            .field("realm", &self.realm)
            .field("scopes", &self.scopes)
            .field("models", &self.models)
            .finish()
    }
}

impl fmt::Debug for SupabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SupabaseSettings")
            .field("url", &self.url)
            .field("jwt_secret", &self.jwt_secret.as_ref().map(|_secret| "…"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(settings: AuthSettings, expected: Result<(), (&str, &str)>) {
        let expected = expected.map_err(|(field, problem)| (field.to_owned(), problem.to_owned()));
        assert_eq!(settings.check(), expected);
    }

    fn issuer() -> IssuerSettings {
        let secret = Some("s".repeat(32));
        IssuerSettings { issuer: "us".into(), audience: "them".into(), secret, ..IssuerSettings::default() }
    }

    #[test]
    fn an_issuer_that_can_not_be_trusted_is_named() {
        let one = |issuer| AuthSettings { jwt: vec![issuer], ..AuthSettings::default() };
        check(one(issuer()), Ok(()));
        check(
            one(IssuerSettings { audience: String::new(), ..issuer() }),
            Err(("auth.jwt.0.audience", "must be set")),
        );
        check(
            one(IssuerSettings { secret: None, ..issuer() }),
            Err(("auth.jwt.0.jwks_url", "must be set where secret isn't")),
        );
        check(
            one(IssuerSettings { secret: Some("short".into()), ..issuer() }),
            Err(("auth.jwt.0.secret", "must be at least 32 bytes")),
        );
        let pause =
            |millis| AuthSettings { keys_pause: Duration::from_millis(millis), ..AuthSettings::default() };
        for millis in [100, 600_000] {
            check(pause(millis), Ok(()));
        }
        for millis in [99, 600_001] {
            check(pause(millis), Err(("auth.keys_pause", "must be from 100ms to 10m")));
        }
    }

    #[test]
    fn a_supabase_project_is_an_issuer() {
        let supabase = SupabaseSettings { url: Some("https://x.supabase.co/".into()), jwt_secret: None };
        let settings = AuthSettings { supabase, ..AuthSettings::default() };
        let trusted = settings.trusted().unwrap();
        let [supabase] = &trusted[..] else { panic!("{} issuers", trusted.len()) };
        assert_eq!(supabase.issuer, "https://x.supabase.co/auth/v1");
        assert_eq!(supabase.audience, "authenticated");
        let jwks_url = supabase.jwks_url.as_deref();
        assert_eq!(jwks_url, Some("https://x.supabase.co/auth/v1/.well-known/jwks.json"));
        let secret_alone = SupabaseSettings { url: None, jwt_secret: Some("s".repeat(32)) };
        check(
            AuthSettings { supabase: secret_alone, ..AuthSettings::default() },
            Err(("auth.supabase.url", "must be set where auth.supabase.jwt_secret is")),
        );
    }

    #[test]
    fn secrets_do_not_print() {
        let supabase = SupabaseSettings { url: None, jwt_secret: Some("hunter2".into()) };
        let secret = Some("hunter2".to_owned());
        let settings = AuthSettings {
            jwt: vec![IssuerSettings { secret, ..issuer() }],
            supabase,
            ..AuthSettings::default()
        };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
