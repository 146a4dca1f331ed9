//! Pure HTTP to the vendors of generative models, over one client with every policy.
//!
//! [`http::BaseHttpClient`] is a client for one base URL and one credential. It brings what a call that costs money
//! needs, and knows nothing of models, prices, jobs or any vendor:
//!
//! - time limits until connected, until the first byte, between bytes and in all, for whole answers and for streams;
//! - retries that a policy decides on and that never repeat paid work that may have begun;
//! - an error that tells what happened, whether paid work may exist, and whether and when to try again;
//! - a circuit breaker, a rate limit for each credential, a cache for reads, all shared by clones and by the pools of
//!   several runtimes;
//! - an address policy that keeps URLs from outside away from the inside, at each look-up and each redirect;
//! - bodies streamed both ways, multipart forms, server-sent events;
//! - credentials that never print, never follow a redirect to another origin, and URLs that are shown without secrets;
//! - a second way through, [`exchange`](http::BaseHttpClient::exchange), that passes requests on byte for byte.
//!
//! ```
//! use fourfold_clients::http::{AuthScheme, BaseHttpClient, ErrorKind};
//!
//! # fn vendor() -> String {
//! #     use std::io::{Read, Write};
//! #     let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! #     let url = format!("http://{}/v1", listener.local_addr().unwrap());
//! #     std::thread::spawn(move || {
//! #         let answers = [("200 OK", "{\"id\":\"task-1\"}"), ("401 No", "{\"error\":{\"code\":\"wrong_key\"}}")];
//! #         for (status, body) in answers {
//! #             let (mut connection, _) = listener.accept().unwrap();
//! #             connection.read(&mut [0; 4096]).unwrap();
//! #             let length = body.len();
//! #             write!(connection, "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
//! #         }
//! #     });
//! #     url
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), fourfold_clients::http::ClientError> {
//! # let vendor_url = vendor();
//! let client = BaseHttpClient::builder(vendor_url).auth(AuthScheme::Bearer("sk-…".to_owned().into()));
//! # let client = client.auth(AuthScheme::Bearer("sk-1".to_owned().into()));
//! let client = client.build()?;
//!
//! // A call that generates is marked, so that it is never paid for twice.
//! let task = client.post("videos").json(&serde_json::json!({"prompt": "a cat"})).paid().send().await?;
//! let task: serde_json::Value = task.json()?;
//! assert_eq!(task["id"], "task-1");
//!
//! // One look at an error tells what to do.
//! let error = client.get("videos/task-1").send().await.unwrap_err();
//! assert_eq!((error.kind(), error.code()), (ErrorKind::Status, Some("wrong_key")));
//! assert!(!error.is_retryable());
//! # Ok(())
//! # }
//! ```
//!
//! # A vendor's client
//!
//! Each vendor has a module behind a feature of its name, with the same files as its siblings:
//!
//! - `client.rs`: the trait of what can be asked (`OpenAiApi`), and the client over [`http::BaseHttpClient`] that fills
//!   it (`OpenAiClient`), whose `builder` knows the vendor's credential, settings and base URL. The feature `testing`
//!   brings a mock of each trait.
//! - `failure.rs`: the [`http::FailureReader`], for what the vendor's statuses alone would get wrong.
//! - A file for each resource (`chat.rs`): the wire types first, then the calls. Each call names its `operation`, and is
//!   `paid` if it generates. Work that takes a while is awaited with a `Wait`: a deadline, an interval, and who is told
//!   how much is done; it ends with the work's id where the deadline comes first.
//!
//! What all of them share is in `vendor/`: how a stream's events become values and when one has broken off (`events`),
//! requests as forms (`form`), files that go up (`File`), media that come down (`Media`) and where they are fetched
//! (`download`), media in base64 (`packed`), links that answers have (`link`), waits. A vendor's feature brings the
//! parts that its client needs, such as `vendor-events`.
//!
//! A wire type is one list of fields: what must be there is an argument of `new`, what may be there has a builder
//! method, and what the vendor will add one day is kept in `extra` and written again. Words are enums with an `Other`,
//! and so are values whose kind their `type` tells.

#[cfg(feature = "aihubmix")]
pub mod aihubmix;
#[cfg(feature = "anthropic")]
pub mod anthropic;
#[cfg(feature = "deepseek")]
pub mod deepseek;
#[cfg(feature = "gemini")]
pub mod gemini;
pub mod http;
#[cfg(feature = "openai")]
pub mod openai;
#[cfg(feature = "runway")]
pub mod runway;
#[cfg(feature = "stability")]
pub mod stability;
#[cfg(feature = "vendor")]
mod vendor;

#[cfg(feature = "vendor-files")]
pub use vendor::File;
#[cfg(feature = "vendor-media")]
pub use vendor::Media;
#[cfg(feature = "vendor-waits")]
pub use vendor::{Wait, WaitError};
