//! The media of requests: kept while they are needed, read by the vendors' side, and gone after that.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AccountId, AttemptContext, ByteStream, Cancelled, Effect, FileId, JobState, MediaInput, MediaMaker,
    MediaRequest, OpenMedia, Output, Poll, ProviderError, Reason, Started, UpstreamTask,
};
use fourfold_service::files::{File, FileState, Upload};
use fourfold_service::jobs::{JobView, JobWorker, JobsService, RequestCancel, Submission};
use fourfold_service::ports::{
    AccountStore as _, FileStore as _, JobStore as _, MediaFetcher, ObjectStorage as _,
};
use fourfold_service::testing::{account_subject, reserve_file};
use fourfold_service::{Media, Refusal, ServiceError};
use futures_util::{FutureExt as _, stream};
use serde_json::{Value, json};
use uuid::Uuid;

use super::house::{House, error, submission};
use super::script::{here, vendor};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A vendor that reads every medium of a request, and this file besides.
#[derive(Clone, Default)]
struct Reader {
    read: Arc<Mutex<Vec<String>>>,
    besides: Arc<Mutex<Option<FileId>>>,
}

#[async_trait]
impl MediaMaker for Reader {
    async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        let besides = self.besides.lock().unwrap().map(MediaInput::File);
        for medium in request.media().into_iter().chain(&besides) {
            let open = context.media.open(medium).await?;
            let (media_type, length) = (open.media_type.clone(), open.length);
            let bytes = open.read(1000).await?;
            let text = format!("{media_type} {length:?} {}", String::from_utf8_lossy(&bytes));
            self.read.lock().unwrap().push(text);
        }
        Ok(Started::Done(here(1)))
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        panic!("there is no task {task:?}")
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        panic!("there is nothing at {output:?}")
    }

    async fn cancel(&self, task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        panic!("there is no task {task:?}")
    }
}

/// Addresses that lead to themselves.
struct Mirror;

#[async_trait]
impl MediaFetcher for Mirror {
    fn may_fetch(&self, url: &str) -> bool {
        !url.contains("10.0.0.1")
    }

    async fn fetch(&self, url: &str) -> Result<OpenMedia, ProviderError> {
        if url.contains("gone") {
            return Err(ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, "it is gone"));
        }
        let body = stream::iter([Ok(Bytes::from(url.to_owned()))]);
        Ok(OpenMedia { media_type: "text/plain".to_owned(), length: None, body: Box::pin(body) })
    }
}

async fn house() -> (House, Reader) {
    let reader = Reader::default();
    (House::new([vendor("acme", reader.clone())]).await, reader)
}

#[tokio::test]
async fn an_address_that_may_not_be_read_is_refused_at_submit_by_its_field() {
    let (mut house, _reader) = house().await;
    house.parts.media = Media::new(house.parts.files.clone(), Arc::new(Mirror));
    let submitted = house.jobs().submit(over(json!(["https://a.test/a", "https://10.0.0.1/b"]))).await;
    let Err(ServiceError::Invalid(invalid)) = submitted else { panic!("{submitted:?}") };
    assert_eq!(invalid.to_string(), "input.image[1] must lead to an address of the public internet");
    assert!(house.store.due(None, 10).await.unwrap().is_empty());
}

fn upload(user: &str, bytes: &'static [u8]) -> Upload {
    Upload {
        subject: account_subject(user),
        media_type: Some("text/plain".to_owned()),
        bytes: Box::pin(stream::iter([Ok(Bytes::from_static(bytes))])),
        idempotency: None,
    }
}

fn over(images: Value) -> Submission {
    let input = json!({"prompt": "a fox", "image": images}).as_object().unwrap().clone();
    Submission { input, ..submission(1) }
}

impl House {
    async fn file(&self, user: &str) -> File {
        self.parts.files.upload(upload(user, b"a file")).await.unwrap()
    }

    async fn made_over(&self, images: Value) -> JobView {
        let job = self.jobs().submit(over(images)).await.unwrap().job;
        self.bring_to_an_end(job.id).await
    }

    async fn u1(&self) -> AccountId {
        self.store.account(&account_subject("u1")).await.unwrap().unwrap().id
    }

    /// The files that a user sees.
    async fn files(&self) -> Vec<FileId> {
        let files = self.parts.files.files(self.u1().await, None, 100).await.unwrap();
        files.iter().map(|file| file.id).collect()
    }

