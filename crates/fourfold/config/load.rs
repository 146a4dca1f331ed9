//! Loading: the layers in their order, and the settings that come out of them or all that is wrong.
//!
//! ```text
//! defaults (in the types) < fourfold.yaml < plain names < FOURFOLD__… names
//!                                └ ${NAME} ┘     variables: .env < environment
//! ```

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::coerce;
use super::error::{ConfigError, Problem};
use super::interpolate::fill_in;
use super::mismatch::{Mismatch, MismatchReason};
use super::path::SettingPath;
use super::places::Places;
use super::plain_names::{CONFIG_FILE, PlainName};
use super::shape::{Kind, Shape};
use super::tree::Node;
use super::unknown;
use super::variables::Variables;
use super::yaml;

/// Where settings are read from. Kept, to load again while the server runs.
#[derive(Clone)]
pub(crate) struct Sources {
    /// The file that `--config` names; it must be there. Without it `FOURFOLD_CONFIG` names one, and without
    /// that `fourfold.yaml` is read where there is one.
    pub(crate) file: Option<PathBuf>,
    /// The folder that `.env` and `fourfold.yaml` are looked for in.
    pub(crate) folder: PathBuf,
    /// The environment of the process.
    pub(crate) environment: Vec<(OsString, OsString)>,
}

/// Settings, and where each of them was written.
pub(crate) struct Loaded<T> {
    /// The settings.
    pub(crate) settings: T,
    /// Their places.
    pub(crate) places: Places,
}

/// Reads every layer and makes the settings; reports all unknown names and unset `${NAME}`s at once, and
/// otherwise the first value that its setting doesn't take.
pub(crate) fn load<T: DeserializeOwned + JsonSchema>(
    sources: &Sources,
    plain_names: &[PlainName],
) -> Result<Loaded<T>, ConfigError> {
    let shape = Shape::of::<T>();
    let dot_env = read_if_there(&sources.folder.join(DOT_ENV), DOT_ENV)?;
    let variables =
        Variables::new(dot_env.as_deref().map(|text| (DOT_ENV, text)), sources.environment.iter().cloned())?;

    let mut problems = Vec::new();
    let mut tree = file_tree(sources, &variables)?;
    fill_in(&mut tree, &SettingPath::default(), &variables, &mut problems);
    problems.extend(tree.leaves().iter().filter_map(|(path, node)| unknown::check(&shape, path, node)));
    for (path, node) in variables.settings(plain_names)? {
        problems.extend(unknown::check(&shape, &path, &node));
        let node = match shape.get(path.steps()) {
            Some(setting) => setting.typed(node),
            None => node,
        };
        tree.insert(path.steps(), node);
    }
    problems.dedup();
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let settings = coerce::read(&tree).map_err(|mismatch| refusal(&shape, &mismatch))?;
    Ok(Loaded { settings, places: Places::from(&tree) })
}

impl Sources {
    /// The files that settings are read from, whether they are there or not.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let dot_env = self.folder.join(DOT_ENV);
        let text = read_if_there(&dot_env, DOT_ENV).unwrap_or_default();
        let variables =
            Variables::new(text.as_deref().map(|text| (DOT_ENV, text)), self.environment.iter().cloned());
        let named = variables.and_then(|variables| named_file(self, &variables)).unwrap_or_default();
        let file = self.folder.join(named.unwrap_or_else(|| DEFAULT_FILE.into()));
        vec![dot_env, file]
    }
}

/// The configuration file that is asked for by name.
fn named_file(sources: &Sources, variables: &Variables) -> Result<Option<PathBuf>, Problem> {
    match &sources.file {
        Some(file) => Ok(Some(file.clone())),
        None => Ok(variables.text(CONFIG_FILE)?.map(PathBuf::from)),
    }
}

fn file_tree(sources: &Sources, variables: &Variables) -> Result<Node, Problem> {
    let named = named_file(sources, variables)?;
    let text = match &named {
        Some(file) => {
            let text = read_if_there(&sources.folder.join(file), &file.display().to_string())?;
            Some(text.ok_or_else(|| Problem::of(file.display(), "there is no such file"))?)
        }
        None => read_if_there(&sources.folder.join(DEFAULT_FILE), DEFAULT_FILE)?,
    };
    let name = named.map_or_else(|| DEFAULT_FILE.to_owned(), |file| file.display().to_string());
    yaml::parse(&name, &text.unwrap_or_default())
}

