//! The built binary over Postgres: what works embedded works there, and processes share what there is.

use fourfold_servers::Postgres;
use serde_json::json;

use crate::support::{Home, ended, fast, read_books};

const SECRET_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// A folder whose servers and commands work on this database.
fn home_on(url: &str) -> Home {
    Home::new().with("DATABASE_URL", url).with("FOURFOLD__SECURITY__SECRET_KEY", SECRET_KEY)
}

#[tokio::test]
async fn jobs_and_credits_of_all_processes_add_up() {
    let postgres = Postgres::start(Postgres::FAST).unwrap();
    let home = home_on(&postgres.create_database().unwrap());
    let migrated = home.command(&["migrate"]).await.output();
    assert!(migrated.contains("127.0.0.1: applied 0001_house"), "{migrated}");

    // Two servers side by side, each with jobs of the one user; what one took, the other can tell.
    let (one, other) = (home.start().await, home.start().await);
    home.command(&["credits", "grant", "u1", "10"]).await.output();
    let (here, there) = (one.admin.user("u1"), other.admin.user("u1"));
    let mut submitted = Vec::new();
    for number in 0..8 {
        let caller = if number % 2 == 0 { &here } else { &there };
        submitted.push(caller.submitted(&fast("a red fox")).await);
    }
    for job in &submitted {
        let (seen_here, seen_there) = (ended(&here, job).await, ended(&there, job).await);
        assert_eq!(seen_here["state"], "succeeded", "{seen_here}");
        assert_eq!(seen_here["artifacts"][0]["sha256"], seen_there["artifacts"][0]["sha256"]);
    }
    assert_eq!(
        here.read("/api/v1/credits").await,
        json!({"account": "u1", "available": "9.68", "held": "0"})
    );
    let books = read_books(&home, &there).await;
    assert_eq!(books.jobs.len(), submitted.len());
    assert!(!home.data_dir().join("fourfold.db").exists(), "an embedded database was made too");

    // A start beside a running server leaves its work alone, and a restart finds all that there was.
    one.stop().await;
    let again = home.start().await;
    assert_eq!(again.admin.user("u1").read_all("/api/v1/jobs").await.len(), submitted.len());
}

#[tokio::test]
async fn what_a_shared_database_needs_is_said_at_the_start() {
    let address = "postgres://fourfold:hunter2@127.0.0.1:1/fourfold";
    let said = home_on(address).without("FOURFOLD__SECURITY__SECRET_KEY").refusal().await;
    assert!(said.contains("security.secret_key") && said.contains("openssl rand -base64 32"), "{said}");
    for (url, words) in [
        (address, "the database fourfold at 127.0.0.1 can't be reached"),
        ("mysql://fourfold:hunter2@127.0.0.1/fourfold", "must begin with postgres://"),
        ("postgres://fourfold:hunter2@127.0.0.1", "must name a host and a database"),
        ("postgres://fourfold:hunter2@127.0.0.1/fourfold?sslmode=perhaps", "sslmode"),
    ] {
        let said = home_on(url).refusal().await;
        assert!(said.contains(words), "{url}: {said}");
        assert!(!said.contains("hunter2"), "{url}: {said}");
    }
}
