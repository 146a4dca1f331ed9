//! The binary: reads the configuration, puts the layers together, and runs a command.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod backends;
mod bridges;
mod catalog;
mod checked;
mod commands;
mod compose;
mod config;
mod data_dir;
mod database;
mod model_tables;
mod reload;
mod role;
mod runtimes;
mod shutdown;
mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = commands::Arguments::parse();
    match commands::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("fourfold: {error:#}");
            ExitCode::FAILURE
        }
    }
}
