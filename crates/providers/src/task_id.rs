//! Ids of tasks that hold more than the vendor's own: what a poll has to know and the vendor doesn't tell.
//!
//! An id is the vendor's own as it is, so that an operator finds it there, then `~` and the rest as base64url of
//! JSON: `17f20503-6c24~eyJ…`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fourfold_domain::{Effect, ProviderError, Reason};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The id of a task that the vendor calls by `id`, with what else a poll has to know.
pub(crate) fn pack<T: Serialize>(id: &str, more: &T) -> Result<String, ProviderError> {
    // The vendor took the work, whatever becomes of its id.
    let unwritable =
        |error: serde_json::Error| ProviderError::new(Reason::Failed, Effect::Started, error.to_string());
    let json = serde_json::to_vec(more).map_err(unwritable)?;
    Ok(format!("{id}~{}", BASE64_URL_SAFE_NO_PAD.encode(json)))
}

/// The vendor's id and what else was packed. An id that was never packed is of no task.
pub(crate) fn unpack<T: DeserializeOwned>(packed: &str) -> Result<(&str, T), ProviderError> {
    let parts = || {
        let (id, more) = packed.rsplit_once('~').filter(|(id, _)| !id.is_empty())?;
        Some((id, serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(more).ok()?).ok()?))
    };
    parts().ok_or_else(|| {
        ProviderError::new(Reason::NotFound, Effect::MayHaveStarted, "the vendor knows no such task")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_shows_the_vendors_own() {
        let packed = pack("a~b", &[7, 8]).unwrap();
        assert!(packed.starts_with("a~b~"), "{packed}");
        assert_eq!(unpack::<Vec<u32>>(&packed).unwrap(), ("a~b", vec![7, 8]));
    }

    #[test]
    fn what_was_never_packed_is_not_found() {
        let other = pack("a", &"text").unwrap();
        for id in ["no-such-task", "", "../../x", "\0", "a~", "a~%", "~Nw", &other] {
            let error = unpack::<u32>(id).unwrap_err();
            assert_eq!(error.reason, Reason::NotFound, "{id:?}");
        }
    }
}
