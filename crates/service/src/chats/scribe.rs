//! Takes down what a model says while it goes out to its caller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use fourfold_domain::{AnswerPiece, StreamChunk};

use super::{Answered, Finish, TurnWriter};
use crate::calls::{CallHead, PartWriter};

/// What was said so far, and how it is written. The task that asks the vendor holds one clone, the turn another.
#[derive(Clone)]
pub(super) struct Scribe(Arc<Mutex<Said>>);

struct Said {
    writer: Box<dyn TurnWriter>,
    text: String,
    /// How many bytes of it its caller has.
    handed_on: usize,
    /// Why it ended, once the vendor has said.
    finish: Option<Finish>,
}

impl Scribe {
    pub(super) fn new(writer: Box<dyn TurnWriter>) -> Self {
        Self(Arc::new(Mutex::new(Said { writer, text: String::new(), handed_on: 0, finish: None })))
    }

    pub(super) fn media_type(&self) -> &'static str {
        self.said().writer.media_type()
    }

    /// All that was said.
    pub(super) fn text(&self) -> String {
        self.said().text.clone()
    }

    /// What of it its caller has; nothing where he is given all of it at once.
    pub(super) fn text_handed_on(&self) -> String {
        let said = self.said();
        let bytes = if said.writer.is_stream() { said.handed_on } else { 0 };
        said.text.get(..bytes).unwrap_or_default().to_owned()
    }

    /// Why it ended; who doesn't say was done.
    pub(super) fn finish(&self) -> Finish {
        self.said().finish.unwrap_or(Finish::Stop)
    }

    pub(super) fn last(&self, answered: &Answered) -> Bytes {
        self.said().writer.last(answered)
    }

    /// Held to write a piece, never longer.
    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartWriter for Scribe {
    fn begin(&mut self, _call: &CallHead) {}

    fn asked(&mut self) {
        let mut said = self.said();
        (said.text, said.handed_on, said.finish) = (String::new(), 0, None);
    }

    /// Why a model declines is its answer too; what it thought before isn't.
    fn part(&mut self, chunk: &StreamChunk) -> Bytes {
        let StreamChunk::Answer { index: 0, piece } = chunk else { return Bytes::new() };
        let mut said = self.said();
        match piece {
            AnswerPiece::Text(text) | AnswerPiece::Refusal(text) if !text.is_empty() => {
                said.text.push_str(text);
                said.writer.more(text)
            }
            AnswerPiece::Finish(reason) => {
                said.finish = Some(reason.into());
                Bytes::new()
            }
            _ => Bytes::new(),
        }
    }

    fn handed_on(&mut self) {
        let mut said = self.said();
        said.handed_on = said.text.len();
    }

    /// What comes last is known once the turn has ended.
    fn last(&mut self) -> Bytes {
        Bytes::new()
    }
}
