//! Who pays: an account is known to its caller by a subject, the pair of realm and external id.

use std::fmt;
use std::str::FromStr;

use crate::InvalidName;

/// Whose users they are. A key belongs to one realm and sees only that.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Realm(Box<str>);

/// The caller's own name for an end user: 1 to 128 characters of `A-Z a-z 0-9 . _ : @ | -`, but neither
/// `.` nor `..`, so that it can stand in a path.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ExternalId(Box<str>);

/// An account as its caller names it; the account itself is made on first use.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Subject {
    /// Whose user it is.
    pub realm: Realm,
    /// Which of them.
    pub external_id: ExternalId,
}

impl Realm {
    /// The text of the realm.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Realm {
    fn default() -> Self {
        Self("default".into())
    }
}

impl ExternalId {
    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Realm {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        checked(text, "realm").map(Self)
    }
}

impl FromStr for ExternalId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        checked(text, "external id").map(Self)
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn checked(text: &str, what: &'static str) -> Result<Box<str>, InvalidName> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@|-".contains(&byte);
    if (1..=128).contains(&text.len()) && text.bytes().all(allowed) && text != "." && text != ".." {
        Ok(text.into())
    } else {
        Err(InvalidName::new(what, "1 to 128 characters of A-Z a-z 0-9 . _ : @ | - and not . or .."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_id_can_stand_in_a_path() {
        for right in ["u1", "auth0|5f7c", "a@b.example", "...", "x".repeat(128).as_str()] {
            assert!(right.parse::<ExternalId>().is_ok(), "{right}");
        }
        for wrong in ["", ".", "..", "../../x", "a/b", "a b", "ü", "a\n", "x".repeat(129).as_str()] {
            assert!(wrong.parse::<ExternalId>().is_err(), "{wrong}");
        }
    }
}
