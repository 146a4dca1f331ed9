//! One type an id, so that a job's id is never taken for an account's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::InvalidName;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that the caller made (version 7, so that ids sort by time).
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare uuid, as a database stores it.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            /// Takes the one form that we write: hyphenated lower-case text.
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                match Uuid::parse_str(text) {
                    Ok(uuid) if *uuid.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()) == *text => {
                        Ok(Self(uuid))
                    }
                    _ => Err(InvalidName::new("id", "a lower-case UUID such as 0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d")),
                }
            }
        }
    };
}

id!(
    /// Who pays. Ours; the caller's name for the same account is its [`crate::Subject`].
    AccountId
);
id!(
    /// One durable asynchronous generation.
    JobId
);
id!(
    /// One paid piece of work that answers while the caller waits.
    CallId
);
id!(
    /// Credits set aside before work.
    HoldId
);
id!(
    /// One immutable line of the ledger.
    EntryId
);
id!(
    /// One change of a job's state, as listeners and webhooks see it.
    EventId
);
id!(
    /// One secret that signs an account's webhooks.
    WebhookSecretId
);
id!(
    /// An API key.
    KeyId
);
id!(
    /// One running process.
    InstanceId
);
id!(
    /// An uploaded input.
    FileId
);
id!(
    /// Messages that belong together. Ours; callers have a name of their own for it.
    ConversationId
);
id!(
    /// One message of a conversation.
    MessageId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_reads_only_the_form_it_writes() {
        let id = JobId::new(Uuid::now_v7());
        assert_eq!(id.to_string().parse::<JobId>(), Ok(id));
        for wrong in ["", "../x", &id.to_string().to_uppercase(), &id.uuid().simple().to_string()] {
            assert!(wrong.parse::<JobId>().is_err(), "{wrong}");
        }
    }
}
