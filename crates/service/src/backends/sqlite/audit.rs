//! The rules of the ledger, each a query that names what breaks it.

use rusqlite::{Connection, Transaction};

use crate::ports::{Audit, Counts, Finding};

/// Each rule's name, and a query for (account, id, detail) of what breaks it.
const RULES: [(&str, &str); 20] = [
    (
        "available is the sum of the entries",
        "SELECT a.id, a.id, 'available is ' || a.available || ', the entries sum up to ' || coalesce(sum(e.available_change), 0)
         FROM account a LEFT JOIN entry e ON e.account = a.id GROUP BY a.id
         HAVING a.available <> coalesce(sum(e.available_change), 0)",
    ),
    (
        "held is the sum of the entries",
        "SELECT a.id, a.id, 'held is ' || a.held || ', the entries sum up to ' || coalesce(sum(e.held_change), 0)
         FROM account a LEFT JOIN entry e ON e.account = a.id GROUP BY a.id
         HAVING a.held <> coalesce(sum(e.held_change), 0)",
    ),
    (
        "held is the sum of the open holds",
        "SELECT a.id, a.id, 'held is ' || a.held || ', the open holds sum up to ' || coalesce(sum(h.amount), 0)
         FROM account a LEFT JOIN hold h ON h.account = a.id AND h.state = 'open' GROUP BY a.id
         HAVING a.held <> coalesce(sum(h.amount), 0)",
    ),
    (
        "every entry says what it changed",
        "SELECT e.account, e.id, 'the entry ' || e.operation || ' of kind ' || e.kind || ' doesn''t agree with its amounts' FROM entry e
         WHERE NOT CASE e.kind
           WHEN 'grant' THEN e.amount >= 0 AND e.available_change = e.amount AND e.held_change = 0
           WHEN 'adjust' THEN e.available_change = e.amount AND e.held_change = 0
           WHEN 'hold' THEN e.operation GLOB 'hold:*' AND e.amount <= 0 AND e.available_change = e.amount AND e.held_change = -e.amount
           WHEN 'settle' THEN e.operation GLOB 'end:*' AND e.amount < 0 AND e.amount = e.available_change + e.held_change
           WHEN 'release' THEN e.operation GLOB 'end:*' AND e.amount = e.available_change AND e.held_change = -e.amount
           WHEN 'interrupted' THEN e.operation GLOB 'end:*' AND e.amount = e.available_change AND e.held_change = -e.amount
           WHEN 'overrun' THEN e.operation GLOB 'overrun:*' AND e.amount < 0 AND e.available_change = 0 AND e.held_change = 0
           ELSE FALSE END",
    ),
    (
        "every entry has its account",
        "SELECT e.account, e.id, 'no such account' FROM entry e LEFT JOIN account a ON a.id = e.account WHERE a.id IS NULL",
    ),
    (
        "every hold has its entry",
        "SELECT h.account, h.id, 'the entry hold:' || h.owner || ' is missing or differs'
         FROM hold h LEFT JOIN entry e ON e.operation = 'hold:' || h.owner
         WHERE e.id IS NULL OR e.held_change <> h.amount OR e.available_change <> -h.amount OR e.account <> h.account",
    ),
    (
        "every ended hold has exactly one end, at most the hold",
        "SELECT h.account, h.id, 'the entry end:' || h.id || ' is missing or differs'
         FROM hold h LEFT JOIN entry e ON e.operation = 'end:' || h.id
         WHERE h.state <> 'open' AND (e.id IS NULL OR e.account <> h.account OR e.held_change <> -h.amount
           OR e.available_change <> h.amount - h.charged OR h.charged NOT BETWEEN 0 AND h.amount
           OR (e.kind = 'settle') <> (h.charged > 0))",
    ),
    (
        "an open hold has no end",
        "SELECT h.account, h.id, 'the entry end:' || h.id || ' is there'
         FROM hold h JOIN entry e ON e.operation = 'end:' || h.id WHERE h.state = 'open'",
    ),
    (
        "every entry of a hold has its hold",
        "SELECT e.account, e.id, 'no hold for the operation ' || e.operation FROM entry e
         WHERE (e.operation GLOB 'hold:*' AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.owner = substr(e.operation, 6)))
            OR (e.operation GLOB 'end:*' AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.id = substr(e.operation, 5)))
            OR (e.operation GLOB 'overrun:*' AND NOT EXISTS
              (SELECT 1 FROM hold h WHERE h.id = substr(e.operation, 9) AND h.charged = h.amount))",
    ),
    (
        "every hold has its owner",
        "SELECT h.account, h.id, 'there is no ' || h.owner FROM hold h
         WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.id = substr(h.owner, 5) AND j.hold = h.id)
           AND NOT EXISTS (SELECT 1 FROM call c WHERE c.id = substr(h.owner, 6) AND c.hold = h.id)",
    ),
    (
        "the database refuses to change entries",
        "SELECT '', missing, 'the trigger ' || missing || ' is gone'
         FROM (SELECT 'entry_never_changes' AS missing UNION ALL SELECT 'entry_never_goes')
         WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = missing)",
    ),
    (
        "every open hold has a live owner",
        "SELECT h.account, h.id, 'its owner ' || h.owner || ' is final or missing' FROM hold h
         WHERE h.state = 'open'
           AND NOT EXISTS (SELECT 1 FROM job j WHERE j.id = substr(h.owner, 5) AND j.hold = h.id
                           AND j.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired'))
           AND NOT EXISTS (SELECT 1 FROM call c WHERE c.id = substr(h.owner, 6) AND c.hold = h.id AND c.state = 'open')",
    ),
    (
        "every job has a hold, open until the job is final",
        "SELECT j.account, j.id, 'the job is ' || j.state || ', its hold is ' || coalesce(h.state, 'missing')
         FROM job j LEFT JOIN hold h ON h.id = j.hold
         WHERE h.id IS NULL OR h.owner <> 'job:' || j.id OR h.account <> j.account
           OR (h.state = 'open') = (j.state IN ('succeeded', 'failed', 'cancelled', 'expired'))",
    ),
    (
        "a job was charged what its hold says",
        "SELECT j.account, j.id, 'the job says ' || j.charged || ', its hold says ' || h.charged
         FROM job j JOIN hold h ON h.id = j.hold
         WHERE j.charged <> h.charged OR j.held <> h.amount OR (h.charged > 0 AND j.state NOT IN ('succeeded', 'cancelled'))",
    ),
    (
        "every succeeded job has its artifacts",
        "SELECT j.account, j.id, 'it has ' || count(a.job) || ' artifacts, the last is number ' || coalesce(max(a.number), 'none')
         FROM job j LEFT JOIN artifact a ON a.job = j.id WHERE j.state = 'succeeded'
         GROUP BY j.id HAVING count(a.job) = 0 OR max(a.number) <> count(a.job) - 1",
    ),
    (
        "every job that isn't final is due",
        "SELECT j.account, j.id, 'the job is ' || j.state || iif(d.job IS NULL, ' and not due', ' and still due')
         FROM job j LEFT JOIN job_due d ON d.job = j.id
         WHERE (d.job IS NULL) <> (j.state IN ('succeeded', 'failed', 'cancelled', 'expired'))",
    ),
    (
        "every call has a hold, open until the call ends",
        "SELECT c.account, c.id, 'the call is ' || c.state || ', its hold is ' || coalesce(h.state, 'missing')
         FROM call c LEFT JOIN hold h ON h.id = c.hold
         WHERE h.id IS NULL OR h.owner <> 'call:' || c.id OR (h.state = 'open') <> (c.state = 'open')",
    ),
    (
        "every file counts the open jobs that name it",
        "SELECT f.account, f.id, 'it counts ' || f.uses || ', ' || coalesce(n.jobs, 0) || ' name it' FROM file f
         LEFT JOIN (SELECT named.value AS file, count(*) AS jobs FROM job j, json_each(j.files) named
                    WHERE j.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired') GROUP BY named.value) n
           ON n.file = f.id
         WHERE f.uses <> coalesce(n.jobs, 0)",
    ),
    (
        "every file that an open job names is there",
        "SELECT j.account, j.id, 'it names the file ' || named.value || ', which is ' || coalesce(f.state, 'missing')
         FROM job j, json_each(j.files) named LEFT JOIN file f ON f.id = named.value AND f.account = j.account
         WHERE j.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired') AND f.state IS NOT 'stored'",
    ),
    (
        "every budget counts the holds of its key",
        "SELECT '', b.key, 'it counts ' || b.held || ' held and ' || b.charged || ' charged, its holds say '
                || coalesce(h.held, 0) || ' and ' || coalesce(h.charged, 0)
         FROM key_budget b LEFT JOIN
           (SELECT key, sum(CASE WHEN state = 'open' THEN amount ELSE 0 END) AS held, sum(charged) AS charged
            FROM hold WHERE key IS NOT NULL GROUP BY key) h ON h.key = b.key
         WHERE b.held <> coalesce(h.held, 0) OR b.charged <> coalesce(h.charged, 0)",
    ),
];

/// The most findings that are named of one rule.
const FINDINGS_MAX: usize = 1000;

/// Looks at everything in one snapshot.
pub(super) fn audit(connection: &mut Connection) -> rusqlite::Result<Audit> {
    let snapshot = connection.transaction()?;
    let mut findings = Vec::new();
    for (rule, sql) in RULES {
        let mut statement = snapshot.prepare(&format!("{sql} LIMIT {FINDINGS_MAX}"))?;
        let found = statement.query_map([], |row| {
            Ok(Finding { rule, account: row.get(0)?, id: row.get(1)?, detail: row.get(2)? })
        })?;
        for finding in found {
            findings.push(finding?);
        }
    }
    Ok(Audit { counts: counts(&snapshot)?, findings })
}

fn counts(snapshot: &Transaction<'_>) -> rusqlite::Result<Counts> {
    let count =
        |from: &str| snapshot.query_row(&format!("SELECT count(*) FROM {from}"), [], |row| row.get(0));
    Ok(Counts {
        accounts: count("account")?,
        entries: count("entry")?,
        holds: count("hold")?,
        holds_open: count("hold WHERE state = 'open'")?,
        jobs: count("job")?,
        jobs_open: count("job_due")?,
        calls: count("call")?,
    })
}
