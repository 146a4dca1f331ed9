//! `cargo xtask coverage`: how much of the clients, the providers and the proxy their own tests run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{command, tools};

/// Measure how many lines of the clients, the providers and the proxy their own tests run.
#[derive(Args)]
pub(crate) struct Options {
    /// Print each file too, the least covered first
    #[arg(long)]
    files: bool,
    /// Measure only this crate, such as fourfold-providers
    #[arg(long)]
    package: Option<String>,
}

/// A part of the code, and how much of it must be run.
struct Goal {
    path: &'static str,
    percent: f64,
}

/// A crate and what is wanted of its parts.
const CRATES: [(&str, &[Goal]); 3] = [
    (
        "fourfold-clients",
        &[
            Goal { path: "crates/clients/src", percent: 90.0 },
            Goal { path: "crates/clients/src/http", percent: 95.0 },
        ],
    ),
    (
        "fourfold-providers",
        &[
            Goal { path: "crates/providers/src", percent: 90.0 },
            Goal { path: "crates/providers/src/factory.rs", percent: 100.0 },
        ],
    ),
    ("fourfold-forward", &[Goal { path: "crates/forward/src", percent: 90.0 }]),
];

/// The lines of a file that could be run, and those that were.
#[derive(Debug, PartialEq)]
struct Lines {
    file: String,
    all: u64,
    run: u64,
}

/// Runs the tests of each crate with counters built in; fails if a part is run less than it must be.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    tools::CARGO_NEXTEST.program(workspace)?;
    let mut missed = Vec::new();
    for (package, goals) in CRATES.iter().filter(|(package, _)| options.wants(package)) {
        let mut files = measured(workspace, package)?;
        if options.files {
            files.sort_by(|one, other| percent(one.run, one.all).total_cmp(&percent(other.run, other.all)));
            files.iter().for_each(|lines| println!("{}", line(&lines.file, lines.run, lines.all)));
        }
        for goal in *goals {
            let (run, all) = sum(&files, goal.path);
            println!("{}, at least {:.0} % wanted", line(goal.path, run, all), goal.percent);
            if percent(run, all) < goal.percent {
                missed.push(goal.path);
            }
        }
    }
    if !missed.is_empty() {
        bail!(
            "too little is tested of {}: `cargo xtask coverage --files` names the files",
            missed.join(", ")
        );
    }
    Ok(())
}

/// The lines of every file that the tests of a package ran.
fn measured(workspace: &Workspace, package: &str) -> Result<Vec<Lines>> {
    let tool = tools::CARGO_LLVM_COV.program(workspace)?;
    let mut measure = workspace.command(tool, ["llvm-cov", "nextest", "--package", package]);
    measure.args(["--all-features", "--json", "--summary-only", "--cargo-quiet", "--status-level", "fail"]);
    for (variable, program) in [("LLVM_COV", "llvm-cov"), ("LLVM_PROFDATA", "llvm-profdata")] {
        measure.env(variable, llvm(program)?);
    }
    let report =
        command::read(&mut measure).with_context(|| format!("the tests of {package} did not pass"))?;
    let report: Value =
        serde_json::from_str(&report).context("llvm-cov printed something that is not JSON")?;
    lines(&report, workspace.root())
}

impl Options {
    fn wants(&self, package: &str) -> bool {
        self.package.as_deref().is_none_or(|wanted| wanted == package)
    }
}

/// LLVM's tools must be as new as the compiler's LLVM, or they can't read its counters.
fn llvm(program: &str) -> Result<PathBuf> {
    let names = (22..=29).rev().map(|version| format!("{program}-{version}"));
    let found = names.map(PathBuf::from).find(|name| {
        let version =
            Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    });
    found.with_context(|| format!("{program} 22 or newer is missing: on Debian, `apt-get install llvm-22`"))
}

/// What the report says of our files, by their paths in the repository.
fn lines(report: &Value, root: &Path) -> Result<Vec<Lines>> {
    let files = report["data"][0]["files"].as_array().context("llvm-cov reported no files")?;
    let ours = files.iter().filter_map(|file| {
        let path = Path::new(file["filename"].as_str()?).strip_prefix(root).ok()?;
        let count = &file["summary"]["lines"];
        let (all, run) = (count["count"].as_u64()?, count["covered"].as_u64()?);
        Some(Lines { file: path.to_string_lossy().into_owned(), all, run })
    });
    Ok(ours.collect())
}

/// The lines of a folder that were run, and all of them.
fn sum(files: &[Lines], folder: &str) -> (u64, u64) {
    let within = files.iter().filter(|lines| Path::new(&lines.file).starts_with(folder));
    within.fold((0, 0), |(run, all), lines| (run + lines.run, all + lines.all))
}

/// Nothing at all is not covered: a folder that moved must not pass.
fn percent(run: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { run as f64 * 100.0 / all as f64 }
}

fn line(name: &str, run: u64, all: u64) -> String {
    format!("{:6.2} % of {all:5} lines in {name}", percent(run, all))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_summed_by_folder_and_those_of_others_left_out() {
        let file = |path: &str, count: u64, covered: u64| json!({"filename": path, "summary": {"lines": {"count": count, "covered": covered}}});
        let files = [file("/r/a/b/c.rs", 10, 9), file("/r/a/d.rs", 10, 5), file("/elsewhere/e.rs", 9, 0)];
        let files = lines(&json!({"data": [{"files": files}]}), Path::new("/r")).unwrap();
        assert_eq!(files.len(), 2);
        assert_eq!((sum(&files, "a"), sum(&files, "a/b")), ((14, 20), (9, 10)));
    }

    #[test]
    fn a_folder_without_lines_is_not_covered() {
        assert!(percent(0, 0) < 1.0);
    }
}
