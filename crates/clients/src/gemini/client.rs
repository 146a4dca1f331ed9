//! The trait that callers depend on, and the client that fills it.

use std::time::Duration;

use async_trait::async_trait;
use http::HeaderName;
use secrecy::SecretString;

use super::embeddings::{self, BatchEmbedContentsResponse, EmbedContentRequest, EmbedContentResponse};
use super::failure::GeminiFailures;
use super::files::{self, FileList, FileUpload, StoredFile};
use super::generate::{self, GenerateContentRequest, GenerateContentResponse, GenerateContentStream};
use super::images::{self, PredictRequest, Predictions};
use super::interactions::{self, Interaction, InteractionRequest, InteractionStream};
use super::models::{self, Model, ModelList};
use super::page::Page;
use super::tokens::{self, TokenCount};
use super::videos::{self, Operation, VideoRequest};
use crate::http::{AuthScheme, BaseHttpClient, ClientBuilder, ClientError, HttpSettings, TimeoutSettings};
use crate::vendor::{Media, Wait, WaitError};

/// Where Gemini itself is, with the version that has all of it.
pub const BASE_URL: &str = "https://generativelanguage.googleapis.com/v1beta";

/// What can be asked of Gemini. With the feature `testing` there is a `MockGeminiApi`.
///
/// A call that generates is sent again only if nothing can have started; [`ClientError::effect`] tells what an error
/// left open. Dropping a future or a stream closes its connection, which takes nothing back that was begun.
///
/// Models may be named with or without `models/`, files by their name, their id or the URI that an answer has.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait GeminiApi: Send + Sync {
    /// `POST /models/{model}:generateContent`, the answer whole.
    ///
    /// A prompt or an answer that the vendor's filter blocks is no error:
    /// [`block_reason`](GenerateContentResponse::block_reason) and
    /// [`finish_reason`](GenerateContentResponse::finish_reason) tell it.
    async fn generate_content(
        &self,
        request: &GenerateContentRequest,
    ) -> Result<GenerateContentResponse, ClientError>;

    /// `POST /models/{model}:streamGenerateContent`, the answer as it is made.
    ///
    /// What is wrong with the request is an error of this call; the stream itself ends with an error where the vendor
    /// sends one or stops before it said why.
    async fn generate_content_stream(
        &self,
        request: &GenerateContentRequest,
    ) -> Result<GenerateContentStream, ClientError>;

    /// `POST /models/{model}:generateContent` by a model that draws: asks for a picture and words where the request
    /// doesn't say what it wants.
    async fn generate_image(
        &self,
        request: &GenerateContentRequest,
    ) -> Result<GenerateContentResponse, ClientError>;

    /// `POST /models/{model}:generateContent` by a model that speaks: asks for sound where the request doesn't say what
    /// it wants. It comes as bare samples, of which [`wav`](super::Blob::wav) makes a file. Newer models speak as a
    /// [stream](Self::generate_content_stream) too.
    async fn generate_speech(
        &self,
        request: &GenerateContentRequest,
    ) -> Result<GenerateContentResponse, ClientError>;

    /// `POST /models/{model}:countTokens`: how many tokens a request would have. Nothing is generated.
    async fn count_tokens(&self, request: &GenerateContentRequest) -> Result<TokenCount, ClientError>;

    /// `POST /models/{model}:embedContent`.
    async fn embed_content(&self, request: &EmbedContentRequest)
    -> Result<EmbedContentResponse, ClientError>;

    /// `POST /models/{model}:batchEmbedContents`: up to 100 contents, all by the model of the first.
    async fn batch_embed_contents(
        &self,
        requests: &[EmbedContentRequest],
    ) -> Result<BatchEmbedContentsResponse, ClientError>;

    /// `POST /interactions`, the interaction whole; one in the background is only begun.
    async fn create_interaction(&self, request: &InteractionRequest) -> Result<Interaction, ClientError>;

    /// `POST /interactions`, the interaction as it goes on. It ends as
    /// [`generate_content_stream`](Self::generate_content_stream) does.
    async fn create_interaction_stream(
        &self,
        request: &InteractionRequest,
    ) -> Result<InteractionStream, ClientError>;

    /// `GET /interactions/{id}`: an interaction that the vendor keeps.
    async fn get_interaction(&self, id: &str) -> Result<Interaction, ClientError>;

    /// `POST /interactions/{id}/cancel`: stops one in the background.
    async fn cancel_interaction(&self, id: &str) -> Result<Interaction, ClientError>;

    /// `DELETE /interactions/{id}`.
    async fn delete_interaction(&self, id: &str) -> Result<(), ClientError>;

    /// Looks at the interaction until the model works no more: it is whole, came to a limit, or wants something of the
    /// caller, as its status tells. A look that fails for a while is not an interaction that failed.
    async fn wait_for_interaction(&self, id: &str, wait: &Wait) -> Result<Interaction, WaitError>;

    /// Uploads a file for models to read: `POST /upload/{version}/files`, then the bytes in pieces. A piece that got lost
    /// is sent again. Videos and the like can be used once [`wait_for_file`](Self::wait_for_file) is over.
    async fn upload_file(&self, upload: FileUpload) -> Result<StoredFile, ClientError>;

    /// `GET /files/{id}`: how a file stands.
    async fn get_file(&self, file: &str) -> Result<StoredFile, ClientError>;

    /// `GET /files`: a page of the key's files.
    async fn list_files(&self, page: &Page) -> Result<FileList, ClientError>;

    /// `DELETE /files/{id}`.
    async fn delete_file(&self, file: &str) -> Result<(), ClientError>;

    /// `GET /files/{id}:download`: what a model made. A URI that leads elsewhere is followed without the credential, to
    /// public addresses only.
    async fn download_file(&self, file: &str) -> Result<Media, ClientError>;

    /// Looks at the file until it can be used. A look that fails for a while is not a file that failed.
    async fn wait_for_file(&self, file: &str, wait: &Wait) -> Result<StoredFile, WaitError>;

    /// `GET /models`: a page of the models that the key may use.
    async fn list_models(&self, page: &Page) -> Result<ModelList, ClientError>;

    /// `GET /models/{model}`.
    async fn get_model(&self, model: &str) -> Result<Model, ClientError>;

    /// `POST /models/{model}:predict`: pictures from Imagen.
    ///
    /// The vendor has retired it on 2026-08-17; [`generate_image`](Self::generate_image) takes its place.
    async fn predict(&self, request: &PredictRequest) -> Result<Predictions, ClientError>;

    /// `POST /models/{model}:predictLongRunning`: a video from Veo, which is made after the answer;
    /// [`wait_for_video`](Self::wait_for_video) waits for it.
    ///
    /// The vendor has retired it on 2026-10-22; [`create_interaction`](Self::create_interaction) takes its place.
    async fn generate_video(&self, request: &VideoRequest) -> Result<Operation, ClientError>;

    /// `GET /models/{model}/operations/{id}`: how a video from Veo stands, by the operation's name.
    ///
    /// The vendor has retired it with Veo.
    async fn get_operation(&self, name: &str) -> Result<Operation, ClientError>;

    /// Looks at the operation until it is over. The filter may have taken [its videos](Operation::videos) without an
    /// error. A look that fails for a while is not a video that failed.
    ///
    /// The vendor has retired it with Veo.
    async fn wait_for_video(&self, name: &str, wait: &Wait) -> Result<Operation, WaitError>;
}

