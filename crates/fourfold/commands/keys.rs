//! API keys, beside a running server.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use fourfold_domain::{Credits, ExternalId, KeyId, Realm};
use fourfold_service::keys::{ApiKey, KeyKind, KeySecret, NewKey};

use super::{Context, block_on};
use crate::compose::desk;

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Makes a key and prints its secret, this once.
    Create(Create),
    /// Lists the keys, the newest first.
    List,
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
}

pub(super) fn run(context: &Context, command: Keys) -> Result<ExitCode> {
    let keys = desk(&context.settings()?)?.keys;
    block_on(async {
        match command {
            Keys::Create(create) => {
                let secret = KeySecret::random();
                let new = NewKey {
                    kind: create.kind,
                    realm: create.realm,
                    account: create.account,
                    name: create.name,
                    scopes: Vec::new(),
                    expires_at: None,
                    budget: create.budget,
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
            Keys::Revoke { id } => {
                keys.revoke(id).await.map_err(|error| anyhow!("{id}: {error}"))?;
                println!("revoked {id}");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn print(key: &ApiKey) {
    let state = if key.revoked_at.is_some() { "revoked" } else { "live" };
    let account = key.account.as_ref().map_or("-", ExternalId::as_str);
    let name = key.name.as_deref().unwrap_or("-");
    let budget = key.budget.map(|budget| {
        format!("  budget {} ({} charged, {} held)", budget.limit, budget.charged, budget.held)
    });
    let budget = budget.unwrap_or_default();
    println!(
        "{}  {:<7}  {:<7}  realm {}  account {account}  {name}{budget}",
        key.id,
        key.kind.as_str(),
        state,
        key.realm
    );
}
