//! The crate as other teams see it.

#![expect(clippy::unwrap_used, reason = "a test ends where it can't go on")]

#[cfg(feature = "aihubmix")]
mod aihubmix;
#[cfg(feature = "anthropic")]
mod anthropic;
#[cfg(all(
    feature = "stability",
    feature = "runway",
    feature = "deepseek",
    feature = "openai",
    feature = "anthropic",
    feature = "gemini"
))]
mod balance;
mod conformance;
#[cfg(feature = "deepseek")]
mod deepseek;
mod factory;
#[cfg(feature = "gemini")]
mod gemini;
#[cfg(feature = "mock")]
mod mock;
#[cfg(feature = "openai")]
mod openai;
#[cfg(feature = "runway")]
mod runway;
#[cfg(feature = "stability")]
mod stability;
mod stub;
mod text_stub;
#[cfg(all(feature = "anthropic", feature = "deepseek", feature = "openai"))]
mod wire;
