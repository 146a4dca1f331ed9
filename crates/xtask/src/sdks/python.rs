//! The machine's Python.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// A Python that is new enough for every SDK and can make virtual environments.
#[derive(Hash)]
pub(super) struct Python {
    program: &'static str,
    /// Its version and where it is installed.
    description: String,
}

/// The first that will do is taken, so that whoever has several can put one first on the path.
const PROGRAMS: [&str; 5] = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"];

/// Debian's Python has `venv`, but not what it needs to make one with pip.
const PROBE: &str = "import ensurepip, sys, venv\n\
                     print(sys.version, sys.base_prefix)\n\
                     sys.exit(sys.version_info < (3, 11))";

impl Python {
    pub(super) fn find() -> Result<Self> {
        PROGRAMS.into_iter().find_map(Self::probe).context(
            "there is no Python 3.11 or later that can make virtual environments: install one, with \
             `apt-get install python3 python3-venv` or `brew install python`, and have it on the path",
        )
    }

    pub(super) fn program(&self) -> &'static str {
        self.program
    }

    /// None where there is no such program, and where it won't do.
    fn probe(program: &'static str) -> Option<Self> {
        let mut command = Command::new(program);
        let probed = command.args(["-c", PROBE]).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let description = String::from_utf8(probed.stdout).ok()?;
        probed.status.success().then_some(Self { program, description })
    }
}
