//! What a picture's first bytes say of it.

use super::{PictureFormat, Size};

impl PictureFormat {
    /// Which kind of picture these bytes are, and how large; none where they are no picture of a known kind.
    pub(crate) fn measure(bytes: &[u8]) -> Option<(Self, Size)> {
        let png = || Some((Self::Png, png(bytes)?));
        let jpeg = || Some((Self::Jpeg, jpeg(bytes)?));
        let webp = || Some((Self::Webp, webp(bytes)?));
        png().or_else(jpeg).or_else(webp)
    }
}

fn png(bytes: &[u8]) -> Option<Size> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(8..)?;
    let side = |at: usize| u16::try_from(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?)).ok();
    Some(Size::new(side(0)?, side(4)?))
}

fn jpeg(bytes: &[u8]) -> Option<Size> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, marker, high, low, after @ ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        // The frame's marker; those between are tables.
        if (0xc0..=0xcf).contains(marker) && ![0xc4, 0xc8, 0xcc].contains(marker) {
            let [_, height_high, height_low, width_high, width_low, ..] = after else { return None };
            let side = |high: &u8, low: &u8| u16::from_be_bytes([*high, *low]);
            return Some(Size::new(side(width_high, width_low), side(height_high, height_low)));
        }
        rest = after.get(length.checked_sub(2)?..)?;
    }
}

fn webp(bytes: &[u8]) -> Option<Size> {
    let chunk = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    let (kind, content) = (chunk.get(..4)?, chunk.get(8..)?);
    let number = |at: usize| Some(u32::from_le_bytes(content.get(at..at + 4)?.try_into().ok()?));
    let (width, height) = match kind {
        b"VP8L" => (number(1)? & 0x3fff, number(1)? >> 14 & 0x3fff),
        b"VP8X" => (number(4)? & 0xff_ffff, number(6)? >> 8),
        // Sides are written as they are here, and without one above.
        b"VP8 " => ((number(6)? & 0x3fff).checked_sub(1)?, (number(6)? >> 16 & 0x3fff).checked_sub(1)?),
        _ => return None,
    };
    Some(Size::new(u16::try_from(width + 1).ok()?, u16::try_from(height + 1).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_pictures_have_the_size_that_was_asked_for() {
        for format in [PictureFormat::Png, PictureFormat::Jpeg, PictureFormat::Webp] {
            for size in [Size::new(1, 1), Size::new(1024, 576), Size::new(300, 3000)] {
                let picture = format.draw(size, "a fox");
                assert_eq!(PictureFormat::measure(&picture.bytes), Some((format, size)));
            }
        }
    }

    #[test]
    fn other_bytes_are_no_picture() {
        for bytes in [&b""[..], b"GIF89a", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 "] {
            assert_eq!(PictureFormat::measure(bytes), None, "{bytes:?}");
        }
    }
}
