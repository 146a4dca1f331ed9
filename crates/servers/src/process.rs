//! What every server that is a program of its own needs: a free port, its process, and a wait until it answers.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take until it answers.
const START_MAX: Duration = Duration::from_secs(20);

/// How often it is asked meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A port of this machine that nobody listens on right now.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A process that is killed when its value is dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program silently; one that isn't installed is an error that says what to install.
    pub(crate) fn start(command: &mut Command, package: &str) -> io::Result<Self> {
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = started.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(
                error.kind(),
                format!(
                    "{} isn't installed; get it by: apt-get install {package}",
                    command.get_program().display()
                ),
            ),
            _ => error,
        })?;
        Ok(Self { child })
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the server answers. It is an error if it ends before, or doesn't answer in time.
    pub(crate) fn wait_until(&mut self, mut answers: impl FnMut() -> bool) -> io::Result<()> {
        let until = Instant::now() + START_MAX;
        while !answers() {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("the server ended at its start ({status})")));
            }
            if Instant::now() >= until {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("the server doesn't answer after {START_MAX:?}"),
                ));
            }
            thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Ends it at once, as a crash would, and waits until it is gone. One that is gone already is no error.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody is left who could be told; what can't be killed is gone already.
        drop(self.kill());
    }
}

/// Ends what would outlive this process where it ends without dropping its values: it was killed, or they are statics.
#[derive(Debug)]
pub(crate) struct Watchdog {
    child: Child,
}

impl Watchdog {
    /// Once this process is gone, `end` is run and `folder` is removed; not where the value is dropped before.
    pub(crate) fn start(end: &Command, folder: &Path) -> io::Result<Self> {
        // Its input, which nobody else holds the other end of, closes with this process.
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"read -r _; "$@"; rm -rf -- "$0""#]).arg(folder);
        shell.arg(end.get_program()).args(end.get_args());
        // A group of its own: who kills this process with all that it started leaves the watchdog.
        shell.process_group(0).current_dir("/");
        let child = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Self { child })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // It has nothing to do any more, and can't be told so if it is gone.
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}
