//! The surface over fakes: the router called in process, and the server on real sockets. The tree mirrors
//! what it tests. Whatever a route answers here is also held against its description; see `support::rules`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod admin;
mod anthropic;
mod auth;
mod cached;
mod cors;
mod description;
mod drain;
mod errors;
mod forward;
mod limits;
mod native;
mod openai;
mod ops;
mod paging;
mod request;
mod serve;
mod support;
mod two_accounts;
