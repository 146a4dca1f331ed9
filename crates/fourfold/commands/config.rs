//! The configuration, looked at without a server.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::Context;

#[derive(Subcommand)]
pub(super) enum Config {
    /// Checks everything that can be checked without starting, and says where each setting was written.
    Check,
}

pub(super) fn run(context: &Context, command: &Config) -> Result<ExitCode> {
    let Config::Check = command;
    let checked = context.checked()?;
    for place in checked.places.all() {
        println!("{place}");
    }
    for target in checked.targets.targets() {
        let (target, access) = (target.forwarder.target(), &target.access);
        if target.allowed().rules().is_none() {
            let kinds: Vec<_> = access.kinds.iter().map(|kind| kind.as_str()).collect();
            println!(
                "warning: forward.targets.{}.allow: all lets every caller of the kinds {} do whatever the target's credential \
                 can do, and see, change and delete what others have stored there",
                target.name(),
                kinds.join(", "),
            );
        }
    }
    println!("ok: {} models", checked.catalog.models().count());
    Ok(ExitCode::SUCCESS)
}