/// Gemini over HTTP. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct GeminiClient {
    http: BaseHttpClient,
}

impl GeminiClient {
    /// Begins to build the HTTP client, with the vendor's [`default_settings`] and its reading of errors.
    ///
    /// A base URL may end in a version, `/v1` or `/v1beta`; one without gets a `/v1beta`. The key goes into
    /// `x-goog-api-key`; a bearer token is set with [`auth`](ClientBuilder::auth).
    pub fn builder(base_url: &str, api_key: SecretString) -> ClientBuilder {
        BaseHttpClient::builder(with_version(base_url))
            .settings(default_settings())
            .auth(AuthScheme::Header(HeaderName::from_static("x-goog-api-key"), api_key))
            .failures(GeminiFailures)
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

/// The settings that suit Gemini: pictures and speech take minutes, so a try may last 300 s; and a picture comes whole
/// in one event of a stream, which so may be as large as an answer, 64 MiB.
pub fn default_settings() -> HttpSettings {
    let timeouts = TimeoutSettings { total: Duration::from_secs(300), ..TimeoutSettings::default() };
    HttpSettings { timeouts, event_bytes_max: 64 << 20, ..HttpSettings::default() }
}

#[async_trait]
impl GeminiApi for GeminiClient {
    async fn generate_content(
        &self,
        request: &GenerateContentRequest,
    ) -> Result<GenerateContentResponse, ClientError> {
        generate::generate(&self.http, request).await
    }

    async fn generate_content_stream(
        &self,
        request: &GenerateContentRequest,
    ) -> Result<GenerateContentStream, ClientError> {
        generate::stream(&self.http, request).await
    }

    async fn generate_image(
        &self,
        request: &GenerateContentRequest,
    ) -> Result<GenerateContentResponse, ClientError> {
        generate::image(&self.http, request).await
    }

    async fn generate_speech(
        &self,
        request: &GenerateContentRequest,
    ) -> Result<GenerateContentResponse, ClientError> {
        generate::speech(&self.http, request).await
    }

    async fn count_tokens(&self, request: &GenerateContentRequest) -> Result<TokenCount, ClientError> {
        tokens::count(&self.http, request).await
    }

    async fn embed_content(
        &self,
        request: &EmbedContentRequest,
    ) -> Result<EmbedContentResponse, ClientError> {
        embeddings::embed(&self.http, request).await
    }

    async fn batch_embed_contents(
        &self,
        requests: &[EmbedContentRequest],
    ) -> Result<BatchEmbedContentsResponse, ClientError> {
        embeddings::embed_batch(&self.http, requests).await
    }

    async fn create_interaction(&self, request: &InteractionRequest) -> Result<Interaction, ClientError> {
        interactions::create(&self.http, request).await
    }

    async fn create_interaction_stream(
        &self,
        request: &InteractionRequest,
    ) -> Result<InteractionStream, ClientError> {
        interactions::stream(&self.http, request).await
    }

    async fn get_interaction(&self, id: &str) -> Result<Interaction, ClientError> {
        interactions::get(&self.http, id).await
    }

    async fn cancel_interaction(&self, id: &str) -> Result<Interaction, ClientError> {
        interactions::cancel(&self.http, id).await
    }

    async fn delete_interaction(&self, id: &str) -> Result<(), ClientError> {
        interactions::delete(&self.http, id).await
    }

    async fn wait_for_interaction(&self, id: &str, wait: &Wait) -> Result<Interaction, WaitError> {
        interactions::wait(&self.http, id, wait).await
    }

    async fn upload_file(&self, upload: FileUpload) -> Result<StoredFile, ClientError> {
        files::upload(&self.http, upload).await
    }

    async fn get_file(&self, file: &str) -> Result<StoredFile, ClientError> {
        files::get(&self.http, file).await
    }

    async fn list_files(&self, page: &Page) -> Result<FileList, ClientError> {
        files::list(&self.http, page).await
    }

    async fn delete_file(&self, file: &str) -> Result<(), ClientError> {
        files::delete(&self.http, file).await
    }

    async fn download_file(&self, file: &str) -> Result<Media, ClientError> {
        files::download(&self.http, file).await
    }

    async fn wait_for_file(&self, file: &str, wait: &Wait) -> Result<StoredFile, WaitError> {
        files::wait(&self.http, file, wait).await
    }

    async fn list_models(&self, page: &Page) -> Result<ModelList, ClientError> {
        models::list(&self.http, page).await
    }

    async fn get_model(&self, model: &str) -> Result<Model, ClientError> {
        models::get(&self.http, model).await
    }

    async fn predict(&self, request: &PredictRequest) -> Result<Predictions, ClientError> {
        images::predict(&self.http, request).await
    }

    async fn generate_video(&self, request: &VideoRequest) -> Result<Operation, ClientError> {
        videos::generate(&self.http, request).await
    }

    async fn get_operation(&self, name: &str) -> Result<Operation, ClientError> {
        videos::get(&self.http, name).await
    }

    async fn wait_for_video(&self, name: &str, wait: &Wait) -> Result<Operation, WaitError> {
        videos::wait(&self.http, name, wait).await
    }
}

/// The base URL with a `/v1beta` if its path doesn't end in a version.
fn with_version(base_url: &str) -> String {
    let trimmed = base_url.trim_end_matches('/');
    let is_versioned = ["/v1", "/v1alpha", "/v1beta"].iter().any(|version| trimmed.ends_with(version));
    if is_versioned { trimmed.to_owned() } else { format!("{trimmed}/v1beta") }
}

#[cfg(test)]
mod tests {
    use super::{default_settings, with_version};

    #[test]
    fn the_settings_are_valid() {
        default_settings().validate().unwrap();
    }

    #[test]
    fn a_base_url_without_a_version_gets_one() {
        for (given, expected) in [
            ("https://vendor.test", "https://vendor.test/v1beta"),
            ("https://vendor.test/", "https://vendor.test/v1beta"),
            ("https://vendor.test/v1/", "https://vendor.test/v1"),
            ("https://vendor.test/gemini/v1beta", "https://vendor.test/gemini/v1beta"),
            ("https://vendor.test/v1alpha", "https://vendor.test/v1alpha"),
            ("http://v1/gemini", "http://v1/gemini/v1beta"),
        ] {
            assert_eq!(with_version(given), expected);
        }
    }
}
