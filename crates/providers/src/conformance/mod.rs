//! Whether a provider keeps the contract of [`fourfold_domain::Provider`]. Runs over ours and over yours.
//!
//! ```
//! # #[cfg(feature = "mock")]
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), fourfold_providers::conformance::Broken> {
//! use fourfold_providers::{ProviderFactory, ProviderSettings, conformance};
//!
//! let factory = ProviderFactory::with_builtin();
//! let settings = r#"{"delay": "0s"}"#;
//! let settings = || -> ProviderSettings { serde_json::from_str(settings).expect("these are settings") };
//! conformance::check(|| factory.create("mock", settings()).expect("mock is built in")).await
//! # }
//! # #[cfg(not(feature = "mock"))]
//! # fn main() {}
//! ```

mod magic;
mod media;
mod minimal;
mod speech;
mod suite;
mod table;
mod text;

pub use minimal::least_input;
pub use suite::{Broken, check};
