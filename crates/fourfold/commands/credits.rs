//! Credits, beside a running server.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use fourfold_domain::{CreditsChange, ExternalId, Realm, Subject};
use fourfold_service::credits::Account;

use super::{Context, block_on};
use crate::compose::desk;

#[derive(Subcommand)]
pub(super) enum Credits {
    /// Gives credits to an account, which is made on first use.
    Grant {
        #[command(flatten)]
        account: Named,
        /// How many, such as 10 or 0.5.
        credits: fourfold_domain::Credits,
        /// Names the grant, so that it is made once however often this runs.
        #[arg(long)]
        operation_id: Option<String>,
        /// Words of your own, kept with the entry.
        #[arg(long)]
        note: Option<String>,
    },
    /// Corrects what an account can spend, up or down; never below nothing.
    Adjust {
        #[command(flatten)]
        account: Named,
        /// By how much, such as 2.5 or -2.5.
        #[arg(allow_hyphen_values = true)]
        credits: CreditsChange,
        /// Names the correction, so that it is made once however often this runs.
        #[arg(long)]
        operation_id: Option<String>,
        /// Words of your own, kept with the entry.
        #[arg(long)]
        note: Option<String>,
    },
    /// Shows what an account has, and its latest entries.
    Show {
        #[command(flatten)]
        account: Named,
    },
}

#[derive(Args)]
pub(super) struct Named {
    /// The account, by the caller's name of it.
    account: ExternalId,
    /// Whose users it is one of.
    #[arg(long, default_value = "default")]
    realm: Realm,
}

pub(super) fn run(context: &Context, command: Credits) -> Result<ExitCode> {
    let credits = desk(&context.settings()?)?.credits;
    block_on(async {
        match command {
            Credits::Grant { account, credits: amount, operation_id, note } => {
                anyhow::ensure!(!amount.is_zero(), "credits must be more than 0");
                print(&credits.grant(account.subject(), amount, operation_id.as_deref(), note).await?);
            }
            Credits::Adjust { account, credits: change, operation_id, note } => {
                anyhow::ensure!(change != CreditsChange::ZERO, "credits must be more or less than 0");
                print(&credits.adjust(account.subject(), change, operation_id.as_deref(), note).await?);
            }
            Credits::Show { account } => {
                let subject = account.subject();
                match credits.account(&subject).await? {
                    None => println!("{} in realm {} was never used", subject.external_id, subject.realm),
                    Some(account) => print(&account),
                }
                for entry in credits.entries(&subject, None, 20).await? {
                    let owner = entry.owner.map(|owner| owner.to_string()).unwrap_or_default();
                    println!(
                        "  {}  {:<11}  {:>12}  {owner}",
                        entry.id,
                        entry.kind.as_str(),
                        entry.amount.to_string()
                    );
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn print(account: &Account) {
    let Subject { realm, external_id } = &account.subject;
    println!("{external_id} in realm {realm}: {} available, {} held", account.available, account.held);
}

impl Named {
    fn subject(self) -> Subject {
        Subject { realm: self.realm, external_id: self.account }
    }
}
