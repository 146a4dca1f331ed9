//! WAV: samples, and in the list of facts behind them the text that they say.

use super::tone::RATE;

/// The fact that holds the text: a comment.
const COMMENT: &[u8; 4] = b"ICMT";

/// What a WAV says of itself.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) struct Wav {
    /// How long it is.
    pub(in super::super) seconds: f64,
    /// The text that it carries.
    pub(in super::super) text: Option<String>,
}

impl Wav {
    /// Samples of ours as a file.
    pub(in super::super) fn write(samples: &[u8], text: &str) -> Vec<u8> {
        // Plain samples, one channel; samples and bytes a second, bytes and bits a sample.
        let format = [
            &[1, 1].map(u16::to_le_bytes).concat()[..],
            &[RATE, RATE * 2].map(u32::to_le_bytes).concat(),
            &[2, 16].map(u16::to_le_bytes).concat(),
        ];
        let facts = [&b"INFO"[..], &chunk(COMMENT, &[text.as_bytes(), b"\0"].concat())].concat();
        // The facts come last: many readers expect the samples at byte 44.
        let chunks = [chunk(b"fmt ", &format.concat()), chunk(b"data", samples), chunk(b"LIST", &facts)];
        chunk(b"RIFF", &[&b"WAVE"[..], &chunks.concat()].concat())
    }

    /// Reads what a file says of itself; none if it isn't a WAV.
    pub(in super::super) fn read(file: &[u8]) -> Option<Self> {
        let content = file.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
        let mut bytes_per_second = None;
        let mut samples_bytes = None;
        let mut text = None;
        for (kind, content) in chunks(content) {
            match kind {
                b"fmt " => bytes_per_second = Some(word(content.get(8..12)?)),
                b"data" => samples_bytes = Some(content.len()),
                b"LIST" => text = content.strip_prefix(b"INFO").and_then(comment).or(text),
                _ => {}
            }
        }
        let bytes_per_second = bytes_per_second.filter(|bytes| *bytes > 0)?;
        Some(Self { seconds: samples_bytes? as f64 / f64::from(bytes_per_second), text })
    }
}

fn comment(facts: &[u8]) -> Option<String> {
    let (_, content) = chunks(facts).find(|(kind, _)| *kind == COMMENT)?;
    let text = content.split(|byte| *byte == 0).next()?;
    Some(str::from_utf8(text).ok()?.to_owned()).filter(|text| !text.trim().is_empty())
}

/// The chunks of a file or a list. One that claims more than there is, as streams do, ends with the file.
fn chunks(mut rest: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (kind, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = (u32::from_le_bytes(*length) as usize).min(after.len());
        let (content, after) = after.split_at(length);
        // Chunks begin at even places.
        rest = after.get(length % 2..).unwrap_or_default();
        Some((kind, content))
    })
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes();
    let filler: &[u8] = if content.len().is_multiple_of(2) { &[] } else { &[0] };
    [kind, &length, content, filler].concat()
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["a fox", "a fo\u{1f98a}"] {
            let file = Wav::write(&vec![0; RATE as usize * 3], text);
            assert_eq!(&file[36..40], b"data");
            assert_eq!(Wav::read(&file), Some(Wav { seconds: 1.5, text: Some(text.to_owned()) }));
            assert_eq!(word(&file[4..8]) as usize, file.len() - 8);
        }
    }

    #[test]
    fn files_of_others_are_measured_as_far_as_they_go() {
        let mut file = Wav::write(&[0; 48_000], "a fox");
        file.truncate(44 + 24_000);
        assert_eq!(Wav::read(&file), Some(Wav { seconds: 0.5, text: None }));
        // Half as many bytes a second.
        file[28..32].copy_from_slice(&RATE.to_le_bytes());
        assert_eq!(Wav::read(&file).unwrap().seconds, 1.0);
    }

    #[test]
    fn other_bytes_are_no_wav() {
        let file = Wav::write(&[0; 8], "a fox");
        for other in [&b""[..], b"RIFF\0\0\0\0WEBPVP8 ", &file[..30], &file[..40]] {
            assert_eq!(Wav::read(other).map(|wav| wav.text), None, "{other:?}");
        }
    }
}
