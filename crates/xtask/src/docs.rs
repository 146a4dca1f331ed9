//! The pages under `docs/` that the binary writes about itself.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command;
use crate::workspace::Workspace;

/// The page that `fourfold docs <subcommand>` prints as Markdown, and the file that keeps it.
struct Page {
    subcommand: &'static str,
    file: &'static str,
}

const PAGES: [Page; 3] = [
    Page { subcommand: "configuration", file: "docs/configuration.md" },
    Page { subcommand: "env", file: ".env.example" },
    Page { subcommand: "models", file: "docs/models.md" },
];

/// Write the generated pages under docs/ again.
#[derive(Args)]
pub(crate) struct Options {
    /// Write nothing, and fail if a page is not what would be written
    #[arg(long)]
    check: bool,
}

/// Builds the binary and writes or checks every page.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    command::run(&mut workspace.cargo(["build", "--quiet", "--bin", "fourfold"]))?;
    let binary = workspace.target().join("debug/fourfold");
    if options.check { check(workspace, &binary) } else { write(workspace, &binary) }
}

/// Fails on the first page that is not what `binary` prints.
pub(crate) fn check(workspace: &Workspace, binary: &Path) -> Result<()> {
    for page in &PAGES {
        let printed = page.print(workspace, binary)?;
        let kept = fs::read_to_string(page.path(workspace)).unwrap_or_default();
        if let Some(line) = first_difference(&kept, &printed) {
            bail!("{} is out of date from line {line} on", page.file);
        }
    }
    Ok(())
}

fn write(workspace: &Workspace, binary: &Path) -> Result<()> {
    for page in &PAGES {
        let printed = page.print(workspace, binary)?;
        fs::write(page.path(workspace), printed)
            .with_context(|| format!("{} could not be written", page.file))?;
        eprintln!("wrote {}", page.file);
    }
    Ok(())
}

impl Page {
    fn print(&self, workspace: &Workspace, binary: &Path) -> Result<String> {
        command::read(&mut workspace.command(binary, ["docs", self.subcommand]))
    }

    fn path(&self, workspace: &Workspace) -> PathBuf {
        workspace.root().join(self.file)
    }
}

/// The number of the first line that differs, counted from 1.
fn first_difference(kept: &str, printed: &str) -> Option<usize> {
    let (mut kept, mut printed) = (kept.split('\n'), printed.split('\n'));
    (1..).find_map(|number| match (kept.next(), printed.next()) {
        (None, None) => Some(None),
        (kept, printed) if kept == printed => None,
        _ => Some(Some(number)),
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_pages_do_not_differ() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn first_changed_missing_or_added_line_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("a\nb\n", "a\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
        assert_eq!(first_difference("a", "a\n"), Some(2));
    }
}
