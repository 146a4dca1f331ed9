//! What tells one request from another.

use std::fmt::Debug;

use fourfold_domain::Subject;
use sha2::{Digest as _, Sha256};

/// A digest of who pays and of all that he asks. Two requests have the same one only where the same account sends the
/// same bytes over the same wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::calls) struct AnswerKey([u8; 32]);

impl AnswerKey {
    /// Of a body that came over this wire, with the headers that say how it is to be read.
    pub(in crate::calls) fn new(
        subject: &Subject,
        wire: impl Debug,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Self {
        let mut hash = Sha256::new();
        // Each part says how long it is, so that nothing of one can pass for the beginning of the next.
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        add(subject.realm.as_str().as_bytes());
        add(subject.external_id.as_str().as_bytes());
        add(format!("{wire:?}").as_bytes());
        add(body);
        for (name, value) in headers {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        Self(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use fourfold_domain::Dialect;

    use super::*;
    use crate::testing::account_subject;

    #[test]
    fn whatever_differs_makes_another_key() {
        let version = |name: &str| vec![("anthropic-version".to_owned(), name.to_owned())];
        let key = |user: &str, wire: Dialect, headers: &[(String, String)], body: &str| {
            AnswerKey::new(&account_subject(user), wire, headers, body.as_bytes())
        };
        let elsewhere = Subject { realm: "other".parse().unwrap(), ..account_subject("u1") };
        let keys = [
            key("u1", Dialect::OpenAiChat, &[], "{}"),
            key("u2", Dialect::OpenAiChat, &[], "{}"),
            key("u12", Dialect::OpenAiChat, &[], "3"),
            key("u1", Dialect::OpenAiChat, &[], "23"),
            key("u1", Dialect::OpenAiResponses, &[], "{}"),
            key("u1", Dialect::OpenAiChat, &version("1"), "{}"),
            key("u1", Dialect::OpenAiChat, &version("2"), "{}"),
            key("u1", Dialect::OpenAiChat, &[], "{ }"),
            AnswerKey::new(&elsewhere, Dialect::OpenAiChat, &[], b"{}"),
        ];
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[index + 1..].contains(one), "{index}");
        }
        assert_eq!(keys[0], key("u1", Dialect::OpenAiChat, &[], "{}"));
    }
}
