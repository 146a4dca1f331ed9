//! Virtual environments: made once for each state of their pins, and kept.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::TESTS;
use super::python::Python;
use crate::command;
use crate::workspace::Workspace;

/// SDKs that live together.
pub(super) struct Environment {
    /// What `tests/sdks/environments/<name>.txt` pins.
    pub(super) name: &'static str,
    /// The files `tests/sdks/test_<name>.py` that are run in it.
    pub(super) tests: &'static [&'static str],
}

/// The file in an environment that says that it is whole.
const INSTALLED: &str = "installed";

impl Environment {
    /// Its Python, with everything installed at just the versions that are pinned.
    ///
    /// An environment of other pins or another Python is removed, and so is one that was left half made.
    pub(super) fn install(&self, workspace: &Workspace, python: &Python) -> Result<PathBuf> {
        let pins = format!("{TESTS}/environments/{}.txt", self.name);
        let text = fs::read_to_string(workspace.root().join(&pins))
            .with_context(|| format!("{pins} could not be read"))?;
        let folder = workspace.target().join("sdks").join(self.name);
        let kept = folder.join(key(&text, python));
        let program = kept.join("bin/python");
        if !kept.join(INSTALLED).exists() {
            eprintln!("installing what {pins} pins, once, into the target folder");
            if folder.exists() {
                fs::remove_dir_all(&folder)
                    .with_context(|| format!("{} could not be removed", folder.display()))?;
            }
            make(workspace, python, &kept, &program, &pins)?;
        }
        Ok(program)
    }
}

fn make(workspace: &Workspace, python: &Python, folder: &Path, program: &Path, pins: &str) -> Result<()> {
    command::run(workspace.command(python.program(), ["-m", "venv"]).arg(folder))?;
    // Without `--no-deps` pip would fill in what isn't pinned; `pip check` names it.
    let install = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "-r", pins];
    command::run(&mut workspace.command(program, install))
        .context("the SDKs could not be installed: see to it that pip can reach a package index")?;
    command::run(&mut workspace.command(program, ["-m", "pip", "--disable-pip-version-check", "check"]))
        .with_context(|| format!("{pins} isn't complete: add what is named above"))?;
    fs::write(folder.join(INSTALLED), "").context("the environment could not be marked as whole")
}

/// The same for the same pins and Python. Another Rust may give another, which costs an install.
fn key(pins: &str, python: &Python) -> String {
    let mut hasher = DefaultHasher::new();
    (pins, python).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
