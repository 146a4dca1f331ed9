//! The project's own chores, run as `cargo xtask …`.
//!
//! They know nothing of Fourfold's crates: they run cargo, and the binary that it builds.

mod bench;
mod chaos;
mod command;
mod coverage;
mod docs;
mod fuzz;
mod package;
mod quotes;
mod sdks;
mod servers;
mod stand_alone;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::workspace::Workspace;

/// The project's own chores.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Chore {
    Test(test::Options),
    Docs(docs::Options),
    Coverage(coverage::Options),
    Fuzz(fuzz::Options),
    /// Let everything die by chance for long, and see that nothing is lost
    Chaos(chaos::Options),
    #[command(subcommand)]
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    match run(&Chore::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!();
            // What to do stands last, where one looks first.
            error.chain().rev().for_each(|cause| eprintln!("xtask: {cause}"));
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    match chore {
        Chore::Test(options) => test::run(&workspace, options),
        Chore::Docs(options) => docs::run(&workspace, options),
        Chore::Coverage(options) => coverage::run(&workspace, options),
        Chore::Fuzz(options) => fuzz::run(&workspace, options),
        Chore::Chaos(options) => chaos::run(&workspace, options),
        Chore::Bench(bench) => bench::run(&workspace, bench),
    }
}
