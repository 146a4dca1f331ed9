//! Many processes over Postgres, Redis and S3: what is scaled out.

use std::sync::Mutex;

use fourfold_servers::{Postgres, Redis, S3};

use super::home::{Home, Server};
use super::process::Ran;

/// Servers of its own, and a home whose processes use them.
pub(crate) struct Cluster {
    pub(crate) home: Home,
    pub(crate) postgres: Postgres,
    pub(crate) redis: Mutex<Redis>,
    pub(crate) s3: S3,
}

/// A part that a process plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    All,
    Api,
    Worker,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }

    pub(crate) fn answers(self) -> bool {
        self != Self::Worker
    }
}

impl Cluster {
    /// All three servers, everything durable, and no process yet.
    pub(crate) fn new() -> Self {
        let postgres = Postgres::start(Postgres::SYNCED).unwrap();
        let redis = Redis::start().unwrap();
        let s3 = S3::start().unwrap();
        let database = postgres.create_database().unwrap();
        let home = Home::new()
            .with("DATABASE_URL", database)
            .with("REDIS_URL", redis.url())
            .with("FOURFOLD__ARTIFACTS__S3__BUCKET", S3::BUCKET)
            .with("FOURFOLD__ARTIFACTS__S3__REGION", S3::REGION)
            .with("FOURFOLD__ARTIFACTS__S3__ENDPOINT", s3.endpoint())
            .with("FOURFOLD__ARTIFACTS__S3__PATH_STYLE", "true")
            .with("FOURFOLD__ARTIFACTS__S3__ACCESS_KEY_ID", S3::ACCESS_KEY_ID)
            .with("FOURFOLD__ARTIFACTS__S3__SECRET_ACCESS_KEY", S3::SECRET_ACCESS_KEY)
            .with("FOURFOLD__SECURITY__SECRET_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        Self { home, postgres, redis: Mutex::new(redis), s3 }
    }

    /// The same, with another variable.
    pub(crate) fn with(self, name: &str, value: impl Into<String>) -> Self {
        Self { home: self.home.with(name, value), ..self }
    }

    /// Starts a process, which must come to listen.
    pub(crate) async fn start(&self, role: Role) -> Server {
        match self.try_start(role, &[]).await {
            Ok(server) => server,
            Err(ran) => panic!("the {} didn't come to listen: {ran:#?}", role.as_str()),
        }
    }

    pub(crate) async fn try_start(&self, role: Role, variables: &[(&str, &str)]) -> Result<Server, Ran> {
        self.home.try_start_as(&["serve", "--role", role.as_str()], variables).await
    }
}
