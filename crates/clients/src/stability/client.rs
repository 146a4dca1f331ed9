//! The trait that callers depend on, and the client that fills it.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::account::{self, Account, Balance};
use super::audio::{self, AudioRequest, AudioTaskRequest};
use super::engines::{self, Engine};
use super::failure::StabilityFailures;
use super::generated::Generated;
use super::generation::{self, Artifacts, InitImage, MaskedImage, TextToImageRequest, UpscaleRequest};
use super::images::{self, ImageRequest, ImageTaskRequest};
use super::results::{self, Results, Task, TaskResult};
use super::three_d::{self, ThreeDRequest};
use super::videos::{self, ImageToVideoRequest};
use crate::http::{
    AuthScheme, BaseHttpClient, ClientBuilder, ClientError, HttpSettings, RateLimitSettings, TimeoutSettings,
};
use crate::vendor::{Wait, WaitError};

/// Where Stability is.
pub const BASE_URL: &str = "https://api.stability.ai";

/// What can be asked of Stability. With the feature `testing` there is a `MockStabilityApi`.
///
/// A call that generates is sent again only if nothing can have started; [`ClientError::effect`] tells what an error
/// left open. Dropping a future or a stream closes its connection, which takes nothing back that was begun.
///
/// What takes a while can't be stopped. Its result is for the key that began it, and may be asked for once in 10 s; so a
/// look is tried once, and a wait never looks more often.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait StabilityApi: Send + Sync {
    /// `POST /v2beta/stable-image/…`, the picture as it comes. It takes from seconds to minutes.
    async fn generate_image(&self, request: &ImageRequest) -> Result<Generated, ClientError>;

    /// `POST /v2beta/stable-image/…`, where it takes a while; [`wait_for_result`](Self::wait_for_result) waits for it.
    async fn start_image(&self, request: &ImageTaskRequest) -> Result<Task, ClientError>;

    /// `GET /v2beta/results/{id}`: how work stands, and its result once it is over.
    async fn get_result(&self, id: &str) -> Result<TaskResult, ClientError>;

    /// Looks at the work until there is its result. A look that fails for a while is not work that failed; but the vendor
    /// answers 500 for both, so three such looks in a row end the wait.
    async fn wait_for_result(&self, id: &str, wait: &Wait) -> Result<Generated, WaitError>;

    /// `POST /v2beta/3d/…`, the model as it comes, as binary glTF.
    async fn generate_3d(&self, request: &ThreeDRequest) -> Result<Generated, ClientError>;

    /// `POST /v2beta/audio/stable-audio-2/…`, the sound as it comes.
    async fn generate_audio(&self, request: &AudioRequest) -> Result<Generated, ClientError>;

    /// `POST /v2beta/audio/stable-audio/…`: sound that takes a while;
    /// [`wait_for_audio_result`](Self::wait_for_audio_result) waits for it.
    async fn start_audio(&self, request: &AudioTaskRequest) -> Result<Task, ClientError>;

    /// `GET /v2beta/audio/results/{id}`, as [`get_result`](Self::get_result).
    async fn get_audio_result(&self, id: &str) -> Result<TaskResult, ClientError>;

    /// Looks at the sound until it is there, as [`wait_for_result`](Self::wait_for_result).
    async fn wait_for_audio_result(&self, id: &str, wait: &Wait) -> Result<Generated, WaitError>;

    /// `POST /v2beta/image-to-video`. Retired by the vendor on 2025-07-24: expect 404 or 410.
    async fn image_to_video(&self, request: &ImageToVideoRequest) -> Result<Task, ClientError>;

    /// `GET /v2beta/image-to-video/result/{id}`, as [`get_result`](Self::get_result). Retired with
    /// [`image_to_video`](Self::image_to_video).
    async fn get_video_result(&self, id: &str) -> Result<TaskResult, ClientError>;

    /// Looks at the video until it is there, as [`wait_for_result`](Self::wait_for_result). Retired with
    /// [`image_to_video`](Self::image_to_video).
    async fn wait_for_video_completion(&self, id: &str, wait: &Wait) -> Result<Generated, WaitError>;

    /// `POST /v1/generation/{engine_id}/text-to-image`, all pictures at once.
    async fn text_to_image(
        &self,
        engine_id: &str,
        request: &TextToImageRequest,
    ) -> Result<Artifacts, ClientError>;

    /// `POST /v1/generation/{engine_id}/image-to-image`: the same from a picture.
    async fn image_to_image(
        &self,
        engine_id: &str,
        request: &TextToImageRequest,
        image: &InitImage,
    ) -> Result<Artifacts, ClientError>;

    /// `POST /v1/generation/{engine_id}/image-to-image/masking`: the same where the mask leaves it open.
    async fn mask_image(
        &self,
        engine_id: &str,
        request: &TextToImageRequest,
        image: &MaskedImage,
    ) -> Result<Artifacts, ClientError>;

    /// `POST /v1/generation/{engine_id}/image-to-image/upscale`.
    async fn upscale_image(
        &self,
        engine_id: &str,
        request: &UpscaleRequest,
    ) -> Result<Artifacts, ClientError>;

    /// `GET /v1/engines/list`: the engines that v1 still has.
    async fn list_engines(&self) -> Result<Vec<Engine>, ClientError>;

    /// `GET /v1/user/account`.
    async fn account(&self) -> Result<Account, ClientError>;

    /// `GET /v1/user/balance`. It costs nothing, and needs a right key.
    async fn balance(&self) -> Result<Balance, ClientError>;
}

