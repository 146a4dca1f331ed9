//! Rows of the database as values, each beside the columns that it is read from.

mod columns;

use std::time::Duration;

use fourfold_domain::{ConversationId, CreditsChange, Effect, FileId, Modality, Price, Subject};
use tokio_postgres::Row;

use super::fault::Fault;
use crate::calls::{Call, CallAnswer};
use crate::chats::{Conversation, ConversationName, Line, Message};
use crate::credits::{Account, Budget, Entry, Hold};
use crate::files::File;
use crate::idempotency::IdempotencyRecord;
use crate::jobs::{Artifact, Attempt, Due, Job, JobEvent, StoredObject};
use crate::keys::{AllowedModels, ApiKey, KeyRequest, PreviousSecret, Scopes};
use crate::limits::Limits;
use crate::webhooks::{Delivery, DeliveryTry, StoppedUrl, WebhookSecret};
pub(super) use columns::{all, credits, get, number, optional_number, text, time, unreadable};
use columns::{
    flag, hash, json, optional, optional_count, optional_credits, optional_json, optional_time, word,
};

type Result<T> = std::result::Result<T, Fault>;

pub(super) const ACCOUNT: &str = "id, realm, external_id, available, held, created_at";

pub(super) fn account(row: &Row) -> Result<Account> {
    Ok(Account {
        id: text(row, 0)?,
        subject: Subject { realm: text(row, 1)?, external_id: text(row, 2)? },
        available: credits(row, 3)?,
        held: credits(row, 4)?,
        created_at: time(row, 5)?,
    })
}

pub(super) const HOLD: &str = "id, account, owner, key, amount, price, state, charged, created_at, ended_at";

pub(super) fn hold(row: &Row) -> Result<Hold> {
    Ok(Hold {
        id: text(row, 0)?,
        account: text(row, 1)?,
        owner: text(row, 2)?,
        key: optional(row, 3)?,
        amount: credits(row, 4)?,
        price: json::<Price>(row, 5)?,
        state: text(row, 6)?,
        charged: credits(row, 7)?,
        created_at: time(row, 8)?,
        ended_at: optional_time(row, 9)?,
    })
}

pub(super) const ENTRY: &str = "id, account, operation, kind, amount, available_change, held_change, owner, note, created_at, is_estimated";

pub(super) fn entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        id: text(row, 0)?,
        account: text(row, 1)?,
        operation: get(row, 2)?,
        kind: text(row, 3)?,
        amount: CreditsChange::from_micros(get(row, 4)?),
        available_change: CreditsChange::from_micros(get(row, 5)?),
        held_change: CreditsChange::from_micros(get(row, 6)?),
        owner: optional(row, 7)?,
        note: get(row, 8)?,
        created_at: time(row, 9)?,
        is_estimated: flag(row, 10)?,
    })
}

pub(super) const CALL: &str =
    "id, account, key, instance, model, hold, state, created_at, ended_at, cost_max";

pub(super) fn call(row: &Row) -> Result<Call> {
    Ok(Call {
        id: text(row, 0)?,
        account: text(row, 1)?,
        key: optional(row, 2)?,
        instance: text(row, 3)?,
        model: text(row, 4)?,
        hold: text(row, 5)?,
        state: text(row, 6)?,
        created_at: time(row, 7)?,
        ended_at: optional_time(row, 8)?,
        cost_max: optional_credits(row, 9)?,
    })
}

pub(super) const CALL_ANSWER: &str = "provider, media_type, body, is_whole";

pub(super) fn call_answer(row: &Row) -> Result<CallAnswer> {
    let body: Option<Vec<u8>> = get(row, 2)?;
    Ok(CallAnswer {
        provider: text(row, 0)?,
        media_type: get(row, 1)?,
        body: body.map(Into::into),
        is_whole: flag(row, 3)?,
    })
}

pub(super) const CONVERSATION: &str = "id, account, realm, external_id, title, is_archived, model, system, metadata, \
     next_number, repeatable, tickets, line, created_at, last_message_at";

