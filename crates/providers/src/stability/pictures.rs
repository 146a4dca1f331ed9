//! The pictures that Stability works from.

use std::collections::BTreeMap;

use fourfold_clients::File;
use fourfold_domain::{ImageRequest, MediaInput, MediaReader, ProviderError};

use crate::classify::invalid;
use crate::media_input::Handed;

/// What the vendor takes in one request, from its page. Forms of several pictures it may still find too large.
const BYTES_MAX: usize = 10 << 20;

/// What the vendor reads, from its page.
const MEDIA_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// The pictures of a request, in memory.
pub(super) struct Pictures {
    /// The one that is worked from.
    pub(super) first: Option<File>,
    pub(super) mask: Option<File>,
    /// Those with names of their own.
    pub(super) named: BTreeMap<String, File>,
}

impl Pictures {
    /// Reads them. The model's table has held the request to those that its route takes.
    pub(super) async fn read(image: &ImageRequest, media: &dyn MediaReader) -> Result<Self, ProviderError> {
        let first = read(media, "image", image.images.first()).await?;
        let mask = read(media, "mask", image.mask.as_ref()).await?;
        let mut named = BTreeMap::new();
        for (name, input) in &image.named_images {
            named.extend(read(media, name, Some(input)).await?.map(|file| (name.clone(), file)));
        }
        Ok(Self { first, mask, named })
    }
}

/// One of them. What is wrong with it is said of its field.
async fn read(
    media: &dyn MediaReader,
    name: &str,
    input: Option<&MediaInput>,
) -> Result<Option<File>, ProviderError> {
    let Some(input) = input else { return Ok(None) };
    let handed = Handed::read(media, input, BYTES_MAX).await.map_err(|error| {
        let message = format!("input.{name}: {}", error.message);
        ProviderError { message, ..error }
    })?;
    if !MEDIA_TYPES.contains(&handed.media_type.as_str()) {
        return Err(invalid(format!("input.{name} must be a picture in jpeg, png or webp")));
    }
    Ok(Some(File::new(handed.file_name(), handed.media_type, handed.bytes)))
}
