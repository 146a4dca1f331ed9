//! A Postgres of one's own.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{Error, Read as _, Result, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::names;
use crate::process::{Watchdog, free_port};

/// Where distributions keep the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Who runs the server where this process is root, which Postgres refuses.
const USER: &str = "postgres";

/// How often another port is tried, where somebody else took the free one first.
const STARTS_MAX: u32 = 3;

/// Whether what the server has committed survives a crash of the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// As a server in production: every commit is on the disk before it is answered.
    Synced,
    /// Nothing is synced. It survives a crash of the server, not one of the machine.
    Fast,
}

/// A running Postgres with a folder and a port of its own; stopped and removed when it is dropped, or when the process
/// ends that started it, however that ends.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    /// Runs the programs as another user, where this process is root.
    as_user: bool,
    folder: TempDir,
    port: u16,
    durability: Durability,
    databases: AtomicU32,
    /// Ends the server, which is nobody's child, where this value isn't dropped.
    watchdog: Option<Watchdog>,
}

impl Postgres {
    /// For tests that don't crash the machine.
    pub const FAST: Durability = Durability::Fast;

    /// For crash tests and benches.
    pub const SYNCED: Durability = Durability::Synced;

    /// Makes and starts a server. The error says how to install Postgres where it is missing.
    pub fn start(durability: Durability) -> Result<Self> {
        names::check()?;
        let mut server = Self {
            programs: find_programs()?,
            as_user: is_root()?,
            folder: tempfile::Builder::new().prefix("fourfold-postgres-").tempdir()?,
            port: 0,
            durability,
            databases: AtomicU32::new(0),
            watchdog: None,
        };
        server.watchdog = Some(Watchdog::start(&server.ending("immediate"), server.folder.path())?);
        // The user who runs the server must get to its folder.
        fs::set_permissions(server.folder.path(), Permissions::from_mode(0o755))?;
        let home = server.home();
        if server.as_user {
            run(Command::new("install").args(["-d", "-o", USER, "-g", USER, "-m", "700"]).arg(&home))?;
        } else {
            fs::create_dir(&home)?;
        }
        let data = server.data();
        let mut initdb = server.program("initdb");
        initdb.arg("-D").arg(data).args([
            "-U",
            USER,
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        run(&mut initdb)?;
        for starts_left in (0..STARTS_MAX).rev() {
            server.port = free_port()?;
            match server.start_again() {
                Err(_) if starts_left > 0 => {}
                started => return started.map(|()| server),
            }
        }
        Err(Error::other("postgres found no port"))
    }

    /// The number of its first process, which has started the others.
    pub fn process(&self) -> Result<u32> {
        let written = fs::read_to_string(self.data().join("postmaster.pid"))?;
        let number = written.lines().next().and_then(|number| number.trim().parse().ok());
        number.ok_or_else(|| Error::other("postmaster.pid has no number"))
    }

    /// Starts it again on the same port and folder, after [`Postgres::stop`] or [`Postgres::kill`].
    pub fn start_again(&self) -> Result<()> {
        let synced = match self.durability {
            Durability::Synced => "on",
            Durability::Fast => "off",
        };
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -k {} -c max_connections=200 -c fsync={synced} \
             -c synchronous_commit={synced} -c full_page_writes={synced}",
            self.port,
            self.home().display(),
        );
        let mut start = self.program("pg_ctl");
        start.arg("-D").arg(self.data()).arg("-l").arg(self.home().join("log")).args(["-w", "-o", &options]);
        run(start.arg("start"))
    }

    /// The address of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes an empty database and gives its address.
    pub fn create_database(&self) -> Result<String> {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.client("createdb", &[&name])?;
        Ok(self.url(&name))
    }

    /// Makes a copy of a database that nobody is connected to and gives its address.
    pub fn copy_database(&self, url: &str) -> Result<String> {
        let original = url.rsplit('/').next().unwrap_or_default();
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.client("createdb", &["-T", original, &name])?;
        Ok(self.url(&name))
    }

    /// Runs a statement, past everything that keeps the database's users in order, and gives what it prints: a row a
    /// line, columns apart by `|`. What the server refuses is in the error.
    pub fn sql(&self, url: &str, sql: &str) -> Result<String> {
        let database = url.rsplit('/').next().unwrap_or_default();
        let printed = self.client("psql", &["-qAt", "-v", "ON_ERROR_STOP=1", "-c", sql, database])?;
        Ok(printed.trim().to_owned())
    }

    /// The settings that durability rests on, as the server says: `fsync=on synchronous_commit=on`.
    pub fn durability(&self) -> Result<String> {
        let ask = "SELECT 'fsync=' || current_setting('fsync') || ' synchronous_commit=' || current_setting('synchronous_commit')";
        self.sql("postgres", ask)
    }

    /// From now on it takes encrypted connections too, with this certificate and its key in PEM. It is started again
    /// for that.
    pub fn encrypt(&self, certificate: &str, key: &str) -> Result<()> {
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let mut file = tempfile::NamedTempFile::new()?;
            file.write_all(pem.as_bytes())?;
            let mut install = Command::new("install");
            install.args(["-m", "600"]);
            if self.as_user {
                install.args(["-o", USER, "-g", USER]);
            }
            run(install.arg(file.path()).arg(self.data().join(name)))?;
        }
        self.sql("postgres", "ALTER SYSTEM SET ssl = on")?;
        self.stop()?;
        self.start_again()
    }

