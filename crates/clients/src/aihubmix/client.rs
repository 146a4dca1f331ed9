//! The trait that callers depend on, and the client that fills it.

use async_trait::async_trait;
use secrecy::SecretString;

use super::catalog::{self, Catalog, CatalogFilter};
use super::failure::AihubmixFailures;
use super::link;
use super::predictions::{self, Prediction, PredictionRequest, PredictionTask};
use super::videos::{self, Video, VideoRequest};
use crate::http::{BaseHttpClient, ClientBuilder, ClientError, HttpSettings};
use crate::openai::{
    self, ChatCompletion, ChatRequest, ChatStream, EmbeddingRequest, Embeddings, ImageEditRequest,
    ImageRequest, Images, ModelList, OpenAiApi, OpenAiClient, Response, ResponseRequest, ResponseStream,
    SpeechRequest, Transcription, TranscriptionRequest,
};
use crate::vendor::{self, Media, Wait, WaitError};

/// Where AIHubMix is.
pub const BASE_URL: &str = "https://aihubmix.com/v1";

/// What can be asked of AIHubMix. With the feature `testing` there is a `MockAihubmixApi`.
///
/// A call that generates is sent again only if nothing can have started; [`ClientError::effect`] tells what an error
/// left open. Dropping a future or a stream closes its connection, which takes nothing back that was begun.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait AihubmixApi: Send + Sync {
    /// `POST /chat/completions`, the answer whole.
    ///
    /// The models' own vendors refuse a `tool_choice` beside an empty list of `tools`.
    async fn chat_completion(&self, request: &ChatRequest) -> Result<ChatCompletion, ClientError>;

    /// `POST /chat/completions`, the answer as it is written.
    ///
    /// What is wrong with the request is an error of this call; the stream itself ends with an error where the vendor
    /// sends one or stops before it said why.
    async fn chat_completion_stream(&self, request: &ChatRequest) -> Result<ChatStream, ClientError>;

    /// `POST /responses`, the response whole.
    async fn create_response(&self, request: &ResponseRequest) -> Result<Response, ClientError>;

    /// `POST /responses`, the response as it is written. It ends as
    /// [`chat_completion_stream`](Self::chat_completion_stream) does.
    async fn create_response_stream(&self, request: &ResponseRequest) -> Result<ResponseStream, ClientError>;

    /// `POST /embeddings`.
    async fn embeddings(&self, request: &EmbeddingRequest) -> Result<Embeddings, ClientError>;

    /// `POST /images/generations`. Pictures of other vendors than OpenAI come as links, for
    /// [`download_image`](Self::download_image).
    async fn generate_image(&self, request: &ImageRequest) -> Result<Images, ClientError>;

    /// `POST /images/edits`, with the pictures as files of a form.
    async fn edit_image(&self, request: &ImageEditRequest) -> Result<Images, ClientError>;

    /// `POST /models/{vendor}/{model}/predictions`: pictures by the route for all models. Some models only begin them
    /// here: see [`Prediction::tasks`].
    async fn predict_image(&self, request: &PredictionRequest) -> Result<Prediction, ClientError>;

    /// Looks how a picture stands that takes a while.
    async fn get_prediction(&self, task: &PredictionTask) -> Result<Prediction, ClientError>;

    /// Looks at the picture until it is there. A look that fails for a while is not a picture that failed.
    async fn wait_for_prediction(&self, task: &PredictionTask, wait: &Wait) -> Result<Prediction, WaitError>;

    /// Gets a picture by the link of an answer. Only a link to the base URL's own origin gets the key.
    async fn download_image(&self, link: &str) -> Result<Media, ClientError>;

    /// `POST /videos`. The video is made after the answer;
    /// [`wait_for_video_completion`](Self::wait_for_video_completion) waits for it.
    async fn generate_video(&self, request: &VideoRequest) -> Result<Video, ClientError>;

    /// `POST /videos/{id}/remix`: the same video with other words.
    async fn remix_video(&self, id: &str, prompt: &str) -> Result<Video, ClientError>;

    /// `GET /videos/{id}`: how the video stands.
    async fn get_video_status(&self, id: &str) -> Result<Video, ClientError>;

    /// Looks at the video until it is completed. A look that fails for a while is not a video that failed.
    async fn wait_for_video_completion(&self, id: &str, wait: &Wait) -> Result<Video, WaitError>;

    /// Gets a completed video: by the link that it has, or else by `GET /videos/{id}/content`, which is what
    /// `Video::new(id)` leads to. Only a link to the base URL's own origin gets the key.
    ///
    /// The vendor keeps a video for hours, up to about a day.
    async fn download_video(&self, video: &Video) -> Result<Media, ClientError>;

    /// `DELETE /videos/{id}`. What was begun is paid nevertheless.
    async fn delete_video(&self, id: &str) -> Result<(), ClientError>;

    /// `POST /audio/speech`, the sound as it is spoken. Gemini's models give `wav` or `pcm`, whatever was asked for.
    async fn generate_speech(&self, request: &SpeechRequest) -> Result<Media, ClientError>;

    /// `POST /audio/transcriptions`, of at most 25 MB. The vendor goes by the extension of the file's name.
    async fn transcribe_audio(&self, request: &TranscriptionRequest) -> Result<Transcription, ClientError>;

    /// `POST /audio/translations`: the words in English, whatever is spoken.
    async fn translate_audio(&self, request: &TranscriptionRequest) -> Result<Transcription, ClientError>;

    /// `GET /models`: every model that the key may use.
    async fn list_models(&self) -> Result<ModelList, ClientError>;

    /// `GET /api/v1/models`: what each model can do and costs. It needs no key, so none is sent.
    async fn list_catalog(&self, filter: &CatalogFilter) -> Result<Catalog, ClientError>;
}

