//! Real small files: made by code, so that decoders take them and nothing has to be carried along.

mod aac;
mod audio;
mod bits;
mod flac;
mod glb;
mod h264;
mod jpeg;
mod measure;
mod mp3;
mod mp4;
mod ogg;
mod picture;
mod png;
mod svg;
mod wav;
mod webp;

use bytes::Bytes;

pub(crate) use audio::{AudioFormat, spoken};
pub(crate) use glb::glb;
pub(crate) use mp4::mp4;
pub(crate) use picture::{PictureFormat, Size};
pub(crate) use svg::svg;

/// A file of some kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Media {
    pub(crate) media_type: &'static str,
    /// What its name ends with, without the dot.
    pub(crate) extension: &'static str,
    pub(crate) bytes: Bytes,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[track_caller]
    fn check(media: Media, magic: &[u8], bytes_max: usize) {
        assert!(media.bytes.starts_with(magic), "{} {:?}", media.extension, media.bytes.first_chunk::<12>());
        assert!(media.bytes.len() <= bytes_max, "{} {}", media.extension, media.bytes.len());
    }

    #[test]
    fn files_begin_as_their_kind_does_and_are_small() {
        let size = Size::new(1024, 768);
        check(PictureFormat::Png.draw(size, "a"), b"\x89PNG\r\n", 4000);
        check(PictureFormat::Jpeg.draw(size, "a"), b"\xff\xd8\xff\xe0", 10_000);
        check(PictureFormat::Webp.draw(size, "a"), b"RIFF\x18\0\0\0WEBP", 32);
        let second = Duration::from_secs(1);
        check(AudioFormat::Mp3.record(second), b"\xff\xf3", 5000);
        check(AudioFormat::Opus.record(second), b"OggS", 500);
        check(AudioFormat::Aac.record(second), b"\xff\xf1", 500);
        check(AudioFormat::Flac.record(second), b"fLaC", 500);
        check(AudioFormat::Wav.record(second), b"RIFF", 48_044);
        check(mp4(size, second, "a"), b"\0\0\0\x20ftypisom", 5000);
        check(glb(), b"glTF", 1000);
        check(svg(size, "a"), b"<svg xmlns=", 200);
    }

    #[test]
    fn an_mp4s_atoms_add_up() {
        let video = mp4(Size::new(1280, 720), Duration::from_secs(4), "a").bytes;
        let mut kinds = Vec::new();
        let mut rest = &video[..];
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            kinds.push(String::from_utf8_lossy(&after[..4]).into_owned());
            rest = &rest[u32::from_be_bytes(*length) as usize..];
        }
        assert_eq!(kinds, ["ftyp", "mdat", "moov"]);
    }
}
