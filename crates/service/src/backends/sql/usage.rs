//! The usage log in words that every database understands, with `$1` for the first value.

use std::fmt::Write as _;

use crate::usage::{DAY_MILLIS, UsageFilter, UsageKey, UsageOutcome, UsageQuery, UsageRow};

/// The columns of a row, in the order of [`texts`], [`optional_texts`] and [`numbers`].
pub(in crate::backends) const COLUMNS: &str = "owner, account, realm, model, modality, outcome, key, provider, \
     attempts, input_tokens, cached_input_tokens, output_tokens, images, video_seconds, characters, audio_seconds, \
     charged, is_estimated, duration_ms, ended_at, first_part_ms";

/// The sums, after what rows have in common.
const SUMS: &str = "CAST(sum(attempts) AS BIGINT), CAST(sum(input_tokens) AS BIGINT), \
     CAST(sum(cached_input_tokens) AS BIGINT), CAST(sum(output_tokens) AS BIGINT), CAST(sum(images) AS BIGINT), \
     CAST(sum(video_seconds) AS BIGINT), CAST(sum(characters) AS BIGINT), CAST(sum(audio_seconds) AS BIGINT), \
     CAST(sum(charged) AS BIGINT), CAST(sum(is_estimated) AS BIGINT), \
     CAST(sum(duration_ms) AS BIGINT) / count(*), CAST(sum(first_part_ms) AS BIGINT) / nullif(count(first_part_ms), 0)";

/// The column of a sum that comes after the counts of each outcome, which come after the parts of a key.
pub(in crate::backends) const SUMS_AT: usize = 6 + UsageOutcome::EACH.len();

/// What rows may have in common, in the order of a key's parts.
const GROUPS: &str = "day, model, key, account, realm, provider";

/// The columns that are never nothing and hold text.
pub(in crate::backends) fn texts(row: &UsageRow) -> [String; 6] {
    [
        row.owner.to_string(),
        row.account.to_string(),
        row.realm.to_string(),
        row.model.to_string(),
        row.modality.as_str().to_owned(),
        row.outcome.as_str().to_owned(),
    ]
}

/// The columns of text that may be nothing.
pub(in crate::backends) fn optional_texts(row: &UsageRow) -> [Option<String>; 2] {
    [row.key.map(|key| key.to_string()), row.provider.as_ref().map(ToString::to_string)]
}

/// The columns of numbers; after them comes how long the first part took.
pub(in crate::backends) fn numbers(row: &UsageRow) -> [i64; 12] {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let [input, cached, output, images, video, characters, audio] = row.amounts.to_array().map(number);
    [
        i64::from(row.attempts),
        input,
        cached,
        output,
        images,
        video,
        characters,
        audio,
        row.charged.micros(),
        i64::from(row.is_estimated),
        number(crate::jobs::millis(row.duration)),
        row.ended_at.millis(),
    ]
}

/// How long the first part of a row's answer took.
pub(in crate::backends) fn first_part(row: &UsageRow) -> Option<i64> {
    row.first_part.map(|first| i64::try_from(first.as_millis()).unwrap_or(i64::MAX))
}

/// The statement for rows that a filter lets pass. A filter that is left out takes its value all the same, so that
/// each value has one place; only those that are there can be looked up in their indexes.
pub(in crate::backends) fn totals(filter: &UsageFilter) -> String {
    let passes = |name: &str, number: usize, is_there: bool| match is_there {
        true => format!("{name} = ${number}"),
        false => format!("CAST(${number} AS TEXT) IS NULL"),
    };
    let account = passes("account", 3, filter.account.is_some());
    let realm = passes("realm", 4, filter.realm.is_some());
    let provider = passes("provider", 5, filter.provider.is_some());
    let mut counts = String::new();
    for outcome in UsageOutcome::EACH {
        // Writing to a text can't fail.
        let _infallible = write!(
            counts,
            "CAST(sum(CASE WHEN outcome = '{}' THEN 1 ELSE 0 END) AS BIGINT), ",
            outcome.as_str()
        );
    }
    format!(
        "SELECT {GROUPS}, {counts}{SUMS} FROM (SELECT \
           CASE WHEN CAST($6 AS BIGINT) = 1 THEN ended_at / {DAY_MILLIS} ELSE -1 END AS day, \
           CASE WHEN CAST($7 AS BIGINT) = 1 THEN model ELSE '' END AS model, \
           CASE WHEN CAST($8 AS BIGINT) = 1 THEN coalesce(key, '') ELSE '' END AS key, \
           CASE WHEN CAST($9 AS BIGINT) = 1 THEN account ELSE '' END AS account, \
           CASE WHEN CAST($10 AS BIGINT) = 1 THEN realm ELSE '' END AS realm, \
           CASE WHEN CAST($11 AS BIGINT) = 1 THEN coalesce(provider, '') ELSE '' END AS provider, \
           outcome, attempts, input_tokens, cached_input_tokens, output_tokens, images, video_seconds, characters, \
           audio_seconds, charged, is_estimated, duration_ms, first_part_ms \
         FROM usage_row WHERE ended_at >= $1 AND ended_at < $2 AND {account} AND {realm} AND {provider}) AS told \
         WHERE (day, model, key, account, realm, provider) > ($12, $13, $14, $15, $16, $17) \
         GROUP BY {GROUPS} ORDER BY {GROUPS} LIMIT $18"
    )
}

/// The values of [`totals`] that are filters, in their order.
pub(in crate::backends) fn filters(filter: &UsageFilter) -> [Option<String>; 3] {
    [
        filter.account.map(|account| account.to_string()),
        filter.realm.as_ref().map(ToString::to_string),
        filter.provider.as_ref().map(ToString::to_string),
    ]
}

/// Those that say by what rows are told apart: 1 is yes.
pub(in crate::backends) fn groups(query: &UsageQuery) -> [i64; 6] {
    let groups = query.groups;
    [groups.day, groups.model, groups.key, groups.account, groups.realm, groups.provider].map(i64::from)
}

/// Those that say where the sums begin: before all where nothing comes before them.
pub(in crate::backends) fn after(query: &UsageQuery) -> (i64, [String; 5]) {
    const BEFORE_ALL: i64 = crate::usage::NO_DAY - 1;
    query.after.as_ref().map_or_else(|| (BEFORE_ALL, Default::default()), UsageKey::parts)
}
