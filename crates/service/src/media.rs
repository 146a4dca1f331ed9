//! Reads the media that requests name, on behalf of the account that named them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use fourfold_domain::{
    AccountId, Effect, InlineMedia, MediaInput, MediaReader, OpenMedia, ProviderError, Reason,
};

use crate::ports::MediaFetcher;

/// Where the media of requests come from. Clones share it.
#[derive(Clone)]
pub struct Media {
    fetcher: Option<Arc<dyn MediaFetcher>>,
}

impl Media {
    /// Media that addresses lead to are fetched with this.
    pub fn new(fetcher: Arc<dyn MediaFetcher>) -> Self {
        Self { fetcher: Some(fetcher) }
    }

    /// No address is ever fetched.
    pub fn offline() -> Self {
        Self { fetcher: None }
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
            (MediaInput::File(id), _) => {
                tracing::debug!(account.id = %self.account, file.id = %id, "a request names a file that isn't there");
                Err(invalid("there is no such file"))
            }
        }
    }
}

fn invalid(message: &str) -> ProviderError {
    ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, message)
}
