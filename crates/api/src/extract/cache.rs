//! The header that says what a caller wants of kept answers.

use fourfold_service::calls::CacheUse;
use http::{HeaderMap, header};
use utoipa::IntoParams;

/// How a caller says what he wants of kept answers.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by name, this documents it")]
pub(crate) struct CacheHeader {
    /// no-cache wants a new answer of a model that keeps some, no-store one that isn't kept
    #[param(rename = "Cache-Control")]
    cache_control: Option<String>,
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
    use http::HeaderValue;

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
