//! Coded frames to MP4: one track of video, its index before its frames, so that it plays while it loads.

/// Ticks of the track's clock a second, of which each frame takes a whole number.
const TICKS_PER_SECOND: u32 = 12_288;

/// What a film is made of.
pub(super) struct Track {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) frames_per_second: u32,
    /// What a decoder has to know first.
    pub(super) parameters: [Vec<u8>; 2],
    /// The coded frames; only the first stands alone.
    pub(super) frames: Vec<Vec<u8>>,
}

/// The file.
pub(super) fn mux(track: &Track) -> Vec<u8> {
    let start = atom(b"ftyp", &[b"isom", &[0, 0, 2, 0], b"isomiso2avc1mp41"]);
    // The index is as long wherever the frames begin.
    let frames_at = start.len() + track.index(0).len() + 8;
    let index = track.index(frames_at as u32);
    let frames_bytes: usize = track.frames.iter().map(|frame| frame.len() + 4).sum();
    let mut file = Vec::with_capacity(frames_at + frames_bytes);
    file.extend(start);
    file.extend(index);
    file.extend((frames_bytes as u32 + 8).to_be_bytes());
    file.extend(b"mdat");
    for frame in &track.frames {
        file.extend((frame.len() as u32).to_be_bytes());
        file.extend(frame);
    }
    file
}

/// What neither turns nor moves a picture.
const UNMOVED: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// English is `und`efined: nobody speaks.
const NO_LANGUAGE: u32 = 0x55c4 << 16;

impl Track {
    fn index(&self, frames_at: u32) -> Vec<u8> {
        let duration_ms = self.frames.len() as u32 * 1000 / self.frames_per_second;
        // Times of making, ticks a second, duration, speed, volume; the matrix; the next track's number.
        let head = [0, 0, 1000, duration_ms, 0x1_0000, 0x0100_0000, 0, 0];
        let movie = full_atom(b"mvhd", 0, &[&words(&head), &words(&UNMOVED), &words(&[0, 0, 0, 0, 0, 0, 2])]);
        // Times of making, number, reserved, duration; layer, group and volume; the matrix; the sides.
        let head = [0, 0, 1, 0, duration_ms, 0, 0, 0, 0];
        let sides = [self.width, self.height].map(|side| u32::from(side) << 16);
        let header = full_atom(b"tkhd", 3, &[&words(&head), &words(&UNMOVED), &words(&sides)]);
        let track = atom(b"trak", &[&header, &self.media(frames_at)]);
        atom(b"moov", &[&movie, &track])
    }

    fn media(&self, frames_at: u32) -> Vec<u8> {
        let count = self.frames.len() as u32;
        let frame_ticks = TICKS_PER_SECOND / self.frames_per_second;
        let times = [0, 0, TICKS_PER_SECOND, count * frame_ticks, NO_LANGUAGE];
        let header = full_atom(b"mdhd", 0, &[&words(&times)]);
        let handler = full_atom(b"hdlr", 0, &[&[0; 4], b"vide", &[0; 12], b"video\0"]);
        let here = full_atom(b"dref", 0, &[&words(&[1]), &full_atom(b"url ", 1, &[])]);
        let sizes: Vec<u32> = self.frames.iter().map(|frame| frame.len() as u32 + 4).collect();
        let table = atom(
            b"stbl",
            &[
                &full_atom(b"stsd", 0, &[&words(&[1]), &self.sample_entry()]),
                // All frames take as long, the first stands alone, and all are in one chunk.
                &full_atom(b"stts", 0, &[&words(&[1, count, frame_ticks])]),
                &full_atom(b"stss", 0, &[&words(&[1, 1])]),
                &full_atom(b"stsc", 0, &[&words(&[1, 1, count, 1])]),
                &full_atom(b"stsz", 0, &[&words(&[0, count]), &words(&sizes)]),
                &full_atom(b"stco", 0, &[&words(&[1, frames_at])]),
            ],
        );
        let video = full_atom(b"vmhd", 1, &[&[0; 8]]);
        let information = atom(b"minf", &[&video, &atom(b"dinf", &[&here]), &table]);
        atom(b"mdia", &[&header, &handler, &information])
    }

    fn sample_entry(&self) -> Vec<u8> {
        let [sequence, picture] = &self.parameters;
        let length = |bytes: &[u8]| (bytes.len() as u16).to_be_bytes();
        // Version, profile and level as in the parameters, lengths of four bytes, one set of each.
        let head = [&[1][..], &sequence[1..4], &[0xff, 0xe1]].concat();
        let sets = [&length(sequence)[..], sequence, &[1], &length(picture), picture].concat();
        let configuration = atom(b"avcC", &[&head, &sets]);
        let sides = [self.width.to_be_bytes(), self.height.to_be_bytes()].concat();
        let resolution = words(&[0x48_0000, 0x48_0000, 0]);
        let entry =
            [&[0; 6][..], &[0, 1], &[0; 16], &sides, &resolution, &[0, 1], &[0; 32], &[0, 24, 0xff, 0xff]];
        atom(b"avc1", &[&entry.concat(), &configuration])
    }
}

fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&(content.len() as u32 + 8).to_be_bytes(), &kind[..], &content].concat()
}

/// An atom with flags, in version 0.
fn full_atom(kind: &[u8; 4], flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    atom(kind, &[&flags.to_be_bytes(), &parts.concat()])
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_leads_to_the_frames() {
        let frames = vec![b"first".to_vec(), b"second".to_vec()];
        let parameters = [vec![0x67, 66, 0xc0, 30], vec![0x68]];
        let file = mux(&Track { width: 64, height: 64, frames_per_second: 24, parameters, frames });
        let after = |kind: &[u8; 4]| file.windows(4).position(|found| found == kind).unwrap() + 4;
        let word = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        let frames_at = word(after(b"stco") + 8);
        assert_eq!(frames_at, after(b"mdat"));
        let sizes = [word(after(b"stsz") + 12), word(after(b"stsz") + 16)];
        assert_eq!(sizes, [9, 10]);
        assert_eq!(&file[frames_at + 4..frames_at + 9], b"first");
        assert_eq!(&file[frames_at + 13..], b"second");
    }
}
