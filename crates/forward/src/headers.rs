//! Which headers go on.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers that are for one connection only (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// Headers by which our callers say who they are; no target learns them.
const OURS: [HeaderName; 5] = [
    header::AUTHORIZATION,
    header::COOKIE,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("fourfold-user"),
    HeaderName::from_static("idempotency-key"),
];

/// Takes out what doesn't go on to a target.
pub(crate) fn clean_request(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
    for name in OURS {
        headers.remove(name);
    }
    // The target's own host is set when the request is sent.
    headers.remove(header::HOST);
}

/// Takes out what doesn't go back to a caller.
pub(crate) fn clean_answer(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
    // A target's cookies are its business with our credential, not with our caller.
    headers.remove(header::SET_COOKIE);
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value: &HeaderValue| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.into_iter().chain(HOP_BY_HOP) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_callers_key_and_the_connections_own_headers_stay_here() {
        let mut headers = headers(&[
            ("authorization", "Bearer ff_secret"),
            ("x-api-key", "ff_secret"),
            ("cookie", "a=b"),
            ("fourfold-user", "u1"),
            ("host", "ours"),
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("te", "trailers"),
            ("accept", "text/event-stream"),
            ("x-request-id", "r1"),
            ("traceparent", "00-a-b-01"),
        ]);
        clean_request(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept", "traceparent", "x-request-id"]);
    }
}
