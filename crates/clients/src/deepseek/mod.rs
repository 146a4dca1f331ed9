//! DeepSeek, which speaks OpenAI's wire and has thoughts, a cache and an account besides.
//!
//! Chats are made of the types of [`openai`](crate::openai); what DeepSeek alone has is in the traits
//! [`DeepSeekRequest`], [`DeepSeekMessage`] and [`DeepSeekUsage`].
//!
//! ```no_run
//! use fourfold_clients::deepseek::{BASE_URL, DeepSeekApi, DeepSeekClient, DeepSeekRequest, ThinkingKind};
//! use fourfold_clients::openai::{ChatRequest, Message};
//!
//! # async fn run(key: secrecy::SecretString) -> Result<(), fourfold_clients::http::ClientError> {
//! let client = DeepSeekClient::new(DeepSeekClient::builder(BASE_URL, key).build()?);
//! let request = ChatRequest::new("deepseek-flash", [Message::user("Say hello.")]).thinking(ThinkingKind::Disabled);
//! let completion = client.chat_completion(&request).await?;
//! assert!(completion.text().is_some());
//! # Ok(())
//! # }
//! ```
//!
//! Two more wires of the vendor's have clients of their own: `/responses` an
//! [`OpenAiClient`](crate::openai::OpenAiClient) over the same HTTP client, as in
//! `OpenAiClient::new(client.http().clone())`; and Anthropic's messages the client of the feature `anthropic`, with
//! [`ANTHROPIC_BASE_URL`].

mod account;
mod chat;
mod client;
mod completions;
mod failure;
mod queue;

pub use account::{Balance, BalanceInfo};
pub use chat::{DeepSeekMessage, DeepSeekRequest, DeepSeekUsage, INSUFFICIENT_SYSTEM_RESOURCE, ThinkingKind};
#[cfg(feature = "testing")]
pub use client::MockDeepSeekApi;
pub use client::{ANTHROPIC_BASE_URL, BASE_URL, DeepSeekApi, DeepSeekClient, default_settings};
pub use completions::{FimChoice, FimCompletion, FimRequest, FimStream};
pub use failure::DeepSeekFailures;
