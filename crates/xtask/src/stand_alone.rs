//! Each library crate alone: with nothing switched on, with each feature alone, and with its own tests.
//!
//! A build of the whole workspace hides what a crate forgot to ask for, because cargo joins the features that all of
//! its packages ask of a dependency.

use anyhow::Result;
use cargo_metadata::Package;

use crate::command;
use crate::workspace::Workspace;

/// Checks every library crate in every one of its [`variants`].
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    for package in workspace.libraries() {
        for variant in variants(package) {
            let arguments = ["check", "--quiet", "--package", &package.name];
            command::run(workspace.cargo(arguments).args(variant))?;
        }
    }
    Ok(())
}

/// The ways in which another team may take a crate, as arguments to cargo.
fn variants(package: &Package) -> Vec<Vec<&str>> {
    let bare = vec!["--no-default-features"];
    let one_feature = package
        .features
        .keys()
        .filter(|feature| *feature != "default")
        .map(|feature| vec!["--no-default-features", "--features", feature]);
    let with_tests = vec!["--all-targets"];
    std::iter::once(bare).chain(one_feature).chain([with_tests]).collect()
}
