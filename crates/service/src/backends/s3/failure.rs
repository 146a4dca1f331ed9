//! What S3's errors mean.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::backends::authorities;
use crate::error::BoxError;
use crate::ports::StorageError;

/// What several servers say of a bucket or a disk with no room.
const FULL: [&str; 4] =
    ["InsufficientStorage", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "XMinioStorageFull"];

/// A request that S3 didn't do.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct S3Failure {
    what: String,
    source: BoxError,
}

/// What an error of S3 means, with a sentence that says where it went wrong.
pub(super) fn failed<E>(error: SdkError<E, HttpResponse>) -> StorageError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    let code = error.code().unwrap_or_default().to_owned();
    let what = match (&error, status) {
        (SdkError::TimeoutError(_), _) => "S3 took too long to answer".to_owned(),
        (SdkError::DispatchFailure(_), _) if authorities::is_distrust(&error) => {
            "S3 can't be reached (its certificate isn't trusted)".to_owned()
        }
        (SdkError::DispatchFailure(_), _) => "S3 can't be reached".to_owned(),
        (SdkError::ConstructionFailure(_), _) => "a request to S3 couldn't be made".to_owned(),
        (_, Some(status)) => format!("S3 answered {status} {code}"),
        (_, None) => "S3's answer can't be read".to_owned(),
    };
    let is_full = status == Some(507) || FULL.contains(&code.as_str());
    let failure = S3Failure { what, source: error.into() };
    if is_full { StorageError::Full(failure.into()) } else { StorageError::Failed(failure.into()) }
}
