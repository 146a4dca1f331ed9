//! A turn ends: its messages, its call and its place in the line in one go.

use bytes::Bytes;
use fourfold_domain::{Credits, ModelName};

use super::rules;
use crate::Timestamp;
use crate::calls::{CallAnswer, CallEnding, CallState, EndCall};
use crate::chats::{About, ConversationName, Message, MessageRole, NewMessage, Ticket};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Ends a turn with its call as [`EndCall`] does, writes its messages and lets the next one have its turn. Only a whole
/// answer takes the place of another, which is then gone for the request that it was given to too; of a part that doesn't,
/// nothing is kept, for the same request either.
///
/// Who lost his place is refused with [`Refusal::TurnLost`], and nothing is written or charged. Where the conversation
/// was deleted in the meantime, the call ends all the same, and nothing of what was said is kept.
#[derive(Clone, Debug)]
pub struct EndTurn {
    /// How the call ends.
    pub end: EndCall,
    /// Which conversation.
    pub name: ConversationName,
    /// The ticket under which the turn began.
    pub ticket: Ticket,
    /// What the user said; nothing where it was written before.
    pub question: Option<NewMessage>,
    /// The number of the message that is answered, where it was written before and has no answer.
    pub asked: Option<u64>,
    /// What was answered, if anything was.
    pub answer: Option<NewMessage>,
    /// The number of the answer that this one takes the place of.
    pub replaces: Option<u64>,
    /// Who answers.
    pub model: ModelName,
    /// How it went.
    pub outcome: TurnOutcome,
    /// What is said of the conversation with it.
    pub about: About,
}

/// How a turn went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TurnOutcome {
    /// The model did what it was asked, as far as its caller stayed.
    Answered,
    /// A vendor refused the message for what it says.
    Refused,
    /// The model failed.
    Failed,
}

impl Step for EndTurn {
    /// What was charged.
    type Answer = Credits;

    fn needs(&self, needs: &mut Needs) {
        self.end.needs(needs);
        needs.conversations.insert(self.name.clone());
    }

    fn decide(&self, world: &mut World) -> Result<Credits, Refusal> {
        let call = world.calls.get(&self.end.id).ok_or(Refusal::NotFound)?;
        if call.state != CallState::Open {
            return Err(Refusal::CallEnded);
        }
        let known = world.conversations.get(&self.name).filter(|known| known.id == self.ticket.conversation);
        if known.is_some_and(|known| !known.line.is_first(self.ticket.number)) {
            return Err(Refusal::TurnLost);
        }
        let (is_kept, asked_at) = (known.is_some(), call.created_at);
        let charged = match (is_kept, self.drops_a_part()) {
            (false, _) => EndCall { answer: None, ..self.end.clone() }.decide(world)?,
            (true, true) => self.without_its_part().decide(world)?,
            (true, false) => self.end.decide(world)?,
        };
        if is_kept {
            self.write(world, charged, asked_at);
        }
        Ok(charged)
    }
}

impl EndTurn {
    /// The answer that is written.
    fn written(&self) -> Option<&NewMessage> {
        self.answer.as_ref().filter(|_| !self.drops_a_part())
    }

    fn drops_a_part(&self) -> bool {
        self.replaces.is_some() && self.answer.as_ref().is_some_and(|answer| answer.is_partial)
    }

    fn without_its_part(&self) -> EndCall {
        let emptied = |answer: &CallAnswer| CallAnswer { body: Some(Bytes::new()), ..answer.clone() };
        EndCall { answer: self.end.answer.as_ref().map(emptied), ..self.end.clone() }
    }

    fn write(&self, world: &mut World, charged: Credits, asked_at: Timestamp) {
        let now = world.now;
        let Some(known) = world.conversations.get_mut(&self.name) else { return };
        known.line.leave(self.ticket.number);
        let (answer, is_refused) = (self.written(), self.outcome == TurnOutcome::Refused);
        if let Some(number) = self.asked.filter(|_| is_refused) {
            world.refused_messages.push((self.ticket.conversation, number));
        }
        if self.question.is_some() || known.repeatable == Some(self.end.id) {
            let is_charged = matches!(self.end.ending, CallEnding::Charged(_) | CallEnding::Estimated(_));
            known.repeatable = Some(self.end.id).filter(|_| !is_charged || answer.is_none());
        }
        let said = self.question.iter().map(|message| (MessageRole::User, message));
        let said: Vec<_> = said.chain(answer.map(|message| (MessageRole::Assistant, message))).collect();
        if said.is_empty() {
            return;
        }
        let About { title, system, metadata } = self.about.clone();
        if !known.has_messages() {
            known.title = Some(title).filter(|title| !title.is_empty());
        }
        known.system = system.or(known.system.take());
        known.metadata = metadata.or(known.metadata.take());
        let mut messages = Vec::with_capacity(said.len());
        for (role, new) in said {
            let is_answer = role == MessageRole::Assistant;
            messages.push(Message {
                conversation: self.ticket.conversation,
                number: known.next_number,
                id: new.id,
                role,
                content: new.content.clone(),
                call: self.end.id,
                model: is_answer.then(|| self.model.clone()),
                input_tokens: new.input_tokens,
                output_tokens: new.output_tokens,
                credits: if is_answer { charged } else { Credits::ZERO },
                is_partial: new.is_partial,
                finish: new.finish,
                is_refused: is_refused && !is_answer,
                created_at: if is_answer { now } else { asked_at },
            });
            known.next_number += 1;
        }
        known.last_message_at = now;
        if answer.is_some() && self.outcome == TurnOutcome::Answered {
            known.model = Some(self.model.clone());
        }
        world.messages.extend(messages);
        if let Some(number) = self.replaces.filter(|_| answer.is_some()) {
            let conversation = self.ticket.conversation;
            world.replaced_messages.push((conversation, number));
            rules::forget_answers(world, |message| {
                message.conversation == conversation && message.number == number
            });
        }
    }
}
