//! What an answer's headers say of where it came from.

use axum::response::Response;
use fourfold_domain::ProviderKey;
use fourfold_service::calls::{CacheUse, FromCache};
use http::{HeaderMap, HeaderName, HeaderValue, header};

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

/// What a caller wants of the cache, as `Cache-Control` says it.
pub(crate) fn cache_use(headers: &HeaderMap) -> CacheUse {
    let said = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|said| said.to_str().ok());
    let mut wanted = CacheUse::Usual;
    for directive in said.flat_map(|said| said.split(',')).map(str::trim) {
        if directive.eq_ignore_ascii_case("no-store") {
            return CacheUse::Off;
        }
        if ["no-cache", "max-age=0"].iter().any(|fresh| directive.eq_ignore_ascii_case(fresh)) {
            wanted = CacheUse::Refresh;
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_no_kept_answer_says_so_in_cache_control() {
        for (said, wanted) in [
            (&[][..], CacheUse::Usual),
            (&["max-age=60, novel"], CacheUse::Usual),
            (&["no-cache"], CacheUse::Refresh),
            (&["novel, Max-Age=0"], CacheUse::Refresh),
            (&["No-Store"], CacheUse::Off),
            (&["no-cache", "novel,no-store"], CacheUse::Off),
        ] {
            let mut headers = HeaderMap::new();
            for directive in said {
                headers.append(header::CACHE_CONTROL, HeaderValue::from_static(directive));
            }
            assert_eq!(cache_use(&headers), wanted, "{said:?}");
        }
    }
}
