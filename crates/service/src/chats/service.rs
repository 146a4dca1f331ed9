//! What callers ask of conversations.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{ConversationId, ExternalId, KeyId, Subject};

use super::turn::TurnTask;
use super::waiting::Waiting;
use super::{
    ChangeConversation, ChatSettings, Conversation, ConversationCursor, ConversationName, DeleteConversation,
    Message, TurnWriter,
};
use crate::calls::{CallReply, CallsService, answer};
use crate::limits::Admission;
use crate::ports::{MessagePage, Store};
use crate::{Idempotency, Refusal, ServiceError, StoreError};

/// What conversations are made of.
#[derive(Clone)]
pub struct ChatParts {
    /// Answers their messages.
    pub calls: CallsService,
    /// How they are kept.
    pub settings: ChatSettings,
    /// How long a process that says nothing counts as alive: so long it keeps its turns.
    pub lease: Duration,
}

/// Conversations, as callers see them. Clones share them.
#[derive(Clone)]
pub struct ChatsService(Arc<Shared>);

struct Shared {
    calls: CallsService,
    settings: ChatSettings,
    lease: Duration,
    waiting: Waiting,
}

/// A turn that is to be taken.
pub struct NewTurn {
    /// Who pays, and whose conversation it is.
    pub subject: Subject,
    /// With which key.
    pub key: Option<KeyId>,
    /// What its user calls the conversation.
    pub conversation: ExternalId,
    /// What is to be answered.
    pub ask: Ask,
    /// Who is to answer. Left out, who did last.
    pub model: Option<String>,
    /// What the model is to be told before all messages from now on.
    pub system: Option<String>,
    /// The caller's own words from now on, a JSON object.
    pub metadata: Option<String>,
    /// Whether it may wait for earlier messages.
    pub may_wait: bool,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
    /// What its caller may; held until the turn has ended.
    pub admission: Admission,
}

/// What a turn is to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// A new message. Not empty.
    Message(String),
    /// The last one again: what was answered is replaced by what comes.
    Again,
}

impl ChatsService {
    /// Over these parts.
    pub fn new(parts: ChatParts) -> Self {
        let ChatParts { calls, settings, lease } = parts;
        Self(Arc::new(Shared { calls, settings, lease, waiting: Waiting::default() }))
    }

    /// Takes a turn: has a message answered, with the conversation's history before it, and answers once it is known
    /// who answers; with an error before that, nothing was charged. The conversation is made with its first message.
    ///
    /// Waits for the messages that came to the conversation before, in their order. The work is done by a task of its
    /// own; dropping this future or the reply tells it that the caller has left: then what he had of the answer is in
    /// the history. Where nobody answers, the message is, and the same request with the same key of idempotency has it
    /// answered.
    pub async fn take_turn(
        &self,
        turn: NewTurn,
        writer: Box<dyn TurnWriter>,
    ) -> Result<CallReply, ServiceError> {
        let in_flight = self.calls().place()?;
        let parts = self.calls().parts();
        let (outlet, body) = answer(parts.settings.read_patience);
        let task = TurnTask::new(self.clone(), turn, writer, outlet);
        // It is large, and would else be moved several times.
        parts.spawner.start(Box::pin(async move {
            task.run().await;
            drop(in_flight);
        }));
        body.begun().await
    }

    /// A user's conversation. Another's is refused.
    pub async fn conversation(
        &self,
        subject: &Subject,
        conversation: ExternalId,
    ) -> Result<Conversation, ServiceError> {
        let found =
            self.own(subject, &ConversationName::of(subject, conversation), MessagePage::NONE).await?;
        let (known, _messages) = found.filter(|(known, _)| known.has_messages()).ok_or(NO_CONVERSATION)?;
        Ok(known)
    }

    /// A user's conversation with a page of its messages, if there is one; another's is refused. Where nothing was said
    /// yet, nobody else learns of it.
    pub(super) async fn own(
        &self,
        subject: &Subject,
        name: &ConversationName,
        page: MessagePage,
    ) -> Result<Option<(Conversation, Vec<Message>)>, ServiceError> {
        let (found, account) =
            tokio::try_join!(self.store().conversation(name, page), self.store().account(subject))?;
        let Some(found) = found else { return Ok(None) };
        // A new user's account is made with his first conversation, perhaps between both reads.
        let account = match account {
            Some(account) => Some(account),
            None => self.store().account(subject).await?,
        };
        match account {
            Some(account) if account.id == found.0.account => Ok(Some(found)),
            _ if found.0.has_messages() => Err(ServiceError::Refused(Refusal::AnothersConversation)),
            _ => Ok(None),
        }
    }

    /// A user's conversations that were put away, or that weren't, the newest first, older than `before`; without what
    /// their models are told before all messages.
    pub async fn conversations(
        &self,
        subject: &Subject,
        is_archived: bool,
        before: Option<ConversationCursor>,
        limit: usize,
    ) -> Result<Vec<Conversation>, ServiceError> {
        match self.store().account(subject).await? {
            None => Ok(Vec::new()),
            Some(account) => Ok(self.store().conversations(account.id, is_archived, before, limit).await?),
        }
    }

    /// Messages of a conversation.
    pub async fn messages(
        &self,
        conversation: ConversationId,
        page: MessagePage,
    ) -> Result<Vec<Message>, ServiceError> {
        Ok(self.store().messages(conversation, page).await?)
    }

    /// Changes what is said of a user's conversation; what is left out stays.
    pub async fn change(
        &self,
        subject: &Subject,
        conversation: ExternalId,
        title: Option<Option<String>>,
        is_archived: Option<bool>,
    ) -> Result<Conversation, ServiceError> {
        let known = self.conversation(subject, conversation).await?;
        let step = ChangeConversation { name: known.name, account: known.account, title, is_archived };
        self.store().change_conversation(step).await.map_err(refused)
    }

    /// Deletes a user's conversation with all its messages, also where the first is still being answered.
    pub async fn delete(&self, subject: &Subject, conversation: ExternalId) -> Result<(), ServiceError> {
        let found =
            self.own(subject, &ConversationName::of(subject, conversation), MessagePage::NONE).await?;
        let (known, _messages) = found.ok_or(NO_CONVERSATION)?;
        let step = DeleteConversation { name: known.name, account: known.account };
        self.store().delete_conversation(step).await.map_err(refused)?;
        tracing::info!(conversation.id = %known.id, account.id = %known.account, "a conversation was deleted");
        Ok(())
    }

    pub(super) fn calls(&self) -> &CallsService {
        &self.0.calls
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.calls().parts().store.as_ref()
    }

    pub(super) fn settings(&self) -> &ChatSettings {
        &self.0.settings
    }

    /// How long a turn is kept for whoever doesn't say that it goes on.
    pub(super) fn lease(&self) -> Duration {
        self.0.lease
    }

    pub(super) fn waiting(&self) -> &Waiting {
        &self.0.waiting
    }
}

pub(super) const NO_CONVERSATION: ServiceError = ServiceError::NotFound("conversation");

fn refused(error: StoreError) -> ServiceError {
    match error {
        StoreError::Refused(Refusal::NotFound) => NO_CONVERSATION,
        other => other.into(),
    }
}
