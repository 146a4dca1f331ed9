//! `log`: what is logged, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is logged, and how.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogSettings {
    /// The least level that is logged, by target where wanted: `info,fourfold_service=debug`.
    pub(crate) filter: String,
    /// The form of a line; `auto` is `pretty` on a terminal and `json` elsewhere.
    pub(crate) format: LogFormat,
}

/// The form of a line. Serialised, as every type of a value is, for the default on the generated page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// `Pretty` on a terminal, `Json` elsewhere.
    #[default]
    Auto,
    /// For people.
    Pretty,
    /// One object a line.
    Json,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Auto }
    }
}
