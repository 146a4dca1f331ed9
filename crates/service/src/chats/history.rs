//! What a turn is made of: the history as it is now, and the call that follows from it.

use fourfold_domain::{ChatMessage, ChatRole, MessageId, estimate};
use uuid::Uuid;

use super::prompt::Telling;
use super::service::NO_CONVERSATION;
use super::turn::TurnTask;
use super::{Ask, ChatSettings, Conversation, Message, MessageRole, NewMessage, NewTurn, Seen, prompt};
use crate::calls::Order;
use crate::credits::Owner;
use crate::ports::MessagePage;
use crate::{Made, ServiceError};

/// How many messages are read at a time, and in all.
const READ_NEXT: usize = 256;
const READ_MAX: usize = 2048;

/// What is read before it is known for which model.
const READ_FIRST: MessagePage =
    MessagePage { after: None, is_newest_first: true, limit: 64, bytes_max: 256 * 1024 };

/// How many bytes of a text we take for a token; so many are read at most of a history for each that has room.
const BYTES_PER_TOKEN: u64 = 4;

/// A turn that may begin, if nothing has changed by then.
pub(super) struct Prepared {
    pub(super) order: Order,
    /// The history that it was made of.
    pub(super) seen: Option<Seen>,
    /// What a new conversation is called.
    pub(super) title: String,
    /// The user's message; nothing where it is in the history.
    pub(super) question: Option<NewMessage>,
    /// The number of the message that is answered, where it is in the history and has no answer.
    pub(super) asked: Option<u64>,
    /// The number of the answer that is to be replaced.
    pub(super) replaces: Option<u64>,
}

impl TurnTask {
    /// Reads the history, and makes a call of it.
    pub(super) async fn prepare(&mut self) -> Result<Prepared, ServiceError> {
        self.check_sizes()?;
        let found = self.chats.own(&self.turn.subject, &self.name, READ_FIRST).await?;
        let (known, last) = found.map_or((None, Vec::new()), |(known, last)| (Some(known), last));
        self.is_retry = self.is_kept(known.as_ref()).await?;
        let (parts, catalog) = (self.chats.calls().parts(), self.chats.calls().parts().catalog.current());
        // One that is gone doesn't take its conversations with it.
        let used = known.as_ref().and_then(|known| known.model.as_ref()).map(|used| used.as_str());
        let used = used.filter(|used| catalog.model(used).is_ok());
        let model = self.turn.model.as_deref().or(used).unwrap_or(&self.chats.settings().default_model);
        self.turn.admission.check_model(model)?;
        let offered = catalog.model(model)?.clone();
        let tokens_max = prompt::tokens_max(&offered, Order::output_max(&offered));

        let last_of = |role| last.first().filter(|last| last.role == role).map(|last| last.number);
        let (unanswered, answered) = (last_of(MessageRole::User), last_of(MessageRole::Assistant));
        let (question, replaces) = match &self.turn.ask {
            Ask::Message(_) if self.is_retry => (None, answered),
            Ask::Message(text) => (Some(question(text)), None),
            Ask::Again if last.is_empty() => return self.before_anything_was_said(known.as_ref(), model),
            Ask::Again => (None, answered),
        };
        let asked = unanswered.filter(|_| question.is_none());
        let told = question.iter().map(|question| ChatMessage::new(ChatRole::User, &*question.content));
        let seen = known.as_ref().map(Seen::of);
        let mut messages =
            self.history(seen, last, Telling::new(question.is_none()), replaces, tokens_max).await?;
        messages.extend(told);
        let system = self.turn.system.as_deref();
        let system = system.or(known.as_ref().and_then(|known| known.system.as_deref()));
        let system = system.filter(|text| !text.is_empty());
        let room = tokens_max.saturating_sub(system.map_or(0, tokens));
        let input = prompt::input(system, &prompt::cut(messages, room));
        let order = Order::of_chat(&parts.catalog, &parts.routing, model, &input)?;
        let title = question.as_ref().map(|question| prompt::title(&question.content)).unwrap_or_default();
        Ok(Prepared { order, seen, title, question, asked, replaces })
    }

