//! Secrets at rest: AES-256-GCM under the server's own key.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use fourfold_domain::{AccountId, WebhookSecretId};

use super::SigningSecret;
use super::signature::SECRET_BYTES;
use crate::mac::mac;

/// The layout of what is kept: version, the key's id, nonce, ciphertext with its tag.
const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 4;

/// Seals secrets for the account and id that they are kept under. Doesn't print.
#[derive(Clone)]
pub struct SecretCipher {
    key: [u8; 32],
    /// Tells under which of the server's keys a secret was sealed, should there ever be several.
    key_id: [u8; KEY_ID_BYTES],
}

/// Why a sealed secret can't be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Unopened {
    #[error("it was sealed under another security.secret_key")]
    OtherKey,
    #[error("it was altered, or is another account's")]
    Altered,
}

impl SecretCipher {
    /// From the server's secret key; only this purpose's share of it is used.
    pub fn new(secret_key: &[u8; 32]) -> Self {
        let mut key_id = [0; KEY_ID_BYTES];
        key_id.copy_from_slice(&mac(secret_key, &[b"fourfold webhook secrets, key id"])[..KEY_ID_BYTES]);
        Self { key: mac(secret_key, &[b"fourfold webhook secrets"]), key_id }
    }

    /// Seals a secret under a nonce that is never used again.
    pub(super) fn seal(
        &self,
        account: AccountId,
        id: WebhookSecretId,
        secret: &SigningSecret,
        nonce: [u8; NONCE_LEN],
    ) -> Vec<u8> {
        let mut text = secret.bytes().to_vec();
        self.aead()
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound_to(account, id)),
                &mut text,
            )
            .expect("32 bytes are few enough to be sealed");
        [&[VERSION], self.key_id.as_slice(), &nonce, &text].concat()
    }

    /// Opens what was sealed for this account and id.
    pub(super) fn open(
        &self,
        account: AccountId,
        id: WebhookSecretId,
        sealed: &[u8],
    ) -> Result<SigningSecret, Unopened> {
        let rest = sealed.strip_prefix(&[VERSION]).ok_or(Unopened::Altered)?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>().ok_or(Unopened::Altered)?;
        if *key_id != self.key_id {
            return Err(Unopened::OtherKey);
        }
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Unopened::Altered)?;
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.aead().open_in_place(nonce, Aad::from(bound_to(account, id)), &mut text);
        let secret: Option<[u8; SECRET_BYTES]> = opened.ok().and_then(|bytes| (&*bytes).try_into().ok());
        secret.map(SigningSecret::new).ok_or(Unopened::Altered)
    }

    fn aead(&self) -> LessSafeKey {
        let key = UnboundKey::new(&AES_256_GCM, &self.key).expect("AES-256 takes keys of 32 bytes");
        LessSafeKey::new(key)
    }
}

impl fmt::Debug for SecretCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretCipher(…)")
    }
}

/// A row that is moved to another account or id no longer opens.
fn bound_to(account: AccountId, id: WebhookSecretId) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(account.uuid().as_bytes());
    bytes[16..].copy_from_slice(id.uuid().as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn ids() -> (AccountId, WebhookSecretId) {
        (AccountId::new(Uuid::now_v7()), WebhookSecretId::new(Uuid::now_v7()))
    }

    #[test]
    fn what_is_sealed_opens_for_its_account_and_id_only() {
        let (cipher, secret) = (SecretCipher::new(&[7; 32]), SigningSecret::new([1; 32]));
        let ((account, id), (other_account, other_id)) = (ids(), ids());
        let sealed = cipher.seal(account, id, &secret, [3; NONCE_LEN]);
        assert_eq!(cipher.open(account, id, &sealed), Ok(secret));
        assert_eq!(cipher.open(other_account, id, &sealed), Err(Unopened::Altered));
        assert_eq!(cipher.open(account, other_id, &sealed), Err(Unopened::Altered));
        assert_eq!(SecretCipher::new(&[8; 32]).open(account, id, &sealed), Err(Unopened::OtherKey));
    }

    #[test]
    fn nothing_that_was_altered_opens() {
        let (cipher, (account, id)) = (SecretCipher::new(&[7; 32]), ids());
        let sealed = cipher.seal(account, id, &SigningSecret::new([1; 32]), [3; NONCE_LEN]);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(cipher.open(account, id, &altered).is_err(), "byte {at}");
            assert!(cipher.open(account, id, &sealed[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn the_secret_is_not_in_what_is_kept() {
        let (cipher, (account, id)) = (SecretCipher::new(&[7; 32]), ids());
        let sealed = cipher.seal(account, id, &SigningSecret::new([0x55; 32]), [3; NONCE_LEN]);
        assert!(!sealed.windows(4).any(|window| window == [0x55; 4]));
    }
}
