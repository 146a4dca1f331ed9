//! `docs/configuration.md` and `.env.example`, printed from the settings types, so that neither can say
//! what isn't so.

use schemars::Schema;
use serde_json::Value;

use super::plain_names::{OTHER_NAMES, PlainName};
use super::schema::shape_of_schema;
use super::shape::{Kind, Shape};
use super::variables::PREFIX;

/// The page for people: one table a section.
pub(crate) fn configuration_markdown(schema: &Schema, plain_names: &[PlainName]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for section in sections(schema) {
        page += &format!("\n## {}\n", section.name.as_deref().unwrap_or("General"));
        if !section.description.is_empty() {
            page += &format!("\n{}\n", paragraph(&section.description));
        }
        page +=
            "\n| setting | variables | type | default | what it does |\n| --- | --- | --- | --- | --- |\n";
        for setting in &section.settings {
            let variables: Vec<String> =
                setting.variables(plain_names).iter().map(|name| format!("`{name}`")).collect();
            let cells = [
                format!("`{}`", setting.path),
                variables.join(", "),
                setting.type_text(),
                setting.default_text().map_or("none".to_owned(), |text| format!("`{text}`")),
                paragraph(&setting.shape.description),
            ];
            page += &format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
        }
    }
    page += "\n## Other variables\n\n| variable | what it does |\n| --- | --- |\n";
    for name in OTHER_NAMES {
        page += &format!("| `{}` | {} |\n", name.variable, name.purpose);
    }
    page
}

/// A `.env` file with every name in it, each commented out: `#NAME=value`, with notes as `# note`.
pub(crate) fn env_example(schema: &Schema, plain_names: &[PlainName]) -> String {
    let mut example = EXAMPLE_INTRODUCTION.to_owned();
    for section in sections(schema) {
        example += &format!("\n## {}\n", section.name.as_deref().unwrap_or("general"));
        // What stands in a list has no variable of its own.
        let in_variables = |setting: &&Setting| !setting.variables(plain_names).is_empty();
        for setting in section.settings.iter().filter(in_variables) {
            let note = format!("{} ({})", paragraph(&setting.shape.description), setting.type_text());
            example += &format!("\n{}", wrapped(&note.replace('`', "")));
            for variable in setting.variables(plain_names) {
                let value = setting.default_text().unwrap_or_default();
                // A variable with a gap for a name in it is a pattern, not something to uncomment.
                let form = if variable.contains('<') { "# " } else { "#" };
                example += &format!("{form}{variable}={value}\n");
            }
        }
    }
    example += "\n## other variables\n";
    for name in OTHER_NAMES {
        example += &format!("\n{}#{}=\n", wrapped(&name.purpose.replace('`', "")), name.variable);
    }
    example
}

const INTRODUCTION: &str = "\
<!-- Printed from the settings types; change those, not this page. -->
# Configuration

Everything has a default, so nothing has to be set to begin. Settings are laid over each other in this order, the last one winning:

1. the defaults below;
2. the configuration file: `--config`, or else what `FOURFOLD_CONFIG` names, or else `fourfold.yaml` in the working directory, if there is one;
3. variables with a name of their own, such as `FOURFOLD_ADMIN_KEY`;
4. `FOURFOLD__SECTION__KEY`, which sets `section.key`.

Variables are those of the environment and, where it doesn't set them, those of a `.env` file in the working directory; an empty one counts as not set. The text of a variable becomes what the setting asks for, so `00123` stays `00123` where text is wanted; lists are separated by commas. In the file, `${NAME}` in a value is replaced by the variable of that name, and `$${` is a plain `${`.

Durations are written `200ms`, `3s`, `10m`, `24h`; bare numbers are seconds. `<name>` stands for a name that you choose or that the part knows, such as a vendor's.

