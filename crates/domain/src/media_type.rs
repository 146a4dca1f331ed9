//! What a file is: by how it begins where that tells, else by the word of who gave it.

/// How many bytes of a file's beginning tell what it is, where anything does.
pub const MEDIA_TYPE_HEAD_BYTES: usize = 64;

/// What is said of a file of which nothing is known.
const UNKNOWN: &str = "application/octet-stream";

/// The longest media type that is taken at its word.
const TEXT_BYTES_MAX: usize = 100;

/// The media type of a file that begins with `head`. What the first bytes say holds, whatever was declared; where
/// they say nothing, a declared type holds that is well formed and isn't a document that can run script.
pub fn media_type_of(head: &[u8], declared: Option<&str>) -> String {
    let known = known_by_its_bytes(head).map(str::to_owned);
    known.or_else(|| declared.and_then(inert)).unwrap_or_else(|| UNKNOWN.to_owned())
}

fn known_by_its_bytes(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, form @ ..] if form.starts_with(b"WEBP") => "image/webp",
        [b'R', b'I', b'F', b'F', _, _, _, _, form @ ..] if form.starts_with(b"WAVE") => "audio/wav",
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => "image/tiff",
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'I', b'D', b'3', ..] => "audio/mpeg",
        [0x1a, 0x45, 0xdf, 0xa3, rest @ ..] => matroska(rest),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => iso_media(brand),
        // Both begin with a frame; the two bits of the layer are 0 in AAC's.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => "audio/aac",
        [0xff, second, third, ..] if is_mpeg_frame(*second, *third) => "audio/mpeg",
        _ => return None,
    })
}

/// The kinds of ISO base media, by their major brand.
fn iso_media(brand: &[u8]) -> &'static str {
    match brand {
        [b'a', b'v', b'i', b'f' | b's', ..] => "image/avif",
        [b'h', b'e', b'i' | b'v', b'c' | b'x' | b'm' | b's', ..] | [b'm', b'i', b'f', b'1', ..] => {
            "image/heic"
        }
        [b'q', b't', b' ', b' ', ..] => "video/quicktime",
        [b'M', b'4', b'A' | b'B', b' ', ..] => "audio/mp4",
        _ => "video/mp4",
    }
}

/// The kinds of Matroska; the name of the document's type stands among the first elements.
fn matroska(head: &[u8]) -> &'static str {
    if head.windows(4).any(|name| name == b"webm") { "video/webm" } else { "video/x-matroska" }
}

/// Whether these are the second and third byte of a frame of MPEG audio: a layer, a bit rate and a sampling rate
/// that there are.
fn is_mpeg_frame(second: u8, third: u8) -> bool {
    second & 0xe0 == 0xe0
        && second & 0x18 != 0x08
        && second & 0x06 != 0
        && !matches!(third & 0xf0, 0x00 | 0xf0)
        && third & 0x0c != 0x0c
}

/// A declared type, without its parameters; nothing where it is none, or one that a browser would run.
fn inert(declared: &str) -> Option<String> {
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, name) = essence.split_once('/')?;
    let is_token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let runs = ["html", "xml", "svg", "script", "multipart"].iter().any(|word| essence.contains(word));
    (essence.len() <= TEXT_BYTES_MAX && is_token(kind) && is_token(name) && !runs).then_some(essence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_beat_the_callers_word() {
        for (head, expected) in [
            (b"\x89PNG\r\n\x1a\n\0\0".as_slice(), "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"GIF89a", "image/gif"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
            (b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"),
            (b"%PDF-1.7", "application/pdf"),
            (b"ID3\x04", "audio/mpeg"),
            (b"\xff\xfb\x90\x00", "audio/mpeg"),
            (b"\xff\xf1\x50\x80", "audio/aac"),
            (b"fLaC", "audio/flac"),
            (b"OggS", "audio/ogg"),
            (b"\0\0\0\x18ftypisom", "video/mp4"),
            (b"\0\0\0\x18ftypqt  ", "video/quicktime"),
            (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
            (b"\0\0\0\x18ftypavif", "image/avif"),
            (b"\0\0\0\x18ftypheic", "image/heic"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska"),
        ] {
            assert_eq!(media_type_of(head, Some("text/plain")), expected, "{head:?}");
            assert_eq!(media_type_of(head, None), expected, "{head:?}");
        }
    }

    #[test]
    fn a_declared_type_holds_where_the_bytes_say_nothing() {
        for (declared, expected) in [
            (Some("text/plain; charset=utf-8"), "text/plain"),
            (Some("Audio/L16"), "audio/l16"),
            (Some("application/vnd.acme+json"), "application/vnd.acme+json"),
            (None, UNKNOWN),
            (Some(""), UNKNOWN),
            (Some("image"), UNKNOWN),
            (Some("image/"), UNKNOWN),
            (Some("image/png\r\nx: y"), UNKNOWN),
        ] {
            assert_eq!(media_type_of(b"what is this", declared), expected, "{declared:?}");
            assert_eq!(media_type_of(b"", declared), expected, "{declared:?}");
        }
    }

    #[test]
    fn nothing_is_called_what_a_browser_would_run() {
        for runs in ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "text/xml"] {
            assert_eq!(media_type_of(b"<script>", Some(runs)), UNKNOWN, "{runs}");
        }
    }

    #[test]
    fn almost_a_frame_is_no_sound() {
        for head in
            [b"\xff\xff\xff\xff".as_slice(), b"\xff\xe8\x90", b"\xff", b"\xff\xfe\x00", b"\xff\xfb\x0c"]
        {
            assert_eq!(media_type_of(head, None), UNKNOWN, "{head:?}");
        }
    }
}
