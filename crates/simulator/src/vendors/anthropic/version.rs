//! The version of the API, which each request names in `anthropic-version`.

use crate::call::Call;
use crate::refusal::Refusal;

/// A version that the vendor speaks; a later one has less.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Version {
    /// `2023-06-01`
    V2023,
    /// `2026-10-21`: sampling settings are gone, and so are blocks in places where they meant nothing.
    V2026,
}

impl Version {
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Refusal> {
        let Some(named) = call.headers.get("anthropic-version") else {
            return Err(Refusal::missing("anthropic-version"));
        };
        match named.as_bytes() {
            b"2023-06-01" => Ok(Self::V2023),
            b"2026-10-21" => Ok(Self::V2026),
            other => {
                let given = String::from_utf8_lossy(other);
                Err(Refusal::not_allowed("anthropic-version", given, "'2023-06-01' or '2026-10-21'"))
            }
        }
    }
}
