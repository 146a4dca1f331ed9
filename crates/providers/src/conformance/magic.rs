//! Whether bytes are what their media type says, by how such files begin.

/// True also for media types that this doesn't know.
pub(super) fn agrees(media_type: &str, bytes: &[u8]) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let riff = |form: &[u8]| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(form);
    match essence {
        "image/png" => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => bytes.starts_with(b"\xff\xd8\xff"),
        "image/gif" => bytes.starts_with(b"GIF8"),
        "image/webp" => riff(b"WEBP"),
        "audio/wav" | "audio/x-wav" | "audio/wave" => riff(b"WAVE"),
        "audio/mpeg" => {
            bytes.starts_with(b"ID3") || matches!(bytes, [0xff, second, ..] if second & 0xe0 == 0xe0)
        }
        "audio/ogg" | "audio/opus" => bytes.starts_with(b"OggS"),
        "audio/flac" => bytes.starts_with(b"fLaC"),
        "video/mp4" | "audio/mp4" => bytes.get(4..8) == Some(b"ftyp"),
        "video/webm" | "audio/webm" => bytes.starts_with(b"\x1a\x45\xdf\xa3"),
        "application/json" => serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok(),
        text if text.starts_with("text/") => str::from_utf8(bytes).is_ok(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_told_apart() {
        for (media_type, bytes, agreed) in [
            ("image/png", b"\x89PNG\r\n\x1a\nmore".as_slice(), true),
            ("image/png", b"\xff\xd8\xff\xe0", false),
            ("image/jpeg", b"\xff\xd8\xff\xe0", true),
            ("image/webp", b"RIFF\0\0\0\0WEBPVP8 ", true),
            ("audio/wav", b"RIFF\0\0\0\0WEBPVP8 ", false),
            ("audio/mpeg", b"\xff\xfb\x90", true),
            ("audio/mpeg", b"<html>", false),
            ("video/mp4", b"\0\0\0\x18ftypmp42", true),
            ("application/json", b"{\"error\":", false),
            ("text/plain; charset=utf-8", b"\xff", false),
            ("model/gltf", b"anything", true),
        ] {
            assert_eq!(agrees(media_type, bytes), agreed, "{media_type}");
        }
    }
}
