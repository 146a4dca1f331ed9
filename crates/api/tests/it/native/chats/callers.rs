//! Who may chat: the holder of each kind of key, and the user that a token was signed for.

use fourfold_service::Timestamp;
use fourfold_service::keys::{AllowedModels, KeyKind, NewKey, Scope, Scopes};
use fourfold_service::testing::credits;

use crate::support::tokens::{ISSUER, ISSUER_OF_JOBS, ISSUER_OF_PICTURES, SECRET, token};
use crate::support::{House, new_key};

pub(super) const CALLERS: [Caller; 4] =
    [Caller::Key(KeyKind::Service), Caller::Key(KeyKind::Admin), Caller::Key(KeyKind::User), Caller::Token];

#[derive(Clone, Copy, Debug)]
pub(super) enum Caller {
    Key(KeyKind),
    Token,
}

impl Caller {
    /// Whether it is its own user, and no other's.
    pub(super) fn is_a_user(self) -> bool {
        matches!(self, Self::Key(KeyKind::User) | Self::Token)
    }

    /// What such a caller shows who works for this user where he names no other.
    pub(super) async fn secret(self, house: &House, user: &str) -> String {
        match self {
            Self::Key(kind) => house.key(kind, Some(user)).await,
            Self::Token => house.token(ISSUER, user),
        }
    }

    /// Likewise, of one who names his user with each request, or is this one.
    pub(super) async fn secret_of_nobody(self, house: &House, user: &str) -> String {
        match self {
            Self::Key(kind) => house.key(kind, self.is_a_user().then_some(user)).await,
            Self::Token => house.token(ISSUER, user),
        }
    }

    /// What doesn't count, though it looks so.
    pub(super) async fn that_do_not_count(self, house: &House, user: &str) -> Vec<String> {
        let (long_ago, one_day) = (Timestamp::from_millis(1), Timestamp::from_millis(i64::MAX / 1_000_000));
        match self {
            Self::Key(kind) => {
                let expired = NewKey { expires_at: Some(long_ago), ..new_key(kind, Some(user)) };
                vec![house.key_like(expired).await]
            }
            Self::Token => vec![
                token(ISSUER, SECRET, user, long_ago),
                token(ISSUER, "another secret, as long as the first", user, one_day),
                token("https://nobody.test", SECRET, user, one_day),
            ],
        }
    }

    /// Who may make jobs and nothing else.
    pub(super) async fn without_the_scope(self, house: &House, user: &str) -> String {
        match self {
            Self::Key(kind) => {
                let scopes = Scopes::of(&[Scope::Jobs]);
                house.key_like(NewKey { scopes, ..new_key(kind, Some(user)) }).await
            }
            Self::Token => house.token(ISSUER_OF_JOBS, user),
        }
    }

    /// Who may use models that make pictures and no others.
    pub(super) async fn without_the_model(self, house: &House, user: &str) -> String {
        match self {
            Self::Key(kind) => {
                let models = AllowedModels::parse(&["pict*"]).unwrap();
                house.key_like(NewKey { models, ..new_key(kind, Some(user)) }).await
            }
            Self::Token => house.token(ISSUER_OF_PICTURES, user),
        }
    }

    /// Who may spend next to nothing. Tokens have no budget.
    pub(super) async fn with_hardly_a_budget(self, house: &House, user: &str) -> Option<String> {
        let Self::Key(kind) = self else { return None };
        let budget = Some(credits("0.001"));
        Some(house.key_like(NewKey { budget, ..new_key(kind, Some(user)) }).await)
    }
}
