//! Whoever changes the database past the service is found by the audit, by the rule that he broke. One list for every
//! database.

mod postgres;
mod sqlite;

use std::time::Duration;

use fourfold_domain::{FileId, InstanceId, KeyId, Realm};
use fourfold_service::Timestamp;
use fourfold_service::calls::{CallEnding, EndCall, OpenCall};
use fourfold_service::credits::Budget;
use fourfold_service::jobs::{Claim, Ending, Finish, Lease, RecordUpstream, Submit};
use fourfold_service::keys::{AllowedModels, ApiKey, KeyKind, Scopes};
use fourfold_service::limits::Limits;
use fourfold_service::ports::{Audit, Store};
use fourfold_service::testing::{
    artifact, begin, complete_file, credits, keep_secret, open_call, reserve_file, submit, task,
};
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
const CALL_LOSS: &str = "every loss of a call is of an interruption or an attempt in vain";
const FILE_USES: &str = "every file counts the open jobs that name it";
const JOB_FILES: &str = "every file that an open job names is there";
const DELIVERED: &str = "every event of a job with a webhook has its delivery";
const CALL_HOLD: &str = "every call has a hold, open until the call ends";
const BUDGETS: &str = "every budget counts the holds of its key";

/// What is done to the database, and the rules that name it.
const TAMPERINGS: [(&str, &[&str]); 44] = [
    ("UPDATE account SET available = available + 1000000", &[AVAILABLE]),
    ("UPDATE account SET available = available - 1", &[AVAILABLE]),
    ("UPDATE account SET held = held + 1", &[HELD, OPEN_HOLDS]),
    ("UPDATE account SET held = 0", &[HELD, OPEN_HOLDS]),
    ("DELETE FROM account", &[ENTRY_ACCOUNT]),
    ("DELETE FROM entry WHERE kind = 'grant'", &[AVAILABLE]),
    ("DELETE FROM entry WHERE kind = 'settle'", &[AVAILABLE, HELD, ONE_END]),
    ("DELETE FROM entry WHERE kind = 'release'", &[AVAILABLE, HELD, ONE_END]),
    ("DELETE FROM entry WHERE kind = 'hold' AND owner IN (SELECT owner FROM hold WHERE state = 'open')", &[HOLD_ENTRY]),
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
    ("UPDATE hold SET state = 'released', ended_at = 1 WHERE owner LIKE 'job:%' AND state = 'open'", &[ONE_END, OPEN_HOLDS, JOB_HOLD]),
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
    ("UPDATE key_budget SET held = held - 1", &[BUDGETS]),
    ("UPDATE key_budget SET charged = 0", &[BUDGETS]),
    ("UPDATE hold SET key = NULL", &[BUDGETS]),
    ("INSERT INTO entry SELECT 'lost' || id, account, 'loss:' || owner || ':1', 'loss', -1, 0, 0, owner, NULL, 1, 0 FROM hold WHERE owner LIKE 'job:%'",
     &[LOSS]),
    ("INSERT INTO entry SELECT 'lost' || id, account, 'loss:' || owner || ':1', 'loss', -1, 0, 0, owner, NULL, 1, 0 FROM hold WHERE owner LIKE 'call:%'",
     &[CALL_LOSS]),
];

/// A job that succeeded past its hold, one that failed, one that runs, all over one file, and a call open and ended, all
/// on a budget.
async fn busy(store: &dyn Store) -> Audit {
    let instance = InstanceId::new(Uuid::now_v7());
    store.grant(grant("u1", "10", "grant:a")).await.unwrap();
    let key = limited();
    let limited = Some(key.id);
    store.insert_key(key).await.unwrap();
    let file = FileId::new(Uuid::now_v7());
    store.reserve_files(reserve_file("u1", file)).await.unwrap();
    store.complete_file(complete_file("u1", file, 10)).await.unwrap();
    keep_secret(store, "u1").await.unwrap();
    let mut leases: Vec<Lease> = Vec::new();
    for _ in 0..3 {
        let webhook_url = Some("https://a.test/hook".parse().unwrap());
        let step = Submit { files: vec![file], webhook_url, key: limited, ..submit("u1", "0.04") };
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
        arrived: None,
    };
    store.finish(Finish { lease: leases[0], ending: succeeded, account_max: 0 }).await.unwrap();
    let failed = Ending::failed(
        fourfold_service::jobs::JobError::new("failed", "no"),
        fourfold_service::jobs::AttemptState::Failed,
        None,
    );
    store.finish(Finish { lease: leases[1], ending: failed, account_max: 0 }).await.unwrap();
    store.record_upstream(record(leases[2], task(Duration::ZERO))).await.unwrap();
    let call = || OpenCall { key: limited, ..open_call("u1", "0.2", instance) };
    let ended = call();
    let end = EndCall::new(ended.id, CallEnding::Charged(credits("0.1")));
    store.open_call(ended).await.unwrap();
    store.end_call(end).await.unwrap();
    store.open_call(call()).await.unwrap();
    store.audit().await.unwrap()
}

fn limited() -> ApiKey {
    ApiKey {
        id: KeyId::new(Uuid::now_v7()),
        kind: KeyKind::Service,
        realm: Realm::default(),
        account: None,
        name: None,
        scopes: Scopes::All,
        models: AllowedModels::default(),
        limits: Limits::default(),
        hash: [1; 32],
        previous: None,
        created_at: Timestamp::from_millis(1),
        expires_at: None,
        revoked_at: None,
        budget: Some(Budget::new(credits("5"))),
    }
}

/// Does each to a copy of a clean database; `tampered` tells how many rows were changed, and what the audit then says.
async fn check(tampered: impl AsyncFn(&str) -> (usize, Audit)) {
    for (sql, rules) in TAMPERINGS {
        let (changed, audit) = tampered(sql).await;
        assert!(changed > 0, "nothing was changed by {sql}");
        let findings = audit.findings;
        for rule in rules {
            assert!(findings.iter().any(|finding| finding.rule == *rule), "{sql}\n{rule}\n{findings:#?}");
        }
        assert!(
            findings.iter().all(|finding| !finding.id.is_empty() && !finding.detail.is_empty()),
            "{findings:#?}"
        );
    }
}

#[test]
fn every_rule_of_the_audit_is_broken_by_some_tampering() {
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
        CALL_LOSS,
        DELIVERED,
        BUDGETS,
    ];
    for rule in all {
        assert!(TAMPERINGS.iter().any(|(_, rules)| rules.contains(&rule)), "{rule}");
    }
}
