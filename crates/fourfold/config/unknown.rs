//! Names that no setting has, and what was probably meant.

use std::collections::BTreeMap;

use super::error::Problem;
use super::path::{SettingPath, Step};
use super::shape::{Kind, Shape};
use super::tree::{Node, Value};

/// Checks one value that is set against the settings there are. The values of a list are all the list's.
pub(super) fn check(shape: &Shape, path: &SettingPath, node: &Node) -> Option<Problem> {
    let path = &path.without_last_indexes();
    let message = match shape.get(path.steps()).map(|shape| &shape.kind) {
        None => match meant(shape, path) {
            Some(setting) => format!("unknown setting; did you mean {setting}?"),
            None => format!("unknown setting{}", known_beside(shape, path)),
        },
        Some(Kind::Section { entries, .. }) if is_scalar(node) => {
            format!("is a section and holds no value itself{}", known(entries))
        }
        Some(_) => return None,
    };
    Some(Problem::at(path, &node.origin, message))
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.value, Value::Null | Value::Map(_))
}

/// The setting whose path is nearest, or the only one whose last name is the same.
fn meant(shape: &Shape, path: &SettingPath) -> Option<String> {
    let written = path.to_string();
    let candidates: Vec<String> =
        shape.settings().into_iter().map(|(setting, _)| named_as(&setting, path)).collect();
    let tolerated = (written.len() / 5).max(2);
    let nearest = candidates.iter().map(|candidate| (distance(candidate, &written), candidate)).min();
    if let Some((_, candidate)) = nearest.filter(|(distance, _)| *distance <= tolerated) {
        return Some(candidate.clone());
    }
    let last = path.steps().last()?.to_string();
    let mut same_name = candidates.iter().filter(|candidate| candidate.rsplit('.').next() == Some(&last));
    same_name.next().filter(|_| same_name.next().is_none()).cloned()
}

/// A setting's path with the names that were written in place of `<name>`.
fn named_as(setting: &str, path: &SettingPath) -> String {
    let mut written = path.steps().iter();
    let named = setting.split('.').map(|part| match (part, written.next()) {
        ("<name>", Some(Step::Key(key))) => key.clone(),
        _ => part.to_owned(),
    });
    named.collect::<Vec<_>>().join(".")
}

/// The names that there are in the innermost section that is known.
fn known_beside(shape: &Shape, path: &SettingPath) -> String {
    let steps = path.steps();
    let above = (0..steps.len()).rev().find_map(|length| {
        let steps = &steps[..length];
        Some((steps.iter().cloned().collect::<SettingPath>(), shape.get(steps)?))
    });
    match above {
        Some((_, Shape { kind: Kind::Section { entries, .. }, .. })) => known(entries),
        Some((path, above)) => format!("; {path} is {}", above.expectation()),
        None => String::new(),
    }
}

fn known(entries: &BTreeMap<String, Shape>) -> String {
    if entries.is_empty() {
        return String::new();
    }
    format!("; known there: {}", entries.keys().cloned().collect::<Vec<_>>().join(", "))
}

/// The number of characters to add, drop or change to make one text of the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, r) in right.iter().enumerate() {
            let changed = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Settings;
    use crate::config::yaml;

    fn check_message(yaml: &str, expected: &[&str]) {
        let shape = Shape::of::<Settings>();
        let tree = yaml::parse("fourfold.yaml", yaml).unwrap();
        let problems = tree.leaves().into_iter().filter_map(|(path, node)| check(&shape, &path, node));
        assert_eq!(problems.map(|problem| problem.to_string()).collect::<Vec<_>>(), expected, "{yaml}");
    }

    #[test]
    fn known_names_pass() {
        check_message("server: {listen: x, cors: {origins: [a, b]}}\nlog:\nproviders: {any: {}}\n", &[]);
    }

    #[test]
    fn what_was_probably_meant_is_named() {
        let meant = |place: &str, setting: &str| format!("{place}: unknown setting; did you mean {setting}?");
        for (yaml, place, setting) in [
            ("\nsever:\n  listen: x\n", "sever.listen (fourfold.yaml line 3)", "server.listen"),
            ("listen: x", "listen (fourfold.yaml line 1)", "server.listen"),
            ("server: {origins: [x]}", "server.origins (fourfold.yaml line 1)", "server.cors.origins"),
            (
                "providers: {mock: {dely: x}}",
                "providers.mock.dely (fourfold.yaml line 1)",
                "providers.mock.delay",
            ),
            ("datadir: x", "datadir (fourfold.yaml line 1)", "data_dir"),
        ] {
            check_message(yaml, &[&meant(place, setting)]);
        }
    }

    #[test]
    fn where_nothing_is_near_the_names_there_are_told() {
        check_message(
            "server: {something: else}\nlog: {filter: {a: 1}}\ncompletely: different\n",
            &[
                "completely (fourfold.yaml line 3): unknown setting; known there: artifacts, auth, calls, chats, data_dir, database, files, forward, \
                 http, instances, jobs, limits, log, models, pricing, providers, redis, security, server, usage, webhooks",
                "log.filter.a (fourfold.yaml line 2): unknown setting; did you mean log.filter?",
                "server.something (fourfold.yaml line 1): unknown setting; known there: body_idle_timeout, \
                 body_limit_bytes, body_timeout, connections_max, cors, header_bytes_max, header_timeout, headers_max, \
                 idle_timeout, listen, public_url, send_timeout, shutdown_timeout",
            ],
        );
    }

    #[test]
    fn a_section_is_not_a_value() {
        check_message(
            "log: sk-1",
            &[
                "log (fourfold.yaml line 1): is a section and holds no value itself; known there: filter, format",
            ],
        );
    }

    #[test]
    fn distance_counts_single_changes() {
        for (left, right, expected) in
            [("sever", "server", 1), ("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }
}
