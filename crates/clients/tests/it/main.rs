//! The tests of the HTTP base: real sockets, a scripted server, a clock that is paused where time matters.

mod addresses;
mod breaker;
mod cache;
mod calls;
mod effects;
mod events;
mod exchange;
mod failures;
mod observe;
mod rate_limit;
mod redirects;
mod retries;
mod settings;
mod streams;
mod support;
mod timeouts;
