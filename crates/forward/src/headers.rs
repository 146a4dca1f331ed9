//! Which headers go on, and that the lengths they claim are true.

use fourfold_clients::http::Body;
use http::header::Entry;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::ForwardError;

/// Headers that are for one connection only (RFC 9110, section 7.6.1), beside `Connection` itself.
const HOP_BY_HOP: [HeaderName; 7] = [
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Headers by which our callers say who they are, and which are for us; no target learns them.
pub(crate) const CALLERS: [HeaderName; 8] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::COOKIE,
    HeaderName::from_static("x-api-key"),
    // Clients of Azure and of Google have no other place for the key that they are given.
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("fourfold-user"),
    HeaderName::from_static("idempotency-key"),
];

/// What a subprotocol begins with that is an OpenAI key, from its guide to WebSockets in browsers.
const KEY_PROTOCOL: &[u8] = b"openai-insecure-api-key.";

/// Headers by which a request asks to be taken for one of another method.
const OVERRIDES: [HeaderName; 3] = [
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
];

/// What a target says to browsers of the site that it is, which isn't ours: its cookies belong to our credential, and by
/// the others it would bind or empty all of our host.
const SITES: [HeaderName; 4] = [
    header::SET_COOKIE,
    header::STRICT_TRANSPORT_SECURITY,
    header::ALT_SVC,
    HeaderName::from_static("clear-site-data"),
];

/// Marks errors that are ours and not a target's, so no target may send it.
pub const OUR_ERROR: HeaderName = HeaderName::from_static("fourfold-error");

/// Takes out what doesn't go on to a target, and refuses what could be framed in two ways. Says whether it asks for a
/// WebSocket.
pub(crate) fn clean_request(
    headers: &mut HeaderMap,
    method: &Method,
    body: &Body,
) -> Result<bool, ForwardError> {
    let is_chunked = check_framing(headers, body)?;
    let is_upgrade = asks_for_websocket(headers);
    remove_hop_by_hop(headers);
    for name in CALLERS {
        headers.remove(name);
    }
    // The target's own host is set when the request is sent.
    headers.remove(header::HOST);
    if is_upgrade {
        keep_upgrade(headers);
        remove_key_protocols(headers);
    }
    let rarely_has_body = matches!(*method, Method::GET | Method::HEAD);
    if is_chunked && rarely_has_body && body.length_bytes().is_none() {
        // Else the client takes it that there is no body.
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    Ok(is_upgrade)
}

/// Refuses what asks a target to do another method than the one that was looked at.
pub(crate) fn check_method_is_meant(headers: &HeaderMap) -> Result<(), ForwardError> {
    match OVERRIDES.iter().any(|name| headers.contains_key(name)) {
        true => Err(ForwardError::InvalidRequest("a header that overrides its method")),
        false => Ok(()),
    }
}

/// Takes out what doesn't go back to a caller.
pub(crate) fn clean_answer(headers: &mut HeaderMap, status: StatusCode, is_head: bool, body: &Body) {
    let is_upgrade = status == StatusCode::SWITCHING_PROTOCOLS;
    remove_hop_by_hop(headers);
    if is_upgrade {
        keep_upgrade(headers);
    }
    for name in SITES {
        headers.remove(name);
    }
    headers.remove(OUR_ERROR);
    let has_body = !is_head && status != StatusCode::NOT_MODIFIED;
    if has_body && body.length_bytes().is_none() {
        // It isn't what the answer was read by.
        headers.remove(header::CONTENT_LENGTH);
    }
}

/// Refuses claims about the body's length that contradict each other or the body. Says whether it came in chunks.
pub(crate) fn check_framing(headers: &mut HeaderMap, body: &Body) -> Result<bool, ForwardError> {
    let refuse = |what| Err(ForwardError::InvalidRequest(what));
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_chunked = match (codings.next(), codings.next()) {
        (None, _) => false,
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => true,
        _ => return refuse("a transfer encoding other than chunked"),
    };
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(length) = lengths.next() else { return Ok(is_chunked) };
    if is_chunked {
        return refuse("both a length and a transfer encoding");
    }
    let Some(length_bytes) = plain_number(length.as_bytes()) else {
        return refuse("a length that is no number");
    };
    let mut is_repeated = false;
    for other in lengths {
        if plain_number(other.as_bytes()) != Some(length_bytes) {
            return refuse("conflicting lengths");
        }
        is_repeated = true;
    }
    if body.length_bytes().is_some_and(|known_bytes| known_bytes != length_bytes) {
        return refuse("a length that isn't its body's");
    }
    if is_repeated {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length_bytes));
    }
    Ok(is_chunked)
}

/// Digits and nothing else: no sign, no list.
fn plain_number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether this asks for a WebSocket. Nothing else may take a connection over: `h2c` would carry requests past us.
fn asks_for_websocket(headers: &HeaderMap) -> bool {
    let Some(upgrade) = headers.get(header::UPGRADE) else { return false };
    upgrade.as_bytes().eq_ignore_ascii_case(b"websocket")
        && connection_names(headers).any(|name| name.eq_ignore_ascii_case("upgrade"))
}

