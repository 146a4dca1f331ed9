//! `cargo xtask test`: everything that must hold before a change lands, the same here as in CI.

use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;

use crate::workspace::Workspace;
use crate::{command, docs, package, quotes, sdks, servers, stand_alone, tools};

/// Built into the binary under test only: it dies where a test tells it to.
const FAILPOINTS: [&str; 2] = ["--features", "fourfold/failpoints"];

/// Check everything that must hold before a change lands; the test suite comes last.
#[derive(Args)]
pub(crate) struct Options {
    /// Leave out what needs Postgres, Redis or S3
    #[arg(long)]
    embedded: bool,
    /// Run only the tests whose names contain one of these, and no other check; `sdks` stands for the vendors'
    /// official SDKs, run against the simulator and the server
    filters: Vec<String>,
}

/// One thing that must hold.
struct Step {
    holds: &'static str,
    check: fn(&Workspace) -> Result<()>,
    remedy: &'static str,
}

/// In order: what fails often and fast comes first. The test suite follows, so that its closing line is the last.
const STEPS: [Step; 11] = [
    Step { holds: "the code is formatted", check: formatting, remedy: "run `cargo fmt --all`" },
    Step {
        holds: "clippy has nothing to say",
        check: clippy,
        remedy: "mend what it names above; `#[expect(…, reason = \"…\")]` where it is wrong",
    },
    Step { holds: "the pages quote code that is there", check: quotes::check, remedy: "quote it anew" },
    Step {
        holds: "the documentation builds",
        check: documentation,
        remedy: "mend the doc comments that rustdoc names above",
    },
    Step {
        holds: "the dependencies keep to deny.toml",
        check: dependencies,
        remedy: "drop the dependency that is named above, or allow it in deny.toml and say why",
    },
    Step {
        holds: "each library crate stands alone, with each feature alone",
        check: stand_alone::check,
        remedy: "let the crate ask for what it uses, and gate what needs a feature",
    },
    Step {
        holds: "the crates without siblings package",
        check: package::check,
        remedy: "mend the manifest; a test's sibling is named by `path` alone, without a version",
    },
    Step { holds: "the tests build", check: build, remedy: "mend what the compiler names above" },
    Step {
        holds: "the generated pages are up to date",
        check: generated_pages,
        remedy: "run `cargo xtask docs` and commit what it writes",
    },
    Step {
        holds: "the examples in the documentation run",
        check: examples,
        remedy: "mend the example that is named above",
    },
    Step { holds: SDKS_AGREE, check: sdks::check, remedy: SDKS_REMEDY },
];

/// Among the filters, this whole word stands for the run of the SDKs.
const SDKS: &str = "sdks";
const SDKS_AGREE: &str = "the official SDKs agree with the simulator and the server";
const SDKS_REMEDY: &str = "mend what is named above; `cargo xtask test sdks` runs them alone";

/// Runs every step and then the test suite; with filters, only what they name.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.filters.is_empty() {
        for step in &STEPS {
            heading(step.holds);
            let started = Instant::now();
            (step.check)(workspace)
                .with_context(|| format!("\"{}\" does not hold: {}", step.holds, step.remedy))?;
            eprintln!("   yes, after {:.1} s", started.elapsed().as_secs_f32());
        }
    }
    let (sdks, filters): (Vec<_>, Vec<_>) =
        options.filters.iter().map(String::as_str).partition(|filter| *filter == SDKS);
    if !sdks.is_empty() {
        heading(SDKS_AGREE);
        sdks::run(workspace).context(SDKS_REMEDY)?;
        if filters.is_empty() {
            return Ok(());
        }
    }
    if !options.embedded {
        servers::ensure()?;
    }
    heading(if options.embedded { "the tests pass (embedded)" } else { "the tests pass" });
    suite(workspace, &filters, options.embedded)
        .context("a test failed: mend what is named above; `cargo xtask test <name>` runs it alone")
}

fn heading(holds: &str) {
    eprintln!("\n== {holds}");
}

fn formatting(workspace: &Workspace) -> Result<()> {
    command::run(&mut workspace.cargo(["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    let arguments =
        ["clippy", "--quiet", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    command::run(&mut workspace.cargo(arguments))
}

fn documentation(workspace: &Workspace) -> Result<()> {
    let mut doc = workspace.cargo(["doc", "--quiet", "--workspace", "--no-deps", "--all-features"]);
    command::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Without `advisories`, which need a database from outside the registries.
fn dependencies(workspace: &Workspace) -> Result<()> {
    let deny = tools::CARGO_DENY.program(workspace)?;
    command::run(
        &mut workspace
            .command(deny, ["--workspace", "--log-level", "error", "check", "bans", "licenses", "sources"]),
    )
}

/// Just what the suite will run, so that the steps until then can use it.
fn build(workspace: &Workspace) -> Result<()> {
    let nextest = tools::CARGO_NEXTEST.program(workspace)?;
    let arguments = ["nextest", "run", "--workspace", "--no-run", "--cargo-quiet"];
    command::run(workspace.command(nextest, arguments).args(FAILPOINTS))
}

fn generated_pages(workspace: &Workspace) -> Result<()> {
    docs::check(workspace, &workspace.target().join("debug/fourfold"))
}

fn examples(workspace: &Workspace) -> Result<()> {
    command::run(workspace.cargo(["test", "--quiet", "--workspace", "--doc"]).args(FAILPOINTS))
}

fn suite(workspace: &Workspace, filters: &[&str], embedded: bool) -> Result<()> {
    let nextest = tools::CARGO_NEXTEST.program(workspace)?;
    let arguments = ["nextest", "run", "--workspace", "--cargo-quiet"];
    let mut suite = workspace.command(nextest, arguments);
    suite.args(FAILPOINTS).args(filters);
    if embedded {
        suite.arg("--filterset").arg(without_servers());
    }
    command::run(&mut suite)
}

/// What is left without the tests that start servers, which have one of these words in their names.
fn without_servers() -> String {
    format!("not test(/{}/)", fourfold_servers::WORDS.join("|"))
}
