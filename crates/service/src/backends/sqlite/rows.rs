//! Rows of the database as values, each beside the columns that it is read from.

mod columns;

use std::time::Duration;

use fourfold_domain::{ConversationId, CreditsChange, Effect, FileId, Modality, Price, Subject};
use rusqlite::Row;

use crate::calls::{Call, CallAnswer};
use crate::chats::{Conversation, ConversationName, Line, Message};
use crate::credits::{Account, Budget, Entry, Hold};
use crate::files::File;
use crate::idempotency::IdempotencyRecord;
use crate::jobs::{Artifact, Attempt, Due, Job, JobEvent, StoredObject};
use crate::keys::{AllowedModels, ApiKey, KeyRequest, PreviousSecret, Scopes};
use crate::limits::Limits;
use crate::webhooks::{Delivery, DeliveryTry, StoppedUrl, WebhookSecret};
pub(super) use columns::{credits, text, unreadable};
use columns::{json, optional, optional_credits, optional_json, optional_time, time, word};

type Result<T> = rusqlite::Result<T>;

pub(super) const ACCOUNT: &str = "id, realm, external_id, available, held, created_at";

pub(super) fn account(row: &Row<'_>) -> Result<Account> {
    Ok(Account {
        id: text(row, 0)?,
        subject: Subject { realm: text(row, 1)?, external_id: text(row, 2)? },
        available: credits(row, 3)?,
        held: credits(row, 4)?,
        created_at: time(row, 5)?,
    })
}

pub(super) const HOLD: &str = "id, account, owner, key, amount, price, state, charged, created_at, ended_at";

pub(super) fn hold(row: &Row<'_>) -> Result<Hold> {
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

pub(super) fn entry(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        id: text(row, 0)?,
        account: text(row, 1)?,
        operation: row.get(2)?,
        kind: text(row, 3)?,
        amount: CreditsChange::from_micros(row.get(4)?),
        available_change: CreditsChange::from_micros(row.get(5)?),
        held_change: CreditsChange::from_micros(row.get(6)?),
        owner: optional(row, 7)?,
        note: row.get(8)?,
        created_at: time(row, 9)?,
        is_estimated: row.get(10)?,
    })
}

pub(super) const CALL: &str =
    "id, account, key, instance, model, hold, state, created_at, ended_at, cost_max";

pub(super) fn call(row: &Row<'_>) -> Result<Call> {
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

pub(super) fn call_answer(row: &Row<'_>) -> Result<CallAnswer> {
    let body: Option<Vec<u8>> = row.get(2)?;
    Ok(CallAnswer {
        provider: text(row, 0)?,
        media_type: row.get(1)?,
        body: body.map(Into::into),
        is_whole: row.get(3)?,
    })
}

pub(super) const CONVERSATION: &str = "id, account, realm, external_id, title, is_archived, model, system, metadata, \
     next_number, repeatable, tickets, line, created_at, last_message_at";

/// The same of one in a list, without what its model is told before all messages.
pub(super) const LISTED: &str = "id, account, realm, external_id, title, is_archived, model, NULL AS system, metadata, \
     next_number, repeatable, tickets, line, created_at, last_message_at";

pub(super) fn conversation(row: &Row<'_>) -> Result<Conversation> {
    Ok(Conversation {
        id: text(row, 0)?,
        account: text(row, 1)?,
        name: ConversationName { realm: text(row, 2)?, external_id: text(row, 3)? },
        title: row.get(4)?,
        is_archived: row.get(5)?,
        model: optional(row, 6)?,
        system: row.get(7)?,
        metadata: row.get(8)?,
        next_number: row.get(9)?,
        repeatable: optional(row, 10)?,
        line: Line { tickets: row.get(11)?, places: optional_json(row, 12)?.unwrap_or_default() },
        created_at: time(row, 13)?,
        last_message_at: time(row, 14)?,
    })
}

pub(super) const LINE: &str = "id, tickets, line";

pub(super) fn line(row: &Row<'_>) -> Result<(ConversationId, Line)> {
    Ok((text(row, 0)?, Line { tickets: row.get(1)?, places: optional_json(row, 2)?.unwrap_or_default() }))
}

pub(super) const MESSAGE: &str = "conversation, number, id, role, content, call, model, input_tokens, output_tokens, \
     credits, is_partial, finish_reason, is_refused, created_at";

pub(super) fn message(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        conversation: text(row, 0)?,
        number: row.get(1)?,
        id: text(row, 2)?,
        role: text(row, 3)?,
        content: row.get(4)?,
        call: text(row, 5)?,
        model: optional(row, 6)?,
        input_tokens: row.get(7)?,
        output_tokens: row.get(8)?,
        credits: credits(row, 9)?,
        is_partial: row.get(10)?,
        finish: optional(row, 11)?,
        is_refused: row.get(12)?,
        created_at: time(row, 13)?,
    })
}

