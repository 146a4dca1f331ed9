//! The official Node SDK, installed once for each state of its lock file, and the page that docs/chat.md has.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::TESTS;
use super::world::World;
use crate::command;
use crate::workspace::Workspace;

/// Where the package, its lock file and its tests are, below the folder of all tests.
const FOLDER: &str = "node";
const FILES: [&str; 2] = ["openai.test.mjs", "chat_page.test.mjs"];
/// Everything that must be beside the tests to install what they need.
const PINS: [&str; 2] = ["package.json", "package-lock.json"];
const REMEDY: &str = "install Node 20 or later with npm (nodejs.org, or the packages `nodejs` and `npm`), and have both on the path";

/// Installs the SDK where that wasn't done for these pins, and runs its tests.
pub(super) fn check(workspace: &Workspace, world: &World) -> Result<()> {
    let tests = workspace.root().join(TESTS).join(FOLDER);
    let folder = workspace.target().join("sdks").join(FOLDER);
    install(workspace, &tests, &folder)?;
    let mut node = workspace.command("node", ["--test", "--test-reporter=dot"]);
    world.describe(&mut node);
    node.env("FOURFOLD_DOCS", workspace.root().join("docs"));
    for file in FILES {
        // Node looks for packages beside the file that asks for them.
        fs::copy(tests.join(file), folder.join(file))
            .with_context(|| format!("{TESTS}/{FOLDER}/{file} could not be copied"))?;
        node.arg(folder.join(file));
    }
    command::run(&mut node).context("Node doesn't get what it expects")
}

/// The lock file is copied last, so that what was left half installed is installed anew.
fn install(workspace: &Workspace, tests: &Path, folder: &Path) -> Result<()> {
    let installed = folder.join("node_modules/installed");
    let [package, lock] = PINS;
    let wanted =
        fs::read(tests.join(lock)).with_context(|| format!("{TESTS}/{FOLDER}/{lock} could not be read"))?;
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    eprintln!("installing what {TESTS}/{FOLDER}/{lock} pins, once, into the target folder");
    fs::create_dir_all(folder)?;
    for pins in [package, lock] {
        fs::copy(tests.join(pins), folder.join(pins))?;
    }
    let mut npm = workspace.command("npm", ["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
    command::run(npm.current_dir(folder)).context(REMEDY)?;
    fs::write(&installed, wanted).context("Node's packages could not be marked as whole")
}
