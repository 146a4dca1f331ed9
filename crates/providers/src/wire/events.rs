//! An answer that is a stream of events: cut at the ends of events, and looked at.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use fourfold_clients::http::EventReader;
use fourfold_domain::{Effect, ProviderError, Reason, WirePart, WirePiece, WireSeen};

use super::look::{Look, Said};

/// Cuts a stream, in whatever pieces it comes, at the ends of its events.
pub(super) struct Events {
    reader: EventReader,
    look: Look,
    /// Of an event whose end hasn't come.
    begun: BytesMut,
    /// Whether an event was too large to be read; what comes after is only passed on.
    is_blind: bool,
    pub(super) pieces: VecDeque<Result<WirePiece, ProviderError>>,
    /// Whether nothing more is to be said.
    pub(super) is_over: bool,
}

impl Events {
    /// Events of more bytes than that aren't read.
    pub(super) fn new(look: Look, event_bytes_max: usize) -> Self {
        Self {
            reader: EventReader::new(event_bytes_max),
            look,
            begun: BytesMut::new(),
            is_blind: false,
            pieces: VecDeque::new(),
            is_over: false,
        }
    }

    /// Takes what came.
    pub(super) fn push(&mut self, piece: Bytes) {
        let mut rest = piece.clone();
        // What was read and isn't handed on yet, and where the event begins that is read.
        let (mut from, mut event_at) = (0, 0);
        while !self.is_blind {
            let before = self.look.seen;
            let event = match self.reader.next_event(&mut rest) {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(_too_large) => {
                    self.is_blind = true;
                    break;
                }
            };
            let end = piece.len() - rest.len();
            let (part, end) = match self.look.event(&event.name(), event.data()) {
                Said::More => {
                    event_at = end;
                    continue;
                }
                Said::Usage => (WirePart::Usage, end),
                // Nothing is expected behind it.
                Said::Last => (WirePart::Last, piece.len()),
                Said::Broken(error) => {
                    if event_at > from {
                        self.hand_on(&piece.slice(from..event_at), WirePart::More, before);
                    }
                    return self.end(error);
                }
            };
            if event_at > from {
                self.hand_on(&piece.slice(from..event_at), WirePart::More, before);
            }
            match part {
                WirePart::Usage => self.hand_on_alone(&piece.slice(event_at..end), before),
                _ => self.hand_on(&piece.slice(event_at..end), part, self.look.seen),
            }
            if part == WirePart::Last {
                self.is_over = true;
                return;
            }
            (from, event_at) = (end, end);
        }
        let seen = self.look.seen;
        if self.is_blind {
            return self.hand_on(&piece.slice(from..), WirePart::More, seen);
        }
        if event_at > from {
            self.hand_on(&piece.slice(from..event_at), WirePart::More, seen);
        }
        self.begun.extend_from_slice(&piece[event_at..]);
        if is_comment(&self.begun) {
            // It keeps the connection alive.
            self.hand_on(&Bytes::new(), WirePart::More, seen);
        }
    }

    /// Nothing more comes.
    pub(super) fn close(&mut self) {
        let rest = match self.reader.end() {
            _ if self.is_blind => Said::Last,
            Ok(Some(event)) => match self.look.event(&event.name(), event.data()) {
                Said::More | Said::Usage if !self.look.is_finished => return self.end(cut()),
                said => said,
            },
            _ if self.look.is_finished => Said::Last,
            _ => return self.end(cut()),
        };
        match rest {
            Said::Broken(error) => self.end(error),
            Said::More | Said::Usage | Said::Last => {
                self.hand_on(&Bytes::new(), WirePart::Last, self.look.seen);
                self.is_over = true;
            }
        }
    }

    /// Hands on what was begun before, and this.
    fn hand_on(&mut self, bytes: &Bytes, part: WirePart, seen: WireSeen) {
        let bytes = if self.begun.is_empty() {
            bytes.clone()
        } else {
            self.begun.extend_from_slice(bytes);
            self.begun.split().freeze()
        };
        self.pieces.push_back(Ok(WirePiece { bytes, part, seen }));
    }

    /// Hands on what was begun before, and this, which ends with an event that tells the usage: that apart from what
    /// stands before it and is no event.
    fn hand_on_alone(&mut self, bytes: &Bytes, before: WireSeen) {
        self.hand_on(bytes, WirePart::Usage, self.look.seen);
        let Some(Ok(piece)) = self.pieces.back_mut() else { return };
        let comments = piece.bytes.split_to(last_block_at(&piece.bytes));
        if !comments.is_empty() {
            let comments = WirePiece { bytes: comments, part: WirePart::More, seen: before };
            self.pieces.insert(self.pieces.len() - 1, Ok(comments));
        }
    }

    fn end(&mut self, error: ProviderError) {
        self.pieces.push_back(Err(error));
        self.is_over = true;
    }
}

/// Where the last lines begin that no empty line parts, and no comment is before, of bytes that end with an empty line.
fn last_block_at(bytes: &[u8]) -> usize {
    let (mut line_at, mut block_at) = (0, 0);
    while let Some(length) = memchr::memchr2(b'\n', b'\r', &bytes[line_at..]) {
        let end = line_at + length;
        let next_at = end + if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
        let is_comment = line_at == block_at && bytes[line_at] == b':';
        if is_comment || (length == 0 && next_at < bytes.len()) {
            block_at = next_at;
        }
        line_at = next_at;
    }
    block_at
}

/// Whether it is whole lines of comments and nothing else.
fn is_comment(begun: &[u8]) -> bool {
    let mut lines = begun.split(|byte| *byte == b'\n').rev();
    let is_whole = begun.starts_with(b":") && lines.next().is_some_and(<[u8]>::is_empty);
    is_whole && lines.all(|line| line.starts_with(b":") || line.trim_ascii().is_empty())
}

fn cut() -> ProviderError {
    let message = "the vendor's stream ended before the vendor said why";
    ProviderError::new(Reason::Unavailable, Effect::Started, message)
}
