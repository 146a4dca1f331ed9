//! The connections to Redis. One is shared by all that answers at once, and is made again when it breaks; what waits
//! has a connection of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult,
    ScriptInvocation, TlsCertificates,
};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::RedisSettings;
use crate::backends::authorities;

/// How long it may take to connect.
const CONNECT_MAX: Duration = Duration::from_secs(1);

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// How long nobody tries again after a failure.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// The way to one Redis. Clones share it.
#[derive(Clone)]
pub struct RedisLink {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    prefix: String,
    /// Held while a connection is made, so that only one is.
    shared: Mutex<Shared>,
    /// Whether the last thing that was asked failed.
    failing: AtomicBool,
    /// Whether the last that failed did so since the server's certificate isn't trusted.
    distrusting: AtomicBool,
}

#[derive(Default)]
struct Shared {
    connection: Option<MultiplexedConnection>,
    /// Counts the connections, so that a failure of an earlier one doesn't end this.
    number: u64,
    /// Nobody connects before.
    again_at: Option<Instant>,
}

impl RedisLink {
    /// Prepares the way; nothing is connected yet. None without an address. An error says what is wrong with the
    /// address, or with the certificates.
    pub fn open(settings: &RedisSettings) -> RedisResult<Option<Self>> {
        let Some(url) = &settings.url else { return Ok(None) };
        let inner = Inner {
            client: match &settings.ca_file {
                None => Client::open(url.as_str())?,
                Some(path) => Client::build_with_tls(url.as_str(), trusting(path)?)?,
            },
            prefix: settings.prefix.clone(),
            shared: Mutex::default(),
            failing: AtomicBool::new(false),
            distrusting: AtomicBool::new(false),
        };
        Ok(Some(Self { inner: Arc::new(inner) }))
    }

    /// The full name of a key. All are in one slot of a cluster, so that one script can use several.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{{{}}}:{name}", self.inner.prefix)
    }

    /// Runs a script.
    pub(super) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> RedisResult<T> {
        let (mut connection, number) = self.connection().await?;
        let answer = script.invoke_async(&mut connection).await;
        self.learn(number, answer).await
    }

    /// Sends commands together.
    pub(super) async fn send<T: FromRedisValue>(&self, commands: &Pipeline) -> RedisResult<T> {
        let (mut connection, number) = self.connection().await?;
        let answer = commands.query_async(&mut connection).await;
        self.learn(number, answer).await
    }

    /// Whether Redis answers, else a few words that say what is missing.
    pub(super) async fn health(&self) -> Result<(), String> {
        let mut ping = Pipeline::new();
        ping.add_command(Cmd::ping()).ignore();
        self.send(&ping).await.map_err(|error: RedisError| {
            let is_distrusted = self.inner.distrusting.load(Ordering::Relaxed);
            let why = if is_distrusted { "its certificate isn't trusted" } else { error.category() };
            format!("redis ({why})")
        })
    }

    /// A connection for what waits, which takes as long as it takes.
    pub(super) async fn waiting_connection(&self) -> RedisResult<MultiplexedConnection> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_MAX)).set_response_timeout(None);
        self.inner.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// A connection that listens.
    pub(super) async fn listening_connection(&self) -> RedisResult<PubSub> {
        timeout(CONNECT_MAX, self.inner.client.get_async_pubsub()).await.unwrap_or_else(|_late| Err(gone()))
    }

    async fn connection(&self) -> RedisResult<(MultiplexedConnection, u64)> {
        let mut shared = self.inner.shared.lock().await;
        if let Some(connection) = &shared.connection {
            return Ok((connection.clone(), shared.number));
        }
        if shared.again_at.is_some_and(|at| Instant::now() < at) {
            return Err(gone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_MAX))
            .set_response_timeout(Some(ANSWER_MAX));
        match self.inner.client.get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => {
                shared.connection = Some(connection.clone());
                shared.number += 1;
                Ok((connection, shared.number))
            }
            Err(error) => {
                shared.again_at = Some(Instant::now() + PAUSE);
                self.failed(&error);
                Err(error)
            }
        }
    }

    /// Gives a connection up whose answer was an error: after that nobody knows how it stands.
    async fn learn<T>(&self, number: u64, answer: RedisResult<T>) -> RedisResult<T> {
        match &answer {
            Ok(_) => {
                if self.inner.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("Redis does its work again");
                }
            }
            Err(error) => {
                self.failed(error);
                let mut shared = self.inner.shared.lock().await;
                if shared.number == number {
                    shared.connection = None;
                    shared.again_at = Some(Instant::now() + PAUSE);
                }
            }
        }
        answer
    }

    /// Says it once an outage.
    fn failed(&self, error: &RedisError) {
        self.inner.distrusting.store(authorities::is_distrust(error), Ordering::Relaxed);
        if !self.inner.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "Redis can't do its work; until it can, what is due is looked for in the database and each process keeps to \
                 its share of limits"
            );
        }
    }
}

/// The certificate authorities of a PEM file.
fn trusting(path: &Path) -> RedisResult<TlsCertificates> {
    let pem = authorities::pem(path).map_err(|why| {
        RedisError::from((ErrorKind::InvalidClientConfig, "redis.ca_file can't be used", why.to_string()))
    })?;
    Ok(TlsCertificates { client_tls: None, root_cert: Some(pem) })
}

/// What is told while nobody tries.
fn gone() -> RedisError {
    RedisError::from((ErrorKind::Io, "Redis can't be reached"))
}