/// The same of one in a list, without what its model is told before all messages.
pub(super) const LISTED: &str = "id, account, realm, external_id, title, is_archived, model, NULL::text AS system, \
     metadata, next_number, repeatable, tickets, line, created_at, last_message_at";

pub(super) fn conversation(row: &Row) -> Result<Conversation> {
    Ok(Conversation {
        id: text(row, 0)?,
        account: text(row, 1)?,
        name: ConversationName { realm: text(row, 2)?, external_id: text(row, 3)? },
        title: get(row, 4)?,
        is_archived: flag(row, 5)?,
        model: optional(row, 6)?,
        system: get(row, 7)?,
        metadata: get(row, 8)?,
        next_number: number(row, 9)?,
        repeatable: optional(row, 10)?,
        line: Line { tickets: number(row, 11)?, places: optional_json(row, 12)?.unwrap_or_default() },
        created_at: time(row, 13)?,
        last_message_at: time(row, 14)?,
    })
}

pub(super) const LINE: &str = "id, tickets, line";

pub(super) fn line(row: &Row) -> Result<(ConversationId, Line)> {
    let line = Line { tickets: number(row, 1)?, places: optional_json(row, 2)?.unwrap_or_default() };
    Ok((text(row, 0)?, line))
}

pub(super) const MESSAGE: &str = "conversation, number, id, role, content, call, model, input_tokens, output_tokens, \
     credits, is_partial, finish_reason, is_refused, created_at";

pub(super) fn message(row: &Row) -> Result<Message> {
    Ok(Message {
        conversation: text(row, 0)?,
        number: number(row, 1)?,
        id: text(row, 2)?,
        role: text(row, 3)?,
        content: get(row, 4)?,
        call: text(row, 5)?,
        model: optional(row, 6)?,
        input_tokens: number(row, 7)?,
        output_tokens: number(row, 8)?,
        credits: credits(row, 9)?,
        is_partial: flag(row, 10)?,
        finish: optional(row, 11)?,
        is_refused: flag(row, 12)?,
        created_at: time(row, 13)?,
    })
}

pub(super) const JOB: &str = "id, account, key, model, modality, input, terms, metadata, state, version, priority, \
     progress, attempts, hold, held, charged, error, output, cancel_requested, deadline_at, created_at, updated_at, files, \
     retry_of, webhook_url, deletion";

pub(super) fn job(row: &Row) -> Result<Job> {
    Ok(Job {
        id: text(row, 0)?,
        account: text(row, 1)?,
        key: optional(row, 2)?,
        model: text(row, 3)?,
        modality: word::<Modality>(row, 4)?,
        input: get::<String>(row, 5)?.into(),
        terms: json(row, 6)?,
        metadata: get::<Option<String>>(row, 7)?.map(Into::into),
        state: text(row, 8)?,
        version: number(row, 9)?,
        priority: text(row, 10)?,
        progress: optional_number(row, 11)?,
        attempts: number(row, 12)?,
        hold: text(row, 13)?,
        held: credits(row, 14)?,
        charged: credits(row, 15)?,
        error: optional_json(row, 16)?,
        output: get::<Option<String>>(row, 17)?.map(Into::into),
        cancel_requested: flag(row, 18)?,
        deadline_at: time(row, 19)?,
        created_at: time(row, 20)?,
        updated_at: time(row, 21)?,
        files: optional_json::<Vec<FileId>>(row, 22)?.unwrap_or_default().into(),
        retry_of: optional(row, 23)?,
        webhook_url: optional(row, 24)?,
        deletion: text(row, 25)?,
    })
}

/// Rows of an earlier version don't say whose they are.
pub(super) const DUE: &str = "job, next_at, priority, lease_until, leased_by, token, failed_polls, \
     coalesce(account, (SELECT account FROM job WHERE job.id = job_due.job)) AS account, parked, late_until, progress_at";

