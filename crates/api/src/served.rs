//! What an answer's headers say of where it came from.

use axum::response::Response;
use fourfold_domain::ProviderKey;
use fourfold_service::calls::FromCache;
use http::{HeaderName, HeaderValue};

/// Says who served a call or a job.
pub(crate) const FOURFOLD_PROVIDER: HeaderName = HeaderName::from_static("fourfold-provider");

/// Says of models that have a cache whether an answer was kept.
pub(crate) const FOURFOLD_CACHE: HeaderName = HeaderName::from_static("fourfold-cache");

/// Says who served a call, and whether its answer was kept.
pub(crate) fn tell(response: &mut Response, provider: &ProviderKey, from_cache: Option<FromCache>) {
    let headers = response.headers_mut();
    // A provider's name is visible ASCII.
    let provider = HeaderValue::from_str(provider.as_str()).ok();
    headers.extend(provider.map(|provider| (FOURFOLD_PROVIDER, provider)));
    let from_cache = from_cache.map(|from_cache| match from_cache {
        FromCache::Hit => HeaderValue::from_static("hit"),
        FromCache::Miss => HeaderValue::from_static("miss"),
    });
    headers.extend(from_cache.map(|from_cache| (FOURFOLD_CACHE, from_cache)));
}
