//! The worker that sends webhooks, over a receiver that a test plays.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::InstanceId;
use fourfold_service::jobs::{JobEvent, JobView, RequestCancel, Submit, Submitted};
use fourfold_service::ports::{
    EventWriter, JobStore as _, Reception, Unanswered, WebhookAnswer, WebhookMessage, WebhookSender,
    WebhookStore as _,
};
use fourfold_service::testing::{MemoryStore, account_subject, keep_secret, submit};
use fourfold_service::webhooks::{
    DeliveryState, DeliveryView, Outbox, SecretCipher, WebhookParts, WebhookSettings, WebhookWorker,
    WebhooksService,
};
use fourfold_service::{BoxError, Clock, ServiceError, Spawner};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

use crate::ledger::grant;
use crate::worker::PausedClock;

/// Writes next to nothing.
struct Plain;

impl EventWriter for Plain {
    fn write(&self, event: &JobEvent, view: &JobView) -> Result<Bytes, BoxError> {
        Ok(format!("{} {}", event.state, view.job.version).into())
    }
}

/// Answers as a test says, and takes a 204 where it says nothing.
struct Script {
    began: Instant,
    answers: Mutex<VecDeque<Result<WebhookAnswer, Unanswered>>>,
    sent: Mutex<Vec<(Duration, WebhookMessage)>>,
    /// Who may have an answer.
    gate: Semaphore,
}

#[async_trait]
impl WebhookSender for Script {
    async fn send(&self, message: WebhookMessage) -> Result<WebhookAnswer, Unanswered> {
        self.sent.lock().unwrap().push((self.began.elapsed(), message));
        self.gate.acquire().await.unwrap().forget();
        let answer = self.answers.lock().unwrap().pop_front();
        answer.unwrap_or(Ok(WebhookAnswer { status: 204, reception: Reception::Taken }))
    }
}

/// A worker at work, its receiver, and the user `u1` with credits and a secret.
struct Desk {
    store: MemoryStore,
    script: Arc<Script>,
    webhooks: WebhooksService,
    spawner: Spawner,
}

const KEY: [u8; 32] = [7; 32];

