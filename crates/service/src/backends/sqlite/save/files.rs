//! Files.

use rusqlite::params;

use super::{Result, Rows};
use crate::commit::World;

pub(super) fn files(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (_, file) in world.files.inserted() {
        rows.write(
            "INSERT INTO file (id, account, state, media_type, size_bytes, sha256, uses, created_at, used_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                file.id.to_string(),
                file.account.to_string(),
                file.state.as_str(),
                file.media_type,
                file.size_bytes,
                file.sha256,
                file.uses,
                file.created_at.millis(),
                file.used_at.millis()
            ],
        )?;
    }
    for (_, file) in world.files.updated() {
        rows.write(
            "UPDATE file SET state = ?2, media_type = ?3, size_bytes = ?4, sha256 = ?5, uses = ?6, used_at = ?7 \
             WHERE id = ?1",
            params![
                file.id.to_string(),
                file.state.as_str(),
                file.media_type,
                file.size_bytes,
                file.sha256,
                file.uses,
                file.used_at.millis()
            ],
        )?;
    }
    for file in world.files.removed() {
        rows.write("DELETE FROM file WHERE id = ?1", [file.to_string()])?;
    }
    Ok(())
}
