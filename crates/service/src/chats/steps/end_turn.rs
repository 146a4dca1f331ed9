//! A turn ends: its messages, its call and its place in the line in one go.

use fourfold_domain::{Credits, ModelName};

use crate::Timestamp;
use crate::calls::{CallState, EndCall};
use crate::chats::{ConversationName, Message, MessageRole, NewMessage, Ticket};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Ends a turn with its call as [`EndCall`] does, writes its messages and lets the next one have its turn.
///
/// Who lost his place is refused with [`Refusal::TurnLost`], and nothing is written or charged. Where the conversation
/// was deleted in the meantime, the call ends all the same, and no message is written.
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
    /// Whether it was written when the same request failed before.
    pub is_retry: bool,
    /// What was answered, if anything was.
    pub answer: Option<NewMessage>,
    /// The number of the answer that this one takes the place of.
    pub replaces: Option<u64>,
    /// Who answers.
    pub model: ModelName,
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
        let charged = self.end.decide(world)?;
        if is_kept {
            self.write(world, charged, asked_at);
        }
        Ok(charged)
    }
}

impl EndTurn {
    fn write(&self, world: &mut World, charged: Credits, asked_at: Timestamp) {
        let now = world.now;
        let Some(known) = world.conversations.get_mut(&self.name) else { return };
        known.line.leave(self.ticket.number);
        let said = self.question.iter().map(|message| (MessageRole::User, message));
        let said: Vec<_> =
            said.chain(self.answer.iter().map(|message| (MessageRole::Assistant, message))).collect();
        if said.is_empty() {
            if self.is_retry {
                // The same request is this call's by now.
                known.unanswered = Some(self.end.id);
            }
            return;
        }
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
                created_at: if is_answer { now } else { asked_at },
            });
            known.next_number += 1;
        }
        known.last_message_at = now;
        match self.answer {
            Some(_) => (known.unanswered, known.model) = (None, Some(self.model.clone())),
            None => known.unanswered = Some(self.end.id),
        }
        world.messages.extend(messages);
        let replaced = self.replaces.filter(|_| self.answer.is_some());
        world.replaced_messages.extend(replaced.map(|number| (self.ticket.conversation, number)));
    }
}
