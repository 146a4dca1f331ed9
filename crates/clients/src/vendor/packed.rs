//! Media in base64.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;

use crate::http::{ClientError, Effect, ErrorKind};

/// The bytes of an answer's base64.
pub(crate) fn unpacked(packed: &str) -> Result<Bytes, ClientError> {
    let bytes = BASE64_STANDARD.decode(packed).map_err(|_| {
        ClientError::new(ErrorKind::Decode, Effect::Started).with_source("the media aren't base64")
    })?;
    Ok(bytes.into())
}
