//! The servers that tests and benches start: found, or installed where that can be done.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

const APT: &str = "apt-get";

/// Sees to it that Postgres and Redis are there. Says how to get them where it can't.
pub(crate) fn ensure() -> Result<()> {
    let missing = fourfold_servers::missing();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let remedy = format!(
        "install them (Debian: `apt-get install --no-install-recommends {packages}`), or leave out what needs them: \
         `cargo xtask test --embedded`"
    );
    if !is_root() || Command::new(APT).arg("--version").output().is_err() {
        bail!("{packages}: not installed; {remedy}");
    }
    eprintln!("{packages}: not installed, so they are installed now, once");
    install(&missing).or_else(|_stale| update().and_then(|()| install(&missing))).context(remedy)
}

fn install(packages: &[&str]) -> Result<()> {
    let arguments = ["install", "--yes", "--quiet", "--no-install-recommends"];
    command::run(apt().args(arguments).args(packages))
}

fn update() -> Result<()> {
    command::run(apt().args(["update", "--quiet"]))
}

fn apt() -> Command {
    let mut apt = Command::new(APT);
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}
