//! The HTTP surface of Fourfold: parsing, authentication, wire shapes, status codes, streaming. No business
//! rule and no price.
//!
//! [`router`] shows every route and layer on one page; [`serve`] answers connections with it. The only
//! table of status codes is in `error`.
//!
//! ```no_run
//! # async fn run(state: fourfold_api::AppState, spawner: fourfold_service::Spawner) -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! let router = fourfold_api::router(state, &fourfold_api::ServerSettings::default());
//! fourfold_api::serve(listener, router, &fourfold_api::ServerSettings::default(), &spawner).await;
//! # Ok(())
//! # }
//! ```

mod admin;
mod anthropic;
mod description;
mod drain;
mod envelope;
mod error;
mod extract;
mod forward;
mod limit_headers;
mod native;
mod openai;
mod ops;
mod pace;
mod patience;
mod query_names;
mod request;
mod request_metrics;
mod rfc3339;
mod router;
mod serve;
mod served;
mod settings;
mod shapes;
mod state;
mod text;

pub use description::openapi;
pub use forward::{ForwardAccess, ForwardCaller, ForwardRefusal, ForwardTarget, ForwardTargets};
pub use native::webhook_event::JobEventWriter;
pub use router::{operations_router, router};
pub use serve::{Listener, serve};
pub use settings::{CorsSettings, ServerSettings};
pub use state::{AppState, Services};
