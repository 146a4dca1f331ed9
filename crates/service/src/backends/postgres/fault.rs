//! What can go wrong at the database, by what is done about it.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::PoolError;
use tokio_postgres::error::{Severity, SqlState};

use crate::error::{BoxError, StoreError};

/// Why a batch or a read was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("the database refused a statement, or is gone")]
    Database(#[from] tokio_postgres::Error),
    #[error("there is no connection to the database")]
    NoConnection(#[source] BoxError),
    #[error("column {column} can't be read")]
    Unreadable {
        column: usize,
        #[source]
        source: BoxError,
    },
    #[error("a row can't be written")]
    Unwritable(#[source] BoxError),
    #[error("a step panicked: {0}")]
    Panicked(String),
    #[error("the database doesn't answer within {0:?}")]
    Silent(Duration),
}

/// What is done about a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cure {
    /// Another node was faster, or the two stood in each other's way: over fresh rows it may work.
    RunAgain,
    /// The connection is gone, a new one may do.
    Reconnect,
    /// Nothing.
    None,
}

impl Fault {
    pub(super) fn cure(&self) -> Cure {
        match self {
            Self::Database(error) => cure(error),
            Self::NoConnection(_) | Self::Silent(_) => Cure::Reconnect,
            Self::Unreadable { .. } | Self::Unwritable(_) | Self::Panicked(_) => Cure::None,
        }
    }

    /// What a step that panicked said.
    pub(super) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text =
            panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Self::Panicked(text.unwrap_or("without a word").to_owned())
    }
}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) if cure(&error) == Cure::None => Self::Database(error),
            error => Self::NoConnection(error.into()),
        }
    }
}

/// The same fault for each who waits.
pub(super) fn failed(fault: &Arc<Fault>) -> StoreError {
    let full = matches!(&**fault, Fault::Database(error) if error.code() == Some(&SqlState::DISK_FULL));
    let source = BoxError::from(fault.clone());
    if full { StoreError::Full(source) } else { StoreError::Failed(source) }
}

fn cure(error: &tokio_postgres::Error) -> Cure {
    let Some(refused) = error.as_db_error() else {
        let io = std::error::Error::source(error).is_some_and(|source| source.is::<io::Error>());
        return if io || error.is_closed() { Cure::Reconnect } else { Cure::None };
    };
    let code = refused.code();
    let races = [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::UNIQUE_VIOLATION,
        &SqlState::LOCK_NOT_AVAILABLE,
    ];
    // No patience mends these; every other fatal word is of a server that stops, starts or is too busy.
    let wrong = [
        &SqlState::INVALID_PASSWORD,
        &SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        &SqlState::INVALID_CATALOG_NAME,
    ];
    let fatal = matches!(refused.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    if races.contains(&code) {
        Cure::RunAgain
    } else if fatal && !wrong.contains(&code) {
        Cure::Reconnect
    } else {
        Cure::None
    }
}