/// Puts back what asks for a WebSocket, or grants it.
fn keep_upgrade(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

/// Takes out the subprotocols by which browsers hand a key over, having no other place for it.
fn remove_key_protocols(headers: &mut HeaderMap) {
    let Entry::Occupied(protocols) = headers.entry(header::SEC_WEBSOCKET_PROTOCOL) else { return };
    let mut kept = Vec::new();
    for protocols in protocols.iter() {
        for protocol in protocols.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let start = protocol.get(..KEY_PROTOCOL.len()).unwrap_or_default();
            if !protocol.is_empty() && !start.eq_ignore_ascii_case(KEY_PROTOCOL) {
                kept.push(protocol.to_vec());
            }
        }
    }
    protocols.remove();
    // It was of characters that a header can carry.
    if !kept.is_empty()
        && let Ok(kept) = HeaderValue::from_bytes(&kept.join(&b", "[..]))
    {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, kept);
    }
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        let named: Vec<HeaderName> = connection_names(headers).filter_map(|name| name.parse().ok()).collect();
        for name in named {
            // What frames the body and what routes it isn't the caller's to take out.
            if name != header::CONTENT_LENGTH && name != header::HOST {
                headers.remove(name);
            }
        }
        headers.remove(header::CONNECTION);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// What `Connection` names.
fn connection_names(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
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

    fn check(pairs: &[(&'static str, &'static str)], expected: &[&str]) {
        let mut headers = headers(pairs);
        clean_request(&mut headers, &Method::POST, &Body::from("12345")).unwrap();
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, expected, "{pairs:?}");
    }

    #[test]
    fn the_callers_key_and_the_connections_own_headers_stay_here() {
        check(
            &[
                ("authorization", "Bearer ff_secret"),
                ("x-api-key", "ff_secret"),
                ("api-key", "ff_secret"),
                ("x-goog-api-key", "ff_secret"),
                ("cookie", "a=b"),
                ("fourfold-user", "u1"),
                ("host", "ours"),
                ("connection", "close, X-Private"),
                ("x-private", "1"),
                ("keep-alive", "5"),
                ("proxy-connection", "keep-alive"),
                ("te", "trailers"),
                ("accept", "text/event-stream"),
                ("expect", "100-continue"),
                ("x-request-id", "r1"),
                ("traceparent", "00-a-b-01"),
            ],
            &["accept", "expect", "traceparent", "x-request-id"],
        );
    }

    #[test]
    fn a_connection_is_upgraded_to_a_websocket_and_to_nothing_else() {
        check(&[("connection", "keep-alive, Upgrade"), ("upgrade", "WebSocket")], &["connection", "upgrade"]);
        check(&[("connection", "upgrade, http2-settings"), ("upgrade", "h2c"), ("http2-settings", "A")], &[]);
        check(&[("upgrade", "websocket")], &[]);
        check(&[("connection", "upgrade")], &[]);
    }

    #[test]
    fn a_key_among_the_subprotocols_stays_here() {
        let key = "openai-insecure-api-key.ff_secret";
        for (given, expected) in [
            (&["realtime", key, "openai-beta.realtime-v1"][..], Some("realtime, openai-beta.realtime-v1")),
            (&["realtime, OpenAI-Insecure-API-Key.ff_secret,x"], Some("realtime, x")),
            (&[key], None),
            (&["realtime"], Some("realtime")),
            (&[], None),
        ] {
            let mut headers = headers(&[("connection", "upgrade"), ("upgrade", "websocket")]);
            for protocols in given {
                headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocols));
            }
            clean_request(&mut headers, &Method::GET, &Body::empty()).unwrap();
            let kept = headers.get(header::SEC_WEBSOCKET_PROTOCOL).map(|kept| kept.to_str().unwrap());
            assert_eq!(kept, expected, "{given:?}");
        }
    }

    #[test]
    fn a_caller_cannot_take_the_length_out() {
        check(&[("connection", "content-length"), ("content-length", "5")], &["content-length"]);
    }

    #[test]
    fn lengths_that_contradict_each_other_are_refused() {
        for wrong in [
            &[("content-length", "5"), ("content-length", "6")][..],
            &[("content-length", "5, 5")],
            &[("content-length", "+5")],
            &[("content-length", "-1")],
            &[("content-length", "")],
            &[("content-length", "0x5")],
            &[("content-length", "99999999999999999999")],
            &[("content-length", "4")],
            &[("content-length", "5"), ("transfer-encoding", "chunked")],
            &[("transfer-encoding", "chunked, chunked")],
            &[("transfer-encoding", "chunked"), ("transfer-encoding", "identity")],
            &[("transfer-encoding", "gzip, chunked")],
            &[("transfer-encoding", "xchunked")],
            &[("transfer-encoding", "identity")],
        ] {
            let refused = clean_request(&mut headers(wrong), &Method::POST, &Body::from("12345"));
            assert!(matches!(refused, Err(ForwardError::InvalidRequest(_))), "{wrong:?}");
        }
        check(&[("content-length", "5"), ("content-length", "5")], &["content-length"]);
        check(&[("transfer-encoding", "Chunked")], &[]);
    }
}
