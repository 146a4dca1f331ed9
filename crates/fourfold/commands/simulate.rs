//! The vendors, played back on one port.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use fourfold_simulator::{SimulatorSettings, Vendor, serve};
use tokio::net::TcpListener;

use super::{block_on, quiet_logs};
use crate::{shutdown, telemetry};

#[derive(Args)]
pub(super) struct Simulate {
    /// The port to play on, on loopback; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

pub(super) fn run(command: &Simulate) -> Result<ExitCode> {
    let _logs = telemetry::start_logs(&quiet_logs())?;
    block_on(async {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), command.port);
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("--port: {address} can't be listened on"))?;
        let url = format!("http://{}", listener.local_addr()?);
        println!("# Point Fourfold at the simulated vendors; the controls are under {url}/_simulator.");
        for vendor in Vendor::ALL {
            println!("{}={}", vendor.base_url_variable(), vendor.base_url(&url));
        }
        tokio::select! {
            ended = serve(listener, SimulatorSettings::default()) => ended.context("the simulator ended"),
            signal = shutdown::requested() => signal.map(|_signal| ()),
        }?;
        Ok(ExitCode::SUCCESS)
    })
}
