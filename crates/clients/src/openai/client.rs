//! The trait that callers depend on, and the client that fills it.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::chat::{self, ChatCompletion, ChatRequest, ChatStream};
use super::embeddings::{self, EmbeddingRequest, Embeddings};
use super::failure::OpenAiFailures;
use super::images::{self, ImageEditRequest, ImageRequest, Images};
use super::models::{self, Model, ModelList};
use super::responses::{self, Response, ResponseRequest, ResponseStream};
use super::speech::{self, SpeechRequest};
use super::transcriptions::{self, Transcription, TranscriptionRequest, TranscriptionStream};
use super::videos::{self, DeletedVideo, Video, VideoList, VideoPage, VideoRequest, VideoVariant};
use crate::http::{AuthScheme, BaseHttpClient, ClientBuilder, ClientError, HttpSettings, TimeoutSettings};
use crate::vendor::{Media, Wait, WaitError};

/// Where OpenAI itself is.
pub const BASE_URL: &str = "https://api.openai.com/v1";

/// What can be asked of OpenAI. With the feature `testing` there is a `MockOpenAiApi`.
///
/// A call that generates is sent again only if nothing can have started; [`ClientError::effect`] tells what an error
/// left open. Dropping a future or a stream closes its connection, which takes nothing back that was begun.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait OpenAiApi: Send + Sync {
    /// `POST /chat/completions`, the answer whole.
    async fn chat_completion(&self, request: &ChatRequest) -> Result<ChatCompletion, ClientError>;

    /// `POST /chat/completions`, the answer as it is written.
    ///
    /// What is wrong with the request is an error of this call; the stream itself ends with an error where the vendor
    /// sends one or stops before it said why.
    async fn chat_completion_stream(&self, request: &ChatRequest) -> Result<ChatStream, ClientError>;

    /// `POST /embeddings`.
    async fn embeddings(&self, request: &EmbeddingRequest) -> Result<Embeddings, ClientError>;

    /// `GET /models`: every model that the key may use.
    async fn list_models(&self) -> Result<ModelList, ClientError>;

    /// `GET /models/{model}`.
    async fn get_model(&self, model: &str) -> Result<Model, ClientError>;

    /// `POST /images/generations`. It takes from seconds to minutes, and the answer has many megabytes.
    async fn generate_image(&self, request: &ImageRequest) -> Result<Images, ClientError>;

    /// `POST /images/edits`, with the pictures as files of a form.
    async fn edit_image(&self, request: &ImageEditRequest) -> Result<Images, ClientError>;

    /// `POST /audio/speech`, the sound as it is spoken.
    async fn generate_speech(&self, request: &SpeechRequest) -> Result<Media, ClientError>;

    /// `POST /audio/transcriptions`, the words all at once.
    async fn transcribe_audio(&self, request: &TranscriptionRequest) -> Result<Transcription, ClientError>;

    /// `POST /audio/transcriptions`, the words as they are heard, by models that can.
    async fn transcribe_audio_stream(
        &self,
        request: &TranscriptionRequest,
    ) -> Result<TranscriptionStream, ClientError>;

    /// `POST /audio/translations`: the words in English, whatever is spoken, by `whisper-1` alone.
    async fn translate_audio(&self, request: &TranscriptionRequest) -> Result<Transcription, ClientError>;

    /// `POST /videos`. The video is made after the answer; [`wait_for_video`](Self::wait_for_video) waits for it.
    async fn generate_video(&self, request: &VideoRequest) -> Result<Video, ClientError>;

    /// `POST /videos/{id}/remix`: the same video with other words.
    async fn remix_video(&self, id: &str, prompt: &str) -> Result<Video, ClientError>;

    /// `GET /videos/{id}`: how the video stands.
    async fn get_video(&self, id: &str) -> Result<Video, ClientError>;

    /// `GET /videos`.
    async fn list_videos(&self, page: &VideoPage) -> Result<VideoList, ClientError>;

    /// `DELETE /videos/{id}`, once it is over.
    async fn delete_video(&self, id: &str) -> Result<DeletedVideo, ClientError>;

    /// `GET /videos/{id}/content`, once it is completed.
    async fn download_video(&self, id: &str, variant: &VideoVariant) -> Result<Media, ClientError>;

    /// Looks at the video until it is completed. A look that fails for a while is not a video that failed.
    async fn wait_for_video(&self, id: &str, wait: &Wait) -> Result<Video, WaitError>;

    /// `POST /responses`, the response whole; one in the background is only begun.
    async fn create_response(&self, request: &ResponseRequest) -> Result<Response, ClientError>;

    /// `POST /responses`, the response as it is written. It ends as
    /// [`chat_completion_stream`](Self::chat_completion_stream) does.
    async fn create_response_stream(&self, request: &ResponseRequest) -> Result<ResponseStream, ClientError>;

    /// `GET /responses/{id}`: a response that the vendor keeps.
    async fn get_response(&self, id: &str) -> Result<Response, ClientError>;

    /// `POST /responses/{id}/cancel`: stops one in the background.
    async fn cancel_response(&self, id: &str) -> Result<Response, ClientError>;

    /// `DELETE /responses/{id}`.
    async fn delete_response(&self, id: &str) -> Result<(), ClientError>;
}

/// OpenAI over HTTP. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct OpenAiClient {
    http: BaseHttpClient,
}

