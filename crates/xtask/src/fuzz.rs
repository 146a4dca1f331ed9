//! `cargo xtask fuzz`: what the client layer reads from vendors, fed with what no vendor should send.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::workspace::Workspace;
use crate::{command, tools};

/// Feed what the client layer reads with everything that a vendor could send.
#[derive(Args)]
pub(crate) struct Options {
    /// How long each target runs, in seconds
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Run only these targets
    targets: Vec<String>,
}

/// Runs each target for a while, from the bodies that the tests have recorded and from what earlier runs found.
/// A failing input is kept, and its path printed by the fuzzer.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let crate_folder = workspace.root().join("crates/clients/fuzz");
    let all = targets(&crate_folder)?;
    let unknown = options.targets.iter().find(|target| !all.contains(target));
    if let Some(unknown) = unknown {
        bail!("there is no target `{unknown}`; there are {}", all.join(", "));
    }
    let fuzz = tools::CARGO_FUZZ.program(workspace)?;
    let fuzz = move |arguments: &[&str]| {
        // Nothing unsafe is in our crates, so no sanitizer is needed, and the stable compiler is enough.
        let mut command = workspace.command(&fuzz, ["fuzz"]);
        command.args(arguments).args(["--sanitizer", "none", "--fuzz-dir"]).arg(&crate_folder);
        command.env("CARGO_TARGET_DIR", workspace.target().join("fuzz"));
        command
    };
    command::run(&mut fuzz(&["build"])).context("the fuzz targets don't build")?;
    for target in all.iter().filter(|target| options.targets.is_empty() || options.targets.contains(target)) {
        let found = workspace.target().join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&found).with_context(|| format!("{} could not be made", found.display()))?;
        let mut run = fuzz(&["run", target]);
        run.arg(found).args(recorded(workspace.root(), target));
        run.args([
            "--",
            &format!("-max_total_time={}", options.seconds),
            "-verbosity=0",
            "-print_final_stats=1",
        ]);
        command::run(&mut run).with_context(|| {
            format!("{target} found an input that it can't take: run it again with that input's path")
        })?;
    }
    Ok(())
}

/// Each file of the targets' folder is one.
fn targets(crate_folder: &Path) -> Result<Vec<String>> {
    let folder = crate_folder.join("targets");
    let read = || -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect()
    };
    let files = read().with_context(|| format!("{} could not be read", folder.display()))?;
    let mut names: Vec<_> =
        files.iter().filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// The folder with the recorded bodies of a vendor's tests, where the target is a vendor's.
fn recorded(root: &Path, target: &str) -> Option<PathBuf> {
    Some(root.join("crates/clients/tests/it").join(target).join("wire")).filter(|folder| folder.is_dir())
}