    /// What is to be answered isn't known before the turns are over that came first, the conversation's first message among
    /// them: a call that is never made takes a place behind them.
    fn before_anything_was_said(
        &self,
        known: Option<&Conversation>,
        model: &str,
    ) -> Result<Prepared, ServiceError> {
        let parts = self.chats.calls().parts();
        let has_to_wait = |known: &&Conversation| known.line.has_before(self.ticket, parts.clock.now());
        let known = known.filter(has_to_wait).ok_or(NO_CONVERSATION)?;
        let input = prompt::input(None, &[ChatMessage::new(ChatRole::User, ".")]);
        let order = Order::of_chat(&parts.catalog, &parts.routing, model, &input)?;
        // No history is so short, so that it is always another by then.
        let seen = Some(Seen { next_number: 0, ..Seen::of(known) });
        Ok(Prepared { order, seen, title: String::new(), question: None, asked: None, replaces: None })
    }

    /// Refuses what is too long to be kept.
    fn check_sizes(&self) -> Result<(), ServiceError> {
        let ChatSettings { message_bytes_max, system_bytes_max, metadata_bytes_max, .. } =
            *self.chats.settings();
        let NewTurn { ask, system, metadata, .. } = &self.turn;
        let message = match ask {
            Ask::Message(text) => Some(text),
            Ask::Again => None,
        };
        for (what, text, bytes_max) in [
            ("message", message, message_bytes_max),
            ("system", system.as_ref(), system_bytes_max),
            ("metadata", metadata.as_ref(), metadata_bytes_max),
        ] {
            if text.is_some_and(|text| text.len() as u64 > bytes_max) {
                return Err(ServiceError::TooLarge { what: what.into(), bytes_max });
            }
        }
        Ok(())
    }

    /// Whether the user's message is in the history, since the same request has brought it there.
    async fn is_kept(&self, known: Option<&Conversation>) -> Result<bool, ServiceError> {
        let repeatable = known.and_then(|known| known.repeatable);
        let (Some(call), Some(idempotency)) = (repeatable, &self.turn.idempotency) else { return Ok(false) };
        let record = self.chats.store().idempotency(&idempotency.scope(&self.turn.subject)).await?;
        Ok(record.is_some_and(|record| {
            record.made == Made::Work(Owner::Call(call)) && record.fingerprint == idempotency.fingerprint
        }))
    }

    /// The newest messages that there is room for, and some more, the oldest first; without what isn't told, and the
    /// answer that is to be replaced.
    async fn history(
        &self,
        seen: Option<Seen>,
        last: Vec<Message>,
        mut telling: Telling,
        replaces: Option<u64>,
        tokens_max: u64,
    ) -> Result<Vec<ChatMessage>, ServiceError> {
        let Some(seen) = seen else { return Ok(Vec::new()) };
        let (mut messages, mut tokens, mut read) = (Vec::new(), 0, 0);
        let (mut found, mut asked) = (last, READ_FIRST);
        loop {
            let is_last = !asked.is_full(&found);
            read += found.len();
            let after = found.last().map(|message| message.number);
            for message in found.iter().filter(|message| Some(message.number) != replaces) {
                let Some(told) = telling.told(message) else { continue };
                tokens += estimate::message_input(&told);
                messages.push(told);
            }
            if is_last || tokens > tokens_max || read >= READ_MAX {
                messages.reverse();
                return Ok(messages);
            }
            let bytes_max = (tokens_max - tokens).saturating_add(1).saturating_mul(BYTES_PER_TOKEN);
            let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
            asked = MessagePage { after, limit: READ_NEXT, bytes_max, ..READ_FIRST };
            found = self.chats.store().messages(seen.conversation, asked).await?;
        }
    }
}

fn question(text: &str) -> NewMessage {
    NewMessage {
        id: MessageId::new(Uuid::now_v7()),
        content: text.to_owned(),
        input_tokens: tokens(text),
        output_tokens: 0,
        is_partial: false,
        finish: None,
    }
}

fn tokens(text: &str) -> u64 {
    estimate::message_input(&ChatMessage::new(ChatRole::User, text))
}
