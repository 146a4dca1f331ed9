//! The rules of the ledger, each a query that names what breaks it, in words that every database understands. The
//! few rules that they put differently are in their own folders.

use crate::ports::Counts;

/// Each rule's name, and a query for (account, id, detail) of what breaks it.
pub(in crate::backends) const RULES: [(&str, &str); 20] = [
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
           WHEN 'hold' THEN substr(e.operation, 1, 5) = 'hold:' AND e.amount <= 0 AND e.available_change = e.amount AND e.held_change = -e.amount
           WHEN 'settle' THEN substr(e.operation, 1, 4) = 'end:' AND e.amount < 0 AND e.amount = e.available_change + e.held_change
           WHEN 'release' THEN substr(e.operation, 1, 4) = 'end:' AND e.amount = e.available_change AND e.held_change = -e.amount
           WHEN 'interrupted' THEN substr(e.operation, 1, 4) = 'end:' AND e.amount = e.available_change AND e.held_change = -e.amount
           WHEN 'loss' THEN substr(e.operation, 1, 5) = 'loss:' AND e.amount < 0 AND e.available_change = 0 AND e.held_change = 0
           WHEN 'overrun' THEN substr(e.operation, 1, 8) = 'overrun:' AND e.amount < 0 AND e.available_change = 0 AND e.held_change = 0
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
         WHERE (substr(e.operation, 1, 5) = 'hold:' AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.owner = substr(e.operation, 6)))
            OR (substr(e.operation, 1, 4) = 'end:' AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.id = substr(e.operation, 5)))
            OR (substr(e.operation, 1, 8) = 'overrun:' AND NOT EXISTS
              (SELECT 1 FROM hold h WHERE h.id = substr(e.operation, 9) AND h.charged = h.amount))",
    ),
    (
        "every loss has its attempt",
        "SELECT e.account, e.id, 'no attempt was lost for the operation ' || e.operation FROM entry e
         WHERE e.kind = 'loss' AND substr(e.owner, 1, 4) = 'job:' AND NOT EXISTS
           (SELECT 1 FROM attempt a WHERE a.owner = e.owner AND e.operation = 'loss:' || a.owner || ':' || a.number
              AND a.state IN ('lost', 'uncertain'))",
    ),
    (
        "every loss of a call is of an interruption or an attempt in vain",
        "SELECT e.account, e.id, 'no call lost that much for the operation ' || e.operation FROM entry e
         WHERE e.kind = 'loss' AND substr(e.owner, 1, 5) = 'call:' AND NOT EXISTS
           (SELECT 1 FROM call c WHERE c.id = substr(e.owner, 6) AND e.operation = 'loss:' || e.owner || ':1'
              AND c.account = e.account AND c.state = 'interrupted' AND c.cost_max = -e.amount)
         AND NOT EXISTS
           (SELECT 1 FROM attempt a JOIN call c ON a.owner = 'call:' || c.id WHERE a.owner = e.owner
              AND e.operation = 'loss:' || a.owner || ':' || a.number
              AND c.account = e.account AND a.state IN ('lost', 'uncertain') AND a.cost = -e.amount)",
    ),
    (
        "every hold has its owner",
        "SELECT h.account, h.id, 'there is no ' || h.owner FROM hold h
         WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.id = substr(h.owner, 5) AND j.hold = h.id)
           AND NOT EXISTS (SELECT 1 FROM call c WHERE c.id = substr(h.owner, 6) AND c.hold = h.id)",
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
        "SELECT j.account, j.id, 'it has ' || count(a.job) || ' artifacts, the last is number ' || coalesce(cast(max(a.number) AS TEXT), 'none')
         FROM job j LEFT JOIN artifact a ON a.job = j.id WHERE j.state = 'succeeded'
         GROUP BY j.id HAVING count(a.job) = 0 OR max(a.number) <> count(a.job) - 1",
    ),
    (
        "every job that isn't final is due",
        "SELECT j.account, j.id, 'the job is ' || j.state || CASE WHEN d.job IS NULL THEN ' and not due' ELSE ' and still due' END
         FROM job j LEFT JOIN job_due d ON d.job = j.id
         WHERE (d.job IS NULL OR d.late_until IS NOT NULL) <> (j.state IN ('succeeded', 'failed', 'cancelled', 'expired'))",
    ),
    (
        "every call has a hold, open until the call ends",
        "SELECT c.account, c.id, 'the call is ' || c.state || ', its hold is ' || coalesce(h.state, 'missing')
         FROM call c LEFT JOIN hold h ON h.id = c.hold
         WHERE h.id IS NULL OR h.owner <> 'call:' || c.id OR (h.state = 'open') <> (c.state = 'open')",
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
    (
        "every event of a job with a webhook has its delivery",
        "SELECT j.account, e.id, 'the event ' || e.version || ' of the job ' || j.id || ' has none'
         FROM job j JOIN job_event e ON e.job = j.id LEFT JOIN webhook_delivery d ON d.id = e.id
         WHERE j.webhook_url IS NOT NULL AND e.version > 1
           AND (d.id IS NULL OR d.job <> j.id OR d.account <> j.account OR d.version <> e.version OR d.url <> j.webhook_url)",
    ),
];

/// The most findings that are named of one rule.
pub(in crate::backends) const FINDINGS_MAX: usize = 1000;

/// How much there is, a row each, in the order of [`counts`].
pub(in crate::backends) const COUNTS: &str = "SELECT n FROM (
     SELECT 1 AS place, count(*) AS n FROM account UNION ALL SELECT 2, count(*) FROM entry
     UNION ALL SELECT 3, count(*) FROM hold UNION ALL SELECT 4, count(*) FROM hold WHERE state = 'open'
     UNION ALL SELECT 5, count(*) FROM job UNION ALL SELECT 6, count(*) FROM job_due WHERE late_until IS NULL
     UNION ALL SELECT 7, count(*) FROM call) counted ORDER BY place";

/// What [`COUNTS`] found.
pub(in crate::backends) fn counts(found: &[u64]) -> Counts {
    let count = |place| found.get(place).copied().unwrap_or_default();
    Counts {
        accounts: count(0),
        entries: count(1),
        holds: count(2),
        holds_open: count(3),
        jobs: count(4),
        jobs_open: count(5),
        calls: count(6),
    }
}
