//! Objects in a bucket of S3, or of what speaks its language.
//!
//! A key is written whole or not at all: by one request, or as an upload in parts that counts only when it is
//! completed. Conditional writes aren't relied on, since not every server knows them.

mod failure;
mod source;
mod upload;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedHttpClient,
};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use bytes::Bytes;
use fourfold_domain::BoxStream;
use futures_util::stream;

use self::failure::failed;
use self::source::Source;
use crate::Spawner;
use crate::artifacts::S3Settings;
use crate::backends::authorities;
use crate::error::BoxError;
use crate::jobs::StoredObject;
use crate::ports::{ObjectStorage, Presigned, ReadObject, StorageError};

/// How long it may take to connect.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// How long the first byte of an answer may take, once all was sent.
const FIRST_BYTE_MAX: Duration = Duration::from_secs(30);

/// How long one try of a request may take until its answer begins, a part's bytes included.
const TRY_MAX: Duration = Duration::from_secs(120);

/// How long it may take to say that the bucket is there.
const HEALTH_MAX: Duration = Duration::from_secs(2);

/// The longest that a presigned address may work, by S3's own rules.
const PRESIGNED_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Keeps objects in a bucket.
#[derive(Clone, Debug)]
pub struct S3Storage {
    client: Client,
    bucket: String,
    spawner: Spawner,
}

impl S3Storage {
    /// Uses this bucket; nothing is asked of it yet. None without a bucket. The spawner is for uploads that were
    /// given up: they are taken back. An error says what is wrong with the certificates.
    pub fn new(settings: &S3Settings, spawner: Spawner) -> Result<Option<Self>, BoxError> {
        let Some(bucket) = settings.bucket.clone() else { return Ok(None) };
        let secret = settings.secret_access_key.clone().unwrap_or_default();
        let id = settings.access_key_id.clone().unwrap_or_default();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_MAX)
            .read_timeout(FIRST_BYTE_MAX)
            .operation_attempt_timeout(TRY_MAX)
            .build();
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region.clone()))
            .credentials_provider(Credentials::new(id, secret, None, None, "settings"))
            .force_path_style(settings.path_style)
            // Others than Amazon don't know the newer checksums. The signature covers a body's SHA-256 anyway.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts);
        config.set_endpoint_url(settings.endpoint.clone());
        if let Some(path) = &settings.ca_file {
            let why = |why| format!("artifacts.s3.ca_file can't be used: {why}");
            config.set_http_client(Some(trusting(authorities::pem(path).map_err(why)?)?));
        }
        Ok(Some(Self { client: Client::from_conf(config.build()), bucket, spawner }))
    }

    /// The length of an object; nothing where there is none.
    async fn size_bytes(&self, key: &str) -> Result<Option<u64>, StorageError> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(head) => Ok(Some(unsigned(head.content_length())?)),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn put_at_once(&self, key: &str, media_type: &str, bytes: Bytes) -> Result<(), StorageError> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type(media_type);
        put.body(ByteStream::from(bytes)).send().await.map(drop).map_err(failed)
    }
}

#[async_trait]
impl ObjectStorage for S3Storage {
    async fn put(
        &self,
        key: &str,
        media_type: &str,
        bytes: BoxStream<Result<Bytes, BoxError>>,
    ) -> Result<StoredObject, StorageError> {
        let mut source = Source::new(bytes);
        match source.next_part().await? {
            None => self.put_at_once(key, media_type, Bytes::new()).await?,
            Some(whole) if source.has_ended() => self.put_at_once(key, media_type, whole).await?,
            Some(first) => self.put_in_parts(key, media_type, first, &mut source).await?,
        }
        let (size_bytes, sha256) = source.finish();
        Ok(StoredObject { key: key.to_owned(), media_type: media_type.to_owned(), size_bytes, sha256 })
    }

    async fn get(
        &self,
        key: &str,
        offset: u64,
        length: Option<u64>,
    ) -> Result<Option<ReadObject>, StorageError> {
        let nothing = |size_bytes| ReadObject { size_bytes, bytes: Box::pin(stream::empty()) };
        let range = match length {
            Some(0) => return Ok(self.size_bytes(key).await?.map(nothing)),
            Some(length) => Some(format!("bytes={offset}-{}", offset.saturating_add(length - 1))),
            None if offset == 0 => None,
            None => Some(format!("bytes={offset}-")),
        };
        let get = self.client.get_object().bucket(&self.bucket).key(key).set_range(range).send().await;
        let object = match get {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => {
                return Ok(None);
            }
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 416) => {
                return Ok(self.size_bytes(key).await?.map(nothing));
            }
            Err(error) => return Err(failed(error)),
        };
        // Of a part, the answer says the whole's length after the slash.
        let whole = object.content_range().and_then(|range| range.rsplit_once('/')?.1.parse().ok());
        let size_bytes = match whole {
            Some(whole) => whole,
            None => unsigned(object.content_length())?,
        };
        let bytes = stream::try_unfold(object.body, |mut body| async move {
            let part = body.try_next().await.map_err(|error| StorageError::Failed(error.into()))?;
            Ok(part.map(|part| (part, body)))
        });
        Ok(Some(ReadObject { size_bytes, bytes: Box::pin(bytes) }))
    }

    async fn delete(&self, key: &str) -> Result<(), StorageError> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key).send().await;
        match delete {
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => {
                Ok(())
            }
            other => other.map(drop).map_err(failed),
        }
    }

    /// S3 doesn't tell; it is asked whether the bucket is there, so that readiness knows.
    async fn free_bytes(&self) -> Result<Option<u64>, StorageError> {
        // Who asks waits for it, so it is asked once and briefly.
        let briefly = Config::builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(HEALTH_MAX).build());
        let head = self.client.head_bucket().bucket(&self.bucket).customize().config_override(briefly);
        head.send().await.map_err(failed)?;
        Ok(None)
    }

    async fn presigned(&self, read: Presigned<'_>) -> Result<Option<String>, StorageError> {
        let expiry = PresigningConfig::expires_in(read.ttl.min(PRESIGNED_MAX));
        let expiry = expiry.map_err(|error| StorageError::Failed(error.into()))?;
        let get = self.client.get_object().bucket(&self.bucket).key(read.key);
        let get = get.response_content_type(read.media_type).response_content_disposition(read.disposition);
        let request = get.presigned(expiry).await.map_err(failed)?;
        Ok(Some(request.uri().to_owned()))
    }
}

fn unsigned(length: Option<i64>) -> Result<u64, StorageError> {
    let length = length.and_then(|length| u64::try_from(length).ok());
    length.ok_or_else(|| StorageError::Failed("S3 didn't say how long an object is".into()))
}

/// What connects to servers whose certificates these authorities have signed, and to no others.
fn trusting(pem: Vec<u8>) -> Result<SharedHttpClient, BoxError> {
    let authorities = TrustStore::empty().with_pem_certificate(pem);
    let context = TlsContext::builder().with_trust_store(authorities).build()?;
    let builder = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    Ok(builder.tls_context(context).build_https())
}
