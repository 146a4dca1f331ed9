//! Whoever changes the database past the service is found by the audit, by the rule that he broke.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{FileId, InstanceId};
use fourfold_service::SystemClock;
use fourfold_service::backends::{SqliteSettings, SqliteStore};
use fourfold_service::calls::{CallEnding, EndCall};
use fourfold_service::jobs::{Claim, Ending, Finish, Lease, RecordUpstream, Submit};
use fourfold_service::ports::{AccountStore as _, Audit, CallStore as _, FileStore as _, JobStore as _};
use fourfold_service::testing::{
    artifact, begin, complete_file, credits, keep_secret, open_call, reserve_file, submit, task,
};
use rusqlite::Connection;
use uuid::Uuid;

use crate::ledger::grant;

const AVAILABLE: &str = "available is the sum of the entries";
const HELD: &str = "held is the sum of the entries";
const OPEN_HOLDS: &str = "held is the sum of the open holds";
const AMOUNTS: &str = "every entry says what it changed";
const ENTRY_ACCOUNT: &str = "every entry has its account";
const HOLD_ENTRY: &str = "every hold has its entry";
const ONE_END: &str = "every ended hold has exactly one end, at most the hold";
const NO_END: &str = "an open hold has no end";
const ENTRY_HOLD: &str = "every entry of a hold has its hold";
const OWNER: &str = "every hold has its owner";
const GUARDED: &str = "the database refuses to change entries";
const LIVE_OWNER: &str = "every open hold has a live owner";
const JOB_HOLD: &str = "every job has a hold, open until the job is final";
const JOB_CHARGE: &str = "a job was charged what its hold says";
const ARTIFACTS: &str = "every succeeded job has its artifacts";
const DUE: &str = "every job that isn't final is due";
const LOSS: &str = "every loss has its attempt";
const CALL_LOSS: &str = "every loss of a call is of one that was interrupted";
const FILE_USES: &str = "every file counts the open jobs that name it";
const JOB_FILES: &str = "every file that an open job names is there";
const DELIVERED: &str = "every event of a job with a webhook has its delivery";
const CALL_HOLD: &str = "every call has a hold, open until the call ends";

