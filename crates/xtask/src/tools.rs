//! The cargo tools that the chores need beside cargo itself.
//!
//! A tool that is on the path is taken as it is. A missing one is built from its registry package, at the version
//! pinned here, into the target folder, so that a fresh machine needs no step by hand and nobody's own tools change.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::command;
use crate::workspace::Workspace;

/// A program from a registry package of the same name.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
    /// What of the package to leave out, and how hard to optimise it: it is built to be run a few times.
    features: &'static [&'static str],
    opt_level: &'static str,
}

/// Checks licences, sources, and who depends on what.
pub(crate) const CARGO_DENY: Tool =
    Tool { name: "cargo-deny", version: "0.20.2", features: &["--no-default-features"], opt_level: "0" };

/// Feeds a target with bytes that reach ever more of it.
pub(crate) const CARGO_FUZZ: Tool =
    Tool { name: "cargo-fuzz", version: "0.13.2", features: &[], opt_level: "0" };

/// Counts the lines that tests run.
pub(crate) const CARGO_LLVM_COV: Tool =
    Tool { name: "cargo-llvm-cov", version: "0.9.1", features: &[], opt_level: "0" };

/// Runs the test suite.
pub(crate) const CARGO_NEXTEST: Tool = Tool {
    name: "cargo-nextest",
    version: "0.9.143",
    features: &["--no-default-features", "--features", "default-no-update"],
    opt_level: "1",
};

impl Tool {
    /// The program to start; installs it first if it is nowhere.
    pub(crate) fn program(&self, workspace: &Workspace) -> Result<PathBuf> {
        let root = workspace.target().join("tools");
        let ours = root.join("bin").join(self.name);
        if let Some(found) = [PathBuf::from(self.name), ours.clone()].into_iter().find(starts) {
            return Ok(found);
        }
        eprintln!("{} is not installed: building {} once, into the target folder", self.name, self.version);
        let mut install =
            workspace.cargo(["install", "--quiet", "--locked", self.name, "--version", self.version]);
        install
            .args(self.features)
            .arg("--root")
            .arg(&root)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level)
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false");
        command::run(&mut install).with_context(|| {
            format!(
                "{name} is missing and could not be built: run `cargo install --locked {name}@{}`, then again",
                self.version,
                name = self.name,
            )
        })?;
        Ok(ours)
    }
}

/// Whether the program is there at all. What it thinks of the argument doesn't matter.
fn starts(program: &PathBuf) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}