impl Desk {
    async fn new(settings: WebhookSettings) -> Self {
        let began = Instant::now();
        let clock: Arc<dyn Clock> = Arc::new(PausedClock::new());
        let store = MemoryStore::new(clock.clone());
        let script = Arc::new(Script {
            began,
            answers: Mutex::default(),
            sent: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let (cipher, outbox) = (SecretCipher::new(&KEY), Outbox::new(&settings, |_url| true));
        let webhooks = WebhooksService::new(Arc::new(store.clone()), cipher.clone(), outbox.clone());
        let spawner = Spawner::new(Handle::current());
        let worker = WebhookWorker::new(WebhookParts {
            store: Arc::new(store.clone()),
            sender: script.clone(),
            writer: Arc::new(Plain),
            cipher,
            outbox,
            clock,
            instance: InstanceId::new(Uuid::now_v7()),
            settings,
            random: Arc::new(|| 0.0),
        });
        worker.start(&spawner);
        use fourfold_service::ports::AccountStore as _;
        store.grant(grant("u1", "10", "grant:first")).await.unwrap();
        Self { store, script, webhooks, spawner }
    }

    fn will_answer(&self, answers: impl IntoIterator<Item = Result<WebhookAnswer, Unanswered>>) {
        self.script.answers.lock().unwrap().extend(answers);
    }

    /// One event: of a job that is called off as soon as it is there.
    async fn event(&self, url: &str) {
        let step = Submit { webhook_url: Some(url.parse().unwrap()), ..submit("u1", "0.04") };
        let Submitted::New(job) = self.store.submit(step).await.unwrap() else { panic!("it was there") };
        self.store
            .request_cancel(RequestCancel { job: job.id, account: job.account, account_max: 0 })
            .await
            .unwrap();
    }

    async fn deliveries(&self) -> Vec<DeliveryView> {
        use fourfold_service::ports::AccountStore as _;
        let account = self.store.account(&account_subject("u1")).await.unwrap().unwrap();
        self.store.deliveries(account.id, None, 1000).await.unwrap()
    }

    /// When messages were sent, in seconds after the start.
    fn sent_at(&self) -> Vec<u64> {
        self.script.sent.lock().unwrap().iter().map(|(at, _)| at.as_secs()).collect()
    }

    /// The only delivery, after so long.
    async fn after(&self, wait: Duration) -> DeliveryView {
        tokio::time::sleep(wait).await;
        let mut all = self.deliveries().await;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }
}

fn status(status: u16, retry_after: Option<Duration>) -> Result<WebhookAnswer, Unanswered> {
    Ok(WebhookAnswer { status, reception: Reception::Refused { retry_after } })
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_delivery_is_tried_by_the_schedule_until_it_has_failed() {
    let schedule = vec![5 * SECOND, 300 * SECOND];
    let desk = Desk::new(WebhookSettings { schedule, ..WebhookSettings::default() }).await;
    desk.webhooks.make_secret(account_subject("u1"), None).await.unwrap();
    desk.will_answer([
        status(500, None),
        status(503, None),
        Err(Unanswered { reason: "late", may_pass: true }),
    ]);
    desk.event("https://a.test/").await;
    let view = desk.after(400 * SECOND).await;
    assert_eq!(view.delivery.state, DeliveryState::Failed);
    let tries: Vec<_> = view.tries.iter().map(|one| (one.status, one.error.as_deref().unwrap())).collect();
    let said = |status: u16| format!("the receiver answered with the status {status}");
    assert_eq!(tries, [(Some(500), said(500).as_str()), (Some(503), said(503).as_str()), (None, "late")]);
    // It looks once a second by itself.
    let [first, second, third] = desk.sent_at()[..] else { panic!("{:?}", desk.sent_at()) };
    assert!(first <= 1 && (5..=6).contains(&(second - first)) && (300..=301).contains(&(third - second)));
    let ids: Vec<_> =
        desk.script.sent.lock().unwrap().iter().map(|(_, message)| message.id.clone()).collect();
    assert!(ids.iter().all(|id| *id == view.delivery.id.to_string()), "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_asks_for_time_gets_it() {
    let schedule = vec![5 * SECOND; 3];
    let desk = Desk::new(WebhookSettings { schedule, ..WebhookSettings::default() }).await;
    desk.webhooks.make_secret(account_subject("u1"), None).await.unwrap();
    desk.will_answer([status(429, Some(60 * SECOND))]);
    desk.event("https://a.test/").await;
    let view = desk.after(120 * SECOND).await;
    let [first, second] = desk.sent_at()[..] else { panic!("{:?}", desk.sent_at()) };
    assert!((60..=61).contains(&(second - first)));
    assert_eq!((view.delivery.state, view.tries.len()), (DeliveryState::Delivered, 2));
}

#[tokio::test(start_paused = true)]
async fn what_never_passes_fails_at_once() {
    let desk = Desk::new(WebhookSettings::default()).await;
    desk.webhooks.make_secret(account_subject("u1"), None).await.unwrap();
    desk.will_answer([Err(Unanswered { reason: "not public", may_pass: false })]);
    desk.event("https://a.test/").await;
    let view = desk.after(10 * SECOND).await;
    assert_eq!(
        (view.delivery.state, view.tries[0].error.as_deref()),
        (DeliveryState::Failed, Some("not public"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_signed_waits_for_a_secret() {
    let schedule = vec![5 * SECOND; 3];
    let desk = Desk::new(WebhookSettings { schedule, ..WebhookSettings::default() }).await;
    // Kept, but never sealed under the server's key.
    let unreadable = keep_secret(&desk.store, "u1").await.unwrap();
    desk.event("https://a.test/").await;
    let view = desk.after(2 * SECOND).await;
    assert!(view.tries[0].error.as_deref().unwrap().contains("can be read"), "{view:?}");
    desk.webhooks.revoke_secret(account_subject("u1"), unreadable.id).await.unwrap();
    let view = desk.after(6 * SECOND).await;
    assert!(view.tries[1].error.as_deref().unwrap().contains("no secret"), "{view:?}");
    assert_eq!(desk.sent_at().len(), 0);
    let new = desk.webhooks.make_secret(account_subject("u1"), None).await.unwrap();
    let view = desk.after(6 * SECOND).await;
    assert_eq!((view.delivery.state, view.tries.len()), (DeliveryState::Delivered, 3));
    let sent = desk.script.sent.lock().unwrap();
    let (_, message) = &sent[0];
    let public = standardwebhooks::Webhook::new(&new.secret.expose()).unwrap();
    assert_eq!(message.signature, public.sign(&message.id, message.timestamp, &message.body).unwrap());
    assert_eq!(message.body, "cancelled 2");
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_given_again_by_its_idempotency_key_as_long_as_it_can_be_opened() {
    let desk = Desk::new(WebhookSettings::default()).await;
    let subject = || account_subject("u1");
    let idempotency = || Some(fourfold_service::testing::idempotency("a", 1));
    let first = desk.webhooks.make_secret(subject(), idempotency()).await.unwrap();
    let again = desk.webhooks.make_secret(subject(), idempotency()).await.unwrap();
    assert_eq!((again.kept, again.secret), (first.kept.clone(), first.secret));
    let outbox = Outbox::new(&WebhookSettings::default(), |_url| true);
    let moved = WebhooksService::new(Arc::new(desk.store.clone()), SecretCipher::new(&[8; 32]), outbox);
    let refused = moved.make_secret(subject(), idempotency()).await.unwrap_err();
    assert!(matches!(refused, ServiceError::AlreadyMade { id, .. } if id == first.kept.id.to_string()));
}

#[tokio::test(start_paused = true)]
async fn few_go_to_one_endpoint_at_a_time_and_so_many_in_all() {
    let settings =
        WebhookSettings { in_flight_max: 6, in_flight_per_endpoint_max: 4, ..WebhookSettings::default() };
    let desk = Desk::new(settings).await;
    desk.webhooks.make_secret(account_subject("u1"), None).await.unwrap();
    desk.script.gate.forget_permits(usize::MAX);
    for number in 0..8 {
        desk.event(&format!("https://slow.test/{number}")).await;
    }
    tokio::time::sleep(3 * SECOND).await;
    assert_eq!(desk.sent_at().len(), 4);
    for number in 0..4 {
        desk.event(&format!("https://{number}.test/")).await;
    }
    tokio::time::sleep(3 * SECOND).await;
    assert_eq!(desk.sent_at().len(), 6);
    // As soon as one is answered the next goes out.
    for answered in 1..=6 {
        desk.script.gate.add_permits(1);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(desk.sent_at().len(), 6 + answered);
    }
    desk.script.gate.add_permits(6);
    tokio::time::sleep(SECOND).await;
    let deliveries = desk.deliveries().await;
    assert!(deliveries.iter().all(|view| view.delivery.state == DeliveryState::Delivered), "{deliveries:?}");
    assert_eq!((deliveries.len(), desk.sent_at().len()), (12, 12));
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_is_brought_to_its_end_before_the_worker_stops() {
    let desk = Desk::new(WebhookSettings::default()).await;
    desk.webhooks.make_secret(account_subject("u1"), None).await.unwrap();
    desk.script.gate.forget_permits(usize::MAX);
    desk.event("https://a.test/").await;
    tokio::time::sleep(2 * SECOND).await;
    let stopping = desk.spawner.stop(10 * SECOND);
    let answering = async {
        tokio::time::sleep(3 * SECOND).await;
        desk.script.gate.add_permits(1);
    };
    let (stopped, ()) = tokio::join!(stopping, answering);
    assert!(stopped);
    assert_eq!(desk.deliveries().await[0].delivery.state, DeliveryState::Delivered);
    desk.event("https://a.test/").await;
    tokio::time::sleep(5 * SECOND).await;
    assert_eq!(desk.sent_at().len(), 1);
}
