//! `${NAME}` in the text of the configuration file: the value of a variable. `$${` is a plain `${`.

use super::dot_env::is_variable_name;
use super::error::Problem;
use super::path::{SettingPath, Step};
use super::tree::{Node, Value};
use super::variables::Variables;

/// Fills in every value under `node`. Text that a variable went into has no type of its own any more, so
/// that `port: ${PORT}` can be a number.
pub(super) fn fill_in(
    node: &mut Node,
    path: &SettingPath,
    variables: &Variables,
    problems: &mut Vec<Problem>,
) {
    match &mut node.value {
        Value::Text(text) if text.contains("${") => match filled_in(text, variables) {
            Ok(filled) if filled.has_variable => node.value = Value::Untyped(filled.text),
            Ok(filled) => *text = filled.text,
            Err(message) => problems.push(Problem::at(path, &node.origin, message)),
        },
        Value::List(nodes) => {
            for (index, node) in nodes.iter_mut().enumerate() {
                fill_in(node, &path.join(Step::Index(index)), variables, problems);
            }
        }
        Value::Map(entries) => {
            for (key, node) in entries {
                fill_in(node, &path.join(Step::Key(key.clone())), variables, problems);
            }
        }
        _ => {}
    }
}

#[derive(Debug, Default, PartialEq)]
struct Filled {
    text: String,
    has_variable: bool,
}

fn filled_in(text: &str, variables: &Variables) -> Result<Filled, String> {
    let mut filled = Filled::default();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let after = &rest[at + 2..];
        if let Some(before) = rest[..at].strip_suffix('$') {
            filled.text.push_str(before);
            filled.text.push_str("${");
            rest = after;
            continue;
        }
        let name = after.split_once('}').map(|(name, _)| name).filter(|name| is_variable_name(name));
        let name = name
            .ok_or("`${` must be followed by the name of a variable and `}`; write `$${` for a plain `${`")?;
        let value = variables.text(name).map_err(|problem| problem.to_string())?;
        filled.text.push_str(&rest[..at]);
        filled
            .text
            .push_str(value.ok_or_else(|| format!("${{{name}}} isn't set, in the environment or in .env"))?);
        filled.has_variable = true;
        rest = &after[name.len() + 1..];
    }
    filled.text.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let environment = [("HOST", "db.local"), ("PORT", "5432"), ("NESTED", "${HOST}"), ("EMPTY", "")];
        Variables::new(None, environment.map(|(name, value)| (name.into(), value.into()))).unwrap()
    }

    fn check(text: &str, expected: Result<(&str, bool), &str>) {
        let expected = match expected {
            Ok((text, has_variable)) => Ok(Filled { text: text.to_owned(), has_variable }),
            Err(message) => Err(message.to_owned()),
        };
        assert_eq!(filled_in(text, &variables()), expected, "{text}");
    }

    #[test]
    fn variables_are_filled_in() {
        check("${PORT}", Ok(("5432", true)));
        check("postgres://${HOST}:${PORT}/é", Ok(("postgres://db.local:5432/é", true)));
        check("${NESTED}", Ok(("${HOST}", true)));
        check("costs $5 and $${HOST}", Ok(("costs $5 and ${HOST}", false)));
        check("$${HOST}${HOST}", Ok(("${HOST}db.local", true)));
    }

    #[test]
    fn what_is_not_set_or_not_closed_is_refused() {
        let form = "`${` must be followed by the name of a variable and `}`; write `$${` for a plain `${`";
        check("${MISSING}", Err("${MISSING} isn't set, in the environment or in .env"));
        check("${EMPTY}", Err("${EMPTY} isn't set, in the environment or in .env"));
        check("${HOST", Err(form));
        check("${}", Err(form));
        check("${HOST:-x}", Err(form));
    }

    #[test]
    fn every_problem_is_named_with_its_place() {
        let mut tree =
            crate::config::yaml::parse("fourfold.yaml", "a:\n  b: [x, \"${ONE}\"]\nc: ${TWO}\n").unwrap();
        let mut problems = Vec::new();
        fill_in(&mut tree, &SettingPath::default(), &variables(), &mut problems);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "a.b[1] (fourfold.yaml line 2): ${ONE} isn't set, in the environment or in .env",
                "c (fourfold.yaml line 3): ${TWO} isn't set, in the environment or in .env",
            ]
        );
    }
}
