//! The rows that steps decide over.

use std::collections::BTreeSet;

use fourfold_domain::{
    AccountId, CallId, ConversationId, EventId, FileId, HoldId, JobId, KeyId, Subject, WebhookSecretId,
};
use uuid::Uuid;

use super::Table;
use crate::Timestamp;
use crate::calls::{Call, CallAnswer};
use crate::chats::{Conversation, ConversationName, Line, Message};
use crate::credits::{Account, Budget, Entry, Hold, Owner};
use crate::files::{File, FileUsage};
use crate::idempotency::{IdempotencyRecord, IdempotencyScope};
use crate::jobs::{Admission, Artifact, Attempt, Due, Job, JobEvent};
use crate::webhooks::{Delivery, DeliveryTry, StoppedUrl, WebhookSecret, WebhookUrl};

/// The rows at hand. What isn't here isn't in the database either, as far as the steps' needs reach.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// The moment of the batch, by the database's clock.
    pub(crate) now: Timestamp,
    /// Which account a subject has.
    pub(crate) subjects: Table<Subject, AccountId>,
    pub(crate) accounts: Table<AccountId, Account>,
    pub(crate) holds: Table<HoldId, Hold>,
    /// Of the keys that have one.
    pub(crate) budgets: Table<KeyId, Budget>,
    /// Entries of operations that steps asked about. Read only; new entries go to `entries`.
    pub(crate) operations: Table<String, Entry>,
    /// Entries to be written.
    pub(crate) entries: Vec<Entry>,
    pub(crate) jobs: Table<JobId, Job>,
    pub(crate) due: Table<JobId, Due>,
    /// The latest attempt of each job.
    pub(crate) attempts: Table<(Owner, u32), Attempt>,
    /// Artifacts to be written.
    pub(crate) artifacts: Vec<Artifact>,
    /// Events to be written.
    pub(crate) events: Vec<JobEvent>,
    pub(crate) calls: Table<CallId, Call>,
    /// Answers of calls to be written.
    pub(crate) call_answers: Vec<(CallId, CallAnswer)>,
    pub(crate) idempotency: Table<IdempotencyScope, IdempotencyRecord>,
    /// The part of them that is written by itself is the line.
    pub(crate) conversations: Table<ConversationName, Conversation>,
    /// Messages to be written.
    pub(crate) messages: Vec<Message>,
    /// Conversations that are to go, with their messages and the answers of their calls.
    pub(crate) deleted_conversations: Vec<ConversationId>,
    /// Messages, by their numbers, that are to go, with the answers of their calls.
    pub(crate) replaced_messages: Vec<(ConversationId, u64)>,
    /// Messages, by their numbers, that a vendor refused when he was asked again.
    pub(crate) refused_messages: Vec<(ConversationId, u64)>,
    pub(crate) files: Table<FileId, File>,
    /// What accounts keep: the sums over their files, never written.
    pub(crate) file_usage: Table<AccountId, FileUsage>,
    /// How many jobs accounts run, and which wait: told by the due rows, never written.
    pub(crate) admissions: Table<AccountId, Admission>,
    pub(crate) deliveries: Table<EventId, Delivery>,
    /// Tries to be written.
    pub(crate) tries: Vec<DeliveryTry>,
    pub(crate) stopped_urls: Table<(AccountId, WebhookUrl), StoppedUrl>,
    pub(crate) webhook_secrets: Table<WebhookSecretId, WebhookSecret>,
}

impl World {
    /// The line of a conversation, to be changed.
    pub(crate) fn line_mut(&mut self, name: &ConversationName) -> Option<&mut Line> {
        self.conversations.part_mut(name).map(|known| &mut known.line)
    }

    /// A new id that sorts by time.
    pub(crate) fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The rows that steps ask for. A job brings its due row, its latest attempt, its hold with its key's budget, its account
/// and its files; a call its hold, budget and account; a subject its account; a scope its record, and the file or
/// the call that was made; a delivery those that are on their way to its endpoint, and whether its address is stopped.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) subjects: Vec<Subject>,
    pub(crate) jobs: BTreeSet<JobId>,
    pub(crate) calls: BTreeSet<CallId>,
    /// Keys whose budgets are about to be spent from.
    pub(crate) keys: BTreeSet<KeyId>,
    pub(crate) operations: Vec<String>,
    pub(crate) idempotency: Vec<IdempotencyScope>,
    pub(crate) conversations: BTreeSet<ConversationName>,
    pub(crate) files: BTreeSet<FileId>,
    pub(crate) file_usage: Vec<Subject>,
    pub(crate) admissions: AdmissionNeeds,
    pub(crate) deliveries: BTreeSet<EventId>,
    pub(crate) webhook_secrets: Vec<Subject>,
}

/// Whose jobs are counted, and how many of those that wait may go on.
#[derive(Debug, Default)]
pub(crate) struct AdmissionNeeds {
    /// Subjects with a new job.
    pub(crate) subjects: Vec<Subject>,
    /// Jobs that may end: the account's next may go on in the place of each.
    pub(crate) endings: BTreeSet<JobId>,
    /// Accounts that may have room.
    pub(crate) accounts: BTreeSet<AccountId>,
    /// The most jobs that an account runs at a time.
    pub(crate) cap: u64,
}
