//! MP4 with one still picture, as long as was asked for.

use std::time::Duration;

use super::h264::H264;
use super::jpeg::luma_and_chroma;
use super::picture::color;
use super::{Media, Size};

/// A silent video in the colour of its prompt. The sides must be even.
pub(crate) fn mp4(size: Size, duration: Duration, prompt: &str) -> Media {
    let video = H264::new(size, luma_and_chroma(color(prompt, 0)).map(|level| level.clamp(16, 235)));
    let sample = [&number(video.picture.len()), &video.picture[..]].concat();
    let duration_ms = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
    let start = atom(b"ftyp", &[b"isom", &[0, 0, 2, 0], b"isomiso2avc1mp41"]);
    let sample_at = start.len() + 8;
    let data = atom(b"mdat", &[&sample]);
    let movie = atom(
        b"moov",
        &[&movie_header(duration_ms), &track(size, duration_ms, &video, sample.len(), sample_at)],
    );
    let bytes = [start, data, movie].concat();
    Media { media_type: "video/mp4", extension: "mp4", bytes: bytes.into() }
}

/// What doesn't turn or move a picture.
const UNMOVED: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

fn movie_header(duration_ms: u32) -> Vec<u8> {
    // Times of making, ticks a second, duration, speed, volume; then the matrix, and the next track's number.
    let head = [0, 0, 1000, duration_ms, 0x1_0000, 0x0100_0000, 0, 0];
    full_atom(b"mvhd", 0, &[&words(&head), &words(&UNMOVED), &words(&[0, 0, 0, 0, 0, 0, 2])])
}

fn track(size: Size, duration_ms: u32, video: &H264, sample_bytes: usize, sample_at: usize) -> Vec<u8> {
    let sides = [u32::from(size.width) << 16, u32::from(size.height) << 16];
    // Times of making, number, reserved, duration; layer, group and volume; the matrix; the sides.
    let head = [0, 0, 1, 0, duration_ms, 0, 0, 0, 0];
    let header = full_atom(b"tkhd", 3, &[&words(&head), &words(&UNMOVED), &words(&sides)]);
    let media_header = full_atom(b"mdhd", 0, &[&words(&[0, 0, 1000, duration_ms]), &[0x55, 0xc4, 0, 0]]);
    let handler = full_atom(b"hdlr", 0, &[&[0; 4], b"vide", &[0; 12], b"video\0"]);
    let video_header = full_atom(b"vmhd", 1, &[&[0; 8]]);
    let here = full_atom(b"dref", 0, &[&words(&[1]), &full_atom(b"url ", 1, &[])]);
    let samples = atom(
        b"stbl",
        &[
            &full_atom(b"stsd", 0, &[&words(&[1]), &sample_entry(size, video)]),
            &full_atom(b"stts", 0, &[&words(&[1, 1, duration_ms])]),
            &full_atom(b"stsc", 0, &[&words(&[1, 1, 1, 1])]),
            &full_atom(b"stsz", 0, &[&words(&[0, 1]), &number(sample_bytes)]),
            &full_atom(b"stco", 0, &[&words(&[1]), &number(sample_at)]),
        ],
    );
    let information = atom(b"minf", &[&video_header, &atom(b"dinf", &[&here]), &samples]);
    atom(b"trak", &[&header, &atom(b"mdia", &[&media_header, &handler, &information])])
}

fn sample_entry(size: Size, video: &H264) -> Vec<u8> {
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    let (sequence, picture) = (&video.sequence_parameters, &video.picture_parameters);
    // Version, profile and level as in the parameters, lengths of four bytes, one set of each.
    let configuration = [&[1][..], &sequence[1..4], &[0xff, 0xe1]].concat();
    let parameters = [&length(sequence)[..], sequence, &[1], &length(picture), picture].concat();
    let configuration = atom(b"avcC", &[&configuration, &parameters]);
    let sides = [size.width.to_be_bytes(), size.height.to_be_bytes()].concat();
    let resolution = words(&[0x48_0000, 0x48_0000, 0]);
    let head = [&[0; 6][..], &[0, 1], &[0; 16], &sides, &resolution, &[0, 1], &[0; 32], &[0, 24, 0xff, 0xff]];
    atom(b"avc1", &[&head.concat(), &configuration])
}

fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&number(content.len() + 8), &kind[..], &content].concat()
}

/// An atom with flags, in version 0.
fn full_atom(kind: &[u8; 4], flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    atom(kind, &[&flags.to_be_bytes(), &parts.concat()])
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}
