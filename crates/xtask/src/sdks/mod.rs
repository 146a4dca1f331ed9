//! The vendors' official SDKs, as they are installed by everybody, against `fourfold simulate` and against the server
//! that has the simulator for its vendors; and schemathesis against the server with the mock.
//!
//! The tests are under `tests/sdks`. They are run in environments that are made once and kept below the target folder.

mod description;
mod environment;
mod node;
mod process;
mod python;
mod world;

use anyhow::{Context, Result};

use crate::command;
use crate::workspace::Workspace;
use environment::Environment;
use python::Python;
use world::World;

/// Where the tests are, from the root folder.
const TESTS: &str = "tests/sdks";

/// SDKs that can be installed together, and the tests to run with them. Of Google's there are two older ones: the last
/// that makes videos as the vendor did until lately, and the last major version that also makes pictures so.
const ENVIRONMENTS: [Environment; 3] = [
    Environment {
        name: "newest",
        tests: &[
            "aihubmix",
            "anthropic",
            "deepseek",
            "fourfold_chats",
            "fourfold_docs",
            "fourfold_errors",
            "fourfold_fallback",
            "fourfold_forward",
            "fourfold_media",
            "fourfold_messages",
            "fourfold_repeats",
            "fourfold_responses",
            "gemini",
            "gemini_by_openai",
            "gemini_interactions",
            "openai_media",
            "openai_repeats",
            "openai_text",
            "runway",
        ],
    },
    Environment { name: "google-genai-2.34.0", tests: &["gemini", "gemini_interactions", "gemini_veo"] },
    Environment { name: "google-genai-1.75.0", tests: &["gemini", "gemini_imagen", "gemini_veo"] },
];

/// Builds the binary and runs every SDK against it.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    command::run(&mut workspace.cargo(["build", "--quiet", "--bin", "fourfold"]))?;
    check(workspace)
}

/// Runs every SDK against the binary that is built already.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let python = Python::find()?;
    let world = World::start(workspace)?;
    for environment in &ENVIRONMENTS {
        let program = environment.install(workspace, &python)?;
        let mut pytest = workspace.command(program, ["-m", "pytest"]);
        world.describe(&mut pytest);
        pytest
            .args(environment.tests.iter().map(|test| format!("{TESTS}/test_{test}.py")))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command::run(&mut pytest)
            .with_context(|| format!("the SDKs of `{}` don't get what they expect", environment.name))?;
    }
    node::check(workspace, &world)?;
    description::check(workspace, &python)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn stems(folder: &str, prefix: &str, ending: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(TESTS).join(folder);
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let stem = |name: &str| Some(name.strip_prefix(prefix)?.strip_suffix(ending)?.to_owned());
        names.filter_map(|name| stem(name.to_str().unwrap())).collect()
    }

    #[test]
    fn each_file_of_tests_is_run_in_some_environment() {
        let run = ENVIRONMENTS.iter().flat_map(|environment| environment.tests);
        assert_eq!(run.map(|test| (*test).to_owned()).collect::<BTreeSet<_>>(), stems("", "test_", ".py"));
    }

    #[test]
    fn each_environment_has_its_pins_and_no_other_is_kept() {
        let all = ENVIRONMENTS.iter().chain([&description::ENVIRONMENT]);
        let names = all.map(|environment| environment.name.to_owned());
        assert_eq!(names.collect::<BTreeSet<_>>(), stems("environments", "", ".txt"));
    }
}
