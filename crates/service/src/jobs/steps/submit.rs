//! A job comes in: its hold, the job with its whole request, its event and its idempotency key in one go.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{
    Credits, FileId, JobId, JobState, KeyId, Modality, ModelName, Price, Priority, Subject,
};

use super::admission;
use super::rules::write_event;
use crate::commit::{Needs, Step, World};
use crate::credits::{Owner, rules};
use crate::error::Refusal;
use crate::files::{self, NewFile};
use crate::idempotency::{Idempotency, Made};
use crate::jobs::Deletion;
use crate::jobs::{Due, Job, Terms};
use crate::webhooks::{self, WebhookUrl};

/// Takes a job. Refused where the account can't pay or a file isn't there; the same idempotency key gives the same job.
#[derive(Clone, Debug)]
pub struct Submit {
    /// The new job's id.
    pub id: JobId,
    /// Who pays; the account is made on first use.
    pub subject: Subject,
    /// With which key.
    pub key: Option<KeyId>,
    /// Which model serves it.
    pub model: ModelName,
    /// What it makes.
    pub modality: Modality,
    /// The whole request, as JSON text.
    pub input: Arc<str>,
    /// The account's files that it names.
    pub files: Vec<FileId>,
    /// Files that came with it and that it names too; their places are reserved and their objects stored.
    pub new_files: Vec<NewFile>,
    /// The rules of the catalog.
    pub terms: Terms,
    /// The caller's own words, as JSON text.
    pub metadata: Option<Arc<str>>,
    /// Who is told of what happens to it; the account must have a secret to sign with.
    pub webhook_url: Option<WebhookUrl>,
    /// Which of the waiting go first.
    pub priority: Priority,
    /// The most that it can cost.
    pub amount: Credits,
    /// The price in force.
    pub price: Price,
    /// How long it may take.
    pub deadline: Duration,
    /// The job that is tried again with this one.
    pub retry_of: Option<JobId>,
    /// The most of the account's jobs that run at a time; 0 is no limit. Above it the job is parked.
    pub account_max: u32,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
}

/// What came of [`Submit`].
#[derive(Clone, PartialEq, Debug)]
pub enum Submitted {
    /// The job was taken.
    New(Box<Job>),
    /// The job was taken, and is lined up once its account has room for it.
    Parked(Box<Job>),
    /// The same request had made this one before.
    Earlier(Owner),
}

impl Step for Submit {
    type Answer = Submitted;

    fn needs(&self, needs: &mut Needs) {
        needs.subjects.push(self.subject.clone());
        needs.keys.extend(self.key);
        needs.admissions.subjects.push(self.subject.clone());
        needs.admissions.cap = needs.admissions.cap.max(admission::cap(self.account_max));
        needs.files.extend(&self.files);
        needs.files.extend(self.new_files.iter().map(|file| file.id));
        if self.webhook_url.is_some() {
            needs.webhook_secrets.push(self.subject.clone());
        }
        if let Some(idempotency) = &self.idempotency {
            idempotency.needs(&self.subject, needs);
        }
    }

    fn decide(&self, world: &mut World) -> Result<Submitted, Refusal> {
        if let Some(idempotency) = &self.idempotency
            && let Some(owner) = idempotency.earlier_work(world, &self.subject)?
        {
            return Ok(Submitted::Earlier(owner));
        }
        if self.webhook_url.is_some() && !webhooks::rules::has_secret(world, &self.subject) {
            return Err(Refusal::NoWebhookSecret);
        }
        rules::check_funds(world, &self.subject, self.key, self.amount)?;
        let known = world.subjects.get(&self.subject);
        files::rules::check_stored(world, known, &self.files)?;
        files::rules::check_incoming(world, known, &self.new_files)?;
        let account = rules::account_of(world, &self.subject);
        let hold = rules::hold(world, account, Owner::Job(self.id), self.key, self.amount, &self.price)?;
        for file in &self.new_files {
            files::rules::store(world, file);
        }
        let new_files = self.new_files.iter().map(|file| file.id);
        let files: Arc<[FileId]> = self.files.iter().copied().chain(new_files).collect();
        files::rules::begin_use(world, &files);
        let job = Job {
            id: self.id,
            account,
            key: self.key,
            model: self.model.clone(),
            modality: self.modality,
            input: self.input.clone(),
            files,
            terms: self.terms.clone(),
            metadata: self.metadata.clone(),
            webhook_url: self.webhook_url.clone(),
            state: JobState::Queued,
            version: 1,
            priority: self.priority,
            progress: None,
            attempts: 0,
            hold,
            held: self.amount,
            charged: Credits::ZERO,
            error: None,
            output: None,
            cancel_requested: false,
            deletion: Deletion::Kept,
            retry_of: self.retry_of,
            deadline_at: world.now.after(self.deadline),
            created_at: world.now,
            updated_at: world.now,
        };
        let parked = admission::admit(world, account, self.id, self.priority, self.account_max);
        let due = Due {
            job: self.id,
            account,
            next_at: if parked { job.deadline_at } else { world.now },
            priority: self.priority,
            parked,
            late_until: None,
            lease_until: None,
            leased_by: None,
            token: 0,
            failed_polls: 0,
            progress_at: None,
        };
        world.due.insert(self.id, due);
        world.jobs.insert(self.id, job.clone());
        write_event(world, self.id);
        if let Some(idempotency) = &self.idempotency {
            idempotency.record(world, &self.subject, account, Made::Work(Owner::Job(self.id)));
        }
        Ok(if parked { Submitted::Parked(Box::new(job)) } else { Submitted::New(Box::new(job)) })
    }
}
