//! HMAC-SHA256: the shares that each purpose has of the server's secret key, and what is signed and derived with them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Of these bytes, one after the other. Where their lengths differ, the caller keeps them apart.
pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    mac_to_verify(key, parts).finalize().into_bytes().into()
}

/// The same, to be compared with one that was given, in a time that doesn't tell how much of it is right.
pub(crate) fn mac_to_verify(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}
