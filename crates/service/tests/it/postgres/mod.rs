//! Postgres as the store of many processes: what it refuses, how it is opened, and that nothing is lost or done twice
//! where nodes race, connections break and the server goes away.

mod database;
mod encryption;
mod group_commit;
mod lost_commits;
mod nodes;
mod outages;
mod policies;
mod proxy;

use fourfold_servers::{Durability, Postgres};
use fourfold_service::backends::{PostgresSettings, PostgresStore};
use fourfold_service::ports::AccountStore as _;

/// A server with one empty database.
struct House {
    server: Postgres,
    url: String,
}

impl House {
    fn new() -> Self {
        Self::start(Postgres::FAST)
    }

    /// One that loses nothing when it is killed.
    fn synced() -> Self {
        Self::start(Postgres::SYNCED)
    }

    fn start(durability: Durability) -> Self {
        let server = Postgres::start(durability).unwrap();
        let url = server.create_database().unwrap();
        Self { server, url }
    }

    /// One more node.
    async fn open(&self) -> PostgresStore {
        open(&self.url).await
    }

    fn sql(&self, sql: &str) -> String {
        self.server.sql(&self.url, sql).unwrap()
    }
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(&PostgresSettings::new(url).unwrap()).await.unwrap()
}

async fn assert_clean(store: &PostgresStore) {
    assert_eq!(store.audit().await.unwrap().findings, Vec::new());
}