pub(super) fn due(row: &Row) -> Result<Due> {
    Ok(Due {
        job: text(row, 0)?,
        next_at: time(row, 1)?,
        priority: text(row, 2)?,
        lease_until: optional_time(row, 3)?,
        leased_by: optional(row, 4)?,
        token: number(row, 5)?,
        failed_polls: number(row, 6)?,
        account: text(row, 7)?,
        parked: flag(row, 8)?,
        late_until: optional_time(row, 9)?,
        progress_at: optional_time(row, 10)?,
    })
}

pub(super) const ATTEMPT: &str = "owner, number, provider, vendor_model, credential, state, effect, upstream, error, \
     vendor, begun_at, ended_at, cost_price, cost";

pub(super) fn attempt(row: &Row) -> Result<Attempt> {
    attempt_at(row, 0)
}

/// Likewise, where its columns begin at `first`.
pub(super) fn attempt_at(row: &Row, first: usize) -> Result<Attempt> {
    Ok(Attempt {
        owner: text(row, first)?,
        number: number(row, first + 1)?,
        provider: text(row, first + 2)?,
        vendor_model: get(row, first + 3)?,
        credential: get(row, first + 4)?,
        state: text(row, first + 5)?,
        effect: word::<Effect>(row, first + 6)?,
        upstream: optional_json(row, first + 7)?,
        error: optional_json(row, first + 8)?,
        vendor: json(row, first + 9)?,
        begun_at: time(row, first + 10)?,
        ended_at: optional_time(row, first + 11)?,
        cost_price: optional_json(row, first + 12)?,
        cost: optional_credits(row, first + 13)?,
    })
}

pub(super) const ARTIFACT: &str = "job, number, key, media_type, size_bytes, sha256, removed_at";

pub(super) fn artifact(row: &Row) -> Result<Artifact> {
    artifact_at(row, 0)
}

/// Likewise, where its columns begin at `first`.
pub(super) fn artifact_at(row: &Row, first: usize) -> Result<Artifact> {
    Ok(Artifact {
        job: text(row, first)?,
        index: number(row, first + 1)?,
        object: StoredObject {
            key: get(row, first + 2)?,
            media_type: get(row, first + 3)?,
            size_bytes: number(row, first + 4)?,
            sha256: get(row, first + 5)?,
        },
        removed_at: optional_time(row, first + 6)?,
    })
}

pub(super) const EVENT: &str = "id, job, version, state, created_at";

pub(super) fn event(row: &Row) -> Result<JobEvent> {
    Ok(JobEvent {
        id: text(row, 0)?,
        job: text(row, 1)?,
        version: number(row, 2)?,
        state: text(row, 3)?,
        created_at: time(row, 4)?,
    })
}

pub(super) const IDEMPOTENCY: &str = "account, fingerprint, owner, created_at";

pub(super) fn idempotency(row: &Row) -> Result<IdempotencyRecord> {
    Ok(IdempotencyRecord {
        account: text(row, 0)?,
        fingerprint: hash(row, 1)?,
        made: text(row, 2)?,
        created_at: time(row, 3)?,
    })
}

pub(super) const FILE: &str = "id, account, state, media_type, size_bytes, sha256, uses, created_at, used_at";

pub(super) fn file(row: &Row) -> Result<File> {
    Ok(File {
        id: text(row, 0)?,
        account: text(row, 1)?,
        state: text(row, 2)?,
        media_type: get(row, 3)?,
        size_bytes: number(row, 4)?,
        sha256: get(row, 5)?,
        uses: number(row, 6)?,
        created_at: time(row, 7)?,
        used_at: time(row, 8)?,
    })
}

pub(super) const DELIVERY: &str = "id, account, job, version, job_state, url, state, tries, failures, next_at, \
     lease_until, leased_by, token, created_at, ended_at";

