//! What every storage of results must do.

use std::sync::Arc;

use bytes::Bytes;
use fourfold_domain::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::suite::{Broken, Failures, Rule, Verdict, broken, holds, rules, run, same};
use crate::BoxError;
use crate::ports::{ObjectStorage, StorageError};

type Storage = Arc<dyn ObjectStorage>;

/// Runs every rule, each over an empty storage of its own.
pub async fn object_storage(make: impl AsyncFn() -> Storage) -> Result<usize, Failures> {
    run(rules(), make).await
}

fn rules() -> Vec<Rule<Storage>> {
    rules!(
        an_object_is_read_back,
        an_object_may_be_empty_or_large,
        a_part_is_read_by_offset_and_length,
        what_is_not_there_is_nothing,
        a_second_put_replaces_the_first,
        a_broken_source_leaves_nothing_behind,
        a_broken_source_leaves_the_old_object,
        a_delete_takes_away_and_may_be_repeated,
        a_reader_keeps_what_it_opened,
    )
}

fn bytes(parts: &[&'static [u8]]) -> BoxStream<Result<Bytes, BoxError>> {
    let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::from_static(part))).collect();
    Box::pin(stream::iter(parts))
}

/// A stream that breaks off after a few bytes.
fn broken_source() -> BoxStream<Result<Bytes, BoxError>> {
    let parts = [Ok(Bytes::from_static(b"half")), Err(BoxError::from("the vendor hung up"))];
    Box::pin(stream::iter(parts))
}

async fn read(
    storage: &Storage,
    key: &str,
    offset: u64,
    length: Option<u64>,
) -> Result<Option<Vec<u8>>, Broken> {
    match storage.get(key, offset, length).await? {
        None => Ok(None),
        Some(object) => {
            let parts: Vec<Bytes> = object.bytes.try_collect().await?;
            Ok(Some(parts.concat()))
        }
    }
}

/// With its length and its sum.
pub async fn an_object_is_read_back(storage: Storage) -> Verdict {
    let stored = storage.put("account/job/0.png", "image/png", bytes(&[b"a", b"", b"bc"])).await?;
    same(
        "key and media type",
        (stored.key.as_str(), stored.media_type.as_str()),
        ("account/job/0.png", "image/png"),
    )?;
    same("size", stored.size_bytes, 3)?;
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    same("SHA-256", stored.sha256.as_str(), sha256)?;
    same("the bytes", read(&storage, "account/job/0.png", 0, None).await?, Some(b"abc".to_vec()))
}

/// Larger than any part that is held in memory.
pub async fn an_object_may_be_empty_or_large(storage: Storage) -> Verdict {
    let stored = storage.put("a/empty.bin", "application/octet-stream", bytes(&[])).await?;
    same("size", stored.size_bytes, 0)?;
    same("the bytes", read(&storage, "a/empty.bin", 0, None).await?, Some(Vec::new()))?;

    const PART: usize = 300_000;
    let part = |number: u8| Ok(Bytes::from(vec![number; PART]));
    let parts = Box::pin(stream::iter((0..5).map(part)));
    let stored = storage.put("a/large.bin", "application/octet-stream", parts).await?;
    same("size", stored.size_bytes, 5 * PART as u64)?;
    let found = read(&storage, "a/large.bin", 0, None).await?.unwrap_or_default();
    let expected: Vec<u8> = (0..5).flat_map(|number| vec![number; PART]).collect();
    holds("the bytes differ", found == expected)?;
    let across = read(&storage, "a/large.bin", PART as u64 - 1, Some(2)).await?;
    same("the bytes where two parts meet", across, Some(vec![0, 1]))
}

/// As a `Range` asks for.
pub async fn a_part_is_read_by_offset_and_length(storage: Storage) -> Verdict {
    storage.put("a/0.bin", "text/plain", bytes(&[b"0123456789"])).await?;
    let cases: [(u64, Option<u64>, &[u8]); 6] = [
        (0, Some(4), b"0123"),
        (4, None, b"456789"),
        (4, Some(3), b"456"),
        (8, Some(100), b"89"),
        (10, None, b""),
        (3, Some(0), b""),
    ];
    for (offset, length, expected) in cases {
        let found = read(&storage, "a/0.bin", offset, length).await?;
        same("the bytes", found.as_deref(), Some(expected))?;
        let object = storage.get("a/0.bin", offset, length).await?;
        same("the whole size", object.map(|object| object.size_bytes), Some(10))?;
    }
    Ok(())
}

/// And no error.
pub async fn what_is_not_there_is_nothing(storage: Storage) -> Verdict {
    same("the bytes", read(&storage, "a/0.png", 0, None).await?, None)
}

/// Whole, whichever is longer.
pub async fn a_second_put_replaces_the_first(storage: Storage) -> Verdict {
    for text in [b"long enough".as_slice(), b"short", b"longer than both of these"] {
        storage.put("a/0.txt", "text/plain", bytes(&[text])).await?;
        same("the bytes", read(&storage, "a/0.txt", 0, None).await?, Some(text.to_vec()))?;
    }
    Ok(())
}

/// The error names the source.
pub async fn a_broken_source_leaves_nothing_behind(storage: Storage) -> Verdict {
    match storage.put("a/0.txt", "text/plain", broken_source()).await {
        Err(StorageError::Source(_)) => {}
        other => return broken(format!("{other:?} instead of a broken source")),
    }
    same("the bytes", read(&storage, "a/0.txt", 0, None).await?, None)
}

/// As it was.
pub async fn a_broken_source_leaves_the_old_object(storage: Storage) -> Verdict {
    storage.put("a/0.txt", "text/plain", bytes(&[b"old"])).await?;
    holds("the put succeeded", storage.put("a/0.txt", "text/plain", broken_source()).await.is_err())?;
    same("the bytes", read(&storage, "a/0.txt", 0, None).await?, Some(b"old".to_vec()))
}

/// Its neighbours stay.
pub async fn a_delete_takes_away_and_may_be_repeated(storage: Storage) -> Verdict {
    storage.put("a/0.txt", "text/plain", bytes(&[b"x"])).await?;
    storage.put("a/1.txt", "text/plain", bytes(&[b"y"])).await?;
    for _ in 0..2 {
        storage.delete("a/0.txt").await?;
        same("the bytes", read(&storage, "a/0.txt", 0, None).await?, None)?;
    }
    same("its neighbour", read(&storage, "a/1.txt", 0, None).await?, Some(b"y".to_vec()))
}

/// Whatever is put under the key meanwhile: never a mixture of two.
pub async fn a_reader_keeps_what_it_opened(storage: Storage) -> Verdict {
    storage.put("a/0.txt", "text/plain", bytes(&[b"before"])).await?;
    let Some(object) = storage.get("a/0.txt", 0, None).await? else {
        return broken("the object isn't there".to_owned());
    };
    storage.put("a/0.txt", "text/plain", bytes(&[b"AFTER!"])).await?;
    let parts: Vec<_> = object.bytes.map(|part| part.map(|part| part.to_vec())).try_collect().await?;
    same("the bytes", parts.concat(), b"before".to_vec())
}
