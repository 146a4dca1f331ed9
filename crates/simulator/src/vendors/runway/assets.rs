//! Files that a request names by a URI: on the web, in the request itself, or uploaded before.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Uri;

use super::uploads;
use crate::call::Call;
use crate::media::{PictureFormat, Size};
use crate::refusal::Refusal;

/// What a file must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AssetKind {
    Image,
    Video,
    Audio,
}

const URL_LENGTH_MAX: usize = 2048;

impl AssetKind {
    /// As `type` names it, and media types do.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }

    /// How long a data URI may be. The vendor says 5 MB and 16 MB; of the two meanings the smaller.
    fn data_uri_length_max(self) -> usize {
        match self {
            Self::Image => 5_000_000,
            Self::Video | Self::Audio => 16_000_000,
        }
    }

    pub(super) fn is_of(self, media_type: &str) -> bool {
        media_type.split_once('/').is_some_and(|(kind, _)| kind.eq_ignore_ascii_case(self.name()))
    }
}

/// Refuses a URI that the vendor could not or would not fetch. Nothing is fetched here.
pub(super) fn check(call: &Call<'_>, path: &str, uri: &str, kind: AssetKind) -> Result<(), Refusal> {
    let problem = if uri.starts_with("runway://") {
        uploads::problem(call, uri, kind)
    } else if let Some(data) = uri.strip_prefix("data:") {
        data_problem(uri.len(), data, kind)
    } else {
        url_problem(uri)
    };
    problem.map_or(Ok(()), |problem| Err(Refusal::unsupported(path, problem)))
}

/// How large a picture is, where that can be known without fetching it.
pub(super) fn measured(call: &Call<'_>, uri: &str) -> Option<Size> {
    match uri.strip_prefix("data:") {
        Some(data) => Some(PictureFormat::measure(&decoded(data)?.1)?.1),
        None => uploads::measured(call, uri),
    }
}

fn url_problem(url: &str) -> Option<String> {
    if url.len() > URL_LENGTH_MAX {
        return Some(format!("URLs may have at most {URL_LENGTH_MAX} characters"));
    }
    let parsed: Option<Uri> = url.parse().ok();
    let Some(parsed) = parsed.filter(|url| url.scheme_str() == Some("https")) else {
        return Some("Invalid asset: expected an HTTPS URL, a Runway upload URI or a data URI".into());
    };
    let host = parsed.host().unwrap_or_default();
    (is_address(host) || !host.contains('.'))
        .then(|| "URLs must have a domain name, not an IP address".into())
}

/// Whether a host is an IP address, in any of the ways in which one is written.
fn is_address(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_number = !last.is_empty() && last.bytes().all(|digit| digit.is_ascii_digit());
    host.starts_with('[') || is_number || last.to_ascii_lowercase().starts_with("0x")
}

fn data_problem(length: usize, data: &str, kind: AssetKind) -> Option<String> {
    let length_max = kind.data_uri_length_max();
    if length > length_max {
        return Some(format!("Data URIs of this kind may have at most {length_max} characters"));
    }
    let Some((media_type, bytes)) = decoded(data) else {
        return Some("Invalid data URI: expected `data:<media type>;base64,<data>`".into());
    };
    if !kind.is_of(media_type) {
        return Some(format!("Unsupported asset type {media_type}: expected {}/*", kind.name()));
    }
    let is_broken = kind == AssetKind::Image && PictureFormat::measure(&bytes).is_none();
    is_broken.then(|| "Invalid asset: expected a JPEG, PNG or WebP image".into())
}

/// The media type and the bytes of `image/png;base64,…`.
fn decoded(data: &str) -> Option<(&str, Vec<u8>)> {
    let (head, encoded) = data.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?.split(';').next()?;
    Some((media_type, BASE64_STANDARD.decode(encoded).ok().filter(|bytes| !bytes.is_empty())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_urls_with_a_domain_are_fetched() {
        for url in ["https://h.example/a.png", "HTTPS://h.example:8443", "https://1.2.3.4.example/?a=b"] {
            assert_eq!(url_problem(url), None, "{url}");
        }
        let long = format!("https://h.example/{}", "a".repeat(2048 - 17));
        for url in [
            "http://h.example/a.png",
            "ftp://h.example",
            "h.example/a.png",
            "https://",
            "https://localhost/a.png",
            "https://127.0.0.1/a.png",
            "https://127.1/a.png",
            "https://2130706433/a.png",
            "https://0x7f.0.0.0x1/a.png",
            "https://127.0.0.1./a.png",
            "https://[::1]/a.png",
            "https://h.example/a b.png",
            long.as_str(),
        ] {
            assert!(url_problem(url).is_some(), "{url}");
        }
    }
}
