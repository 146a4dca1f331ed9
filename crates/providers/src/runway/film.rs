//! How long a film is, read from the boxes of an MP4 or MOV file (ISO/IEC 14496-12).

/// Its length in seconds: that of its longest track, or of the whole. Nothing where it doesn't say.
pub(super) fn seconds(file: &[u8]) -> Option<f64> {
    let (_, movie) = boxes(file).find(|(kind, _)| *kind == b"moov")?;
    let whole = boxes(movie).find(|(kind, _)| *kind == b"mvhd").and_then(|(_, header)| length(header));
    let tracks = boxes(movie).filter(|(kind, _)| *kind == b"trak").filter_map(|(_, track)| {
        let (_, media) = boxes(track).find(|(kind, _)| *kind == b"mdia")?;
        length(boxes(media).find(|(kind, _)| *kind == b"mdhd")?.1)
    });
    whole.into_iter().chain(tracks).filter(|seconds| *seconds > 0.0).max_by(f64::total_cmp)
}

/// The boxes that follow one another, each with its kind. Ends where one isn't whole.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (size, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let (head, size) = match u32::from_be_bytes(*size) {
            // As long as the file goes.
            0 => (8, rest.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(*after.first_chunk()?)).ok()?),
            size => (8, usize::try_from(size).ok()?),
        };
        let content = rest.get(head..size)?;
        rest = &rest[size..];
        Some((kind, content))
    })
}

/// What a header of a movie or of a medium says: both begin alike.
fn length(header: &[u8]) -> Option<f64> {
    let whole = |from: usize| Some(u32::from_be_bytes(*header.get(from..)?.first_chunk()?));
    let (scale, units) = match header.first()? {
        0 => (whole(12)?, whole(16).filter(|units| *units != u32::MAX).map(f64::from)?),
        1 => (whole(20)?, u64::from_be_bytes(*header.get(24..)?.first_chunk()?) as f64),
        _ => return None,
    };
    (scale > 0).then(|| units / f64::from(scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes(), kind.as_slice(), content].concat()
    }

    fn header(kind: &[u8; 4], scale: u32, units: u32) -> Vec<u8> {
        a_box(kind, &[&[0; 12], scale.to_be_bytes().as_slice(), &units.to_be_bytes()].concat())
    }

    fn long_header(kind: &[u8; 4], scale: u32, units: u64) -> Vec<u8> {
        a_box(kind, &[&[1], [0; 19].as_slice(), &scale.to_be_bytes(), &units.to_be_bytes()].concat())
    }

    fn film(boxes: &[Vec<u8>]) -> Vec<u8> {
        [a_box(b"ftyp", b"isom"), a_box(b"mdat", &[7; 100]), a_box(b"moov", &boxes.concat())].concat()
    }

    fn track(header: &[u8]) -> Vec<u8> {
        a_box(b"trak", &a_box(b"mdia", header))
    }

    #[test]
    fn the_longest_of_whole_and_tracks_counts() {
        for (boxes, expected) in [
            (vec![header(b"mvhd", 1000, 5500)], Some(5.5)),
            (vec![header(b"mvhd", 1000, 1000), track(&header(b"mdhd", 600, 18_000))], Some(30.0)),
            (vec![long_header(b"mvhd", 90_000, 900_000)], Some(10.0)),
            // A file in fragments says nothing here.
            (vec![header(b"mvhd", 1000, 0)], None),
            (vec![header(b"mvhd", 1000, u32::MAX)], None),
            (vec![header(b"mvhd", 0, 5)], None),
            (vec![], None),
        ] {
            assert_eq!(seconds(&film(&boxes)), expected, "{boxes:?}");
        }
    }

    #[test]
    fn a_box_of_a_long_size_or_of_none_is_read() {
        let content = header(b"mvhd", 1, 3);
        let long = [&[0, 0, 0, 1], b"moov".as_slice(), &(16 + content.len() as u64).to_be_bytes(), &content];
        let last = [&[0, 0, 0, 0], b"moov".as_slice(), &content];
        assert_eq!(seconds(&long.concat()), Some(3.0));
        assert_eq!(seconds(&last.concat()), Some(3.0));
    }

    #[test]
    fn what_is_cut_or_no_film_has_no_length() {
        let whole = film(&[header(b"mvhd", 1000, 5500)]);
        for cut in 0..whole.len() {
            assert_eq!(seconds(&whole[..cut]), None, "{cut}");
        }
        for garbage in [b"RIFF\0\0\0\0WEBP".as_slice(), &[0xff; 64], &[0, 0, 0, 2, b'm', b'o', b'o', b'v']] {
            assert_eq!(seconds(garbage), None);
        }
    }
}
