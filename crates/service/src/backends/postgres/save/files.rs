//! Files.

use super::{Writes, column};
use crate::backends::postgres::query::values;
use crate::commit::World;

pub(super) fn files<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let new: Vec<_> = world.files.inserted().map(|(_, file)| file).collect();
    writes.of(
        &new,
        "INSERT INTO file (id, account, state, media_type, size_bytes, sha256, uses, created_at, used_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], \
         $8::bigint[], $9::bigint[])",
        |rows| {
            values![
                column(rows, |file| file.id.to_string()),
                column(rows, |file| file.account.to_string()),
                column(rows, |file| file.state.as_str()),
                column(rows, |file| file.media_type.as_str()),
                column(rows, |file| file.size_bytes.cast_signed()),
                column(rows, |file| file.sha256.as_str()),
                column(rows, |file| i64::from(file.uses)),
                column(rows, |file| file.created_at.millis()),
                column(rows, |file| file.used_at.millis()),
            ]
        },
    );
    let changed: Vec<_> = world.files.updated().map(|(_, file)| file).collect();
    writes.of(
        &changed,
        "WITH changed AS (UPDATE file SET state = new.state, media_type = new.media_type, size_bytes = new.size_bytes, \
           sha256 = new.sha256, uses = new.uses, used_at = new.used_at \
           FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[]) \
           AS new (id, state, media_type, size_bytes, sha256, uses, used_at) WHERE file.id = new.id RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            values![
                column(rows, |file| file.id.to_string()),
                column(rows, |file| file.state.as_str()),
                column(rows, |file| file.media_type.as_str()),
                column(rows, |file| file.size_bytes.cast_signed()),
                column(rows, |file| file.sha256.as_str()),
                column(rows, |file| i64::from(file.uses)),
                column(rows, |file| file.used_at.millis()),
            ]
        },
    );
    let gone: Vec<_> = world.files.removed().collect();
    writes.of(
        &gone,
        "WITH gone AS (DELETE FROM file WHERE id = ANY ($1::text[]) RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM gone",
        |rows| values![column(rows, ToString::to_string)],
    );
}
