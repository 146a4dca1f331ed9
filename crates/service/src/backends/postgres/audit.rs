//! The rules of the ledger over one snapshot.

use super::connection::WHOLE_TABLES;
use super::database::{Database, read_all};
use super::query::Query;
use super::rows;
use crate::backends::sql::audit::{COUNTS, FINDINGS_MAX, RULES, counts};
use crate::error::StoreError;
use crate::ports::{Audit, Finding};

/// The rules in whose words Postgres differs: what triggers there are, and lists in JSON.
const OWN_RULES: [(&str, &str); 3] = [
    (
        "the database refuses to change entries",
        "SELECT '', missing, 'the trigger ' || missing || ' is gone'
         FROM (VALUES ('entry_never_changes'), ('entry_never_goes')) AS guard (missing)
         WHERE NOT EXISTS (SELECT 1 FROM pg_trigger
           WHERE tgrelid = 'entry'::regclass AND tgname = missing AND tgenabled IN ('O', 'A'))",
    ),
    (
        "every file counts the open jobs that name it",
        "SELECT f.account, f.id, 'it counts ' || f.uses || ', ' || coalesce(n.jobs, 0) || ' name it' FROM file f
         LEFT JOIN (SELECT named.value AS file, count(*) AS jobs
                    FROM job j, json_array_elements_text(j.files::json) AS named (value)
                    WHERE j.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired') GROUP BY named.value) n
           ON n.file = f.id
         WHERE f.uses <> coalesce(n.jobs, 0)",
    ),
    (
        "every file that an open job names is there",
        "SELECT j.account, j.id, 'it names the file ' || named.value || ', which is ' || coalesce(f.state, 'missing')
         FROM job j CROSS JOIN LATERAL json_array_elements_text(j.files::json) AS named (value)
         LEFT JOIN file f ON f.id = named.value AND f.account = j.account
         WHERE j.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired') AND f.state IS DISTINCT FROM 'stored'",
    ),
];

/// Looks at everything in one snapshot.
pub(super) async fn audit(database: &Database) -> Result<Audit, StoreError> {
    let rules = || RULES.iter().chain(&OWN_RULES);
    let whole = [Query::new(WHOLE_TABLES, Vec::new())];
    let queries = rules().map(|(_, sql)| Query::new(format!("{sql} LIMIT {FINDINGS_MAX}"), Vec::new()));
    let counted = [Query::new(COUNTS, Vec::new())];
    let mut answers = database.snapshot(whole.into_iter().chain(queries).chain(counted).collect()).await?;
    answers.remove(0);
    let found = read_all(&answers.pop().unwrap_or_default(), |row| rows::number(row, 0))?;
    let mut findings = Vec::new();
    for ((rule, _), rows) in rules().zip(&answers) {
        findings.extend(read_all(rows, |row| {
            Ok(Finding {
                rule,
                account: rows::get(row, 0)?,
                id: rows::get(row, 1)?,
                detail: rows::get(row, 2)?,
            })
        })?);
    }
    Ok(Audit { counts: counts(&found), findings })
}