impl OpenAiClient {
    /// Begins to build the HTTP client, with the vendor's [`default_settings`] and its reading of errors.
    ///
    /// A base URL without a version, such as `https://api.openai.com`, gets a `/v1`. An account's scope goes into the
    /// default headers `OpenAI-Organization` and `OpenAI-Project`.
    pub fn builder(base_url: &str, api_key: SecretString) -> ClientBuilder {
        BaseHttpClient::builder(with_version(base_url))
            .settings(default_settings())
            .auth(AuthScheme::Bearer(api_key))
            .failures(OpenAiFailures)
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

/// The settings that suit OpenAI: pictures take minutes, so a try may last 300 s.
pub fn default_settings() -> HttpSettings {
    let timeouts = TimeoutSettings { total: Duration::from_secs(300), ..TimeoutSettings::default() };
    HttpSettings { timeouts, ..HttpSettings::default() }
}

#[async_trait]
impl OpenAiApi for OpenAiClient {
    async fn chat_completion(&self, request: &ChatRequest) -> Result<ChatCompletion, ClientError> {
        chat::complete(&self.http, request).await
    }

    async fn chat_completion_stream(&self, request: &ChatRequest) -> Result<ChatStream, ClientError> {
        chat::stream(&self.http, request).await
    }

    async fn embeddings(&self, request: &EmbeddingRequest) -> Result<Embeddings, ClientError> {
        embeddings::embed(&self.http, request).await
    }

    async fn list_models(&self) -> Result<ModelList, ClientError> {
        models::list(&self.http).await
    }

    async fn get_model(&self, model: &str) -> Result<Model, ClientError> {
        models::get(&self.http, model).await
    }

    async fn generate_image(&self, request: &ImageRequest) -> Result<Images, ClientError> {
        images::generate(&self.http, request).await
    }

    async fn edit_image(&self, request: &ImageEditRequest) -> Result<Images, ClientError> {
        images::edit(&self.http, request).await
    }

    async fn generate_speech(&self, request: &SpeechRequest) -> Result<Media, ClientError> {
        speech::speak(&self.http, request).await
    }

    async fn transcribe_audio(&self, request: &TranscriptionRequest) -> Result<Transcription, ClientError> {
        transcriptions::transcribe(&self.http, request).await
    }

    async fn transcribe_audio_stream(
        &self,
        request: &TranscriptionRequest,
    ) -> Result<TranscriptionStream, ClientError> {
        transcriptions::stream(&self.http, request).await
    }

    async fn translate_audio(&self, request: &TranscriptionRequest) -> Result<Transcription, ClientError> {
        transcriptions::translate(&self.http, request).await
    }

    async fn generate_video(&self, request: &VideoRequest) -> Result<Video, ClientError> {
        videos::generate(&self.http, request).await
    }

    async fn remix_video(&self, id: &str, prompt: &str) -> Result<Video, ClientError> {
        videos::remix(&self.http, id, prompt).await
    }

    async fn get_video(&self, id: &str) -> Result<Video, ClientError> {
        videos::get(&self.http, id).await
    }

    async fn list_videos(&self, page: &VideoPage) -> Result<VideoList, ClientError> {
        videos::list(&self.http, page).await
    }

    async fn delete_video(&self, id: &str) -> Result<DeletedVideo, ClientError> {
        videos::delete(&self.http, id).await
    }

    async fn download_video(&self, id: &str, variant: &VideoVariant) -> Result<Media, ClientError> {
        videos::download(&self.http, id, variant).await
    }

    async fn wait_for_video(&self, id: &str, wait: &Wait) -> Result<Video, WaitError> {
        videos::wait(&self.http, id, wait).await
    }

    async fn create_response(&self, request: &ResponseRequest) -> Result<Response, ClientError> {
        responses::create(&self.http, request).await
    }

    async fn create_response_stream(&self, request: &ResponseRequest) -> Result<ResponseStream, ClientError> {
        responses::stream(&self.http, request).await
    }

    async fn get_response(&self, id: &str) -> Result<Response, ClientError> {
        responses::get(&self.http, id).await
    }

    async fn cancel_response(&self, id: &str) -> Result<Response, ClientError> {
        responses::cancel(&self.http, id).await
    }

    async fn delete_response(&self, id: &str) -> Result<(), ClientError> {
        responses::delete(&self.http, id).await
    }
}

/// The base URL with a `/v1` if no segment of its path is a version, as `v1`, `v4` or `v1beta` are.
fn with_version(base_url: &str) -> String {
    let trimmed = base_url.trim_end_matches('/');
    let path = trimmed.split_once("://").map_or(trimmed, |(_, rest)| rest);
    let is_version = |segment: &str| {
        let mut characters = segment.chars();
        characters.next() == Some('v') && characters.next().is_some_and(|second| second.is_ascii_digit())
    };
    if path.split('/').skip(1).any(is_version) { trimmed.to_owned() } else { format!("{trimmed}/v1") }
}

#[cfg(test)]
mod tests {
    use super::with_version;

    #[test]
    fn a_base_url_without_a_version_gets_one() {
        for (given, expected) in [
            ("https://api.openai.com", "https://api.openai.com/v1"),
            ("https://api.openai.com/", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
            ("http://v1.test/openai", "http://v1.test/openai/v1"),
            ("https://vendor.test/v1beta/openai", "https://vendor.test/v1beta/openai"),
            ("https://vendor.test/api/paas/v4", "https://vendor.test/api/paas/v4"),
        ] {
            assert_eq!(with_version(given), expected);
        }
    }
}
