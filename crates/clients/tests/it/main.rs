//! The tests of the HTTP base and of the vendors' clients: real sockets, a scripted server, a clock that is paused
//! where time matters.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod addresses;
#[cfg(feature = "aihubmix")]
mod aihubmix;
#[cfg(feature = "anthropic")]
mod anthropic;
mod breaker;
mod cache;
mod calls;
#[cfg(feature = "deepseek")]
mod deepseek;
mod effects;
mod events;
mod exchange;
mod exchange_paid;
mod failures;
#[cfg(feature = "gemini")]
mod gemini;
mod observe;
#[cfg(feature = "openai")]
mod openai;
#[cfg(all(
    feature = "aihubmix",
    feature = "anthropic",
    feature = "deepseek",
    feature = "gemini",
    feature = "openai",
    feature = "runway",
    feature = "stability"
))]
mod paid_once;
mod proxies;
mod rate_limit;
mod redirects;
mod retries;
#[cfg(feature = "runway")]
mod runway;
mod settings;
mod shared_rate_limit;
#[cfg(feature = "stability")]
mod stability;
mod streams;
mod support;
mod timeouts;
mod tls;