    async fn has_object(&self, account: AccountId, file: FileId) -> bool {
        self.storage.get(&format!("{account}/files/{file}"), 0, None).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn whatever_a_request_names_is_read() {
    let (mut house, reader) = house().await;
    house.parts.media = Media::new(house.parts.files.clone(), Arc::new(Mirror));
    house.worker = JobWorker::new(house.parts.clone());
    let file = house.file("u1").await;
    let images = json!([format!("file:{}", file.id), "data:image/png;base64,aGVsbG8=", "https://a.test/b"]);
    let view = house.made_over(images).await;
    assert_eq!((view.job.state, error(&view)), (JobState::Succeeded, None));
    let read = reader.read.lock().unwrap().clone();
    let expected =
        ["text/plain Some(6) a file", "image/png Some(5) hello", "text/plain None https://a.test/b"];
    assert_eq!(read, expected);
    // What came in the request itself is a file by now.
    let input: Value = serde_json::from_str(&view.job.input).unwrap();
    assert_eq!(house.files().await.len(), 2);
    assert_eq!(input["image"][1], format!("file:{}", house.files().await[0]));
}

#[tokio::test]
async fn a_medium_that_cannot_be_read_fails_the_job_before_anything_was_begun() {
    let (mut house, _reader) = house().await;
    let view = house.made_over(json!("https://a.test/b")).await;
    assert_eq!((view.job.state, error(&view)), (JobState::Failed, Some("invalid_request")));
    house.check(view.job.id, JobState::Failed, "0").await;

    house.parts.media = Media::new(house.parts.files.clone(), Arc::new(Mirror));
    house.worker = JobWorker::new(house.parts.clone());
    let view = house.made_over(json!("https://a.test/gone")).await;
    assert_eq!((view.job.state, error(&view)), (JobState::Failed, Some("invalid_request")));

    let file = house.file("u1").await;
    house.storage.delete(&format!("{}/files/{}", file.account, file.id)).await.unwrap();
    let view = house.made_over(json!(format!("file:{}", file.id))).await;
    assert_eq!((view.job.state, error(&view)), (JobState::Failed, Some("invalid_request")));
}

#[tokio::test]
async fn a_vendors_side_reads_only_what_is_the_jobs_accounts() {
    let (house, reader) = house().await;
    let (own, theirs) = (house.file("u1").await, house.file("u2").await);
    for (besides, state) in [(own, JobState::Succeeded), (theirs, JobState::Failed)] {
        *reader.besides.lock().unwrap() = Some(besides.id);
        let view = house.made_over(json!("data:;base64,aGk=")).await;
        assert_eq!(view.job.state, state, "{view:?}");
    }
    let read = reader.read.lock().unwrap().clone();
    let inline = "application/octet-stream Some(2) hi";
    assert_eq!(read, [inline, "text/plain Some(6) a file", inline]);
}

#[tokio::test]
async fn a_file_that_is_not_the_callers_is_refused_by_its_field() {
    let (house, _reader) = house().await;
    let (theirs, gone) = (house.file("u2").await, house.file("u1").await);
    house.parts.files.delete(gone.account, gone.id).await.unwrap();
    for missing in [theirs.id, gone.id, FileId::new(Uuid::now_v7())] {
        let images = json!(["data:;base64,aGk=", format!("file:{missing}")]);
        match house.jobs().submit(over(images)).await.unwrap_err() {
            ServiceError::Invalid(mistake) => assert_eq!(mistake.field, "input.image[1]"),
            other => panic!("{other:?}"),
        }
        assert_eq!(house.files().await, []);
    }
    assert_eq!(house.jobs().jobs(house.u1().await, None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn files_go_a_day_after_their_last_use() {
    let (house, _reader) = house().await;
    let (unused, used) = (house.file("u1").await, house.file("u1").await);
    let job = house.jobs().submit(over(json!(format!("file:{}", used.id)))).await.unwrap().job;
    house.clock.advance(DAY / 2);
    house.parts.files.sweep().await.unwrap();
    assert_eq!(house.files().await, [used.id, unused.id]);
    house.clock.advance(DAY);
    house.parts.files.sweep().await.unwrap();
    assert_eq!(house.files().await, [used.id]);
    assert_eq!(house.store.file(unused.id).await.unwrap(), None);
    assert!(!house.has_object(unused.account, unused.id).await);

    house.jobs().cancel(job.account, job.id).await.unwrap();
    house.clock.advance(DAY);
    house.parts.files.sweep().await.unwrap();
    assert_eq!(house.files().await, [used.id]);
    house.clock.advance(Duration::from_millis(1));
    house.parts.files.sweep().await.unwrap();
    assert_eq!(house.files().await, []);
    assert!(!house.has_object(used.account, used.id).await);
}

#[tokio::test]
async fn a_file_in_use_is_not_deleted() {
    let (house, _reader) = house().await;
    let file = house.file("u1").await;
    let job = house.jobs().submit(over(json!(format!("file:{}", file.id)))).await.unwrap().job;
    let refused = house.parts.files.delete(file.account, file.id).await.unwrap_err();
    assert!(matches!(refused, ServiceError::Refused(Refusal::FileInUse)), "{refused:?}");
    house.bring_to_an_end(job.id).await;
    house.parts.files.delete(file.account, file.id).await.unwrap();
    assert!(!house.has_object(file.account, file.id).await);
}

#[tokio::test]
async fn an_upload_whose_process_dies_leaves_nothing_for_long() {
    for commits in [0, 1] {
        let (house, _reader) = house().await;
        house.store.keep_back_after(commits);
        tokio::select! {
            done = house.parts.files.upload(upload("u1", b"a file")) => panic!("{done:?}"),
            () = house.store.kept_back() => {}
        }
        // After its last commit it was there, and nobody knew.
        assert_eq!(house.files().await.len(), usize::try_from(commits).unwrap());
        house.clock.advance(DAY + DAY);
        house.parts.files.sweep().await.unwrap();
        assert_eq!(house.parts.files.files(house.u1().await, None, 10).await.unwrap(), []);
        let left = house.store.files_to_sweep(house.now(), house.now(), 10).await.unwrap();
        assert_eq!((left, house.objects()), (Vec::new(), 0));
    }
}

#[tokio::test]
async fn an_object_without_its_row_complete_is_swept() {
    let (house, _reader) = house().await;
    let id = FileId::new(Uuid::now_v7());
    let account = house.store.reserve_files(reserve_file("u1", id)).await.unwrap();
    let bytes = stream::iter([Ok(Bytes::from_static(b"a file"))]);
    house.storage.put(&format!("{account}/files/{id}"), "text/plain", Box::pin(bytes)).await.unwrap();
    house.clock.advance(Duration::from_secs(10 * 60));
    house.parts.files.sweep().await.unwrap();
    assert!(house.has_object(account, id).await, "an upload may still be under way");
    house.clock.advance(Duration::from_secs(10 * 60));
    house.parts.files.sweep().await.unwrap();
    assert_eq!((house.store.file(id).await.unwrap(), house.objects()), (None, 0));
}

#[tokio::test]
async fn a_submission_whose_process_dies_is_whole_or_leaves_nothing_for_long() {
    for commits in [0, 1] {
        let (house, _reader) = house().await;
        house.store.keep_back_after(commits);
        let jobs: JobsService = house.jobs();
        tokio::select! {
            done = jobs.submit(over(json!("data:;base64,aGk="))) => panic!("{done:?}"),
            () = house.store.kept_back() => {}
        }
        let (account, whole) = (house.u1().await, usize::try_from(commits).unwrap());
        let jobs = house.jobs().jobs(account, None, 10).await.unwrap();
        assert_eq!((jobs.len(), house.files().await.len(), house.objects()), (whole, whole, whole));
        for view in jobs {
            let cancel = RequestCancel { job: view.job.id, account, account_max: 0 };
            house.store.request_cancel(cancel).await.unwrap();
        }
        house.clock.advance(DAY + DAY);
        house.parts.files.sweep().await.unwrap();
        assert_eq!((house.files().await.len(), house.objects()), (0, 0));
        assert_eq!(house.store.audit().await.unwrap().findings, Vec::new());
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_now_is_deleted_later() {
    let (house, _reader) = house().await;
    let file = house.file("u1").await;
    house.storage.refuse_deletes(1);
    house.parts.files.delete(file.account, file.id).await.unwrap();
    assert_eq!(house.files().await, []);
    assert_eq!(house.store.file(file.id).await.unwrap().unwrap().state, FileState::Leaving);
    assert_eq!(house.objects(), 1);
    house.parts.files.sweep().await.unwrap();
    assert_eq!((house.store.file(file.id).await.unwrap(), house.objects()), (None, 0));
}

#[tokio::test]
async fn a_storage_that_is_full_takes_no_file_and_keeps_no_place() {
    let (house, _reader) = house().await;
    house.storage.refuse(1);
    let refused = house.parts.files.upload(upload("u1", b"a file")).await.unwrap_err();
    assert!(matches!(refused, ServiceError::StorageFull(_)), "{refused:?}");
    house.storage.refuse(1);
    let refused = house.jobs().submit(over(json!("data:;base64,aGk="))).await.unwrap_err();
    assert!(matches!(refused, ServiceError::StorageFull(_)), "{refused:?}");
    let left = house.store.files_to_sweep(house.now(), house.now(), 10).await.unwrap();
    assert_eq!((left, house.objects()), (Vec::new(), 0));
}

#[tokio::test]
async fn a_file_is_passed_on_in_pieces() {
    let (house, _reader) = house().await;
    // Each piece is sent only once the one before it was taken.
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    let pieces = stream::poll_fn(move |cx| receiver.poll_recv(cx).map(|piece| piece.map(Ok)));
    let upload = Upload { bytes: Box::pin(pieces), ..upload("u1", b"") };
    let feed = async move {
        for _ in 0..100 {
            sender.send(Bytes::from(vec![b'x'; 10_000])).await.unwrap();
        }
    };
    let (file, ()) = tokio::join!(house.parts.files.upload(upload), feed);
    assert_eq!(file.unwrap().size_bytes, 1_000_000);
}

#[tokio::test]
async fn an_upload_waits_for_nobody_elses_answer() {
    let (house, _reader) = house().await;
    let endless = Upload { bytes: Box::pin(stream::pending()), ..upload("u1", b"") };
    let mut waiting = Box::pin(house.parts.files.upload(endless));
    assert!((&mut waiting).now_or_never().is_none());
    house.file("u1").await;
}