pub(super) const JOB: &str = "id, account, key, model, modality, input, terms, metadata, state, version, priority, \
     progress, attempts, hold, held, charged, error, output, cancel_requested, deadline_at, created_at, updated_at, files, \
     retry_of, webhook_url, deletion";

pub(super) fn job(row: &Row<'_>) -> Result<Job> {
    Ok(Job {
        id: text(row, 0)?,
        account: text(row, 1)?,
        key: optional(row, 2)?,
        model: text(row, 3)?,
        modality: word::<Modality>(row, 4)?,
        input: row.get(5)?,
        terms: json(row, 6)?,
        metadata: row.get(7)?,
        state: text(row, 8)?,
        version: row.get(9)?,
        priority: text(row, 10)?,
        progress: row.get(11)?,
        attempts: row.get(12)?,
        hold: text(row, 13)?,
        held: credits(row, 14)?,
        charged: credits(row, 15)?,
        error: optional_json(row, 16)?,
        output: row.get(17)?,
        cancel_requested: row.get(18)?,
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
     coalesce(account, (SELECT account FROM job WHERE job.id = job_due.job)), parked, late_until, progress_at";

pub(super) fn due(row: &Row<'_>) -> Result<Due> {
    Ok(Due {
        job: text(row, 0)?,
        next_at: time(row, 1)?,
        priority: text(row, 2)?,
        lease_until: optional_time(row, 3)?,
        leased_by: optional(row, 4)?,
        token: row.get(5)?,
        failed_polls: row.get(6)?,
        account: text(row, 7)?,
        parked: row.get(8)?,
        late_until: optional_time(row, 9)?,
        progress_at: optional_time(row, 10)?,
    })
}

pub(super) const ATTEMPT: &str = "owner, number, provider, vendor_model, credential, state, effect, upstream, error, \
     vendor, begun_at, ended_at, cost_price, cost";

pub(super) fn attempt(row: &Row<'_>) -> Result<Attempt> {
    Ok(Attempt {
        owner: text(row, 0)?,
        number: row.get(1)?,
        provider: text(row, 2)?,
        vendor_model: row.get(3)?,
        credential: row.get(4)?,
        state: text(row, 5)?,
        effect: word::<Effect>(row, 6)?,
        upstream: optional_json(row, 7)?,
        error: optional_json(row, 8)?,
        vendor: json(row, 9)?,
        begun_at: time(row, 10)?,
        ended_at: optional_time(row, 11)?,
        cost_price: optional_json(row, 12)?,
        cost: optional_credits(row, 13)?,
    })
}

pub(super) const ARTIFACT: &str = "job, number, key, media_type, size_bytes, sha256, removed_at";

pub(super) fn artifact(row: &Row<'_>) -> Result<Artifact> {
    let size_bytes: i64 = row.get(4)?;
    Ok(Artifact {
        job: text(row, 0)?,
        index: row.get(1)?,
        object: StoredObject {
            key: row.get(2)?,
            media_type: row.get(3)?,
            size_bytes: size_bytes.unsigned_abs(),
            sha256: row.get(5)?,
        },
        removed_at: optional_time(row, 6)?,
    })
}

pub(super) const EVENT: &str = "id, job, version, state, created_at";

pub(super) fn event(row: &Row<'_>) -> Result<JobEvent> {
    Ok(JobEvent {
        id: text(row, 0)?,
        job: text(row, 1)?,
        version: row.get(2)?,
        state: text(row, 3)?,
        created_at: time(row, 4)?,
    })
}

pub(super) const IDEMPOTENCY: &str = "account, fingerprint, owner, created_at";

pub(super) fn idempotency(row: &Row<'_>) -> Result<IdempotencyRecord> {
    Ok(IdempotencyRecord {
        account: text(row, 0)?,
        fingerprint: row.get(1)?,
        made: text(row, 2)?,
        created_at: time(row, 3)?,
    })
}

pub(super) const FILE: &str = "id, account, state, media_type, size_bytes, sha256, uses, created_at, used_at";

pub(super) fn file(row: &Row<'_>) -> Result<File> {
    Ok(File {
        id: text(row, 0)?,
        account: text(row, 1)?,
        state: text(row, 2)?,
        media_type: row.get(3)?,
        size_bytes: row.get(4)?,
        sha256: row.get(5)?,
        uses: row.get(6)?,
        created_at: time(row, 7)?,
        used_at: time(row, 8)?,
    })
}

pub(super) const DELIVERY: &str = "id, account, job, version, job_state, url, state, tries, failures, next_at, \
     lease_until, leased_by, token, created_at, ended_at";

pub(super) fn delivery(row: &Row<'_>) -> Result<Delivery> {
    Ok(Delivery {
        id: text(row, 0)?,
        account: text(row, 1)?,
        job: text(row, 2)?,
        version: row.get(3)?,
        job_state: text(row, 4)?,
        url: text(row, 5)?,
        state: text(row, 6)?,
        tries: row.get(7)?,
        failures: row.get(8)?,
        next_at: time(row, 9)?,
        lease_until: optional_time(row, 10)?,
        leased_by: optional(row, 11)?,
        token: row.get(12)?,
        created_at: time(row, 13)?,
        ended_at: optional_time(row, 14)?,
    })
}

pub(super) const TRY: &str = "delivery, number, began_at, status, error, duration_ms";

pub(super) fn delivery_try(row: &Row<'_>) -> Result<DeliveryTry> {
    Ok(DeliveryTry {
        delivery: text(row, 0)?,
        number: row.get(1)?,
        began_at: time(row, 2)?,
        status: row.get(3)?,
        error: row.get(4)?,
        duration: Duration::from_millis(row.get(5)?),
    })
}

pub(super) const STOPPED_URL: &str = "account, url, stopped_at";

pub(super) fn stopped_url(row: &Row<'_>) -> Result<StoppedUrl> {
    Ok(StoppedUrl { account: text(row, 0)?, url: text(row, 1)?, stopped_at: time(row, 2)? })
}

pub(super) const WEBHOOK_SECRET: &str = "id, account, sealed, created_at";

pub(super) fn webhook_secret(row: &Row<'_>) -> Result<WebhookSecret> {
    Ok(WebhookSecret {
        id: text(row, 0)?,
        account: text(row, 1)?,
        sealed: row.get::<_, Vec<u8>>(2)?.into(),
        created_at: time(row, 3)?,
    })
}

pub(super) const KEY: &str = "id, kind, realm, account, name, scopes, hash, created_at, expires_at, revoked_at, \
     budget, coalesce(held, 0), coalesce(charged, 0), models, requests_per_minute, tokens_per_minute, concurrency, \
     previous_hash, previous_until";

pub(super) fn key(row: &Row<'_>) -> Result<ApiKey> {
    Ok(ApiKey {
        id: text(row, 0)?,
        kind: text(row, 1)?,
        realm: text(row, 2)?,
        account: optional(row, 3)?,
        name: row.get(4)?,
        scopes: Scopes::stored(&json::<Vec<String>>(row, 5)?),
        models: AllowedModels::stored(json(row, 13)?),
        limits: Limits {
            requests_per_minute: row.get(14)?,
            tokens_per_minute: row.get(15)?,
            concurrency: row.get(16)?,
        },
        hash: row.get(6)?,
        previous: match (row.get(17)?, optional_time(row, 18)?) {
            (Some(hash), Some(until)) => Some(PreviousSecret { hash, until }),
            _ => None,
        },
        created_at: time(row, 7)?,
        expires_at: optional_time(row, 8)?,
        revoked_at: optional_time(row, 9)?,
        budget: match row.get::<_, Option<i64>>(10)? {
            Some(_) => Some(budget_at(row, 10)?),
            None => None,
        },
    })
}

pub(super) const KEY_REQUEST: &str = "scope, fingerprint, key, replaces, salt, created_at";

pub(super) fn key_request(row: &Row<'_>) -> Result<KeyRequest> {
    Ok(KeyRequest {
        scope: row.get(0)?,
        fingerprint: row.get(1)?,
        key: text(row, 2)?,
        replaces: row.get(3)?,
        salt: row.get(4)?,
        created_at: time(row, 5)?,
    })
}

pub(super) const BUDGET: &str = "budget, held, charged";

pub(super) fn budget(row: &Row<'_>) -> Result<Budget> {
    budget_at(row, 0)
}

fn budget_at(row: &Row<'_>, first: usize) -> Result<Budget> {
    Ok(Budget {
        limit: credits(row, first)?,
        held: credits(row, first + 1)?,
        charged: credits(row, first + 2)?,
    })
}
