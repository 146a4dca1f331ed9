//! What kind of picture bytes are, for vendors that don't say it or say it wrongly.

/// By how such files begin.
pub(crate) fn of_bytes(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        _ if bytes.starts_with(b"\xff\xd8\xff") => Some("image/jpeg"),
        _ if bytes.starts_with(b"GIF8") => Some("image/gif"),
        _ if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => Some("image/webp"),
        _ => None,
    }
}

/// By how such files are named.
pub(crate) fn of_link(link: &str) -> Option<&'static str> {
    let path = link.split(['?', '#']).next().unwrap_or_default();
    match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "gif" => Some("image/gif"),
        "webp" => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_apart() {
        for (bytes, expected) in [
            (b"\x89PNG\r\n\x1a\nmore".as_slice(), Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\0\0\0\0WAVEfmt ", None),
            (b"<html>", None),
        ] {
            assert_eq!(of_bytes(bytes), expected);
        }
        for (link, expected) in [
            ("https://x.test/a.PNG?sig=a.jpg", Some("image/png")),
            ("https://x.test/a.jpeg#top", Some("image/jpeg")),
            ("https://x.test/a", None),
            ("https://x.test/a.html", None),
        ] {
            assert_eq!(of_link(link), expected, "{link}");
        }
    }
}
