//! Server-sent events, read as they come, in whatever pieces they come.
//!
//! A line that lies within one piece is never copied: the event's data is a slice of what came from the connection.

use std::fmt;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};

use super::error::{ClientError, Effect, ErrorKind};
use super::event::{Event, Place};

/// Takes bytes and gives events. Knows lines that end in LF, CR or CRLF, comments, data of several lines, a
/// byte order mark, and pieces that are cut anywhere, within a character too.
pub struct EventReader {
    /// The beginning of a line whose end has not come.
    line_start: BytesMut,
    /// The last piece ended in CR, so an LF at the beginning of the next belongs to it.
    skips_lf: bool,
    is_first_line: bool,
    fields: Fields,
    event_bytes: usize,
    event_bytes_max: usize,
}

/// The lines of an event so far.
#[derive(Default)]
struct Fields {
    name: Option<Bytes>,
    data: Data,
    /// Stays from event to event.
    id: Option<Bytes>,
    retry: Option<Duration>,
}

#[derive(Default)]
enum Data {
    #[default]
    None,
    One(Bytes),
    Many(BytesMut),
}

impl EventReader {
    /// A reader for events of up to that many bytes.
    pub fn new(event_bytes_max: usize) -> Self {
        Self {
            line_start: BytesMut::new(),
            skips_lf: false,
            is_first_line: true,
            fields: Fields::default(),
            event_bytes: 0,
            event_bytes_max,
        }
    }

    /// Takes bytes from the front of `piece` until an event is complete, or all of them. After an error the
    /// reader is of no use.
    pub fn next_event(&mut self, piece: &mut Bytes) -> Result<Option<Event>, ClientError> {
        if let Some(event) = self.whole_event(piece) {
            return Ok(Some(event));
        }
        while let Some(line) = self.next_line(piece)? {
            if !line.is_empty() {
                self.fields.take_line(line);
            } else {
                self.event_bytes = 0;
                if let Some(event) = self.fields.take_event() {
                    return Ok(Some(event));
                }
            }
        }
        Ok(None)
    }

    /// The stream ended here, and not by a failure: gives the event whose empty last line is missing. A line that is
    /// cut is an error, unless it is a `[DONE]`.
    pub fn end(&mut self) -> Result<Option<Event>, ClientError> {
        let rest = self.line_start.split().freeze();
        let is_cut = rest.first().is_some_and(|first| *first != b':');
        if is_cut {
            self.fields.take_line(rest);
        }
        match self.fields.take_event() {
            Some(last) if !is_cut || last.is_done() => Ok(Some(last)),
            None if !is_cut => Ok(None),
            _ => Err(ClientError::new(ErrorKind::Interrupted, Effect::Started)
                .with_source("the stream ended within an event")),
        }
    }

    /// The event that a piece is, if it is one of one line and nothing else. Most pieces of most streams are, and so
    /// are neither copied nor counted as shared.
    fn whole_event(&mut self, piece: &mut Bytes) -> Option<Event> {
        let is_between_events = self.event_bytes == 0 && !self.skips_lf && !self.is_first_line;
        if !is_between_events || piece.len() > self.event_bytes_max {
            return None;
        }
        let line = piece.strip_prefix(b"data: ")?.strip_suffix(b"\n\n")?;
        if memchr::memchr2(b'\n', b'\r', line).is_some() {
            return None;
        }
        let line_bytes = line.len();
        let mut data = std::mem::take(piece);
        data.advance(b"data: ".len());
        data.truncate(line_bytes);
        Some(Event { name: None, data, place: self.fields.take_place() })
    }

    /// The next whole line without its end; none if `piece` has no more.
    fn next_line(&mut self, piece: &mut Bytes) -> Result<Option<Bytes>, ClientError> {
        if piece.is_empty() {
            return Ok(None);
        }
        if self.skips_lf {
            self.skips_lf = false;
            if piece[0] == b'\n' {
                piece.advance(1);
            }
        }
        let Some(at) = memchr::memchr2(b'\n', b'\r', piece) else {
            self.count(piece.len())?;
            self.line_start.extend_from_slice(piece);
            piece.clear();
            return Ok(None);
        };
        self.count(at)?;
        let is_cr = piece[at] == b'\r';
        let mut line = piece.split_to(at);
        piece.advance(1);
        if is_cr {
            match piece.first() {
                Some(b'\n') => piece.advance(1),
                Some(_) => {}
                None => self.skips_lf = true,
            }
        }
        if !self.line_start.is_empty() {
            self.line_start.extend_from_slice(&line);
            line = self.line_start.split().freeze();
        }
        if self.is_first_line {
            self.is_first_line = false;
            if line.starts_with("\u{feff}".as_bytes()) {
                line.advance(3);
            }
        }
        Ok(Some(line))
    }

    fn count(&mut self, bytes: usize) -> Result<(), ClientError> {
        self.event_bytes += bytes;
        if self.event_bytes <= self.event_bytes_max {
            return Ok(());
        }
        Err(ClientError::new(ErrorKind::TooLarge, Effect::Started)
            .with_source(format!("an event has more than {} bytes", self.event_bytes_max)))
    }
}

impl Fields {
    fn take_line(&mut self, mut line: Bytes) {
        let colon = memchr::memchr(b':', &line);
        let name_bytes = colon.unwrap_or(line.len());
        let value_at = match colon {
            Some(at) if line.get(at + 1) == Some(&b' ') => at + 2,
            Some(at) => at + 1,
            None => line.len(),
        };
        match &line[..name_bytes] {
            b"data" => {
                line.advance(value_at);
                self.data.push(line);
            }
            b"event" => self.name = Some(line.split_off(value_at)).filter(|name| !name.is_empty()),
            b"id" if !line[value_at..].contains(&0) => self.id = Some(line.split_off(value_at)),
            b"retry" => self.retry = milliseconds(&line[value_at..]).or(self.retry),
            // A comment, or a field that nobody has defined yet.
            _ => {}
        }
    }

    /// The event that an empty line ends; none if it has no data.
    fn take_event(&mut self) -> Option<Event> {
        let (name, place) = (self.name.take(), self.take_place());
        let data = match std::mem::take(&mut self.data) {
            Data::None => return None,
            Data::One(line) => line,
            Data::Many(lines) => lines.freeze(),
        };
        Some(Event { name, data, place })
    }

    fn take_place(&mut self) -> Option<Box<Place>> {
        let retry = self.retry.take();
        if self.id.is_none() && retry.is_none() {
            return None;
        }
        Some(Box::new(Place { id: self.id.clone(), retry }))
    }
}

impl Data {
    fn push(&mut self, line: Bytes) {
        match self {
            Self::None => *self = Self::One(line),
            Self::One(first) => {
                let mut lines = BytesMut::with_capacity(first.len() + 1 + line.len());
                lines.extend_from_slice(first);
                lines.extend_from_slice(b"\n");
                lines.extend_from_slice(&line);
                *self = Self::Many(lines);
            }
            Self::Many(lines) => {
                lines.extend_from_slice(b"\n");
                lines.extend_from_slice(&line);
            }
        }
    }
}

fn milliseconds(digits: &[u8]) -> Option<Duration> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok().map(Duration::from_millis)
}

impl fmt::Debug for EventReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReader").field("event_bytes_max", &self.event_bytes_max).finish_non_exhaustive()
    }
}
