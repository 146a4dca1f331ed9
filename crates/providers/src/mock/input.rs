//! What a caller hands in: media to work from.

use bytes::Bytes;
use fourfold_domain::{MediaInput, MediaReader, ProviderError};
use sha2::{Digest, Sha256};

use super::errors::invalid;

/// The largest medium that the mock takes, in MiB.
pub(super) const MIB_MAX: usize = 32;

/// A medium in memory.
pub(super) struct Handed {
    pub(super) media_type: String,
    pub(super) bytes: Bytes,
}

/// Reads whatever it is.
pub(super) async fn read(media: &dyn MediaReader, input: &MediaInput) -> Result<Handed, ProviderError> {
    let open = media.open(input).await?;
    let media_type = open.media_type.clone();
    Ok(Handed { media_type, bytes: open.read(MIB_MAX * 1024 * 1024).await? })
}

/// Reads pictures to work from, the input's `field`, and gives the hash of them all: other pictures lead to
/// another result. None if there are none.
pub(super) async fn pictures_hash<'a>(
    media: &dyn MediaReader,
    field: &str,
    inputs: impl IntoIterator<Item = &'a MediaInput>,
) -> Result<Option<[u8; 32]>, ProviderError> {
    let mut hash = None;
    for input in inputs {
        let handed = read(media, input).await?;
        if !handed.media_type.starts_with("image/") {
            return Err(invalid(format!("input.{field} must be a picture, not {}", handed.media_type)));
        }
        hash.get_or_insert_with(Sha256::new).update(Sha256::digest(&handed.bytes));
    }
    Ok(hash.map(|hash| hash.finalize().into()))
}
