//! Where the database is, and what can be wrong with that.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::commit::BATCH_MAX;
use crate::error::BoxError;

/// How long a connection may take to be made, where the address doesn't say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long sent bytes may go unacknowledged before the connection counts as gone.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(15);

/// Where the database is and how it is worked with.
#[derive(Clone, Debug)]
pub struct PostgresSettings {
    /// Its password doesn't print.
    pub(super) config: Config,
    /// A PEM file with the certificate authorities that are trusted, in place of the machine's.
    pub(super) ca_file: Option<PathBuf>,
    /// How many connections there are besides the one that commits.
    pub connections: usize,
    /// How many steps share a commit at most; 1 gives each a transaction of its own.
    pub batch_max: usize,
    /// How long steps and reads wait for a database that is gone to come back, before they fail.
    pub patience: Duration,
}

impl PostgresSettings {
    /// The database at this address, `postgres://user:password@host:port/database`, with eight connections and a
    /// patience of 30 s.
    ///
    /// `sslmode` is that of libpq: `disable`; `prefer`, the default, which encrypts where the server can and believes
    /// any certificate; `require`, `verify-ca` and `verify-full`, which all check that the certificate is the host's and
    /// that the machine, or the `ca_file`, trusts who signed it.
    pub fn new(url: &str) -> Result<Self, PostgresError> {
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(PostgresError::Address {
                why: "it must begin with postgres:// or postgresql://".into(),
            });
        }
        let url = ["verify-ca", "verify-full"]
            .iter()
            .fold(url.to_owned(), |url, mode| url.replace(&format!("sslmode={mode}"), "sslmode=require"));
        let mut config: Config = url.parse().map_err(address)?;
        if config.get_hosts().is_empty() || config.get_dbname().is_none() {
            return Err(PostgresError::Address { why: "it must name a host and a database".into() });
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("fourfold");
        }
        config.tcp_user_timeout(UNACKNOWLEDGED_MAX).keepalives_idle(UNACKNOWLEDGED_MAX);
        Ok(Self {
            config,
            ca_file: None,
            connections: 8,
            batch_max: BATCH_MAX,
            patience: Duration::from_secs(30),
        })
    }

    /// Trusts the certificate authorities of this PEM file, in place of the machine's. Refused where the mode checks no
    /// certificate.
    pub fn with_ca_file(mut self, path: Option<PathBuf>) -> Result<Self, PostgresError> {
        if path.is_some() && matches!(self.config.get_ssl_mode(), SslMode::Disable | SslMode::Prefer) {
            let why = "it must have sslmode=require where database.ca_file is set";
            return Err(PostgresError::Address { why: why.into() });
        }
        self.ca_file = path;
        Ok(self)
    }

    /// Host and database, for messages.
    pub(super) fn place(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(tokio_postgres::config::Host::Unix(path)) => path.display().to_string(),
            None => String::new(),
        };
        format!("{} at {host}", self.config.get_dbname().unwrap_or_default())
    }
}

/// The parser's own words name options and never their values.
fn address(error: tokio_postgres::Error) -> PostgresError {
    let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    PostgresError::Address { why: why.into() }
}

/// Why the database can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// The address can't be used.
    #[error("the address of the database can't be used: {why}")]
    Address {
        /// What is wrong with it.
        why: Box<str>,
    },
    /// There is no connection to it.
    #[error("the database {place} can't be reached")]
    Unreachable {
        /// Database and host.
        place: String,
        /// What was met.
        #[source]
        source: BoxError,
    },
    /// A migration failed; nothing of it stands.
    #[error("the migration {name} of the database failed")]
    Migration {
        /// Which.
        name: &'static str,
        /// What Postgres says.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A newer version of the program has migrated the database.
    #[error(
        "the database was made by a newer version (it has {found} migrations, this version knows {known})"
    )]
    Newer {
        /// How many it has.
        found: usize,
        /// How many are known.
        known: usize,
    },
    /// The certificates to trust can't be read, or nothing is encrypted that could be checked with them.
    #[error("TLS can't be set up")]
    Tls(#[source] BoxError),
    /// The thread of the connections can't be started.
    #[error("the thread of the connections can't be started")]
    Thread {
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl fmt::Display for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}
