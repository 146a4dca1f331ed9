//! The processes around a measured server: the simulated vendors, and nginx as a plain proxy.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bench::http::Connection;
use crate::bench::server::free_address;

const START_TIMEOUT: Duration = Duration::from_secs(10);

/// The simulated vendors.
pub(crate) struct Simulator {
    child: Child,
    address: SocketAddr,
}

impl Simulator {
    pub(crate) fn start(binary: &Path, folder: &Path) -> Result<Self> {
        let mut child = Command::new(binary)
            .args(["simulate", "--port", "0"])
            .current_dir(folder)
            .env_clear()
            .stdout(Stdio::piped())
            .spawn()
            .context("the simulator could not be started")?;
        let out = child.stdout.take().context("the simulator has no output")?;
        let lines = BufReader::new(out).lines().map_while(std::result::Result::ok);
        let mut addresses = lines.filter_map(|line| {
            let url = line.strip_prefix("OPENAI_BASE_URL=http://")?.split('/').next()?.to_owned();
            url.parse().ok()
        });
        let address = addresses.next();
        // It would break off if nobody read what else it says.
        thread::spawn(move || addresses.for_each(|_: SocketAddr| ()));
        let mut simulator = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let Some(address) = address else {
            bail!("the simulator didn't say where it plays: {:?}", simulator.child.wait())
        };
        simulator.address = address;
        Ok(simulator)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// nginx in front of one server: a worker a core, connections kept alive, nothing logged or buffered.
pub(crate) struct Nginx {
    child: Child,
    address: SocketAddr,
}

impl Nginx {
    /// None where it isn't installed.
    pub(crate) fn start(folder: &Path, upstream: SocketAddr) -> Result<Option<Self>> {
        let address = free_address()?;
        let folder = folder.join("nginx");
        fs::create_dir_all(&folder)?;
        let place = folder.display();
        let settings = format!(
            "daemon off; worker_processes auto; pid {place}/pid; error_log {place}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    keepalive_requests 1000000;
    upstream vendor {{ server {upstream}; keepalive 256; keepalive_requests 1000000; }}
    server {{
        listen {address};
        location / {{ proxy_pass http://vendor; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; }}
    }}
}}
"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, settings)?;
        let started =
            Command::new("nginx").arg("-c").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("nginx could not be started"),
        };
        let nginx = Self { child, address };
        let began = Instant::now();
        while Connection::open(address).is_err() {
            if began.elapsed() > START_TIMEOUT {
                bail!(
                    "nginx doesn't listen; its log: {}",
                    fs::read_to_string(folder.join("error.log")).unwrap_or_default()
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(nginx))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The one that has started the others.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It takes its workers along when it is asked to end.
        let id = self.child.id().to_string();
        drop(Command::new("kill").args(["-TERM", &id]).status());
        drop(self.child.wait());
    }
}
