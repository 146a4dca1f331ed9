//! The trait that callers depend on, and the client that fills it.

use std::time::Duration;

use async_trait::async_trait;
use http::HeaderName;
use secrecy::SecretString;

use super::batches::{self, Batch, BatchList, BatchRequest, BatchResults, DeletedBatch};
use super::failure::AnthropicFailures;
use super::messages::{self, MessageRequest, MessageResponse, MessageStream, TokenCount, TokenCountRequest};
use super::models::{self, Model, ModelList};
use super::page::Page;
use crate::http::{AuthScheme, BaseHttpClient, ClientBuilder, ClientError, HttpSettings, TimeoutSettings};
use crate::vendor::{Wait, WaitError, without_version};

/// Where Anthropic itself is.
pub const BASE_URL: &str = "https://api.anthropic.com";

/// The version of the API that is asked for, unless the builder is told another: `2023-06-01` has settings of chance
/// that this one refuses.
pub const VERSION: &str = "2026-10-21";

/// What can be asked of Anthropic. With the feature `testing` there is a `MockAnthropicApi`.
///
/// A call that generates is sent again only if nothing can have started; [`ClientError::effect`] tells what an error
/// left open. Dropping a future or a stream closes its connection, which takes nothing back that was begun.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait AnthropicApi: Send + Sync {
    /// `POST /v1/messages`, the message whole.
    async fn create_message(&self, request: &MessageRequest) -> Result<MessageResponse, ClientError>;

    /// `POST /v1/messages`, the message as it is written.
    ///
    /// What is wrong with the request is an error of this call; the stream itself ends with an error where the vendor
    /// sends one or stops before `message_stop`.
    async fn create_message_stream(&self, request: &MessageRequest) -> Result<MessageStream, ClientError>;

    /// `POST /v1/messages/count_tokens`: how many tokens a request would have. Nothing is generated.
    async fn count_tokens(&self, request: &TokenCountRequest) -> Result<TokenCount, ClientError>;

    /// `GET /v1/models`: a page of the models that the key may use, the newest first.
    async fn list_models(&self, page: &Page) -> Result<ModelList, ClientError>;

    /// `GET /v1/models/{model}`.
    async fn get_model(&self, model: &str) -> Result<Model, ClientError>;

    /// `POST /v1/messages/batches`. The messages are made after the answer; [`wait_for_batch`](Self::wait_for_batch)
    /// waits for them.
    async fn create_batch(&self, request: &BatchRequest) -> Result<Batch, ClientError>;

    /// `GET /v1/messages/batches`: a page of the account's batches, the newest first.
    async fn list_batches(&self, page: &Page) -> Result<BatchList, ClientError>;

    /// `GET /v1/messages/batches/{id}`: how the batch stands.
    async fn get_batch(&self, id: &str) -> Result<Batch, ClientError>;

    /// `POST /v1/messages/batches/{id}/cancel`. What is being made is still made and charged for.
    async fn cancel_batch(&self, id: &str) -> Result<Batch, ClientError>;

    /// `DELETE /v1/messages/batches/{id}`, once it has ended.
    async fn delete_batch(&self, id: &str) -> Result<DeletedBatch, ClientError>;

    /// `GET /v1/messages/batches/{id}/results`, once it has ended: what became of each message, in any order.
    async fn batch_results(&self, id: &str) -> Result<BatchResults, ClientError>;

    /// Looks at the batch until it has ended. A look that fails for a while is not a batch that failed; one of which
    /// nothing came is, with the code `canceled` or `expired`.
    async fn wait_for_batch(&self, id: &str, wait: &Wait) -> Result<Batch, WaitError>;
}

/// Anthropic over HTTP. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct AnthropicClient {
    http: BaseHttpClient,
}

impl AnthropicClient {
    /// Begins to build the HTTP client, with the vendor's [`default_settings`], [`VERSION`] and reading of errors.
    ///
    /// A base URL may end in `/v1`. The key goes into `x-api-key`; a bearer token is set with
    /// [`auth`](ClientBuilder::auth). Another version goes into the default header `anthropic-version`, what is tried
    /// out into `anthropic-beta`, as in `a,b`.
    pub fn builder(base_url: &str, api_key: SecretString) -> ClientBuilder {
        BaseHttpClient::builder(without_version(base_url, "v1"))
            .settings(default_settings())
            .auth(AuthScheme::Header(HeaderName::from_static("x-api-key"), api_key))
            .default_header("anthropic-version", VERSION)
            .failures(AnthropicFailures)
    }

    /// A client over what [`builder`](Self::builder) built.
    pub fn new(http: BaseHttpClient) -> Self {
        Self { http }
    }

    /// The HTTP client below.
    pub fn http(&self) -> &BaseHttpClient {
        &self.http
    }
}

/// The settings that suit Anthropic: a message that comes whole may take as long as the vendor's own clients wait, so a
/// try may last 600 s.
pub fn default_settings() -> HttpSettings {
    let timeouts = TimeoutSettings { total: Duration::from_secs(600), ..TimeoutSettings::default() };
    HttpSettings { timeouts, ..HttpSettings::default() }
}

#[async_trait]
impl AnthropicApi for AnthropicClient {
    async fn create_message(&self, request: &MessageRequest) -> Result<MessageResponse, ClientError> {
        messages::create(&self.http, request).await
    }

    async fn create_message_stream(&self, request: &MessageRequest) -> Result<MessageStream, ClientError> {
        messages::stream(&self.http, request).await
    }

    async fn count_tokens(&self, request: &TokenCountRequest) -> Result<TokenCount, ClientError> {
        messages::count_tokens(&self.http, request).await
    }

    async fn list_models(&self, page: &Page) -> Result<ModelList, ClientError> {
        models::list(&self.http, page).await
    }

    async fn get_model(&self, model: &str) -> Result<Model, ClientError> {
        models::get(&self.http, model).await
    }

    async fn create_batch(&self, request: &BatchRequest) -> Result<Batch, ClientError> {
        batches::create(&self.http, request).await
    }

    async fn list_batches(&self, page: &Page) -> Result<BatchList, ClientError> {
        batches::list(&self.http, page).await
    }

    async fn get_batch(&self, id: &str) -> Result<Batch, ClientError> {
        batches::get(&self.http, id).await
    }

    async fn cancel_batch(&self, id: &str) -> Result<Batch, ClientError> {
        batches::cancel(&self.http, id).await
    }

    async fn delete_batch(&self, id: &str) -> Result<DeletedBatch, ClientError> {
        batches::delete(&self.http, id).await
    }

    async fn batch_results(&self, id: &str) -> Result<BatchResults, ClientError> {
        batches::results(&self.http, id).await
    }

    async fn wait_for_batch(&self, id: &str, wait: &Wait) -> Result<Batch, WaitError> {
        batches::wait(&self.http, id, wait).await
    }
}
