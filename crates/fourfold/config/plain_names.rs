//! The names of variables that people know from elsewhere, and the settings they set.

/// A variable with a name of its own for one setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainName {
    /// The variable, such as `FOURFOLD_ADMIN_KEY`.
    pub(crate) variable: &'static str,
    /// The path of the setting, such as `security.admin_key`.
    pub(crate) setting: &'static str,
}

/// A variable that sets no setting: it is read before there are any, or by a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OtherName {
    /// The variable.
    pub(crate) variable: &'static str,
    /// What it does.
    pub(crate) purpose: &'static str,
}

/// Names the configuration file.
pub(super) const CONFIG_FILE: &str = "FOURFOLD_CONFIG";

/// Every plain name. A row is added with the part that its setting is of, never before: a key that someone
/// has exported for other programs must not name a setting or a provider that isn't there.
pub(crate) const PLAIN_NAMES: &[PlainName] = &[
    PlainName { variable: "FOURFOLD_ADMIN_KEY", setting: "security.admin_key" },
    PlainName { variable: "DATABASE_URL", setting: "database.url" },
    PlainName { variable: "HTTP_TIMEOUT_CONNECT", setting: "http.timeouts.connect" },
    PlainName { variable: "HTTP_TIMEOUT_READ", setting: "http.timeouts.idle" },
    PlainName { variable: "HTTP_TIMEOUT_TOTAL", setting: "http.timeouts.total" },
    PlainName { variable: "HTTP_MAX_RETRIES", setting: "http.retry.retries_max" },
    PlainName { variable: "HTTP_BACKOFF_BASE", setting: "http.retry.base" },
    PlainName { variable: "REDIS_URL", setting: "redis.url" },
    PlainName { variable: "SUPABASE_URL", setting: "auth.supabase.url" },
    PlainName { variable: "SUPABASE_JWT_SECRET", setting: "auth.supabase.jwt_secret" },
    PlainName { variable: "AIHUBMIX_API_KEY", setting: "providers.aihubmix.api_key" },
    PlainName { variable: "AIHUBMIX_BASE_URL", setting: "providers.aihubmix.base_url" },
    PlainName { variable: "ANTHROPIC_API_KEY", setting: "providers.anthropic.api_key" },
    PlainName { variable: "ANTHROPIC_BASE_URL", setting: "providers.anthropic.base_url" },
    PlainName { variable: "DEEPSEEK_API_KEY", setting: "providers.deepseek.api_key" },
    PlainName { variable: "DEEPSEEK_BASE_URL", setting: "providers.deepseek.base_url" },
    PlainName { variable: "GEMINI_API_KEY", setting: "providers.gemini.api_key" },
    PlainName { variable: "GEMINI_BASE_URL", setting: "providers.gemini.base_url" },
    PlainName { variable: "OPENAI_API_KEY", setting: "providers.openai.api_key" },
    PlainName { variable: "OPENAI_BASE_URL", setting: "providers.openai.base_url" },
    PlainName { variable: "RUNWAY_API_KEY", setting: "providers.runway.api_key" },
    PlainName { variable: "RUNWAY_BASE_URL", setting: "providers.runway.base_url" },
    PlainName { variable: "STABILITY_API_KEY", setting: "providers.stability.api_key" },
    PlainName { variable: "STABILITY_BASE_URL", setting: "providers.stability.base_url" },
];

/// Every name that isn't a setting's.
pub(crate) const OTHER_NAMES: &[OtherName] = &[
    OtherName {
        variable: CONFIG_FILE,
        purpose: "The configuration file, as `--config`; without either, `fourfold.yaml` where there is one.",
    },
    OtherName {
        variable: "FOURFOLD_URL",
        purpose: "The server that `fourfold generate` asks; without it, one is started in process.",
    },
    OtherName {
        variable: "FOURFOLD_API_KEY",
        purpose: "The key that `fourfold generate` shows to that server.",
    },
];
