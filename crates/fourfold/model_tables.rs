//! `docs/models.md`: what every provider that we ship offers, printed from the tables that requests are checked
//! against.

use std::fmt::Write as _;

use anyhow::Result;
use fourfold_domain::{ModelSpec, Parameter, ParameterKind};
use fourfold_providers::{BUILTIN, ProviderFactory, ProviderSettings};
use serde_json::Value;

const INTRODUCTION: &str = "\
<!-- Printed from the providers' tables; change those, not this page. -->
# Models

What each provider offers, and what each of its models can be told. Requests are checked against these same tables, and
`GET /api/v1/models` gives them as JSON Schema. Which of the models callers see, under which names and at which prices,
is the catalog's to say: `fourfold models` lists it.

A parameter that isn't in its model's table is refused with 422 and its name, never dropped, unless the operator has set
`drop_unsupported` for the model; then the job says what was dropped. A medium is a file of yours (`file:<id>`), a data
URI or an https URL.
";

/// The page.
pub(crate) fn markdown() -> Result<String> {
    let mut page = INTRODUCTION.to_owned();
    let factory = ProviderFactory::with_builtin();
    for builtin in BUILTIN {
        let provider = factory.build(builtin.key, &unasked(builtin.key))?;
        write!(page, "\n## {}\n\n{}.\n", builtin.key, sentence(builtin.about))?;
        for alike in groups(provider.models()) {
            write!(page, "\n{}", table(&alike)?)?;
        }
    }
    Ok(page)
}

/// Settings of a provider that nothing is asked of, so that any key will do.
fn unasked(kind: &str) -> ProviderSettings {
    let api_key = (kind != "mock").then(|| "unused".into());
    ProviderSettings { api_key, ..ProviderSettings::default() }
}

/// Models that make the same and can be told the same, in the order of the first of each.
fn groups(models: &[ModelSpec]) -> Vec<Vec<&ModelSpec>> {
    let mut groups: Vec<Vec<&ModelSpec>> = Vec::new();
    for model in models {
        let alike = |group: &&mut Vec<&ModelSpec>| {
            group.first().is_some_and(|first| {
                (first.modality, &first.parameters) == (model.modality, &model.parameters)
            })
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(model),
            None => groups.push(vec![model]),
        }
    }
    groups
}

fn table(alike: &[&ModelSpec]) -> Result<String> {
    let Some(first) = alike.first() else { return Ok(String::new()) };
    let names: Vec<_> = alike.iter().map(|model| format!("`{}`", model.vendor_model)).collect();
    let mut table = format!("**{}**: {}\n\n", first.modality.as_str(), names.join(", "));
    table += "| parameter | allowed | default | what it does |\n| --- | --- | --- | --- |\n";
    for parameter in &first.parameters {
        let required = if parameter.required { " (required)" } else { "" };
        let cells = [
            format!("`{}`{required}", parameter.name),
            allowed(parameter),
            parameter.default.as_ref().map_or_else(String::new, |value| format!("`{}`", plain(value))),
            parameter.about.clone(),
        ];
        writeln!(table, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))?;
    }
    Ok(table)
}

/// The limits of a parameter in words.
fn allowed(parameter: &Parameter) -> String {
    match &parameter.kind {
        ParameterKind::Text { chars_max } => format!("text of at most {chars_max} characters"),
        ParameterKind::Integer { min, max: i64::MAX } => format!("whole number from {min}"),
        ParameterKind::Integer { min, max } => format!("whole number from {min} to {max}"),
        ParameterKind::Number { min, max } => format!("number from {min} to {max}"),
        ParameterKind::Boolean => "true or false".to_owned(),
        ParameterKind::Choice(choices) => {
            choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ")
        }
        ParameterKind::IntegerChoice(choices) => {
            choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ")
        }
        ParameterKind::Size { min, max, step: 1 } => format!("`WIDTHxHEIGHT`, each side from {min} to {max}"),
        ParameterKind::Size { min, max, step } => {
            format!("`WIDTHxHEIGHT`, each side from {min} to {max} and a multiple of {step}")
        }
        ParameterKind::Media => "a medium".to_owned(),
        ParameterKind::MediaList { max } => format!("a medium or a list of at most {max}"),
        ParameterKind::Texts { max } => format!("a text or a list of at most {max}"),
        ParameterKind::Messages => "messages in OpenAI's shape".to_owned(),
        ParameterKind::Tools => "tools in OpenAI's shape".to_owned(),
        ParameterKind::Open => "a text or an object".to_owned(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn sentence(about: &str) -> String {
    let mut letters = about.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_and_parameter_of_every_provider_is_on_the_page() {
        let page = markdown().unwrap();
        let factory = ProviderFactory::with_builtin();
        for builtin in BUILTIN {
            let section = page.split(&format!("\n## {}\n", builtin.key)).nth(1).unwrap();
            let section = section.split("\n## ").next().unwrap();
            for model in factory.build(builtin.key, &unasked(builtin.key)).unwrap().models() {
                assert!(section.contains(&format!("`{}`", model.vendor_model)), "{}", model.vendor_model);
                for parameter in &model.parameters {
                    assert!(section.contains(&format!("| `{}`", parameter.name)), "{}", parameter.name);
                }
            }
        }
    }
}
