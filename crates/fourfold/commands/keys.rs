//! API keys, beside a running server.

use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use fourfold_domain::{Credits, ExternalId, KeyId, Realm, duration_text, parse_duration};
use fourfold_service::keys::{AllowedModels, ApiKey, KeyKind, KeySecret, NewKey, Scope, Scopes};
use fourfold_service::limits::Limits;
use fourfold_service::{Clock as _, SystemClock, Timestamp};

use super::{Context, block_on};
use crate::compose::desk;

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Makes a key and prints its secret, this once.
    Create(Create),
    /// Lists the keys, the newest first.
    List,
    /// Gives a key another secret and prints it, this once; all else of the key stays.
    Rotate {
        /// The key's id, as `keys list` shows it.
        id: KeyId,
        /// How long the secret that it had lives on, such as 1h; at most 30 days.
        #[arg(long, default_value = "24h", value_parser = parse_duration)]
        overlap: Duration,
    },
    /// Revokes a key; a running server knows within two seconds.
    Revoke {
        /// The key's id, as `keys list` shows it.
        id: KeyId,
    },
}

#[derive(Args)]
pub(super) struct Create {
    /// admin, service or user.
    kind: KeyKind,
    /// A user key's user (required there); another key's default user.
    #[arg(long)]
    account: Option<ExternalId>,
    /// Whose users it works for.
    #[arg(long, default_value = "default")]
    realm: Realm,
    /// Your name for it.
    #[arg(long)]
    name: Option<String>,
    /// The most credits that it may spend in all, such as 100; without it, no limit.
    #[arg(long)]
    budget: Option<Credits>,
    /// What it is limited to, such as chat; given as often as needed, without it no limit.
    #[arg(long = "scope")]
    scopes: Vec<Scope>,
    /// A model that it may use, or the beginning of names such as `gpt-*`; given as often as needed, without it all.
    #[arg(long = "model")]
    models: Vec<String>,
    /// From when on it doesn't count, such as 2027-01-31T00:00:00Z.
    #[arg(long, value_parser = moment)]
    expires: Option<Timestamp>,
    /// How many requests may begin with it a minute.
    #[arg(long)]
    requests_per_minute: Option<u32>,
    /// How many tokens may go in and out with it a minute.
    #[arg(long)]
    tokens_per_minute: Option<u32>,
    /// How many requests with it may be under way at the same time.
    #[arg(long)]
    concurrency: Option<u32>,
}

pub(super) fn run(context: &Context, command: Keys) -> Result<ExitCode> {
    let keys = desk(&context.settings()?)?.keys;
    block_on(async {
        match command {
            Keys::Create(create) => {
                let secret = KeySecret::random();
                let new = NewKey {
                    name: create.name,
                    scopes: Scopes::of(&create.scopes),
                    models: AllowedModels::parse(&create.models)?,
                    limits: Limits {
                        requests_per_minute: create.requests_per_minute,
                        tokens_per_minute: create.tokens_per_minute,
                        concurrency: create.concurrency,
                    },
                    expires_at: create.expires,
                    budget: create.budget,
                    ..NewKey::new(create.kind, create.realm, create.account)
                };
                let key = keys.create(new, &secret).await?;
                eprintln!("{} key {}; its secret, shown this once:", key.kind.as_str(), key.id);
                println!("{}", secret.expose());
            }
            Keys::List => {
                let mut before = None;
                loop {
                    let page = keys.list(before, 100).await?;
                    page.iter().for_each(print);
                    before = page.last().map(|key| key.id);
                    if page.len() < 100 {
                        break;
                    }
                }
            }
            Keys::Rotate { id, overlap } => {
                let secret = KeySecret::random();
                keys.rotate(id, &secret, overlap).await.map_err(|error| anyhow!("{id}: {error}"))?;
                let overlap = duration_text(overlap);
                eprintln!("the earlier secret of {id} lives on for {overlap}; the new one, shown this once:");
                println!("{}", secret.expose());
            }
            Keys::Revoke { id } => {
                keys.revoke(id).await.map_err(|error| anyhow!("{id}: {error}"))?;
                println!("revoked {id}");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = || "must be RFC 3339, such as 2027-01-31T00:00:00Z".to_owned();
    let since_epoch = humantime::parse_rfc3339(text).ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let millis = since_epoch.and_then(|since| i64::try_from(since.as_millis()).ok());
    millis.map(Timestamp::from_millis).ok_or_else(wrong)
}

/// What a key is limited to, in a few words.
fn limited(key: &ApiKey) -> String {
    let Limits { requests_per_minute, tokens_per_minute, concurrency } = key.limits;
    let list =
        |name: &str, names: Vec<&str>| (!names.is_empty()).then(|| format!("  {name} {}", names.join(",")));
    let count = |name: &str, count: Option<u32>| count.map(|count| format!("  {name} {count}"));
    let parts = [
        list("scopes", key.scopes.names()),
        list("models", key.models.patterns().collect()),
        count("requests/min", requests_per_minute),
        count("tokens/min", tokens_per_minute),
        count("at a time", concurrency),
    ];
    parts.into_iter().flatten().collect()
}

fn print(key: &ApiKey) {
    let state = match (key.revoked_at, key.is_live(SystemClock.now())) {
        (Some(_), _) => "revoked",
        (None, false) => "expired",
        (None, true) => "live",
    };
    let account = key.account.as_ref().map_or("-", ExternalId::as_str);
    let name = key.name.as_deref().unwrap_or("-");
    let budget = key.budget.map(|budget| {
        format!("  budget {} ({} charged, {} held)", budget.limit, budget.charged, budget.held)
    });
    let budget = budget.unwrap_or_default();
    println!(
        "{}  {:<7}  {:<7}  realm {}  account {account}  {name}{budget}{}",
        key.id,
        key.kind.as_str(),
        state,
        key.realm,
        limited(key)
    );
}
