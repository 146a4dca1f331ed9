//! Media behind a URL of a vendor's.

use super::media::Media;
use crate::http::{Call, ClientError};

/// How often a call for media is sent on: they may be at a store of the vendor's, which the credential doesn't go to.
pub(crate) const REDIRECTS_MAX: u32 = 3;

/// The media that the call gives, as they come.
pub(crate) async fn download(call: Call<'_>) -> Result<Media, ClientError> {
    Ok(Media::of(call.redirects(REDIRECTS_MAX).stream().await?))
}
