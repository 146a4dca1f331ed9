//! The crates that need no sibling of ours package today, just as another team would get them.

use anyhow::Result;

use crate::command;
use crate::workspace::Workspace;

/// Packages them in one go and builds each from its own archive.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut package = workspace.cargo(["package", "--quiet", "--allow-dirty"]);
    for library in workspace.libraries().filter(|library| !workspace.needs_sibling(library)) {
        package.args(["--package", &library.name]);
    }
    command::run(&mut package)
}
