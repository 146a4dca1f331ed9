//! Results in a folder of the local disk, and in S3.

mod s3;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fourfold_domain::BoxStream;
use fourfold_service::BoxError;
use fourfold_service::backends::FolderStorage;
use fourfold_service::ports::{ObjectStorage, StorageError};
use fourfold_service::testing::conformance;
use futures_util::{StreamExt as _, stream};
use tempfile::TempDir;

fn bytes(text: &'static str) -> BoxStream<Result<Bytes, BoxError>> {
    Box::pin(stream::once(async move { Ok(Bytes::from_static(text.as_bytes())) }))
}

fn incoming(root: &Path) -> usize {
    fs::read_dir(root.join(".incoming")).unwrap().count()
}

#[tokio::test]
async fn folder_keeps_every_rule() {
    let folders: Mutex<Vec<TempDir>> = Mutex::default();
    let make = async || {
        let folder = tempfile::tempdir().unwrap();
        let storage = FolderStorage::open(folder.path()).unwrap();
        folders.lock().unwrap().push(folder);
        Arc::new(storage) as Arc<dyn ObjectStorage>
    };
    conformance::object_storage(make).await.unwrap();
    for folder in folders.into_inner().unwrap() {
        assert_eq!(incoming(folder.path()), 0, "something was left half written");
    }
}

#[tokio::test]
async fn a_key_that_would_leave_the_folder_is_refused() {
    let outer = tempfile::tempdir().unwrap();
    fs::write(outer.path().join("secret"), "secret").unwrap();
    let storage = FolderStorage::open(outer.path().join("artifacts")).unwrap();
    for key in [
        "",
        "/",
        ".",
        "..",
        "../secret",
        "a/../../secret",
        "/etc/passwd",
        "a//b",
        "a/",
        "./a",
        ".incoming/x",
        "a\\b",
        "a\0b",
    ] {
        assert!(
            matches!(storage.put(key, "text/plain", bytes("x")).await, Err(StorageError::Failed(_))),
            "{key:?}"
        );
        assert!(matches!(storage.get(key, 0, None).await, Err(StorageError::Failed(_))), "{key:?}");
        assert!(matches!(storage.delete(key).await, Err(StorageError::Failed(_))), "{key:?}");
    }
    assert_eq!(fs::read_to_string(outer.path().join("secret")).unwrap(), "secret");
}

#[tokio::test]
async fn an_object_has_its_name_only_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FolderStorage::open(folder.path()).unwrap();
    let path = folder.path().join("a/0.txt");
    storage.put("a/0.txt", "text/plain", bytes("old")).await.unwrap();
    let seen = path.clone();
    let watched = stream::iter(["n", "e", "w"]).map(move |part| {
        assert_eq!(fs::read_to_string(&seen).unwrap(), "old");
        Ok(Bytes::from_static(part.as_bytes()))
    });
    storage.put("a/0.txt", "text/plain", Box::pin(watched)).await.unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), "new");
}

#[tokio::test]
async fn a_put_that_is_given_up_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FolderStorage::open(folder.path()).unwrap();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let mut sender = Some(sender);
    let endless = stream::repeat_with(move || {
        if let Some(sender) = sender.take() {
            sender.send(()).unwrap();
        }
        Ok(Bytes::from_static(b"more"))
    });
    tokio::select! {
        _ = storage.put("a/0.txt", "text/plain", Box::pin(endless)) => unreachable!("it never ends"),
        written = receiver => written.unwrap(),
    }
    // A write that was under way ends before its file is removed; the next write comes after both.
    storage.put("b/0.txt", "text/plain", bytes("x")).await.unwrap();
    drop(FolderStorage::open(folder.path()).unwrap());
    assert_eq!(incoming(folder.path()), 0);
    assert!(!folder.path().join("a").exists());
}

#[tokio::test]
async fn what_a_crash_left_half_written_is_cleared_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FolderStorage::open(folder.path()).unwrap();
    storage.put("a/0.txt", "text/plain", bytes("kept")).await.unwrap();
    fs::write(folder.path().join(".incoming/half"), "ha").unwrap();
    FolderStorage::open(folder.path()).unwrap();
    assert_eq!(incoming(folder.path()), 0);
    assert!(storage.get("a/0.txt", 0, None).await.unwrap().is_some());
}

#[tokio::test]
async fn the_room_that_is_left_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FolderStorage::open(folder.path()).unwrap();
    let free = storage.free_bytes().await.unwrap();
    assert!(free.is_some_and(|free| free > 0), "{free:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_an_error_at_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(FolderStorage::open(folder.path().join("file/artifacts")).is_err());
}
