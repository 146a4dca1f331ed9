//! What keeping a conversation adds to an answer: an instant model is asked through OpenAI's wire and through a
//! conversation, by turns, over a database that has a million messages. Both are held for and settled.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;

use crate::bench::disk;
use crate::bench::http::Connection;
use crate::bench::load::{ms, percentile};
use crate::bench::server::{self, Server};
use crate::command;
use crate::workspace::Workspace;

const USER: &str = "bench";
const PROMPT: &str = "Where do foxes live, and what do they eat in winter?";
const SYNCS_DURATION: Duration = Duration::from_secs(2);

/// How many messages each conversation has that is there already.
const HISTORY: u64 = 100;

/// How much may be added to half of the answers at most.
const GOAL: Duration = Duration::from_millis(2);

#[derive(Args)]
pub(crate) struct Options {
    /// How many messages are there already
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// How many answers are measured each way
    #[arg(long, default_value_t = 2000)]
    answers: usize,
}

/// Writes conversations of a hundred messages each. Python's own, since nothing else here speaks to a database.
const FILL: &str = r#"
import sqlite3, sys
path, user, conversations, history = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
db = sqlite3.connect(path)
(account,) = db.execute("SELECT id FROM account WHERE external_id = ?", [user]).fetchone()
identity = "printf('0192f0c1-2d3e-7a4b-8c5d-%012x', c.value)"
series = "WITH RECURSIVE %s (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM %s WHERE value < ?)"
db.execute((series % ("c", "c")) + f"""
    INSERT INTO conversation (id, account, realm, external_id, title, is_archived, model, next_number, tickets,
      created_at, last_message_at)
    SELECT {identity}, ?, 'default', 'bench-' || c.value, 'Foxes', 0, 'mock-chat', ? + 1, 0, c.value, c.value FROM c""",
    [conversations, account, history])
db.execute((series % ("n", "n")) + f"""
    INSERT INTO message (conversation, number, id, role, content, call, model, input_tokens, output_tokens, credits,
      is_partial, is_refused, created_at)
    SELECT {identity}, n.value, printf('0192f0c1-2d3e-7a4b-8c5d-%012x', c.value * ? + n.value),
      CASE n.value % 2 WHEN 1 THEN 'user' ELSE 'assistant' END, ?, {identity}, NULL, 30, 30, 0, 0, 0, n.value
    FROM (SELECT substr(external_id, 7) + 0 AS value FROM conversation) c, n ORDER BY c.value, n.value""",
    [history, history, "Foxes live in dens, and in winter they eat what they find. " * 3])
db.commit()
print(db.execute("SELECT count(*) FROM message").fetchone()[0])
"#;

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = server::folder(workspace)?;
    let binary = server::build(workspace)?;
    let conversations = options.messages / HISTORY;
    ensure!(conversations > 0, "--messages must be at least {HISTORY}");

    let server = Server::start(&binary, "all", folder.path(), &[])?;
    let grant = json!({"credits": "1000000"}).to_string();
    let granted = server.call("POST", &format!("/api/v1/admin/accounts/{USER}/grants"), &grant)?;
    ensure!(granted.status == 201, "no credits were granted");
    drop(server);
    fill(workspace, &folder.path().join("data/fourfold.db"), conversations)?;
    let server = Server::start(&binary, "all", folder.path(), &[])?;

    println!("disk               {:.0} fdatasync/s", disk::syncs_per_second(folder.path(), SYNCS_DURATION)?);
    println!("database           {} messages in {conversations} conversations", conversations * HISTORY);
    let mut connection = Connection::open(server.address())?;
    let mut ways = [Way::new("unkept"), Way::new("kept")];
    for number in 0..options.answers as u64 {
        let unkept = json!({"model": "mock-chat", "messages": [{"role": "user", "content": PROMPT}]});
        ways[0].ask(&mut connection, "/v1/chat/completions", &unkept.to_string())?;
        // All over the file, and none of them twice in a row.
        let conversation = number * 7919 % conversations + 1;
        let path = format!("/api/chat/bench-{conversation}");
        ways[1].ask(&mut connection, &path, &json!({"message": PROMPT}).to_string())?;
    }
    let [unkept, kept] = &mut ways;
    let (unkept, kept) = (unkept.told(), kept.told());
    let added = [0, 1].map(|place| kept[place].saturating_sub(unkept[place]));
    println!("added              p50 {:.2} ms, p99 {:.2} ms", ms(added[0]), ms(added[1]));
    let verified = server.call("GET", "/api/v1/admin/ledger/verify", "")?;
    ensure!(verified.status == 200, "the ledger is not clean");
    ensure!(added[0] < GOAL, "the goal is missed: p50 under {:.0} ms", ms(GOAL));
    println!("verdict            meets p50 under {:.0} ms", ms(GOAL));
    Ok(())
}

fn fill(workspace: &Workspace, database: &Path, conversations: u64) -> Result<()> {
    let (conversations, history) = (conversations.to_string(), HISTORY.to_string());
    let mut python = workspace.command("python3", ["-c", FILL]);
    python.arg(database).args([USER, &conversations, &history]);
    command::run(&mut python).context("the database could not be filled; this takes python3 with sqlite3")
}

/// One way to ask, and how long each answer took.
struct Way {
    name: &'static str,
    took: Vec<Duration>,
}

impl Way {
    fn new(name: &'static str) -> Self {
        Self { name, took: Vec::new() }
    }

    fn ask(&mut self, connection: &mut Connection, path: &str, body: &str) -> Result<()> {
        let request = Server::request("POST", path, &[("fourfold-user", USER)], body);
        let sent = Instant::now();
        let answer = connection.send(&request)?;
        self.took.push(sent.elapsed());
        ensure!(answer.status == 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        Ok(())
    }

    /// Prints and gives what half of the answers and all but a hundredth of them took at most.
    fn told(&mut self) -> [Duration; 2] {
        self.took.sort_unstable();
        let told = [50, 99].map(|percent| percentile(&self.took, percent));
        println!("{:<18} p50 {:.2} ms, p99 {:.2} ms", self.name, ms(told[0]), ms(told[1]));
        told
    }
}
