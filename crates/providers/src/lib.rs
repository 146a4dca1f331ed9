//! One provider a vendor: adapts what the vendor offers to Fourfold's words, for parameters, results and
//! errors alike.
//!
//! This crate knows no credits, no jobs and no HTTP status. What a provider must offer is said in
//! [`fourfold_domain::Provider`]; how one is made from settings and found by its key is
//! [`ProviderFactory`]'s work; which ones we ship is the table [`BUILTIN`]. Each is a cargo feature.
//!
//! ```
//! use std::sync::Arc;
//!
//! use fourfold_domain::{AttemptContext, InlineMedia, Modality, Request, Started};
//! use fourfold_providers::{ProviderFactory, ProviderSettings};
//!
//! # #[cfg(feature = "mock")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let factory = ProviderFactory::with_builtin();
//! factory.create("mock", ProviderSettings::default())?;
//!
//! let provider = factory.get("Mock")?;
//! let input = serde_json::from_str(r#"{"prompt": "a red fox", "size": "64x64"}"#)?;
//! let Request::Media(request) = Request::parse(Modality::Image, input)? else { unreachable!() };
//! let context = AttemptContext {
//!     owner: "job".into(),
//!     number: 1,
//!     vendor_model: "mock-image".into(),
//!     media: Arc::new(InlineMedia),
//! };
//! let started = provider.media().ok_or("no media")?.start(request, context).await?;
//! let Started::Done(outputs) = started else { unreachable!() };
//! assert_eq!(outputs.items[0].media_type, "image/png");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "mock"))]
//! # fn main() {}
//! ```
//!
//! A provider of your own is a constructor under a name of your own: [`ProviderFactory::register`] takes it
//! at run time, and `conformance::check` (feature `testing`) tells whether it keeps the contract.

#[cfg(feature = "aihubmix")]
pub mod aihubmix;
#[cfg(feature = "anthropic")]
pub mod anthropic;
mod builtin;
#[cfg(feature = "vendor")]
mod classify;
#[cfg(feature = "testing")]
pub mod conformance;
#[cfg(feature = "deepseek")]
pub mod deepseek;
mod factory;
#[cfg(feature = "vendor")]
mod facts;
#[cfg(feature = "media")]
mod fetch;
#[cfg(feature = "gemini")]
pub mod gemini;
mod http_options;
#[cfg(feature = "vendor")]
mod http_settings;
#[cfg(feature = "vendor")]
mod media_input;
#[cfg(feature = "mock")]
pub mod mock;
#[cfg(feature = "vendor")]
mod offered;
#[cfg(feature = "openai")]
pub mod openai;
#[cfg(any(feature = "mock", feature = "vendor"))]
mod parameters;
#[cfg(feature = "openai")]
mod picture_type;
#[cfg(feature = "runway")]
pub mod runway;
mod settings;
#[cfg(feature = "stability")]
pub mod stability;
#[cfg(any(feature = "aihubmix", feature = "gemini", feature = "runway"))]
mod task_id;
#[cfg(any(feature = "anthropic", feature = "openai"))]
mod wire;

pub use builtin::{BUILTIN, Builtin};
pub use factory::{Constructed, FactoryError, ProviderFactory};
pub use http_options::HttpOptions;
pub use settings::{ProviderSettings, SettingsError};