/// AIHubMix over HTTP. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct AihubmixClient {
    /// What is asked on OpenAI's wire goes by OpenAI's client.
    openai: OpenAiClient,
}

impl AihubmixClient {
    /// Begins to build the HTTP client, with the vendor's [`default_settings`] and its reading of errors.
    ///
    /// A base URL without a version, such as `https://aihubmix.com`, gets a `/v1`. The code of an app that is
    /// registered with the vendor, which makes calls cheaper, goes into the default header `APP-Code`:
    /// `.default_header("APP-Code", "…")`.
    pub fn builder(base_url: &str, api_key: SecretString) -> ClientBuilder {
        OpenAiClient::builder(base_url, api_key).settings(default_settings()).failures(AihubmixFailures)
    }

    /// A client over what [`builder`](Self::builder) built.
    pub fn new(http: BaseHttpClient) -> Self {
        Self { openai: OpenAiClient::new(http) }
    }

    /// The HTTP client below.
    pub fn http(&self) -> &BaseHttpClient {
        self.openai.http()
    }
}

/// The settings that suit AIHubMix: as OpenAI's, pictures take minutes, so a try may last 300 s.
pub fn default_settings() -> HttpSettings {
    openai::default_settings()
}

#[async_trait]
impl AihubmixApi for AihubmixClient {
    async fn chat_completion(&self, request: &ChatRequest) -> Result<ChatCompletion, ClientError> {
        self.openai.chat_completion(request).await
    }

    async fn chat_completion_stream(&self, request: &ChatRequest) -> Result<ChatStream, ClientError> {
        self.openai.chat_completion_stream(request).await
    }

    async fn create_response(&self, request: &ResponseRequest) -> Result<Response, ClientError> {
        self.openai.create_response(request).await
    }

    async fn create_response_stream(&self, request: &ResponseRequest) -> Result<ResponseStream, ClientError> {
        self.openai.create_response_stream(request).await
    }

    async fn embeddings(&self, request: &EmbeddingRequest) -> Result<Embeddings, ClientError> {
        self.openai.embeddings(request).await
    }

    async fn generate_image(&self, request: &ImageRequest) -> Result<Images, ClientError> {
        self.openai.generate_image(request).await
    }

    async fn edit_image(&self, request: &ImageEditRequest) -> Result<Images, ClientError> {
        self.openai.edit_image(request).await
    }

    async fn predict_image(&self, request: &PredictionRequest) -> Result<Prediction, ClientError> {
        predictions::predict(self.http(), request).await
    }

    async fn get_prediction(&self, task: &PredictionTask) -> Result<Prediction, ClientError> {
        predictions::get(self.http(), task).await
    }

    async fn wait_for_prediction(&self, task: &PredictionTask, wait: &Wait) -> Result<Prediction, WaitError> {
        predictions::wait(self.http(), task, wait).await
    }

    async fn download_image(&self, link: &str) -> Result<Media, ClientError> {
        vendor::download(link::call(self.http(), link)?.operation("download_image")).await
    }

    async fn generate_video(&self, request: &VideoRequest) -> Result<Video, ClientError> {
        videos::generate(self.http(), request).await
    }

    async fn remix_video(&self, id: &str, prompt: &str) -> Result<Video, ClientError> {
        videos::remix(self.http(), id, prompt).await
    }

    async fn get_video_status(&self, id: &str) -> Result<Video, ClientError> {
        videos::get(self.http(), id).await
    }

    async fn wait_for_video_completion(&self, id: &str, wait: &Wait) -> Result<Video, WaitError> {
        videos::wait(self.http(), id, wait).await
    }

    async fn download_video(&self, video: &Video) -> Result<Media, ClientError> {
        videos::download(self.http(), video).await
    }

    async fn delete_video(&self, id: &str) -> Result<(), ClientError> {
        videos::delete(self.http(), id).await
    }

    async fn generate_speech(&self, request: &SpeechRequest) -> Result<Media, ClientError> {
        self.openai.generate_speech(request).await
    }

    async fn transcribe_audio(&self, request: &TranscriptionRequest) -> Result<Transcription, ClientError> {
        self.openai.transcribe_audio(request).await
    }

    async fn translate_audio(&self, request: &TranscriptionRequest) -> Result<Transcription, ClientError> {
        self.openai.translate_audio(request).await
    }

    async fn list_models(&self) -> Result<ModelList, ClientError> {
        self.openai.list_models().await
    }

    async fn list_catalog(&self, filter: &CatalogFilter) -> Result<Catalog, ClientError> {
        catalog::list(self.http(), filter).await
    }
}
