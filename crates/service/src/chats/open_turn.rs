//! A turn that has begun: what becomes of its messages when its call ends.

use bytes::Bytes;
use fourfold_domain::{Credits, MessageId, ModelName, Usage};
use uuid::Uuid;

use super::scribe::Scribe;
use super::{About, Answered, ConversationName, EndTurn, Finish, NewMessage, Ticket, TurnOutcome};
use crate::calls::EndCall;

/// No database takes it, and no text needs it.
const NOTHING: char = '\0';

/// A turn whose call is worked on.
pub(crate) struct OpenTurn {
    pub(super) scribe: Scribe,
    pub(super) name: ConversationName,
    pub(super) ticket: Ticket,
    pub(super) model: ModelName,
    /// What the user said; nothing where it is in the history.
    pub(super) question: Option<NewMessage>,
    /// The number of the message that is answered, where it is in the history and has no answer.
    pub(super) asked: Option<u64>,
    /// The number of the answer that this one takes the place of.
    pub(super) replaces: Option<u64>,
    /// What is said of the conversation with it.
    pub(super) about: About,
    /// Whether it was ended with its call.
    pub(crate) is_over: bool,
    /// How it went, once that is known.
    pub(crate) outcome: TurnOutcome,
    /// What is to be written, once that is known.
    pub(super) answer: Option<NewMessage>,
}

impl OpenTurn {
    pub(crate) fn media_type(&self) -> String {
        self.scribe.media_type().to_owned()
    }

    /// The answer is whole; gives what its caller is sent last.
    pub(crate) fn is_whole(&mut self, usage: Usage, credits: Credits) -> Bytes {
        let (text, finish) = (self.scribe.text(), self.scribe.finish());
        let message = self.answer(text.clone(), usage, Some(finish));
        let model = self.model.clone();
        self.scribe.last(&Answered { message, text, finish, model, usage, credits })
    }

    /// It broke off, or its caller has left: what he has of it is kept.
    pub(crate) fn broke_off(&mut self, usage: Usage) {
        let text = self.scribe.text_handed_on();
        if !text.is_empty() {
            self.answer(text, usage, None);
        }
    }

    /// The step that ends it with its call.
    pub(crate) fn end(&self, end: EndCall) -> EndTurn {
        EndTurn {
            end,
            name: self.name.clone(),
            ticket: self.ticket,
            question: self.question.clone(),
            asked: self.asked,
            answer: self.answer.clone(),
            replaces: self.replaces,
            model: self.model.clone(),
            outcome: self.outcome,
            about: self.about.clone(),
        }
    }

    /// It is partial without a reason for its end.
    fn answer(&mut self, text: String, usage: Usage, finish: Option<Finish>) -> MessageId {
        let id = MessageId::new(Uuid::now_v7());
        let Usage { input_tokens, output_tokens, .. } = usage;
        let content = text.replace(NOTHING, "\u{fffd}");
        let is_partial = finish.is_none();
        self.answer = Some(NewMessage { id, content, input_tokens, output_tokens, is_partial, finish });
        id
    }
}
