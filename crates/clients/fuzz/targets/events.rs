//! The reader of server-sent events, beside a slow one that has the whole stream before it begins.
#![no_main]

use bytes::Bytes;
use fourfold_clients::http::{Event, EventReader};
use libfuzzer_sys::fuzz_target;

const EVENT_BYTES_MAX: usize = 1 << 20;

// The first byte is how the rest is cut into pieces.
fuzz_target!(|data: &[u8]| {
    let Some((&cut, stream)) = data.split_first() else { return };
    let whole = read(stream.chunks(stream.len().max(1)));
    let pieces = read(stream.chunks(usize::from(cut).max(1)));
    assert_eq!(pieces, whole);
    assert_eq!(whole, read_slowly(stream));
    // A limit is kept, whatever comes.
    let mut reader = EventReader::new(usize::from(cut));
    let mut piece = Bytes::copy_from_slice(stream);
    while let Ok(Some(event)) = reader.next_event(&mut piece) {
        assert!(event.data().len() <= usize::from(cut));
    }
});

/// What an event says; `None` where the stream ended within one.
type Said = Option<(String, Vec<u8>, Option<String>)>;

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Said> {
    let mut reader = EventReader::new(EVENT_BYTES_MAX);
    let mut said = Vec::new();
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(event) = reader.next_event(&mut piece).expect("the limit is far away") {
            said.push(of(&event));
        }
    }
    match reader.end() {
        Ok(Some(event)) => said.push(of(&event)),
        Ok(None) => {}
        Err(_) => said.push(None),
    }
    said
}

fn of(event: &Event) -> Said {
    Some((event.name().to_string(), event.data().to_vec(), event.id().map(|id| id.to_string())))
}

/// The rules of the format, one after the other.
fn read_slowly(stream: &[u8]) -> Vec<Said> {
    let (mut said, mut name, mut id) = (Vec::new(), None, None);
    let mut data: Option<Vec<u8>> = None;
    let (mut lines, rest) = lines(stream);
    let is_cut = rest.first().is_some_and(|first| *first != b':');
    if is_cut {
        lines.push(rest);
    }
    let end = |name: &mut Option<String>, data: &mut Option<Vec<u8>>, id: &Option<String>| {
        let name = name.take().unwrap_or_else(|| "message".to_owned());
        data.take().map(|data| (name, data, id.clone()))
    };
    for line in lines {
        if line.is_empty() {
            said.extend(end(&mut name, &mut data, &id).map(Some));
            continue;
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let field = parts.next().unwrap_or_default();
        let value = parts.next().unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = || String::from_utf8_lossy(value).into_owned();
        match field {
            b"data" => match &mut data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => data = Some(value.to_vec()),
            },
            b"event" => name = Some(text()).filter(|name| !name.is_empty()),
            b"id" if !value.contains(&0) => id = Some(text()),
            _ => {}
        }
    }
    match end(&mut name, &mut data, &id) {
        Some(last) if !is_cut || last.1 == b"[DONE]" => said.push(Some(last)),
        None if !is_cut => {}
        _ => said.push(None),
    }
    said
}

/// The lines that have an end, and what stands behind the last of them.
fn lines(mut stream: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut lines = Vec::new();
    while let Some(at) = stream.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        let line = &stream[..at];
        let line =
            if lines.is_empty() { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line) } else { line };
        lines.push(line);
        let end = if stream[at..].starts_with(b"\r\n") { 2 } else { 1 };
        stream = &stream[at + end..];
    }
    (lines, stream)
}
