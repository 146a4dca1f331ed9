//! The vendors' HTTP APIs, played back honestly, with faults on demand.
//!
//! A [`Simulator`] serves every [`Vendor`] under `/{vendor}/…` on one port: keys are checked, requests are
//! validated, errors come in the vendor's own shape, tasks move through their states, links lead to real media.
//! It counts every piece of paid work that it accepts, by task and key, so a test can prove that nothing is
//! paid twice. It knows no vendor's price, beyond estimates where an answer names one, and nothing of Fourfold, and
//! it talks to nobody.
//!
//! ```
//! use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
//! use http::{Request, StatusCode};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let simulator = Simulator::start(SimulatorSettings::default());
//! // The first request fails, the second one is served.
//! simulator.fault("POST /openai/v1/images/generations", "status=503; times=1")?;
//!
//! let url = format!("{}/images/generations", simulator.base_url(Vendor::OpenAi));
//! for expected in [StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK] {
//!     let request = Request::post(&url)
//!         .header("authorization", "Bearer any-key")
//!         .body(axum::body::Body::from(r#"{"model": "gpt-image-2", "prompt": "a fox"}"#))?;
//!     // In process here; any HTTP client will do.
//!     let response = simulator.router().oneshot(request).await?;
//!     assert_eq!(response.status(), expected);
//! }
//! assert_eq!(simulator.received().len(), 2);
//! assert_eq!(simulator.paid_tasks().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! Nothing is left to chance: ids come from counters, contents from the request, times from a clock that can
//! stand still. So the same requests in the same order get the same answers.
//!
//! A prompt that holds [`FILTERED`] is what a vendor's content filter catches, in the vendor's own way.
//!
//! # Faults
//!
#![doc = include_str!("fault/grammar.md")]
//!
//! # Controls
//!
#![doc = include_str!("control/controls.md")]

mod answer;
mod body;
mod call;
mod content;
mod control;
mod events;
mod fault;
mod media;
mod play;
mod refusal;
mod route;
mod router;
mod serve;
mod settings;
mod simulator;
mod template;
mod vendors;
mod world;

pub use answer::Answer;
pub use content::FILTERED;
pub use fault::{FAULT_HEADER, FaultError, FaultRule};
pub use serve::{Refuse, serve};
pub use settings::{Account, Clock, RateLimit, SimulatorSettings, Timings};
pub use simulator::Simulator;
pub use vendors::Vendor;
pub use world::{Counts, PaidTask, Received};