    /// Stops it in order: what runs is ended, what was committed is written.
    pub fn stop(&self) -> Result<()> {
        self.end("fast")
    }

    /// Stops it as a crash would, in the midst of everything; the next start recovers.
    pub fn kill(&self) -> Result<()> {
        self.end("immediate")
    }

    fn end(&self, mode: &str) -> Result<()> {
        run(&mut self.ending(mode))
    }

    /// What stops it.
    fn ending(&self, mode: &str) -> Command {
        let mut stop = self.program("pg_ctl");
        stop.arg("-D").arg(self.data()).args(["-m", mode, "-w", "stop"]);
        stop
    }

    /// A program that acts on the server's folder, as the user whose folder it is.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if self.as_user {
            let mut runuser = Command::new("runuser");
            runuser.args(["-u", USER, "--"]).arg(path);
            runuser
        } else {
            Command::new(path)
        };
        // Wherever this process is, another user may not be let in.
        command.current_dir("/");
        command
    }

    /// Runs a program that talks to the server and gives what it prints.
    fn client(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(self.programs.join(name));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", USER]).args(arguments);
        let output = command.stdin(Stdio::null()).output()?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(failed(&command, &output.stderr)),
        }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("postgres")
    }

    fn data(&self) -> PathBuf {
        self.home().join("data")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Nobody is there to be told; a server that was stopped already has nothing left to end.
        drop(self.kill());
    }
}

pub(crate) fn is_installed() -> bool {
    find_programs().is_ok()
}

/// The programs of the newest version, or those on the path.
fn find_programs() -> Result<PathBuf> {
    let version = |path: &Path| path.file_name().and_then(OsStr::to_str)?.parse::<u32>().ok();
    let installed = fs::read_dir(VERSIONS).into_iter().flatten().flatten().map(|entry| entry.path());
    let newest = installed
        .filter(|path| path.join("bin/initdb").is_file())
        .filter_map(|path| Some((version(&path)?, path.join("bin"))))
        .max();
    if let Some((_version, programs)) = newest {
        return Ok(programs);
    }
    let found = Command::new("which").arg("initdb").output()?;
    let path = PathBuf::from(String::from_utf8_lossy(&found.stdout).trim());
    match path.parent().filter(|_| found.status.success()) {
        Some(programs) => Ok(programs.to_owned()),
        None => Err(Error::other(
            "Postgres isn't installed; install it with: apt-get install -y --no-install-recommends postgresql",
        )),
    }
}

fn is_root() -> Result<bool> {
    let id = Command::new("id").arg("-u").output()?;
    Ok(id.stdout.trim_ascii() == b"0")
}

/// Runs a program that may leave a server behind, whose output therefore has no end to wait for.
fn run(command: &mut Command) -> Result<()> {
    let mut errors = tempfile::tempfile()?;
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors.try_clone()?).status()?;
    if status.success() {
        return Ok(());
    }
    let mut said = Vec::new();
    errors.rewind()?;
    errors.read_to_end(&mut said)?;
    Err(failed(command, &said))
}

fn failed(command: &Command, said: &[u8]) -> Error {
    Error::other(format!("{command:?} failed: {}", String::from_utf8_lossy(said).trim()))
}
