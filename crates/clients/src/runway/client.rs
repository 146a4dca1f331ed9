//! The trait that callers depend on, and the client that fills it.

use async_trait::async_trait;
use secrecy::SecretString;

use super::failure::RunwayFailures;
use super::generations::{self, Generation};
use super::organization::{self, Organization, Usage, UsageRequest};
use super::outputs;
use super::tasks::{self, Task};
use super::uploads::{self, Upload};
use crate::http::{AuthScheme, BaseHttpClient, ClientBuilder, ClientError, HttpSettings};
use crate::vendor::{Media, Wait, WaitError, without_version};

/// Where Runway itself is.
pub const BASE_URL: &str = "https://api.dev.runwayml.com";

/// The version of the API that is asked for. The vendor serves no other.
pub const VERSION: &str = "2024-11-06";

/// What can be asked of Runway. With the feature `testing` there is a `MockRunwayApi`.
///
/// A call that generates is sent again only if nothing can have started; [`ClientError::effect`] tells what an error
/// left open. Dropping a future closes its connection, which takes nothing back that was begun.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait RunwayApi: Send + Sync {
    /// `POST` to the generation's route. The task that comes back has its id and what it costs at most;
    /// [`wait_for_completion`](Self::wait_for_completion) waits for the rest.
    async fn create_generation(&self, generation: &Generation) -> Result<Task, ClientError>;

    /// `GET /v1/tasks/{id}`: how the task stands. The vendor wants to be asked for one no more often than every 5 s.
    async fn get_generation_status(&self, id: &str) -> Result<Task, ClientError>;

    /// Looks at the task until it has succeeded. A look that fails for a while is not a task that failed.
    ///
    /// A task that somebody cancelled elsewhere is one that failed, with the code `CANCELLED`.
    async fn wait_for_completion(&self, id: &str, wait: &Wait) -> Result<Task, WaitError>;

    /// `DELETE /v1/tasks/{id}`: cancels a task that waits or runs, and deletes one that is over, with what it made.
    ///
    /// From then on the task is unknown: to look at it or to cancel it once more is an error with status 404, which is
    /// also how a cancel ends whose first answer was lost. Credits are not given back for a task that runs, and may be
    /// for one that waits.
    async fn cancel_generation(&self, id: &str) -> Result<(), ClientError>;

    /// `GET /v1/organization`: the credits that are left, and what may be done with them.
    async fn organization(&self) -> Result<Organization, ClientError>;

    /// `POST /v1/organization/usage`: the credits that were used, by day and model.
    async fn usage(&self, request: &UsageRequest) -> Result<Usage, ClientError>;

    /// `POST /v1/uploads`, then the file to where the answer says, without the key. Gives the `runway://` URI that
    /// requests may name the file by for 24 h.
    async fn upload(&self, upload: Upload) -> Result<String, ClientError>;

    /// Fetches an output of a task by its URL, without the key. The URL works for 24 h at least; the task has a fresh
    /// one each time it is looked at.
    async fn download(&self, url: &str) -> Result<Media, ClientError>;
}

/// Runway over HTTP. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct RunwayClient {
    http: BaseHttpClient,
}

impl RunwayClient {
    /// Begins to build the HTTP client, with the vendor's [`default_settings`], [`VERSION`] and reading of errors.
    ///
    /// A base URL may end in `/v1`.
    pub fn builder(base_url: &str, api_key: SecretString) -> ClientBuilder {
        BaseHttpClient::builder(without_version(base_url, "v1"))
            .settings(default_settings())
            .auth(AuthScheme::Bearer(api_key))
            .default_header("x-runway-version", VERSION)
            .failures(RunwayFailures)
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

/// The settings that suit Runway: the general ones, since no call waits for what it generates.
pub fn default_settings() -> HttpSettings {
    HttpSettings::default()
}

#[async_trait]
impl RunwayApi for RunwayClient {
    async fn create_generation(&self, generation: &Generation) -> Result<Task, ClientError> {
        generations::create(&self.http, generation).await
    }

    async fn get_generation_status(&self, id: &str) -> Result<Task, ClientError> {
        tasks::get(&self.http, id).await
    }

    async fn wait_for_completion(&self, id: &str, wait: &Wait) -> Result<Task, WaitError> {
        tasks::wait(&self.http, id, wait).await
    }

    async fn cancel_generation(&self, id: &str) -> Result<(), ClientError> {
        tasks::cancel(&self.http, id).await
    }

    async fn organization(&self) -> Result<Organization, ClientError> {
        organization::get(&self.http).await
    }

    async fn usage(&self, request: &UsageRequest) -> Result<Usage, ClientError> {
        organization::usage(&self.http, request).await
    }

    async fn upload(&self, upload: Upload) -> Result<String, ClientError> {
        uploads::upload(&self.http, upload).await
    }

    async fn download(&self, url: &str) -> Result<Media, ClientError> {
        outputs::download(&self.http, url).await
    }
}
