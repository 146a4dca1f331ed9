//! Steps and values for tests: right as they are, changed where a test says so.

use std::time::Duration;

use fourfold_domain::{
    CallId, Credits, ExternalId, FileId, InstanceId, JobId, MessageId, Modality, ModelName, OnCancel,
    OnUncertain, Price, Priority, ProviderKey, Rate, Realm, Subject, Unit, UpstreamTask, WebhookSecretId,
};
use uuid::Uuid;

use crate::calls::{CallAnswer, CallEnding, EndCall, OpenCall};
use crate::chats::{About, BeginTurn, ConversationName, EndTurn, Finish, NewMessage, Ticket, TurnOutcome};
use crate::credits::OpenAccount;
use crate::files::{CompleteFile, FileLimits, NewFile, ReserveFiles};
use crate::jobs::{Artifact, BeginAttempt, Lease, StoredObject, Submit, Terms, Upstream};
use crate::ports::Store;
use crate::webhooks::{KeepSecret, KeptSecret, WebhookSecret};
use crate::{Idempotency, StoreError};

/// An amount, such as `"0.04"`.
pub fn credits(text: &str) -> Credits {
    text.parse().expect("an amount of credits")
}

/// A user of the default realm.
pub fn account_subject(external_id: &str) -> Subject {
    let external_id: ExternalId = external_id.parse().expect("an external id");
    Subject { realm: Realm::default(), external_id }
}

/// A provider's name.
pub fn provider(name: &str) -> ProviderKey {
    name.parse().expect("a provider's name")
}

/// 0.04 credits an image.
pub fn price() -> Price {
    Price::new("v1", vec![Rate::new(Unit::Image, credits("0.04"))])
}

/// What the vendor takes: 0.03 credits an image.
pub fn cost_price() -> Price {
    Price::new("cost-1", vec![Rate::new(Unit::Image, credits("0.03"))])
}

/// One picture for a user, with a hold of this many credits, due within an hour.
pub fn submit(external_id: &str, amount: &str) -> Submit {
    Submit {
        id: JobId::new(Uuid::now_v7()),
        subject: account_subject(external_id),
        key: None,
        model: model(),
        modality: Modality::Image,
        input: r#"{"prompt":"a fox"}"#.into(),
        files: Vec::new(),
        new_files: Vec::new(),
        terms: Terms {
            attempts_max: 3,
            on_cancel: OnCancel::Full,
            on_uncertain: OnUncertain::Fail,
            dropped: Vec::new(),
            defaults: serde_json::Map::new(),
        },
        metadata: None,
        webhook_url: None,
        priority: Priority::Normal,
        amount: credits(amount),
        price: price(),
        deadline: Duration::from_secs(60 * 60),
        retry_of: None,
        account_max: 0,
        idempotency: None,
    }
}

/// What accounts of tests may keep.
pub const FILE_LIMITS: FileLimits = FileLimits { count_max: 3, bytes_max: 100 };

/// A place for a user's file.
pub fn reserve_file(external_id: &str, id: FileId) -> ReserveFiles {
    ReserveFiles { subject: account_subject(external_id), files: vec![(id, 0)], limits: FILE_LIMITS }
}

/// A picture of so many bytes that a user handed in.
pub fn new_file(id: FileId, size_bytes: u64) -> NewFile {
    NewFile { id, media_type: "image/png".to_owned(), size_bytes, sha256: "ba7816bf".to_owned() }
}

/// A user's file of so many bytes is there.
pub fn complete_file(external_id: &str, id: FileId, size_bytes: u64) -> CompleteFile {
    CompleteFile {
        subject: account_subject(external_id),
        file: new_file(id, size_bytes),
        limits: FILE_LIMITS,
        idempotency: None,
    }
}

/// What makes a request idempotent by this key, with a body of its own for each number.
pub fn idempotency(key: &str, body: u8) -> Idempotency {
    Idempotency {
        method: "POST".to_owned(),
        path: "/api/v1/jobs".to_owned(),
        key: key.to_owned(),
        fingerprint: [body; 32],
    }
}

