//! The same rows as a hold and its charge leave, written in batches without any decision: what the database itself
//! costs.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fourfold_service::SystemClock;
use fourfold_service::backends::{SqliteSettings, SqliteStore};
use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

/// As many as there are callers, since so many wait when a commit ends.
const BATCH: usize = 64;
const ACCOUNTS: usize = 1000;
const PRICE: &str = r#"{"version":"v1","rates":[{"unit":"image","credits":"0.04","per":1}]}"#;

/// One call's rows.
struct Ids {
    account: String,
    call: String,
    hold: String,
    instance: String,
}

/// Writes batches of holds and of charges in turns. Answers pairs a second.
pub(crate) fn pairs_per_second(path: &Path, duration: Duration) -> f64 {
    drop(SqliteStore::open(&SqliteSettings::new(path), Arc::new(SystemClock)).unwrap());
    let mut connection = Connection::open(path).unwrap();
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -4000").unwrap();
    let accounts = accounts(&mut connection);
    let began = Instant::now();
    let mut pairs = 0_usize;
    while began.elapsed() < duration {
        let batch: Vec<Ids> =
            (pairs..pairs + BATCH).map(|number| ids(&accounts[number % ACCOUNTS])).collect();
        for write in [hold, settle] {
            let transaction = connection.transaction().unwrap();
            batch.iter().for_each(|ids| write(&transaction, ids));
            transaction.commit().unwrap();
        }
        pairs += BATCH;
    }
    pairs as f64 / began.elapsed().as_secs_f64()
}

fn accounts(connection: &mut Connection) -> Vec<String> {
    let transaction = connection.transaction().unwrap();
    let accounts: Vec<String> = (0..ACCOUNTS).map(|_| id()).collect();
    for account in &accounts {
        let sql = "INSERT INTO account (id, realm, external_id, available, held, created_at) VALUES (?1, 'default', ?1, 1000000000000, 0, 0)";
        transaction.execute(sql, [account]).unwrap();
    }
    transaction.commit().unwrap();
    accounts
}

fn hold(transaction: &Transaction<'_>, ids: &Ids) {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        transaction.prepare_cached(sql).unwrap().execute(values).unwrap();
    };
    run(
        "UPDATE account SET available = available - 40000, held = held + 40000 WHERE id = ?1",
        params![ids.account],
    );
    run(
        "INSERT INTO hold (id, account, owner, amount, price, state, created_at) VALUES (?1, ?2, 'call:' || ?3, 40000, ?4, 'open', 0)",
        params![ids.hold, ids.account, ids.call, PRICE],
    );
    run(
        "INSERT INTO entry (id, account, operation, kind, amount, available_change, held_change, owner, created_at) \
         VALUES (?1, ?2, 'hold:call:' || ?3, 'hold', -40000, -40000, 40000, 'call:' || ?3, 0)",
        params![id(), ids.account, ids.call],
    );
    run(
        "INSERT INTO call (id, account, instance, model, hold, state, created_at) VALUES (?1, ?2, ?3, 'acme-image', ?4, 'open', 0)",
        params![ids.call, ids.account, ids.instance, ids.hold],
    );
}

fn settle(transaction: &Transaction<'_>, ids: &Ids) {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        transaction.prepare_cached(sql).unwrap().execute(values).unwrap();
    };
    run(
        "UPDATE account SET available = available + 10000, held = held - 40000 WHERE id = ?1",
        params![ids.account],
    );
    run("UPDATE hold SET state = 'settled', charged = 30000, ended_at = 0 WHERE id = ?1", params![ids.hold]);
    run(
        "INSERT INTO entry (id, account, operation, kind, amount, available_change, held_change, owner, created_at) \
         VALUES (?1, ?2, 'end:' || ?3, 'settle', -30000, 10000, -40000, 'call:' || ?4, 0)",
        params![id(), ids.account, ids.hold, ids.call],
    );
    run("UPDATE call SET state = 'charged', ended_at = 0 WHERE id = ?1", params![ids.call]);
}

fn ids(account: &str) -> Ids {
    Ids { account: account.to_owned(), call: id(), hold: id(), instance: id() }
}

fn id() -> String {
    Uuid::now_v7().to_string()
}
