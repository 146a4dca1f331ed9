//! A turn begins: its place in the line, and once that is the first, its call with its hold.

use std::time::Duration;

use fourfold_domain::{AccountId, CallId, ConversationId, Credits};

use crate::Timestamp;
use crate::calls::{Call, CallState, OpenCall};
use crate::chats::{Conversation, ConversationName, Line, Ticket};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Takes a place in the line of a conversation, which is made with its first turn and is shown with its first message,
/// and opens the call once the place is the first and the history is still what the call was made of. The same key of
/// idempotency gives the same call, as with [`OpenCall`]; but for one that has ended and left its message without an
/// answer that was charged, which the new call answers in place.
///
/// Who waited in the line of a conversation that was deleted is refused with [`Refusal::NotFound`]: what he says isn't
/// the beginning of another. Refused with [`Refusal::AnothersConversation`] where it is another account's, with
/// [`Refusal::ConversationBusy`] where it would have to wait and may not, or too many do, and as [`OpenCall`] is. A
/// place that was taken before stays.
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
        let now = world.now;
        let account = world.subjects.get(&self.open.subject).copied();
        let is_own = |known: &Conversation| Some(known.account) == account;
        // The line of another's that died before anything was said keeps nobody from the name.
        let is_left_over =
            |known: &Conversation| !is_own(known) && !known.has_messages() && !known.line.is_busy(now);
        let known = world.conversations.get(&self.name).filter(|known| !is_left_over(known));
        let is_repeatable = |call: &Call| {
            call.state != CallState::Open && known.is_some_and(|known| known.repeatable == Some(call.id))
        };
        if let Some(earlier) = self.open.earlier(world)?
            && !is_repeatable(&earlier)
        {
            return Ok(BegunTurn::Earlier(earlier));
        }
        if known.is_some_and(|known| !is_own(known)) {
            return Err(Refusal::AnothersConversation);
        }
        let (mut line, id) = known.map(|known| (known.line.clone(), Some(known.id))).unwrap_or_default();
        if self.ticket.is_some_and(|ticket| Some(ticket.conversation) != id) {
            return Err(Refusal::NotFound);
        }
        let place = self.ticket.map(|ticket| ticket.number);
        if !self.may_wait && place.is_none() && line.is_busy(now) {
            return Err(Refusal::ConversationBusy);
        }
        let number = line.enter(self.open.id, place, now, self.lease).ok_or(Refusal::ConversationBusy)?;
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
    /// Keeps the line and who answers the last message again. The conversation is made where there is none; all else of
    /// it comes with its first message.
    fn keep(&self, world: &mut World, call: &Call, line: Line) -> ConversationId {
        let now = world.now;
        match world.conversations.get(&self.name) {
            Some(known) if known.account == call.account => {}
            left_over => {
                world.deleted_conversations.extend(left_over.map(|known| known.id));
                let new = self.new_conversation(ConversationId::new(world.new_id()), call.account, now);
                world.conversations.remove(&self.name);
                world.conversations.insert(self.name.clone(), new);
            }
        }
        let is_only_the_line =
            !self.is_retry && world.conversations.get(&self.name).is_some_and(Conversation::has_messages);
        let known = match is_only_the_line {
            true => world.conversations.part_mut(&self.name),
            false => world.conversations.get_mut(&self.name),
        };
        let known = known.expect("it is there or was just made");
        known.line = line;
        if self.is_retry {
            known.repeatable = Some(call.id);
        }
        if !known.has_messages() {
            known.last_message_at = now;
        }
        known.id
    }

    fn new_conversation(&self, id: ConversationId, account: AccountId, now: Timestamp) -> Conversation {
        Conversation {
            id,
            account,
            name: self.name.clone(),
            title: None,
            is_archived: false,
            model: None,
            system: None,
            metadata: None,
            next_number: 1,
            repeatable: None,
            line: Line::default(),
            created_at: now,
            last_message_at: now,
        }
    }
}
