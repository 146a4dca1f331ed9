//! What a chat costs on its way: asked of the simulated vendor directly, through nginx as a plain proxy where it is
//! installed, and through Fourfold with authentication, credits, metrics and logs on; all in one run.
//!
//! A model without a price shows the proxy alone; one with a price adds a durable hold and settle to each call.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use fourfold_servers::{Postgres, Redis};
use serde_json::json;

use super::processes::{Nginx, Simulator};
use crate::bench::disk;
use crate::bench::http::request;
use crate::bench::load::{Way, measure};
use crate::bench::server::{self, Server};
use crate::servers;
use crate::workspace::Workspace;

const SYNCS_DURATION: Duration = Duration::from_secs(2);
/// About as long as a short conversation.
const PROMPT: &str = "Where do foxes live, and what do they eat in winter? ";
const PROMPT_TIMES: usize = 16;
pub(super) const USER: &str = "bench";
pub(super) const VENDOR_MODEL: &str = "gpt-4o-mini";

const GOAL_FREE: f64 = 3.0;
const GOAL_PAID: f64 = 5.0;

#[derive(Args)]
pub(crate) struct Options {
    /// How many clients ask and wait at the same time
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// For how long each way is measured, after a second of warming up
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Through Postgres and Redis too, with the CPU of both counted
    #[arg(long)]
    scaled_out: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = server::folder(workspace)?;
    let binary = server::build(workspace)?;
    let simulator = Simulator::start(&binary, folder.path())?;
    let nginx = Nginx::start(folder.path(), simulator.address())?;
    let house = folder.path().join("embedded");
    let gateway = gateway(&binary, &house, &simulator, &[])?;

    println!("disk               {:.0} fdatasync/s", disk::syncs_per_second(folder.path(), SYNCS_DURATION)?);
    println!("load               {} waiting clients, {} bytes a request", options.clients, chat("x").len());
    let vendor_key = ("authorization", "Bearer sk-bench".to_owned());
    let direct = |address| {
        let headers = [(vendor_key.0, vendor_key.1.as_str())];
        (address, request("POST", "/openai/v1/chat/completions", &headers, &chat(VENDOR_MODEL)))
    };
    let measure = |name: &str, (address, request): (SocketAddr, Vec<u8>), processes: Vec<u32>| {
        let way = Way { name, address, request, processes };
        measure(&way, options.clients, options.seconds)
    };
    measure("direct", direct(simulator.address()), Vec::new())?;
    let plain = match &nginx {
        Some(nginx) => Some(measure("nginx", direct(nginx.address()), vec![nginx.process()])?),
        None => {
            println!("nginx              isn't installed, so there are no ratios");
            None
        }
    };
    let own = |model: &str| (gateway.address(), asked(model));
    let free = measure("fourfold, free", own("free"), vec![gateway.process()])?;
    let paid = measure("fourfold, paid", own("paid"), vec![gateway.process()])?;
    println!("resident memory    {:.1} MB", gateway.resident_bytes()? as f64 / 1e6);
    let verified = gateway.call("GET", "/api/v1/admin/ledger/verify", "")?;
    ensure!(verified.status == 200, "the ledger is not clean: {}", String::from_utf8_lossy(&verified.body));
    drop(gateway);

    if options.scaled_out {
        scaled_out(&binary, folder.path(), &simulator, options)?;
    }
    let Some(plain) = plain else { return Ok(()) };
    let [free, paid] = [&free, &paid].map(|measured| measured.cpu_micros / plain.cpu_micros);
    let verdict = |ratio: f64, goal: f64| if ratio <= goal { "meets" } else { "MISSES" };
    println!(
        "verdict            free {free:.2} × nginx {} {GOAL_FREE}, paid {paid:.2} × nginx {} {GOAL_PAID}",
        verdict(free, GOAL_FREE),
        verdict(paid, GOAL_PAID)
    );
    ensure!(free <= GOAL_FREE && paid <= GOAL_PAID, "the goal is missed");
    Ok(())
}

/// One node over Postgres and Redis. A figure; there is no goal for it.
fn scaled_out(binary: &Path, folder: &Path, simulator: &Simulator, options: &Options) -> Result<()> {
    servers::ensure()?;
    let postgres = Postgres::start(Postgres::SYNCED)?;
    let redis = Redis::start()?;
    let variables = [
        ("DATABASE_URL", postgres.create_database()?),
        ("REDIS_URL", redis.url()),
        ("FOURFOLD__ARTIFACTS__FOLDER", folder.join("artifacts").display().to_string()),
        ("FOURFOLD__SECURITY__SECRET_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()),
    ];
    let gateway = gateway(binary, &folder.join("scaled_out"), simulator, &variables)?;
    for model in ["free", "paid"] {
        let name = format!("scaled out, {model}");
        let processes = vec![gateway.process(), postgres.process()?, redis.process()];
        let way = Way { name: &name, address: gateway.address(), request: asked(model), processes };
        measure(&way, options.clients, options.seconds)?;
    }
    Ok(())
}

/// A server with a model that costs nothing and one that has a price, both at the simulated vendor.
pub(super) fn gateway(
    binary: &Path,
    folder: &Path,
    simulator: &Simulator,
    variables: &[(&str, String)],
) -> Result<Server> {
    std::fs::create_dir_all(folder)?;
    let model = |name: &str, credits: &str| {
        format!(
            "  {name}:\n    modality: chat\n    route: [{{provider: openai, model: {VENDOR_MODEL}}}]\n    price: {{version: v1, rates: [\
             {{unit: input_token, credits: \"{credits}\"}}, {{unit: output_token, credits: \"{credits}\"}}]}}\n"
        )
    };
    let settings = format!("models:\n{}{}", model("free", "0"), model("paid", "1"));
    std::fs::write(folder.join("fourfold.yaml"), settings)?;
    let vendor = [
        ("OPENAI_API_KEY", "sk-bench".to_owned()),
        ("OPENAI_BASE_URL", format!("http://{}/openai/v1", simulator.address())),
    ];
    let gateway = Server::start(binary, "all", folder, &[variables, &vendor].concat())?;
    let granted = gateway.call(
        "POST",
        &format!("/api/v1/admin/accounts/{USER}/grants"),
        &json!({"credits": "1000000"}).to_string(),
    )?;
    ensure!(granted.status == 201, "no credits were granted: {}", String::from_utf8_lossy(&granted.body));
    Ok(gateway)
}

fn chat(model: &str) -> String {
    let said = PROMPT.repeat(PROMPT_TIMES);
    json!({"model": model, "max_tokens": 32, "messages": [{"role": "user", "content": said}]}).to_string()
}

fn asked(model: &str) -> Vec<u8> {
    Server::request("POST", "/v1/chat/completions", &[("fourfold-user", USER)], &chat(model))
}
