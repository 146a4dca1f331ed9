//! An object that is sent in parts.

use std::pin::pin;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures_util::future::{Either, select};

use super::S3Storage;
use super::failure::failed;
use super::source::Source;
use crate::Spawner;
use crate::ports::StorageError;

impl S3Storage {
    /// Sends each part while the next is read. Whatever goes wrong, what was sent is taken back.
    pub(super) async fn put_in_parts(
        &self,
        key: &str,
        media_type: &str,
        first: Bytes,
        source: &mut Source,
    ) -> Result<(), StorageError> {
        // A task of its own, so that an upload whose caller leaves right now is known to somebody who takes it back.
        let begin = self.spawner.start(self.clone().begin(key.to_owned(), media_type.to_owned()));
        let mut upload = begin.await.map_err(|ended| StorageError::Failed(ended.into()))??;
        let sent = upload.send_all(first, source).await;
        if sent.is_err() {
            upload.is_open = false;
            abort(upload.client.clone(), upload.bucket.clone(), upload.key.clone(), upload.id.clone()).await;
        }
        sent?;
        // The sums of the parts were checked by their signatures; that none is missing only the whole tells.
        let stored = self.size_bytes(key).await?;
        if stored == Some(source.size_bytes()) {
            Ok(())
        } else {
            let sent = source.size_bytes();
            Err(StorageError::Failed(format!("S3 keeps {stored:?} of {sent} bytes").into()))
        }
    }

    async fn begin(self, key: String, media_type: String) -> Result<Upload, StorageError> {
        let create = self.client.create_multipart_upload().bucket(&self.bucket).key(&key);
        let created = create.content_type(media_type).send().await.map_err(failed)?;
        let id = created.upload_id.ok_or_else(|| StorageError::Failed("S3 gave an upload no id".into()))?;
        let Self { client, bucket, spawner } = self;
        Ok(Upload { client, bucket, key, id, parts: Vec::new(), spawner, is_open: true })
    }
}

/// An upload that isn't complete. Given up, it is taken back: its parts would cost room for ever.
struct Upload {
    client: Client,
    bucket: String,
    key: String,
    id: String,
    parts: Vec<CompletedPart>,
    spawner: Spawner,
    is_open: bool,
}

impl Upload {
    async fn send_all(&mut self, first: Bytes, source: &mut Source) -> Result<(), StorageError> {
        let mut part = Some(first);
        while let Some(bytes) = part {
            let number = i32::try_from(self.parts.len() + 1).unwrap_or(i32::MAX);
            let (sent, next) = match select(pin!(self.send(number, bytes)), pin!(source.next_part())).await {
                Either::Left((sent, next)) => (sent?, next.await?),
                // A part that arrives after the upload was taken back would stay.
                Either::Right((next, sent)) => {
                    let sent = sent.await;
                    let next = next?;
                    (sent?, next)
                }
            };
            self.parts.push(sent);
            part = next;
        }
        self.complete().await
    }

    async fn send(&self, number: i32, bytes: Bytes) -> Result<CompletedPart, StorageError> {
        let send = self.client.upload_part().bucket(&self.bucket).key(&self.key).upload_id(&self.id);
        let sent = send.part_number(number).body(ByteStream::from(bytes)).send().await.map_err(failed)?;
        Ok(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build())
    }

    async fn complete(&mut self) -> Result<(), StorageError> {
        let parts =
            CompletedMultipartUpload::builder().set_parts(Some(std::mem::take(&mut self.parts))).build();
        let complete = self.client.complete_multipart_upload().bucket(&self.bucket).key(&self.key);
        complete.upload_id(&self.id).multipart_upload(parts).send().await.map_err(failed)?;
        self.is_open = false;
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.is_open {
            let (client, bucket) = (self.client.clone(), self.bucket.clone());
            self.spawner.start(abort(client, bucket, self.key.clone(), self.id.clone()));
        }
    }
}

async fn abort(client: Client, bucket: String, key: String, id: String) {
    let aborted = client.abort_multipart_upload().bucket(bucket).key(&key).upload_id(id).send().await;
    if let Err(error) = aborted
        && !error.as_service_error().is_some_and(|error| error.is_no_such_upload())
    {
        let error = failed(error);
        tracing::warn!(
            key,
            error = &error as &dyn std::error::Error,
            "parts of an object that was given up stay in S3"
        );
    }
}
