//! What is read from a request before a handler runs.

mod body;
mod cache;
mod caller;
mod form;
mod idempotency;
mod page;
mod path;
mod scopes;
mod upload;

pub(crate) use body::{Body, BodyOrNone, Object, aside, read_whole};
pub(crate) use cache::{CacheHeader, cache_use};
pub(crate) use caller::{Admin, Caller, NamedCaller, Passer, User, UserHeader};
pub(crate) use form::{Form, is_form};
pub(crate) use idempotency::{
    IdempotencyHeader, idempotency, idempotency_for, idempotency_key, idempotency_of,
};
pub(crate) use page::{Page, PageQuery, Paged};
pub(crate) use path::{AccountPath, ConversationPath, Id, Places, RealmQuery, Subjected, WrittenRealm};
pub(crate) use upload::{BrokenUpload, UploadBody, too_slow};
