//! schemathesis against the server, by the server's own description of its routes: whatever it makes up is answered as
//! is described there, and never by a failure of ours.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::TESTS;
use super::environment::Environment;
use super::process::Process;
use super::python::Python;
use super::world::{ADMIN_KEY, binary, empty_folder, server};
use crate::command;
use crate::workspace::Workspace;

/// It lives alone, since it pins what the SDKs pin too.
pub(super) const ENVIRONMENT: Environment = Environment { name: "schemathesis", tests: &[] };

/// Whose work is made up, as `tests/sdks/schema_hooks.py` knows it.
const ACCOUNT: &str = "schema";

/// What its checks would find that is right: that well-formed requests are refused for what they ask of a model or
/// name, and that what the hooks have mended is taken.
const EXCLUDED: &str = "positive_data_acceptance,negative_data_rejection";

/// Runs it once as the operator, who may do everything, and once as a user.
pub(super) fn check(workspace: &Workspace, python: &Python) -> Result<()> {
    let schemathesis = ENVIRONMENT.install(workspace, python)?.with_file_name("schemathesis");
    let tests = workspace.root().join(TESTS);
    let folder = empty_folder(workspace, "description")?;
    let config = tests.join("schema.yaml");
    let fourfold = server(workspace, &folder, &config, &[])?;
    let mut create = workspace.command(binary(workspace), ["keys", "create", "user", "--account", ACCOUNT]);
    create.arg("--config").arg(&config).current_dir(&folder).env_clear();
    let users_key = command::read(&mut create)?;
    // What users may do operators may too, so that less is asked again.
    let less = ["--phases", "fuzzing", "--max-examples", "5"];
    for (caller, key, options) in
        [("an operator", ADMIN_KEY, &[][..]), ("a user", users_key.trim(), &less[..])]
    {
        let mut run = workspace.command(&schemathesis, ["--no-color", "--config-file"]);
        describe(&mut run, &tests, &fourfold, key);
        run.args(options);
        // What it keeps for itself goes there too.
        command::run(run.current_dir(&folder))
            .with_context(|| format!("{caller} is answered otherwise than the description says"))?;
    }
    Ok(())
}

fn describe(run: &mut Command, tests: &Path, fourfold: &Process, key: &str) {
    run.arg(tests.join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/openapi.json", fourfold.url()))
        .args(["--checks", "all", "--exclude-checks", EXCLUDED, "--warnings", "off"])
        .env_clear()
        .env("PYTHONPATH", tests)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("FOURFOLD_URL", fourfold.url())
        .env("FOURFOLD_ADMIN_KEY", ADMIN_KEY)
        .env("FOURFOLD_API_KEY", key);
}