/// Stability over HTTP. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct StabilityClient {
    http: BaseHttpClient,
}

impl StabilityClient {
    /// Begins to build the HTTP client, with the vendor's [`default_settings`] and its reading of errors.
    ///
    /// What the vendor's support is to know goes into the default headers `stability-client-id`,
    /// `stability-client-user-id` and `stability-client-version`; who pays in v1, into `Organization`.
    pub fn builder(base_url: &str, api_key: SecretString) -> ClientBuilder {
        BaseHttpClient::builder(base_url)
            .settings(default_settings())
            .auth(AuthScheme::Bearer(api_key))
            .failures(StabilityFailures)
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

/// The settings that suit Stability: at most the 150 calls in 10 s that it allows a key, and 300 s for a try.
pub fn default_settings() -> HttpSettings {
    let timeouts = TimeoutSettings { total: Duration::from_secs(300), ..TimeoutSettings::default() };
    let window = Duration::from_secs(10);
    let rate_limit = Some(RateLimitSettings { calls: 150, per: window, wait_max: window });
    HttpSettings { timeouts, rate_limit, ..HttpSettings::default() }
}

#[async_trait]
impl StabilityApi for StabilityClient {
    async fn generate_image(&self, request: &ImageRequest) -> Result<Generated, ClientError> {
        images::generate(&self.http, request).await
    }

    async fn start_image(&self, request: &ImageTaskRequest) -> Result<Task, ClientError> {
        images::start(&self.http, request).await
    }

    async fn get_result(&self, id: &str) -> Result<TaskResult, ClientError> {
        results::get(&self.http, &Results::ANY, id).await
    }

    async fn wait_for_result(&self, id: &str, wait: &Wait) -> Result<Generated, WaitError> {
        results::wait(&self.http, &Results::ANY, id, wait).await
    }

    async fn generate_3d(&self, request: &ThreeDRequest) -> Result<Generated, ClientError> {
        three_d::generate(&self.http, request).await
    }

    async fn generate_audio(&self, request: &AudioRequest) -> Result<Generated, ClientError> {
        audio::generate(&self.http, request).await
    }

    async fn start_audio(&self, request: &AudioTaskRequest) -> Result<Task, ClientError> {
        audio::start(&self.http, request).await
    }

    async fn get_audio_result(&self, id: &str) -> Result<TaskResult, ClientError> {
        results::get(&self.http, &Results::AUDIO, id).await
    }

    async fn wait_for_audio_result(&self, id: &str, wait: &Wait) -> Result<Generated, WaitError> {
        results::wait(&self.http, &Results::AUDIO, id, wait).await
    }

    async fn image_to_video(&self, request: &ImageToVideoRequest) -> Result<Task, ClientError> {
        videos::start(&self.http, request).await
    }

    async fn get_video_result(&self, id: &str) -> Result<TaskResult, ClientError> {
        results::get(&self.http, &Results::VIDEO, id).await
    }

    async fn wait_for_video_completion(&self, id: &str, wait: &Wait) -> Result<Generated, WaitError> {
        results::wait(&self.http, &Results::VIDEO, id, wait).await
    }

    async fn text_to_image(
        &self,
        engine_id: &str,
        request: &TextToImageRequest,
    ) -> Result<Artifacts, ClientError> {
        generation::text_to_image(&self.http, engine_id, request).await
    }

    async fn image_to_image(
        &self,
        engine_id: &str,
        request: &TextToImageRequest,
        image: &InitImage,
    ) -> Result<Artifacts, ClientError> {
        generation::image_to_image(&self.http, engine_id, request, image).await
    }

    async fn mask_image(
        &self,
        engine_id: &str,
        request: &TextToImageRequest,
        image: &MaskedImage,
    ) -> Result<Artifacts, ClientError> {
        generation::mask(&self.http, engine_id, request, image).await
    }

    async fn upscale_image(
        &self,
        engine_id: &str,
        request: &UpscaleRequest,
    ) -> Result<Artifacts, ClientError> {
        generation::upscale(&self.http, engine_id, request).await
    }

    async fn list_engines(&self) -> Result<Vec<Engine>, ClientError> {
        engines::list(&self.http).await
    }

    async fn account(&self) -> Result<Account, ClientError> {
        account::account(&self.http).await
    }

    async fn balance(&self) -> Result<Balance, ClientError> {
        account::balance(&self.http).await
    }
}
