//! Durations that may be left out, for `#[serde(deserialize_with = "written::duration")]`.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
struct Written(#[serde(with = "fourfold_clients::http::duration")] Duration);

pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let written = Option::<Written>::deserialize(deserializer)?;
    Ok(written.map(|Written(duration)| duration))
}
