//! Variables: those of the `.env` file and, over them, those of the environment. `.env` only fills in what
//! the environment doesn't set, so it makes no difference whether we read the file or a container runtime
//! did. An empty variable counts as not set.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use super::dot_env;
use super::error::Problem;
use super::path::{SettingPath, Step};
use super::plain_names::PlainName;
use super::tree::{Node, Origin, Value};

/// `FOURFOLD__SERVER__LISTEN` sets `server.listen`.
pub(super) const PREFIX: &str = "FOURFOLD__";

/// The variables that are set, by name.
#[derive(Default)]
pub(super) struct Variables(BTreeMap<String, (OsString, Origin)>);

impl Variables {
    /// Lays the environment over the text of a `.env` file.
    pub(super) fn new(
        dot_env: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Problem> {
        let mut variables = BTreeMap::new();
        if let Some((file, text)) = dot_env {
            let file: Arc<str> = file.into();
            let assignments = dot_env::parse(text)
                .map_err(|bad| Problem::of(format!("{file} line {}", bad.line), bad.message))?;
            for one in assignments {
                let origin =
                    Origin::DotEnv { variable: one.name.clone(), file: file.clone(), line: one.line };
                variables.insert(one.name, (OsString::from(one.value), origin));
            }
        }
        // A name that isn't text can't be one of ours.
        for (name, value) in
            environment.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        {
            let origin = Origin::Environment { variable: name.clone() };
            variables.insert(name, (value, origin));
        }
        variables.retain(|_, (value, _)| !value.is_empty());
        Ok(Self(variables))
    }

    /// The text of a variable; `None` where it isn't set.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let Some((value, origin)) = self.0.get(name) else { return Ok(None) };
        value.to_str().map(Some).ok_or_else(|| Problem::of(origin, "isn't UTF-8 text"))
    }

    /// The settings that variables set, in the order in which they are laid over each other: a
    /// `FOURFOLD__…` name beats the plain name of the same setting.
    pub(super) fn settings(&self, plain: &[PlainName]) -> Result<Vec<(SettingPath, Node)>, Problem> {
        let plain = plain.iter().map(|name| (name.variable, SettingPath::parse(name.setting)));
        let prefixed = self.0.keys().filter_map(|name| {
            let path =
                name.strip_prefix(PREFIX)?.split("__").map(|part| Step::Key(part.to_lowercase())).collect();
            Some((name.as_str(), path))
        });
        let mut settings = Vec::new();
        for (name, path) in plain.chain(prefixed) {
            if let (Some(text), Some((_, origin))) = (self.text(name)?, self.0.get(name)) {
                let node = Node { value: Value::Untyped(text.to_owned()), origin: origin.clone() };
                settings.push((path, node));
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &[PlainName] =
        &[PlainName { variable: "OPENAI_API_KEY", setting: "providers.openai.api_key" }];

    fn check(dot_env: &str, environment: &[(&str, &str)], expected: &[(&str, &str, &str)]) {
        let environment =
            environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let variables = Variables::new(Some((".env", dot_env)), environment).unwrap();
        let found: Vec<_> = variables.settings(PLAIN).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|(path, node)| (path.to_string(), node.quotable().unwrap(), node.origin.to_string()))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(path, text, place)| ((*path).into(), (*text).into(), (*place).into()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_environment_beats_dot_env() {
        check("FOURFOLD__A__B=1", &[], &[("a.b", "1", "FOURFOLD__A__B, .env line 1")]);
        check("FOURFOLD__A__B=1", &[("FOURFOLD__A__B", "2")], &[("a.b", "2", "FOURFOLD__A__B")]);
    }

    #[test]
    fn prefixed_names_are_laid_over_plain_ones() {
        let setting = "providers.openai.api_key";
        let prefixed = "FOURFOLD__PROVIDERS__OPENAI__API_KEY";
        let both = [(setting, "plain", "OPENAI_API_KEY"), (setting, "prefixed", prefixed)];
        check("", &[("OPENAI_API_KEY", "plain"), (prefixed, "prefixed")], &both);
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        check("OPENAI_API_KEY=sk\nFOURFOLD__A=", &[("OPENAI_API_KEY", "")], &[]);
    }

    #[test]
    fn other_names_are_left_alone() {
        check("PATH=/bin", &[("FOURFOLD_SERVICE_PORT", "80"), ("fourfold__a", "1"), ("SHELL", "sh")], &[]);
    }

    #[cfg(unix)]
    #[test]
    fn a_setting_that_is_not_text_is_refused_by_name() {
        use std::os::unix::ffi::OsStringExt;
        let environment = [
            ("FOURFOLD__A".into(), OsString::from_vec(vec![0xff])),
            ("OTHER".into(), OsString::from_vec(vec![0xff])),
        ];
        let problem = Variables::new(None, environment).unwrap().settings(PLAIN).unwrap_err();
        assert_eq!(problem.to_string(), "FOURFOLD__A: isn't UTF-8 text");
    }
}
