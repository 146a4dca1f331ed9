//! What is read from a request before a handler runs.

mod body;
mod caller;
mod page;
mod path;

pub(crate) use body::{Body, Object};
pub(crate) use caller::{Admin, User};
pub(crate) use page::{Page, PageQuery, Paged};
pub(crate) use path::{Id, RealmQuery, Subjected};