```yaml
data_dir: /var/lib/fourfold
server:
  listen: 0.0.0.0:8000
  public_url: https://${PUBLIC_NAME}
  cors:
    origins: [https://app.example.com]
providers:
  mock:
    delay: 500ms
```

An unknown setting or a wrong value is an error that names the place; `fourfold config check` shows them without starting anything.
";

const EXAMPLE_INTRODUCTION: &str = "\
# Every variable that Fourfold reads. Copy this file to .env, take the # away from what you want to set, and
# see docs/configuration.md for the rules. The environment beats this file.
";

struct Section {
    /// The section's name; `None` for settings that are in no section.
    name: Option<String>,
    description: String,
    settings: Vec<Setting>,
}

struct Setting {
    path: String,
    shape: Shape,
}

impl Setting {
    /// The names that set it, the shortest first; none for what only a file can say.
    fn variables(&self, plain_names: &[PlainName]) -> Vec<String> {
        let plain = plain_names.iter().filter(|name| is_one_of(name.setting, &self.path));
        let mut variables: Vec<String> = plain.map(|name| name.variable.to_owned()).collect();
        if !self.path.contains("[]") {
            variables.push(format!("{PREFIX}{}", self.path.to_uppercase().replace('.', "__")));
        }
        variables
    }

    fn type_text(&self) -> String {
        let of_values = self.shape.type_text();
        // Nobody's secret is a number, whatever its section is called.
        let is_secret = self.shape.is_secret && !of_values.starts_with("whole number");
        if is_secret { "secret".to_owned() } else { of_values }
    }

    fn default_text(&self) -> Option<String> {
        match self.shape.default.as_ref()? {
            Value::String(text) => Some(text.clone()),
            Value::Array(items) if items.is_empty() => None,
            Value::Array(items) => {
                let texts = items.iter().map(|item| item.as_str().map_or(item.to_string(), str::to_owned));
                Some(texts.collect::<Vec<_>>().join(","))
            }
            Value::Object(entries) if entries.is_empty() => None,
            other => Some(other.to_string()),
        }
    }
}

/// Settings in no section first, then the sections by name.
fn sections(schema: &Schema) -> Vec<Section> {
    let root = shape_of_schema(schema);
    let mut general = Section { name: None, description: String::new(), settings: Vec::new() };
    let mut sections = Vec::new();
    let Kind::Section { entries, .. } = root.kind else { return sections };
    for (name, shape) in entries {
        let (is_section, dot) = match shape.kind {
            Kind::Section { .. } => (true, "."),
            _ => (false, ""),
        };
        let settings = shape.settings().into_iter();
        let settings = settings
            .map(|(path, shape)| Setting { path: format!("{name}{dot}{path}"), shape: shape.clone() });
        if is_section {
            let settings = settings.collect();
            sections.push(Section { name: Some(name), description: shape.description.clone(), settings });
        } else {
            general.settings.extend(settings);
        }
    }
    sections.insert(0, general);
    sections
}

/// Whether `setting` is what `pattern` says, `<name>` standing for any name.
fn is_one_of(setting: &str, pattern: &str) -> bool {
    let mut parts = setting.split('.');
    pattern
        .split('.')
        .all(|expected| parts.next().is_some_and(|part| expected == "<name>" || expected == part))
        && parts.next().is_none()
}

