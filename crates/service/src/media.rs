//! Reads the media that requests name, on behalf of the account that named them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use fourfold_domain::{
    AccountId, Effect, FileId, InlineMedia, MediaInput, MediaReader, OpenMedia, ProviderError, Reason,
};
use futures_util::TryStreamExt as _;

use crate::files::FilesService;
use crate::ports::MediaFetcher;
use crate::{BoxError, ServiceError};

/// Where the media of requests come from. Clones share it.
#[derive(Clone)]
pub struct Media {
    files: FilesService,
    fetcher: Option<Arc<dyn MediaFetcher>>,
}

impl Media {
    /// Files are these; media that addresses lead to are fetched with this.
    pub fn new(files: FilesService, fetcher: Arc<dyn MediaFetcher>) -> Self {
        Self { files, fetcher: Some(fetcher) }
    }

    /// Files are these; no address is ever fetched.
    pub fn offline(files: FilesService) -> Self {
        Self { files, fetcher: None }
    }

    /// Whether an address that a caller names may be read, as far as its text tells.
    pub(crate) fn may_fetch(&self, url: &str) -> bool {
        self.fetcher.as_ref().is_none_or(|fetcher| fetcher.may_fetch(url))
    }

    /// A reader for the requests of one account.
    pub(crate) fn of(&self, account: AccountId) -> Arc<dyn MediaReader> {
        Arc::new(AccountMedia { media: self.clone(), account })
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media").finish_non_exhaustive()
    }
}

struct AccountMedia {
    media: Media,
    account: AccountId,
}

#[async_trait]
impl MediaReader for AccountMedia {
    async fn open(&self, input: &MediaInput) -> Result<OpenMedia, ProviderError> {
        match (input, &self.media.fetcher) {
            (MediaInput::Data(_), _) => InlineMedia.open(input).await,
            (MediaInput::Url(url), Some(fetcher)) => fetcher.fetch(url).await,
            (MediaInput::Url(_), None) => {
                Err(invalid("addresses aren't fetched here; hand the media in itself"))
            }
            (MediaInput::File(id), _) => self.file(*id).await,
        }
    }
}

impl AccountMedia {
    async fn file(&self, id: FileId) -> Result<OpenMedia, ProviderError> {
        match self.media.files.open(self.account, id).await {
            Ok((file, object)) => Ok(OpenMedia {
                media_type: file.media_type,
                length: Some(file.size_bytes),
                body: Box::pin(object.bytes.map_err(|error| unreadable(error.into()))),
            }),
            Err(ServiceError::NotFound(_)) => Err(invalid("there is no such file")),
            Err(error) => Err(unreadable(error.into())),
        }
    }
}

fn invalid(message: &str) -> ProviderError {
    ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, message)
}

/// Our own store fails: that passes.
fn unreadable(source: BoxError) -> ProviderError {
    let message = "a file of the request can't be read just now";
    ProviderError {
        source: Some(source),
        ..ProviderError::new(Reason::Unavailable, Effect::NotStarted, message)
    }
}
