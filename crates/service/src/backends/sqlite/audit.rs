//! The rules of the ledger over one snapshot.

use rusqlite::Connection;

use crate::backends::sql::audit::{COUNTS, FINDINGS_MAX, RULES, counts};
use crate::ports::{Audit, Finding};

/// The rules in whose words SQLite differs: what triggers there are, and lists in JSON.
const OWN_RULES: [(&str, &str); 3] = [
    (
        "the database refuses to change entries",
        "SELECT '', missing, 'the trigger ' || missing || ' is gone'
         FROM (SELECT 'entry_never_changes' AS missing UNION ALL SELECT 'entry_never_goes'
               UNION ALL SELECT 'entry_never_replaces')
         WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = missing)",
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
];

/// Looks at everything in one snapshot.
pub(super) fn audit(connection: &mut Connection) -> rusqlite::Result<Audit> {
    let snapshot = connection.transaction()?;
    let mut findings = Vec::new();
    for (rule, sql) in RULES.iter().chain(&OWN_RULES) {
        let mut statement = snapshot.prepare(&format!("{sql} LIMIT {FINDINGS_MAX}"))?;
        let found = statement.query_map([], |row| {
            Ok(Finding { rule, account: row.get(0)?, id: row.get(1)?, detail: row.get(2)? })
        })?;
        for finding in found {
            findings.push(finding?);
        }
    }
    let found =
        snapshot.prepare(COUNTS)?.query_map([], |row| row.get(0))?.collect::<Result<Vec<u64>, _>>()?;
    Ok(Audit { counts: counts(&found), findings })
}
