//! The memory of a worker while it stores large results, four at a time: it must stay flat.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use fourfold_servers::S3;
use serde_json::{Value, json};

use crate::bench::server::{self, Server};
use crate::workspace::Workspace;

const GOAL_BYTES: u64 = 120_000_000;
const AT_ONCE: usize = 4;

#[derive(Args)]
pub(crate) struct Options {
    /// How many results are stored
    #[arg(long, default_value_t = 200)]
    results: usize,
    /// How large each is, in MB
    #[arg(long, default_value_t = 100)]
    megabytes: u64,
    /// Into an S3 server of its own instead of a folder
    #[arg(long)]
    s3: bool,
}

/// Starts a vendor that delivers large films and a server that stores them; prints the figures and the verdict.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = server::folder(workspace)?;
    let binary = server::build(workspace)?;
    let vendor = vendor(options.megabytes * 1_000_000)?;
    std::fs::write(folder.path().join("fourfold.yaml"), configuration(vendor))?;
    let bucket = if options.s3 { Some(S3::start()?) } else { None };
    let mut variables = vec![
        ("FOURFOLD__JOBS__WORKERS", AT_ONCE.to_string()),
        ("FOURFOLD__JOBS__POLL_MAX", "100ms".to_owned()),
    ];
    if let Some(s3) = &bucket {
        variables.extend([
            ("FOURFOLD__ARTIFACTS__S3__BUCKET", S3::BUCKET.to_owned()),
            ("FOURFOLD__ARTIFACTS__S3__REGION", S3::REGION.to_owned()),
            ("FOURFOLD__ARTIFACTS__S3__ENDPOINT", s3.endpoint()),
            ("FOURFOLD__ARTIFACTS__S3__PATH_STYLE", "true".to_owned()),
            ("FOURFOLD__ARTIFACTS__S3__ACCESS_KEY_ID", S3::ACCESS_KEY_ID.to_owned()),
            ("FOURFOLD__ARTIFACTS__S3__SECRET_ACCESS_KEY", S3::SECRET_ACCESS_KEY.to_owned()),
        ]);
    }
    let server = Server::start(&binary, "all", folder.path(), &variables)?;
    let granted = server.call(
        "POST",
        "/api/v1/admin/accounts/films/grants",
        &json!({"credits": "1000000"}).to_string(),
    )?;
    ensure!(granted.status == 201, "no credits were granted");

    let began = Instant::now();
    let mut first_half = 0;
    for result in 0..options.results {
        // So many are under way at a time, and no more files than these lie on the disk.
        let body = json!({"model": "film", "input": {"prompt": format!("film {result}")}}).to_string();
        submit(&server, &body)?;
        if (result + 1) % AT_ONCE == 0 || result + 1 == options.results {
            finish(&server)?;
            clear(&folder.path().join("data/artifacts"), bucket.as_ref())?;
        }
        if result + 1 == options.results / 2 {
            first_half = server.resident_bytes_max()?;
        }
    }
    let most = server.resident_bytes_max()?;
    let met = most < GOAL_BYTES;
    println!(
        "results            {} of {} MB in {:.0} s",
        options.results,
        options.megabytes,
        began.elapsed().as_secs_f64()
    );
    println!(
        "most memory        {:.1} MB; {:.1} MB after half of them",
        most as f64 / 1e6,
        first_half as f64 / 1e6
    );
    println!(
        "verdict            {} the goal of under {:.0} MB",
        if met { "meets" } else { "MISSES" },
        GOAL_BYTES as f64 / 1e6
    );
    ensure!(met, "the goal is missed");
    Ok(())
}

fn submit(server: &Server, body: &str) -> Result<()> {
    let request = Server::request("POST", "/api/v1/jobs", &[("fourfold-user", "films")], body);
    let answer = crate::bench::http::Connection::open(server.address())?.send(&request)?;
    ensure!(answer.status == 202, "a film was refused: {}", String::from_utf8_lossy(&answer.body));
    Ok(())
}

/// Waits until no job is under way, and sees that the latest ones succeeded.
fn finish(server: &Server) -> Result<()> {
    let request = Server::request("GET", "/api/v1/jobs?limit=4", &[("fourfold-user", "films")], "");
    let mut connection = crate::bench::http::Connection::open(server.address())?;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(120) {
        let page: Value = serde_json::from_slice(&connection.send(&request)?.body)?;
        let states: Vec<&str> =
            page["data"].as_array().into_iter().flatten().filter_map(|job| job["state"].as_str()).collect();
        if states.iter().all(|state| *state == "succeeded") {
            return Ok(());
        }
        ensure!(!states.contains(&"failed"), "a film failed: {page}");
        thread::sleep(Duration::from_millis(50));
    }
    anyhow::bail!("the films don't come to an end")
}

/// Takes away what was stored: the memory is measured, not the disk.
fn clear(folder: &std::path::Path, bucket: Option<&S3>) -> Result<()> {
    let stored = bucket.map_or_else(|| folder.to_owned(), S3::folder);
    for entry in std::fs::read_dir(&stored).with_context(|| format!("{} can't be read", stored.display()))? {
        let entry = entry?;
        if entry.file_name() != ".incoming" && entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn configuration(vendor: SocketAddr) -> String {
    format!(
        r#"providers:
  films:
    kind: openai
    api_key: key
    base_url: http://{vendor}/v1
    models: {{film: {{modality: video}}}}
models:
  film:
    modality: video
    deadline: 10m
    route: [{{provider: films, model: film}}]
    price: {{version: v1, rates: [{{unit: video_second, credits: "0.1"}}]}}
"#
    )
}

/// A vendor that has every film done at once. Each connection is a thread; they end with the process.
fn vendor(size_bytes: u64) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, size_bytes));
        }
    });
    Ok(address)
}

/// Answers requests until the client leaves.
fn answer(stream: TcpStream, size_bytes: u64) -> std::io::Result<()> {
    let film = r#"{"id":"video_1","object":"video","model":"film","status":"completed","progress":100,"created_at":1,"seconds":"4","size":"1280x720"}"#;
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if stream.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            let mut header = String::new();
            stream.read_line(&mut header)?;
            if header.trim().is_empty() {
                break;
            }
            if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        std::io::copy(&mut stream.by_ref().take(length), &mut std::io::sink())?;
        let writer = stream.get_mut();
        if first.contains("/content") {
            write!(
                writer,
                "HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: {size_bytes}\r\n\r\n"
            )?;
            let piece = [0x5a; 64 * 1024];
            let mut left = size_bytes;
            while left > 0 {
                let part = usize::try_from(left).unwrap_or(piece.len()).min(piece.len());
                writer.write_all(&piece[..part])?;
                left -= part as u64;
            }
        } else {
            let length = film.len();
            write!(
                writer,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{film}"
            )?;
        }
    }
}
