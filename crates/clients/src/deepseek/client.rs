//! The trait that callers depend on, and the client that fills it.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::account::{self, Balance};
use super::chat;
use super::completions::{self, FimCompletion, FimRequest, FimStream};
use super::failure::DeepSeekFailures;
use crate::http::{
    AuthScheme, BaseHttpClient, ClientBuilder, ClientError, HttpSettings, StreamTimeoutSettings,
    TimeoutSettings,
};
use crate::openai::{ChatCompletion, ChatRequest, ChatStream, ModelList, OpenAiApi, OpenAiClient};
use crate::vendor::without_version;

/// Where DeepSeek itself is.
pub const BASE_URL: &str = "https://api.deepseek.com";

/// Where DeepSeek speaks Anthropic's wire, with the key in `x-api-key`.
pub const ANTHROPIC_BASE_URL: &str = "https://api.deepseek.com/anthropic";

/// What can be asked of DeepSeek. With the feature `testing` there is a `MockDeepSeekApi`.
///
/// A call that generates is sent again only if nothing can have started; [`ClientError::effect`] tells what an error
/// left open. Dropping a future or a stream closes its connection, which takes nothing back that was begun.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait DeepSeekApi: Send + Sync {
    /// `POST /chat/completions`, the answer whole.
    ///
    /// It goes to `/beta/chat/completions` where a message is a [`prefix`](super::DeepSeekMessage::prefix) or a
    /// function is `strict`, which the vendor has only there. An answer whose reason to finish is
    /// [`INSUFFICIENT_SYSTEM_RESOURCE`](super::INSUFFICIENT_SYSTEM_RESOURCE) was cut off by the vendor.
    async fn chat_completion(&self, request: &ChatRequest) -> Result<ChatCompletion, ClientError>;

    /// As [`chat_completion`](Self::chat_completion), the answer as it is written, its thoughts first.
    ///
    /// What is wrong with the request is an error of this call; the stream itself ends with an error where the vendor
    /// sends one or stops before it said why.
    async fn chat_completion_stream(&self, request: &ChatRequest) -> Result<ChatStream, ClientError>;

    /// `POST /beta/completions`: what is missing between two texts, whole.
    async fn fim_completion(&self, request: &FimRequest) -> Result<FimCompletion, ClientError>;

    /// `POST /beta/completions`, the text as it is written. It ends as
    /// [`chat_completion_stream`](Self::chat_completion_stream) does.
    async fn fim_completion_stream(&self, request: &FimRequest) -> Result<FimStream, ClientError>;

    /// `GET /models`: every model that the key may use.
    async fn list_models(&self) -> Result<ModelList, ClientError>;

    /// `GET /user/balance`: what the account has left.
    async fn balance(&self) -> Result<Balance, ClientError>;
}

/// DeepSeek over HTTP. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct DeepSeekClient {
    http: BaseHttpClient,
}

impl DeepSeekClient {
    /// Begins to build the HTTP client, with the vendor's [`default_settings`] and its reading of errors.
    ///
    /// A base URL may end in `/v1`, which means nothing to the vendor, or in `/beta`, which the calls that need it add
    /// themselves.
    pub fn builder(base_url: &str, api_key: SecretString) -> ClientBuilder {
        BaseHttpClient::builder(without_version(without_version(base_url, "v1"), "beta"))
            .settings(default_settings())
            .auth(AuthScheme::Bearer(api_key))
            .failures(DeepSeekFailures)
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

/// The settings that suit DeepSeek, which lets requests wait for their turn for up to 10 minutes, sends something all the
/// while, and may then think for long: what counts is the pause between two bytes, 600 s, and a whole try may last
/// 30 minutes.
pub fn default_settings() -> HttpSettings {
    const IDLE: Duration = Duration::from_secs(600);
    let timeouts = TimeoutSettings {
        idle: IDLE,
        total: Duration::from_secs(1800),
        stream: StreamTimeoutSettings { idle: IDLE, ..StreamTimeoutSettings::default() },
        ..TimeoutSettings::default()
    };
    HttpSettings { timeouts, ..HttpSettings::default() }
}

#[async_trait]
impl DeepSeekApi for DeepSeekClient {
    async fn chat_completion(&self, request: &ChatRequest) -> Result<ChatCompletion, ClientError> {
        chat::complete(&self.http, request).await
    }

    async fn chat_completion_stream(&self, request: &ChatRequest) -> Result<ChatStream, ClientError> {
        chat::stream(&self.http, request).await
    }

    async fn fim_completion(&self, request: &FimRequest) -> Result<FimCompletion, ClientError> {
        completions::complete(&self.http, request).await
    }

    async fn fim_completion_stream(&self, request: &FimRequest) -> Result<FimStream, ClientError> {
        completions::stream(&self.http, request).await
    }

    async fn list_models(&self) -> Result<ModelList, ClientError> {
        OpenAiClient::new(self.http.clone()).list_models().await
    }

    async fn balance(&self) -> Result<Balance, ClientError> {
        account::balance(&self.http).await
    }
}