/// Docs as one paragraph.
fn paragraph(description: &str) -> String {
    description.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A note of the example file, in lines that fit a terminal.
fn wrapped(note: &str) -> String {
    let mut lines = String::from("#");
    let mut width = 1;
    for word in note.split_whitespace() {
        if width + word.len() > 100 {
            lines.push_str("\n#");
            width = 1;
        }
        lines.push(' ');
        lines.push_str(word);
        width += word.len() + 1;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::dot_env;
    use crate::config::load::{Sources, load};
    use crate::config::plain_names::PLAIN_NAMES;
    use crate::config::settings::Settings;

    fn page() -> String {
        configuration_markdown(&schemars::schema_for!(Settings), PLAIN_NAMES)
    }

    fn example() -> String {
        env_example(&schemars::schema_for!(Settings), PLAIN_NAMES)
    }

    fn sources() -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources { file: None, folder: folder.path().to_owned(), environment: Vec::new() };
        (folder, sources)
    }

    #[test]
    fn every_setting_and_every_variable_is_on_the_page() {
        let page = page();
        for (setting, _) in Shape::of::<Settings>().settings() {
            assert!(page.contains(&format!("\n| `{setting}` | ")), "{setting}");
        }
        let variables =
            PLAIN_NAMES.iter().map(|name| name.variable).chain(OTHER_NAMES.iter().map(|name| name.variable));
        for variable in variables {
            assert!(page.contains(&format!("`{variable}`")), "{variable}");
        }
    }

    #[test]
    fn a_row_tells_names_type_default_and_docs() {
        for row in [
            "| `server.listen` | `FOURFOLD__SERVER__LISTEN` | host:port | `127.0.0.1:8080` | The address and port to serve on. |",
            "| `log.format` | `FOURFOLD__LOG__FORMAT` | `auto`, `pretty` or `json` | `auto` | The form",
            "| `security.admin_key` | `FOURFOLD_ADMIN_KEY`, `FOURFOLD__SECURITY__ADMIN_KEY` | secret | none | ",
            "| `providers.<name>.base_url` | `AIHUBMIX_BASE_URL`, `ANTHROPIC_BASE_URL`, ",
            "| `server.shutdown_timeout` | `FOURFOLD__SERVER__SHUTDOWN_TIMEOUT` | duration | `30s` | ",
        ] {
            assert!(page().contains(&format!("\n{row}")), "{row}");
        }
    }

    #[test]
    fn a_plain_name_stands_beside_the_pattern_that_it_fits() {
        let plain = [PlainName { variable: "GROQ_API_KEY", setting: "providers.groq.api_key" }];
        let page = configuration_markdown(&schemars::schema_for!(Settings), &plain);
        assert!(page.contains("`GROQ_API_KEY`, `FOURFOLD__PROVIDERS__<NAME>__API_KEY`"));
    }

    #[test]
    fn the_file_on_the_page_is_accepted() {
        let (folder, mut sources) = sources();
        let page = page();
        let yaml = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
        std::fs::write(folder.path().join("fourfold.yaml"), yaml).unwrap();
        sources.environment = vec![("PUBLIC_NAME".into(), "fourfold.example.com".into())];
        let settings = load::<Settings>(&sources, PLAIN_NAMES).map(|loaded| loaded.settings).unwrap();
        assert_eq!(settings.server.public_url.as_deref(), Some("https://fourfold.example.com"));
    }

    #[test]
    fn the_example_sets_nothing_until_something_is_uncommented() {
        assert_eq!(dot_env::parse(&example()), Ok(vec![]));
    }

    #[test]
    fn the_example_uncommented_names_every_variable_and_is_accepted() {
        let uncommented: Vec<String> = example()
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(assignment) if !assignment.starts_with([' ', '#']) => assignment.to_owned(),
                _ => line.to_owned(),
            })
            .collect();
        let uncommented = uncommented.join("\n");
        let names: Vec<String> =
            dot_env::parse(&uncommented).unwrap().into_iter().map(|one| one.name).collect();
        let shape = Shape::of::<Settings>();
        for (setting, _) in shape.settings().into_iter().filter(|(setting, _)| !setting.contains("[]")) {
            let name = format!("{PREFIX}{}", setting.to_uppercase().replace('.', "__"));
            assert!(names.contains(&name) || example().contains(&format!("# {name}=")), "{name}");
        }
        let (folder, sources) = sources();
        std::fs::write(folder.path().join(".env"), &uncommented).unwrap();
        load::<Settings>(&sources, PLAIN_NAMES).map(|_| ()).unwrap();
    }
}