/// A user's account with a secret for webhooks, sealed or not.
pub async fn keep_secret(
    store: &(impl Store + ?Sized),
    external_id: &str,
) -> Result<WebhookSecret, StoreError> {
    let subject = account_subject(external_id);
    let account = store.open_account(OpenAccount { subject: subject.clone() }).await?.id;
    let id = WebhookSecretId::new(Uuid::now_v7());
    let step = KeepSecret { id, subject, account, sealed: [7; 4].into(), idempotency: None };
    match store.keep_webhook_secret(step).await? {
        KeptSecret::New(secret) | KeptSecret::Earlier(secret) => Ok(secret),
    }
}

/// A call for a user, with a hold of this many credits.
pub fn open_call(external_id: &str, amount: &str, instance: InstanceId) -> OpenCall {
    OpenCall {
        id: CallId::new(Uuid::now_v7()),
        subject: account_subject(external_id),
        key: None,
        instance,
        model: model(),
        amount: credits(amount),
        amount_min: credits(amount),
        cost_max: None,
        price: price(),
        idempotency: None,
    }
}

/// A conversation of the default realm.
pub fn conversation_name(name: &str) -> ConversationName {
    let external_id = name.parse().expect("a conversation's name");
    ConversationName { realm: Realm::default(), external_id }
}

/// The first turn of a user's conversation, with a hold of this many credits.
pub fn begin_turn(external_id: &str, conversation: &str, amount: &str) -> BeginTurn {
    BeginTurn {
        open: open_call(external_id, amount, InstanceId::new(Uuid::now_v7())),
        name: conversation_name(conversation),
        seen: None,
        is_retry: false,
        ticket: None,
        may_wait: true,
        lease: Duration::from_secs(30),
    }
}

/// A turn ends with this charge; its user asked `Where?`.
pub fn end_turn(
    conversation: &str,
    (ticket, call): (Ticket, CallId),
    charged: &str,
    answer: Option<&str>,
) -> EndTurn {
    EndTurn {
        end: EndCall::new(call, CallEnding::Charged(credits(charged))),
        name: conversation_name(conversation),
        ticket,
        question: Some(new_message("Where?", 7, 0)),
        asked: None,
        answer: answer.map(|answer| NewMessage { finish: Some(Finish::Stop), ..new_message(answer, 20, 3) }),
        replaces: None,
        model: model(),
        outcome: TurnOutcome::Answered,
        about: About { title: "A title".to_owned(), ..About::default() },
    }
}

/// A message that came to so many tokens.
pub fn new_message(content: &str, input_tokens: u64, output_tokens: u64) -> NewMessage {
    let (id, content) = (MessageId::new(Uuid::now_v7()), content.to_owned());
    NewMessage { id, content, input_tokens, output_tokens, is_partial: false, finish: None }
}

/// A part of a text that its caller was sent.
pub fn call_answer(body: &str) -> CallAnswer {
    let body = Some(body.to_owned().into());
    CallAnswer { provider: provider("acme"), media_type: None, body, is_whole: false }
}

/// An attempt at the provider `acme`.
pub fn begin(lease: Lease) -> BeginAttempt {
    BeginAttempt {
        lease,
        provider: provider("acme"),
        vendor_model: "acme-1".to_owned(),
        credential: "default".to_owned(),
        cost_price: Some(cost_price()),
        cost: Some(credits("0.03")),
    }
}

/// A task that is to be polled after this long.
pub fn task(poll_after: Duration) -> Upstream {
    Upstream::Task(UpstreamTask { id: "task-1".to_owned(), vendor_model: "acme-1".to_owned(), poll_after })
}

/// A stored picture of a job.
pub fn artifact(job: JobId, index: u32) -> Artifact {
    let object = StoredObject {
        key: format!("account/{job}/{index}.png"),
        media_type: "image/png".to_owned(),
        size_bytes: 3,
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned(),
    };
    Artifact { job, index, object, removed_at: None }
}

fn model() -> ModelName {
    "acme-image".parse().expect("a model's name")
}
