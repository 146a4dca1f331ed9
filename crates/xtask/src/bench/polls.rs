//! Ten thousand running videos, polled every ten seconds by one worker: how late the latest poll is, and the memory.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;

use crate::bench::http::Connection;
use crate::bench::server::{self, Server};
use crate::workspace::Workspace;

const GOAL_LATE: u32 = 2;
const GOAL_BYTES: u64 = 200_000_000;
const USERS: usize = 100;
const CLIENTS: usize = 8;

#[derive(Args)]
pub(crate) struct Options {
    /// How many videos run
    #[arg(long, default_value_t = 10_000)]
    videos: usize,
    /// For how long they are watched once all of them run
    #[arg(long, default_value_t = 40)]
    seconds: u64,
}

/// Starts a server, fills it with videos that take long, watches, and prints the figures and the verdict.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = server::folder(workspace)?;
    let binary = server::build(workspace)?;
    let variables = [
        ("FOURFOLD__PROVIDERS__MOCK__DELAY", "30m".to_owned()),
        ("FOURFOLD__PROVIDERS__MOCK__POLL_EVERY", "10s".to_owned()),
        ("FOURFOLD__JOBS__ACCOUNT_MAX", "0".to_owned()),
    ];
    let server = Server::start(&binary, "all", folder.path(), &variables)?;
    for user in 0..USERS {
        let path = format!("/api/v1/admin/accounts/film-{user}/grants");
        let granted = server.call("POST", &path, &json!({ "credits": "1000000" }).to_string())?;
        ensure!(granted.status == 201, "no credits were granted");
    }
    let began = Instant::now();
    thread::scope(|scope| {
        let clients = (0..CLIENTS).map(|client| {
            let server = &server;
            scope.spawn(move || submit(server, client, options.videos / CLIENTS))
        });
        let clients = clients.collect::<Vec<_>>();
        clients.into_iter().try_for_each(|client| client.join().expect("a client doesn't panic"))
    })?;
    println!("videos             {} submitted in {:.1} s", options.videos, began.elapsed().as_secs_f64());
    // What was late while all of them came in doesn't count.
    thread::sleep(Duration::from_secs(15));
    let (polled, before) = (Instant::now(), waits(&server)?);
    let mut bytes = 0;
    while polled.elapsed() < Duration::from_secs(options.seconds) {
        thread::sleep(Duration::from_secs(1));
        bytes = bytes.max(server.resident_bytes()?);
    }
    let after = waits(&server)?;
    let (polls, late) = (after.all - before.all, (after.all - after.in_time) - (before.all - before.in_time));
    let met = late == 0.0 && polls > 0.0 && bytes < GOAL_BYTES;
    println!("polls              {:.0} a second", polls / polled.elapsed().as_secs_f64());
    println!("late               {late:.0} of {polls:.0} waited for longer than {GOAL_LATE} s");
    println!("resident memory    {:.1} MB", bytes as f64 / 1e6);
    println!(
        "verdict            {} the goals of none later than {GOAL_LATE} s and under {:.0} MB",
        if met { "meets" } else { "MISSES" },
        GOAL_BYTES as f64 / 1e6
    );
    ensure!(met, "a goal is missed");
    Ok(())
}

/// How many looks at jobs there were, and how many of them within the goal.
struct Waits {
    all: f64,
    in_time: f64,
}

fn waits(server: &Server) -> Result<Waits> {
    let read = |name, labelled| server.metric(name, labelled)?.context("a metric is missing");
    Ok(Waits {
        all: read("fourfold_job_waited_seconds_count", "")?,
        in_time: read("fourfold_job_waited_seconds_bucket", "le=\"2\"")?,
    })
}

fn submit(server: &Server, client: usize, videos: usize) -> Result<()> {
    let mut connection = Connection::open(server.address())?;
    let body =
        json!({ "model": "mock-video-slow", "input": { "prompt": "waves", "seconds": 1 } }).to_string();
    for video in 0..videos {
        let user = format!("film-{}", (client + video * CLIENTS) % USERS);
        let request = Server::request("POST", "/api/v1/jobs", &[("fourfold-user", user.as_str())], &body);
        let answer = connection.send(&request)?;
        ensure!(answer.status == 202, "a video was refused: {}", String::from_utf8_lossy(&answer.body));
    }
    Ok(())
}
