//! Whether the server on this machine lives, for containers that have no other client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use fourfold_clients::http::BaseHttpClient;

use super::{Context, block_on};

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn run(context: &Context) -> Result<ExitCode> {
    let address = reachable(context.settings()?.server.listen);
    block_on(async {
        let client = BaseHttpClient::builder(format!("http://{address}")).build()?;
        let answer = client.get("/health/live").no_retry().total_timeout(PATIENCE).send().await;
        answer.with_context(|| format!("no server lives on {address}"))?;
        println!("ok");
        Ok(ExitCode::SUCCESS)
    })
}

/// A server that listens everywhere is asked on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