pub(super) fn delivery(row: &Row) -> Result<Delivery> {
    Ok(Delivery {
        id: text(row, 0)?,
        account: text(row, 1)?,
        job: text(row, 2)?,
        version: number(row, 3)?,
        job_state: text(row, 4)?,
        url: text(row, 5)?,
        state: text(row, 6)?,
        tries: number(row, 7)?,
        failures: number(row, 8)?,
        next_at: time(row, 9)?,
        lease_until: optional_time(row, 10)?,
        leased_by: optional(row, 11)?,
        token: number(row, 12)?,
        created_at: time(row, 13)?,
        ended_at: optional_time(row, 14)?,
    })
}

pub(super) const TRY: &str = "delivery, number, began_at, status, error, duration_ms";

pub(super) fn delivery_try(row: &Row) -> Result<DeliveryTry> {
    Ok(DeliveryTry {
        delivery: text(row, 0)?,
        number: number(row, 1)?,
        began_at: time(row, 2)?,
        status: optional_number(row, 3)?,
        error: get(row, 4)?,
        duration: Duration::from_millis(number(row, 5)?),
    })
}

pub(super) const STOPPED_URL: &str = "account, url, stopped_at";

pub(super) fn stopped_url(row: &Row) -> Result<StoppedUrl> {
    Ok(StoppedUrl { account: text(row, 0)?, url: text(row, 1)?, stopped_at: time(row, 2)? })
}

pub(super) const WEBHOOK_SECRET: &str = "id, account, sealed, created_at";

pub(super) fn webhook_secret(row: &Row) -> Result<WebhookSecret> {
    Ok(WebhookSecret {
        id: text(row, 0)?,
        account: text(row, 1)?,
        sealed: get::<Vec<u8>>(row, 2)?.into(),
        created_at: time(row, 3)?,
    })
}

pub(super) const KEY: &str = "id, kind, realm, account, name, scopes, hash, created_at, expires_at, revoked_at, \
     budget, coalesce(held, 0), coalesce(charged, 0), models, requests_per_minute, tokens_per_minute, concurrency, \
     previous_hash, previous_until";

pub(super) fn key(row: &Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: text(row, 0)?,
        kind: text(row, 1)?,
        realm: text(row, 2)?,
        account: optional(row, 3)?,
        name: get(row, 4)?,
        scopes: Scopes::stored(&json::<Vec<String>>(row, 5)?),
        models: AllowedModels::stored(json(row, 13)?),
        limits: Limits {
            requests_per_minute: optional_count(row, 14)?,
            tokens_per_minute: optional_count(row, 15)?,
            concurrency: optional_count(row, 16)?,
        },
        hash: hash(row, 6)?,
        previous: match (get::<Option<Vec<u8>>>(row, 17)?, optional_time(row, 18)?) {
            (Some(_), Some(until)) => Some(PreviousSecret { hash: hash(row, 17)?, until }),
            _ => None,
        },
        created_at: time(row, 7)?,
        expires_at: optional_time(row, 8)?,
        revoked_at: optional_time(row, 9)?,
        budget: match get::<Option<i64>>(row, 10)? {
            Some(_) => Some(budget_at(row, 10)?),
            None => None,
        },
    })
}

pub(super) const KEY_REQUEST: &str = "scope, fingerprint, key, replaces, salt, created_at";

pub(super) fn key_request(row: &Row) -> Result<KeyRequest> {
    Ok(KeyRequest {
        scope: hash(row, 0)?,
        fingerprint: hash(row, 1)?,
        key: text(row, 2)?,
        replaces: match get::<Option<Vec<u8>>>(row, 3)? {
            Some(_) => Some(hash(row, 3)?),
            None => None,
        },
        salt: hash(row, 4)?,
        created_at: time(row, 5)?,
    })
}

pub(super) const BUDGET: &str = "budget, held, charged";

pub(super) fn budget(row: &Row) -> Result<Budget> {
    budget_at(row, 0)
}

fn budget_at(row: &Row, first: usize) -> Result<Budget> {
    Ok(Budget {
        limit: credits(row, first)?,
        held: credits(row, first + 1)?,
        charged: credits(row, first + 2)?,
    })
}
