//! A turn begins: its place in the line, and once that is the first, its call with its hold.

use std::time::Duration;

use fourfold_domain::{CallId, ConversationId, Credits};

use crate::calls::{Call, CallState, OpenCall};
use crate::chats::{Conversation, ConversationName, Line, Ticket};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Takes a place in the line of a conversation, which is made with its first turn, and opens the call once the place is
/// the first and the history is still what the call was made of. The same key of idempotency gives the same call, as
/// with [`OpenCall`]; but for one that has ended and left its message without an answer that was charged, which the new
/// call answers in place.
///
/// Refused with [`Refusal::AnothersConversation`] where it is another account's, with [`Refusal::ConversationBusy`]
/// where it would have to wait and may not, or too many do, and as [`OpenCall`] is. A place that was taken before stays.
#[derive(Clone, Debug)]
pub struct BeginTurn {
    /// The call, and who pays for it.
    pub open: OpenCall,
    /// Which conversation.
    pub name: ConversationName,
    /// What the call was made of; nothing where the conversation wasn't there.
    pub seen: Option<Seen>,
    /// Whether the message is in the history, since the same request brought it there.
    pub is_retry: bool,
    /// The place that was taken before.
    pub ticket: Option<Ticket>,
    /// Whether it may wait.
    pub may_wait: bool,
    /// How long the place is kept.
    pub lease: Duration,
    /// What a new conversation is called.
    pub title: String,
    /// What the model is to be told before all messages from now on.
    pub system: Option<String>,
    /// The caller's own words from now on, a JSON object.
    pub metadata: Option<String>,
}

/// A history as it was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// The number of its next message.
    pub next_number: u64,
    /// The call that its last message may be sent again for.
    pub repeatable: Option<CallId>,
}

/// What came of [`BeginTurn`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BegunTurn {
    /// The turn has begun.
    Begun {
        /// Under this ticket it is to be renewed and ended.
        ticket: Ticket,
        /// The call.
        call: Call,
        /// What was set aside for it.
        held: Credits,
    },
    /// The same request had opened this call before.
    Earlier(Call),
    /// Others came before.
    Waits(Ticket),
    /// It is the first in the line, but the history has changed: the call is to be made anew. Without a ticket where
    /// the conversation is gone.
    Changed(Option<Ticket>),
}

impl Step for BeginTurn {
    type Answer = BegunTurn;

    fn needs(&self, needs: &mut Needs) {
        self.open.needs(needs);
        needs.conversations.insert(self.name.clone());
    }

    fn decide(&self, world: &mut World) -> Result<BegunTurn, Refusal> {
        let known = world.conversations.get(&self.name);
        let is_repeatable = |call: &Call| {
            call.state != CallState::Open && known.is_some_and(|known| known.repeatable == Some(call.id))
        };
        if let Some(earlier) = self.open.earlier(world)?
            && !is_repeatable(&earlier)
        {
            return Ok(BegunTurn::Earlier(earlier));
        }
        if let Some(known) = known
            && world.subjects.get(&self.open.subject) != Some(&known.account)
        {
            return Err(Refusal::AnothersConversation);
        }
        let now = world.now;
        let (mut line, id) = known.map(|known| (known.line.clone(), Some(known.id))).unwrap_or_default();
        let place = self.ticket.filter(|ticket| Some(ticket.conversation) == id).map(|ticket| ticket.number);
        if !self.may_wait && place.is_none() && line.is_busy(now) {
            return Err(Refusal::ConversationBusy);
        }
        let number = line.enter(place, now, self.lease).ok_or(Refusal::ConversationBusy)?;
        let ticket = id.map(|conversation| Ticket { conversation, number });
        let seen = known.map(Seen::of);
        let waits = match ticket {
            Some(ticket) if !line.is_first(number) => Some(BegunTurn::Waits(ticket)),
            ticket if seen != self.seen => Some(BegunTurn::Changed(ticket)),
            _ => None,
        };
        if let Some(waits) = waits {
            if let Some(known) = world.line_mut(&self.name) {
                *known = line;
            }
            return Ok(waits);
        }
        let (call, held) = self.open.open(world)?;
        let conversation = self.keep(world, &call, line);
        Ok(BegunTurn::Begun { ticket: Ticket { conversation, number }, call, held })
    }
}

impl Seen {
    /// The history of a conversation as it is.
    pub fn of(known: &Conversation) -> Self {
        let Conversation { id, next_number, repeatable, .. } = *known;
        Self { conversation: id, next_number, repeatable }
    }
}

impl BeginTurn {
    /// Keeps the line and what is new of the conversation, which is made where there is none.
    fn keep(&self, world: &mut World, call: &Call, line: Line) -> ConversationId {
        let Some(known) = world.conversations.get_mut(&self.name) else {
            let conversation = Conversation {
                id: ConversationId::new(world.new_id()),
                account: call.account,
                name: self.name.clone(),
                title: Some(self.title.clone()).filter(|title| !title.is_empty()),
                is_archived: false,
                model: None,
                system: self.system.clone(),
                metadata: self.metadata.clone(),
                next_number: 1,
                repeatable: None,
                line,
                created_at: world.now,
                last_message_at: world.now,
            };
            let id = conversation.id;
            world.conversations.insert(self.name.clone(), conversation);
            return id;
        };
        known.line = line;
        if self.is_retry {
            known.repeatable = Some(call.id);
        }
        known.system = self.system.clone().or(known.system.take());
        known.metadata = self.metadata.clone().or(known.metadata.take());
        known.id
    }
}
