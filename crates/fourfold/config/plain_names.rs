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
pub(crate) const PLAIN_NAMES: &[PlainName] =
    &[PlainName { variable: "FOURFOLD_ADMIN_KEY", setting: "security.admin_key" }];

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