/// What is done to the database, and the rules that name it.
const TAMPERINGS: [(&str, &[&str]); 41] = [
    ("UPDATE account SET available = available + 1000000", &[AVAILABLE]),
    ("UPDATE account SET available = available - 1", &[AVAILABLE]),
    ("UPDATE account SET held = held + 1", &[HELD, OPEN_HOLDS]),
    ("UPDATE account SET held = 0", &[HELD, OPEN_HOLDS]),
    ("DELETE FROM account", &[ENTRY_ACCOUNT]),
    ("DELETE FROM entry WHERE kind = 'grant'", &[AVAILABLE]),
    ("DELETE FROM entry WHERE kind = 'settle'", &[AVAILABLE, HELD, ONE_END]),
    ("DELETE FROM entry WHERE kind = 'release'", &[AVAILABLE, HELD, ONE_END]),
    ("DELETE FROM entry WHERE kind = 'hold' AND owner = (SELECT owner FROM hold WHERE state = 'open')", &[HOLD_ENTRY]),
    ("UPDATE entry SET amount = amount + 1 WHERE kind = 'grant'", &[AMOUNTS]),
    ("UPDATE entry SET amount = 0 WHERE kind = 'overrun'", &[AMOUNTS]),
    ("UPDATE entry SET available_change = available_change + 1 WHERE kind = 'settle'", &[AVAILABLE, AMOUNTS, ONE_END]),
    ("UPDATE entry SET amount = amount + 5, available_change = available_change + 5 WHERE kind = 'grant'", &[AVAILABLE]),
    ("UPDATE entry SET account = 'another'", &[ENTRY_ACCOUNT, HOLD_ENTRY, AVAILABLE]),
    ("INSERT INTO entry (id, account, operation, kind, amount, available_change, held_change, owner, note, created_at) SELECT 'second', account, operation || ':again', kind, amount, available_change, held_change, owner, note, created_at
      FROM entry WHERE kind = 'settle' LIMIT 1", &[HELD, ENTRY_HOLD]),
    ("INSERT INTO entry (id, account, operation, kind, amount, available_change, held_change, owner, note, created_at) SELECT 'second', account, 'again', 'release', 0, 0, 0, owner, note, created_at FROM entry WHERE kind = 'settle' LIMIT 1", &[AMOUNTS]),
    ("INSERT INTO entry (id, account, operation, kind, amount, available_change, held_change, owner, note, created_at) SELECT 'early' || id, account, 'end:' || id, 'release', amount, amount, -amount, owner, NULL, 1 FROM hold WHERE state = 'open'",
     &[NO_END, AVAILABLE, HELD]),
    ("UPDATE hold SET state = 'open', charged = 0, ended_at = NULL WHERE state = 'settled'", &[NO_END, OPEN_HOLDS, LIVE_OWNER, JOB_HOLD]),
    ("UPDATE hold SET state = 'released', ended_at = 1 WHERE owner GLOB 'job:*' AND state = 'open'", &[ONE_END, OPEN_HOLDS, JOB_HOLD]),
    ("UPDATE hold SET amount = amount + 1 WHERE state = 'open'", &[HOLD_ENTRY, OPEN_HOLDS]),
    ("UPDATE hold SET charged = charged - 1 WHERE state = 'settled'", &[ONE_END, JOB_CHARGE]),
    ("DELETE FROM hold WHERE state = 'settled'", &[ENTRY_HOLD, JOB_HOLD]),
    ("DELETE FROM hold WHERE state = 'open'", &[ENTRY_HOLD, OPEN_HOLDS, JOB_HOLD, CALL_HOLD]),
    ("UPDATE job SET charged = held * 2 WHERE state = 'succeeded'", &[JOB_CHARGE]),
    ("UPDATE job SET charged = 0 WHERE state = 'succeeded'", &[JOB_CHARGE]),
    ("UPDATE job SET state = 'running' WHERE state = 'succeeded'", &[DUE, JOB_HOLD]),
    ("UPDATE job SET state = 'failed' WHERE state = 'running'", &[DUE, JOB_HOLD, LIVE_OWNER]),
    ("DELETE FROM job WHERE state = 'running'", &[LIVE_OWNER]),
    ("DELETE FROM job WHERE state = 'succeeded'", &[OWNER]),
    ("DELETE FROM job_due", &[DUE]),
    ("DELETE FROM artifact", &[ARTIFACTS]),
    ("UPDATE call SET state = 'released', ended_at = 1 WHERE state = 'open'", &[CALL_HOLD, LIVE_OWNER]),
    ("UPDATE file SET uses = uses + 1", &[FILE_USES]),
    ("UPDATE file SET uses = 0", &[FILE_USES]),
    ("UPDATE file SET uses = 0, state = 'leaving'", &[FILE_USES, JOB_FILES]),
    ("DELETE FROM webhook_delivery WHERE version = 2", &[DELIVERED]),
    ("UPDATE webhook_delivery SET url = 'https://b.test/'", &[DELIVERED]),
    ("UPDATE webhook_delivery SET account = 'another'", &[DELIVERED]),
    ("DELETE FROM file", &[JOB_FILES]),
    ("INSERT INTO entry SELECT 'lost' || id, account, 'loss:' || owner || ':1', 'loss', -1, 0, 0, owner, NULL, 1, 0 FROM hold WHERE owner GLOB 'job:*'",
     &[LOSS]),
    ("INSERT INTO entry SELECT 'lost' || id, account, 'loss:' || owner || ':1', 'loss', -1, 0, 0, owner, NULL, 1, 0 FROM hold WHERE owner GLOB 'call:*'",
     &[CALL_LOSS]),
];

/// A job that succeeded past its hold, one that failed, one that runs, all over one file, and a call open and ended.
async fn busy(path: &Path) -> Audit {
    let store = SqliteStore::open(&SqliteSettings::new(path), Arc::new(SystemClock)).unwrap();
    let instance = InstanceId::new(Uuid::now_v7());
    store.grant(grant("u1", "10", "grant:a")).await.unwrap();
    let file = FileId::new(Uuid::now_v7());
    store.reserve_files(reserve_file("u1", file)).await.unwrap();
    store.complete_file(complete_file("u1", file, 10)).await.unwrap();
    keep_secret(&store, "u1").await.unwrap();
    let mut leases: Vec<Lease> = Vec::new();
    for _ in 0..3 {
        let webhook_url = Some("https://a.test/hook".parse().unwrap());
        let step = Submit { files: vec![file], webhook_url, ..submit("u1", "0.04") };
        let job = step.id;
        store.submit(step).await.unwrap();
        let claim = Claim { job, instance, lease: Duration::from_secs(30) };
        let lease = store.claim(claim).await.unwrap().lease;
        store.begin_attempt(begin(lease)).await.unwrap();
        leases.push(lease);
    }
    let record = |lease, upstream| RecordUpstream { lease, upstream, vendor: serde_json::Map::new() };
    let objects = fourfold_service::jobs::Upstream::Objects(fourfold_service::jobs::Delivery {
        items: vec![artifact(leases[0].job, 0).object],
        quantities: Vec::new(),
        missing: None,
    });
    store.record_upstream(record(leases[0], objects)).await.unwrap();
    let succeeded = Ending::Succeeded {
        artifacts: vec![artifact(leases[0].job, 0)],
        used: credits("0.05"),
        output: None,
        missing: None,
    };
    store.finish(Finish { lease: leases[0], ending: succeeded, account_max: 0 }).await.unwrap();
    let failed = Ending::failed(
        fourfold_service::jobs::JobError::new("failed", "no"),
        fourfold_service::jobs::AttemptState::Failed,
        None,
    );
    store.finish(Finish { lease: leases[1], ending: failed, account_max: 0 }).await.unwrap();
    store.record_upstream(record(leases[2], task(Duration::ZERO))).await.unwrap();
    let ended = open_call("u1", "0.2", instance);
    let end = EndCall::new(ended.id, CallEnding::Charged(credits("0.1")));
    store.open_call(ended).await.unwrap();
    store.end_call(end).await.unwrap();
    store.open_call(open_call("u1", "0.2", instance)).await.unwrap();
    store.audit().await.unwrap()
}

/// Does it past triggers, foreign keys and checks, and covers its tracks.
fn tamper(path: &Path, sql: &str) -> usize {
    let database = Connection::open(path).unwrap();
    let guards =
        "SELECT group_concat(sql, ';') FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'";
    let guards: String = database.query_row(guards, [], |row| row.get(0)).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    database.pragma_update(None, "ignore_check_constraints", true).unwrap();
    database.execute_batch("DROP TRIGGER entry_never_changes; DROP TRIGGER entry_never_goes").unwrap();
    let changed = database.execute(sql, []).unwrap();
    database.execute_batch(&guards).unwrap();
    changed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_whose_guards_are_gone_is_named() {
    for guard in ["entry_never_changes", "entry_never_goes"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fourfold.db");
        busy(&path).await;
        Connection::open(&path).unwrap().execute_batch(&format!("DROP TRIGGER {guard}")).unwrap();
        let store = SqliteStore::open(&SqliteSettings::new(&path), Arc::new(SystemClock)).unwrap();
        let findings = store.audit().await.unwrap().findings;
        let [finding] = &findings[..] else { panic!("{findings:#?}") };
        assert_eq!((finding.rule, finding.id.as_str()), (GUARDED, guard));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tampering_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let clean = folder.path().join("clean.db");
    assert_eq!(busy(&clean).await.findings, Vec::new());
    for (number, (sql, rules)) in TAMPERINGS.into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.db"));
        let copy = format!("VACUUM INTO '{}'", path.display());
        Connection::open(&clean).unwrap().execute(&copy, []).unwrap();
        assert!(tamper(&path, sql) > 0, "nothing was changed by {sql}");
        let store = SqliteStore::open(&SqliteSettings::new(&path), Arc::new(SystemClock)).unwrap();
        let findings = store.audit().await.unwrap().findings;
        for rule in rules {
            assert!(findings.iter().any(|finding| finding.rule == *rule), "{sql}\n{rule}\n{findings:#?}");
        }
        assert!(
            findings.iter().all(|finding| !finding.id.is_empty() && !finding.detail.is_empty()),
            "{findings:#?}"
        );
    }
}

#[tokio::test]
async fn every_rule_of_the_audit_is_broken_by_some_tampering() {
    let all = [
        AVAILABLE,
        HELD,
        OPEN_HOLDS,
        AMOUNTS,
        ENTRY_ACCOUNT,
        HOLD_ENTRY,
        ONE_END,
        NO_END,
        ENTRY_HOLD,
        OWNER,
        LIVE_OWNER,
        JOB_HOLD,
        JOB_CHARGE,
        ARTIFACTS,
        DUE,
        CALL_HOLD,
        FILE_USES,
        JOB_FILES,
        LOSS,
        DELIVERED,
    ];
    for rule in all {
        assert!(TAMPERINGS.iter().any(|(_, rules)| rules.contains(&rule)), "{rule}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_name_the_account_and_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fourfold.db");
    busy(&path).await;
    let (account, entry): (String, String) = Connection::open(&path)
        .unwrap()
        .query_row("SELECT account, id FROM entry WHERE kind = 'grant'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    tamper(&path, "UPDATE entry SET amount = 1 WHERE kind = 'grant'");
    let store = SqliteStore::open(&SqliteSettings::new(&path), Arc::new(SystemClock)).unwrap();
    let findings = store.audit().await.unwrap().findings;
    let [finding] = &findings[..] else { panic!("{findings:#?}") };
    assert_eq!((finding.rule, &finding.account, &finding.id), (AMOUNTS, &account, &entry));
}
