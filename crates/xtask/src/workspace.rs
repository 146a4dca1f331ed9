//! What cargo says about this workspace, read once at the start of a chore.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Our packages, and where they are built.
pub(crate) struct Workspace {
    metadata: Metadata,
}

impl Workspace {
    /// Asks cargo about the workspace that the current folder belongs to.
    pub(crate) fn load() -> Result<Self> {
        let metadata = MetadataCommand::new()
            .no_deps()
            .exec()
            .context("cargo could not describe the workspace: mend the manifest that it names")?;
        Ok(Self { metadata })
    }

    /// The folder of the root manifest.
    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// The folder that cargo builds into.
    pub(crate) fn target(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// Our packages that others can depend on.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = &Package> {
        self.metadata
            .workspace_packages()
            .into_iter()
            .filter(|package| package.targets.iter().any(cargo_metadata::Target::is_lib))
    }

    /// Whether `package` needs another package of ours to be built; tests apart.
    pub(crate) fn needs_sibling(&self, package: &Package) -> bool {
        let siblings = self.metadata.workspace_packages();
        package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development)
            .any(|dependency| siblings.iter().any(|sibling| sibling.name == dependency.name))
    }

    /// A cargo command in the root folder. The cargo on the path is the one that runs us.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        self.command("cargo", arguments)
    }

    /// Any other command in the root folder.
    pub(crate) fn command<'a>(
        &self,
        program: impl AsRef<Path>,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Command {
        let mut command = Command::new(program.as_ref());
        command.args(arguments).current_dir(self.root());
        command
    }
}