const DEFAULT_FILE: &str = "fourfold.yaml";
const DOT_ENV: &str = ".env";

fn read_if_there(path: &Path, name: &str) -> Result<Option<String>, Problem> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::of(name, format!("can't be read: {error}"))),
    }
}

/// Says what is wrong with a value, in the words of the settings' docs. The value is quoted only where it
/// is known not to be a secret; a URL may hold one.
fn refusal(shape: &Shape, mismatch: &Mismatch) -> Problem {
    let path = mismatch.path();
    let setting = shape.get(path.steps());
    let is_public = setting.is_some_and(|setting| !setting.is_secret);
    let is_value = setting.is_some_and(|setting| matches!(setting.kind, Kind::Value(_) | Kind::List(_)));
    let mut message = match (&mismatch.reason, setting) {
        (MismatchReason::WrongType { .. }, Some(setting)) if !matches!(setting.kind, Kind::Open) => {
            format!("expected {}", setting.expectation())
        }
        (MismatchReason::WrongType { expected }, _) => format!("expected {expected}"),
        (MismatchReason::Other(message), _) if is_public => message.clone(),
        (MismatchReason::Other(_), _) => "isn't valid".to_owned(),
    };
    let Some(value) = &mismatch.value else { return Problem::of("configuration", message) };
    let is_quoted = |text: &&String| is_public && is_value && text.len() <= 80 && !text.contains("://");
    if let Some(text) = value.quotable.as_ref().filter(is_quoted) {
        message += &format!("; got {text:?}");
    }
    Problem::at(&path, &value.origin, message)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::config::plain_names::PLAIN_NAMES;
    use crate::config::settings::Settings;

    /// A folder with a configuration, and an environment.
    #[derive(Clone, Copy, Default)]
    struct World<'a> {
        yaml: &'a str,
        dot_env: &'a str,
        environment: &'a [(&'a str, &'a str)],
    }

    impl World<'_> {
        fn load(self) -> Result<Loaded<Settings>, ConfigError> {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("fourfold.yaml"), self.yaml).unwrap();
            std::fs::write(folder.path().join(".env"), self.dot_env).unwrap();
            let environment =
                self.environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
            load(&Sources { file: None, folder: folder.path().to_owned(), environment }, PLAIN_NAMES)
        }

        fn check_filter(self, expected: &str) {
            assert_eq!(self.load().unwrap().settings.log.filter, expected);
        }

        fn check_refused(self, expected: &[&str]) {
            let error = self.load().map(|_| ()).unwrap_err().to_string();
            assert_eq!(error.lines().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn later_layers_win() {
        let nothing = World::default();
        nothing.check_filter("info");
        let file = World { yaml: "log: {filter: file}", ..nothing };
        file.check_filter("file");
        let dot_env = World { dot_env: "FOURFOLD__LOG__FILTER=dot_env", ..file };
        dot_env.check_filter("dot_env");
        let environment = World { environment: &[("FOURFOLD__LOG__FILTER", "environment")], ..dot_env };
        environment.check_filter("environment");
    }

    #[test]
    fn a_prefixed_name_beats_a_plain_one_wherever_it_is_written() {
        let world = World {
            yaml: "security: {admin_key: file}",
            dot_env: "FOURFOLD__SECURITY__ADMIN_KEY=prefixed",
            environment: &[("FOURFOLD_ADMIN_KEY", "plain")],
        };
        let admin_key = |world: World<'_>| world.load().unwrap().settings.security.admin_key.unwrap();
        assert_eq!(admin_key(world).expose(), "prefixed");
        assert_eq!(admin_key(World { dot_env: "", ..world }).expose(), "plain");
        assert_eq!(admin_key(World { dot_env: "", environment: &[], ..world }).expose(), "file");
    }

    #[test]
    fn layers_add_up_within_a_section() {
        let world = World {
            yaml: "server: {public_url: https://a.example/, shutdown_timeout: 5}\nproviders: {groq: {base_url: x}}\n",
            dot_env: "FOURFOLD__PROVIDERS__GROQ__API_KEY=00123",
            environment: &[("FOURFOLD__SERVER__CORS__ORIGINS", "https://b.example,http://c.example:3000")],
        };
        let settings = world.load().unwrap().settings;
        assert_eq!(settings.server.public_url.as_deref(), Some("https://a.example"));
        assert_eq!(settings.server.shutdown_timeout, Duration::from_secs(5));
        assert_eq!(settings.server.header_timeout, Duration::from_secs(10));
        let origins = settings.server.cors.origins.unwrap();
        assert_eq!(origins, ["https://b.example", "http://c.example:3000"]);
        let groq = &settings.providers["groq"];
        assert_eq!(groq.base_url.as_deref(), Some("x"));
        assert_eq!(groq.api_key.as_ref().map(ExposeSecret::expose_secret), Some("00123"));
    }

    #[test]
    fn variables_reach_the_settings_of_vendors_clients() {
        let world = World {
            environment: &[
                ("HTTP_TIMEOUT_READ", "7"),
                ("HTTP_MAX_RETRIES", "2"),
                ("FOURFOLD__PROVIDERS__GROQ__TIMEOUTS__TOTAL", "90s"),
                ("FOURFOLD__PROVIDERS__GROQ__RETRY__RETRIES_MAX", "1"),
            ],
            ..World::default()
        };
        let settings = world.load().unwrap().settings;
        let all = serde_json::json!({"timeouts": {"idle": "7"}, "retry": {"retries_max": 2}});
        assert_eq!(settings.http.to_value(), all);
        let own = serde_json::json!({"timeouts": {"total": "90s"}, "retry": {"retries_max": 1}});
        assert_eq!(settings.providers["groq"].http.to_value(), own);
    }

    #[test]
    fn variables_are_filled_into_the_file() {
        let world = World {
            yaml: "server:\n  listen: ${HOST}:${PORT}\n  body_limit_bytes: ${LIMIT}\n",
            dot_env: "HOST=127.0.0.2\nPORT=1",
            environment: &[("PORT", "9000"), ("LIMIT", "4096")],
        };
        let server = world.load().unwrap().settings.server;
        assert_eq!((server.listen.to_string().as_str(), server.body_limit_bytes), ("127.0.0.2:9000", 4096));
    }

    #[test]
    fn every_unknown_name_is_reported_with_its_place() {
        let world = World {
            yaml: "\n\nsever:\n  listen: x\nlog: {filter: \"${NONE}\"}\n",
            dot_env: "\nFOURFOLD__LOG__LEVEL=debug",
            environment: &[("FOURFOLD__DATADIR", "x")],
        };
        world.check_refused(&[
            "log.filter (fourfold.yaml line 5): ${NONE} isn't set, in the environment or in .env",
            "sever.listen (fourfold.yaml line 4): unknown setting; did you mean server.listen?",
            "datadir (FOURFOLD__DATADIR): unknown setting; did you mean data_dir?",
            "log.level (FOURFOLD__LOG__LEVEL, .env line 2): unknown setting; known there: filter, format",
        ]);
    }

    #[test]
    fn a_wrong_value_is_quoted_with_its_place_and_what_is_allowed() {
        for (name, value, expected) in [
            (
                "SERVER__LISTEN",
                "x",
                "server.listen (FOURFOLD__SERVER__LISTEN): expected an address and a port such as 127.0.0.1:8080; got \"x\"",
            ),
            (
                "SERVER__BODY_LIMIT_BYTES",
                "1k",
                "server.body_limit_bytes (FOURFOLD__SERVER__BODY_LIMIT_BYTES): expected a whole number; got \"1k\"",
            ),
            (
                "LOG__FORMAT",
                "xml",
                "log.format (FOURFOLD__LOG__FORMAT): expected one of auto, pretty, json; got \"xml\"",
            ),
        ] {
            let name = format!("FOURFOLD__{name}");
            World { environment: &[(&name, value)], ..World::default() }.check_refused(&[expected]);
        }
        let world = World { yaml: "\nserver:\n  header_timeout: soon\n", ..World::default() };
        let error = world.load().map(|_| ()).unwrap_err().to_string();
        assert!(
            error.starts_with("server.header_timeout (fourfold.yaml line 3): duration must be "),
            "{error}"
        );
        World { yaml: "log: {filter: [a]}", ..World::default() }
            .check_refused(&["log.filter (fourfold.yaml line 1): expected text"]);
    }

    #[test]
    fn a_secret_is_never_quoted() {
        let secret = "sk-hunter2";
        let yamls = [
            "security: {admin_key: [sk-hunter2]}",
            "security: {admin_key: {sk: sk-hunter2}}",
            "providers: {groq: sk-hunter2}",
            "providers: sk-hunter2",
            "providers: {mock: {apikey: sk-hunter2}}",
            "server: {listen: \"${SECRET}\"}",
            "server: {public_url: \"ftp://user:sk-hunter2@host\"}",
            "providers: {groq: {api_key: sk-hunter2: x}}",
            "providers: {groq: {api_key: \"sk-hunter2}}",
        ];
        for yaml in yamls {
            let world = World { yaml, dot_env: "", environment: &[("SECRET", secret)] };
            let error = world.load().map(|_| ()).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{yaml}: {error}");
        }
        for dot_env in [
            "sk-hunter2",
            "A=\"sk-hunter2",
            "FOURFOLD__SECURITY=sk-hunter2",
            "FOURFOLD__PROVIDERS=sk-hunter2",
        ] {
            let error = World { dot_env, ..World::default() }.load().map(|_| ()).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{dot_env}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources { file: None, folder: folder.path().to_owned(), environment: Vec::new() };
        let error = |sources: &Sources| load::<Settings>(sources, &[]).map(|_| ()).unwrap_err().to_string();
        assert!(load::<Settings>(&sources, &[]).is_ok());

        let by_argument = Sources { file: Some("mine.yaml".into()), ..sources.clone() };
        assert_eq!(error(&by_argument), "mine.yaml: there is no such file");
        let by_variable =
            Sources { environment: vec![("FOURFOLD_CONFIG".into(), "its.yaml".into())], ..sources };
        assert_eq!(error(&by_variable), "its.yaml: there is no such file");

        assert_eq!(by_argument.files(), [folder.path().join(".env"), folder.path().join("mine.yaml")]);
        assert_eq!(by_variable.files()[1], folder.path().join("its.yaml"));
        std::fs::write(folder.path().join("its.yaml"), "data_dir: /srv").unwrap();
        let loaded = load::<Settings>(&by_variable, &[])
            .map_err(|error| error.to_string())
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(loaded.settings.data_dir, PathBuf::from("/srv"));
        assert_eq!(loaded.places.of("data_dir"), "data_dir (its.yaml line 1)");
    }

    #[test]
    fn places_tell_what_is_set_and_where() {
        let world = World {
            yaml: "log:\nserver:\n  listen: 127.0.0.1:1\nforward:\n  logging:\n    redact: [a]\n",
            dot_env: "FOURFOLD_ADMIN_KEY=k",
            environment: &[],
        };
        let places = world.load().unwrap().places;
        assert_eq!(places.of("server.listen"), "server.listen (fourfold.yaml line 3)");
        assert_eq!(places.of("server"), "server (fourfold.yaml line 3)");
        assert_eq!(places.of("data_dir"), "data_dir (default)");
        assert_eq!(places.of("server.connections_max"), "server.connections_max (default)");
        for within in
            ["forward.logging.redact[0]", "forward.logging.redact.a", "forward.logging.redact[0].a.b"]
        {
            assert_eq!(places.of(within), format!("{within} (fourfold.yaml line 6)"));
        }
        let all: Vec<String> = places.all().collect();
        assert_eq!(
            all,
            [
                "forward.logging.redact[0] (fourfold.yaml line 6)",
                "security.admin_key (FOURFOLD_ADMIN_KEY, .env line 1)",
                "server.listen (fourfold.yaml line 3)"
            ]
        );
    }
}
