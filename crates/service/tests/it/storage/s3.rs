//! Results in S3.

mod encryption;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::BoxStream;
use fourfold_servers::S3;
use fourfold_service::artifacts::S3Settings;
use fourfold_service::backends::S3Storage;
use fourfold_service::ports::{ObjectStorage, Presigned, StorageError};
use fourfold_service::testing::conformance;
use fourfold_service::{BoxError, Spawner};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::timeout;

const MIB: usize = 1024 * 1024;

/// Nothing here takes longer unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn storage_at(endpoint: String) -> S3Storage {
    let settings = S3Settings {
        bucket: Some(S3::BUCKET.to_owned()),
        region: S3::REGION.to_owned(),
        endpoint: Some(endpoint),
        ca_file: None,
        path_style: true,
        access_key_id: Some(S3::ACCESS_KEY_ID.to_owned()),
        secret_access_key: Some(S3::SECRET_ACCESS_KEY.to_owned()),
    };
    S3Storage::new(&settings, Spawner::new(Handle::current())).unwrap().unwrap()
}

fn storage(server: &S3) -> S3Storage {
    storage_at(server.endpoint())
}

/// So many pieces of a quarter of a MiB.
fn pieces(count: usize) -> BoxStream<Result<Bytes, BoxError>> {
    let piece = Bytes::from(vec![42; MIB / 4]);
    Box::pin(stream::iter((0..count).map(move |_| Ok(piece.clone()))))
}

async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let looking = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, looking).await.unwrap_or_else(|_late| panic!("{what}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_keeps_every_rule() {
    let servers: Mutex<Vec<S3>> = Mutex::default();
    let make = async || {
        let server = S3::start().unwrap();
        let storage = storage(&server);
        servers.lock().unwrap().push(server);
        Arc::new(storage) as Arc<dyn ObjectStorage>
    };
    conformance::object_storage(make).await.unwrap();
    for server in servers.into_inner().unwrap() {
        assert_eq!(server.open_uploads().unwrap(), 0, "something was left half written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_in_parts_comes_back_whole() {
    let server = S3::start().unwrap();
    let storage = storage(&server);
    for (quarters, left) in [(20, 0), (41, 0), (100, 1)] {
        let last = stream::iter((0..left).map(|_| Ok(Bytes::from_static(b"!"))));
        let stored =
            storage.put("a/0.bin", "video/mp4", Box::pin(pieces(quarters).chain(last))).await.unwrap();
        assert_eq!(stored.size_bytes, (quarters * MIB / 4 + left) as u64);
        let read = storage.get("a/0.bin", 0, None).await.unwrap().unwrap();
        let bytes = read.bytes.try_collect::<Vec<_>>().await.unwrap().concat();
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((bytes.len() as u64, sum), (stored.size_bytes, stored.sha256));
    }
    assert_eq!(server.open_uploads().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_breaks_after_parts_were_sent_leaves_nothing() {
    let server = S3::start().unwrap();
    let storage = storage(&server);
    let broken = pieces(80).chain(stream::iter([Err("the vendor hung up".into())]));
    let put = storage.put("a/0.bin", "video/mp4", Box::pin(broken)).await;
    assert!(matches!(put, Err(StorageError::Source(_))), "{put:?}");
    assert_eq!(server.open_uploads().unwrap(), 0);
    assert!(storage.get("a/0.bin", 0, None).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_that_is_given_up_leaves_nothing() {
    let server = S3::start().unwrap();
    let storage = storage(&server);
    let stalled = pieces(80).chain(stream::pending());
    let mut put = storage.put("a/0.bin", "video/mp4", Box::pin(stalled));
    let begun = until("no upload was begun", || server.open_uploads().unwrap() > 0);
    tokio::select! {
        _ = &mut put => unreachable!("it never ends"),
        () = begun => {}
    }
    drop(put);
    until("the upload stays", || server.open_uploads().unwrap() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_s3_refuses_puts_fail_and_after_it_they_work() {
    let server = S3::start().unwrap();
    let storage = storage(&server);
    storage.put("a/0.bin", "text/plain", pieces(1)).await.unwrap();
    server.refuse(true).unwrap();
    for quarters in [1, 40] {
        let put = storage.put("a/0.bin", "text/plain", pieces(quarters)).await;
        let Err(StorageError::Failed(why)) = put else { panic!("{put:?}") };
        assert_eq!(why.to_string(), "S3 can't be reached");
    }
    assert!(matches!(storage.get("a/0.bin", 0, None).await, Err(StorageError::Failed(_))));
    assert!(matches!(storage.free_bytes().await, Err(StorageError::Failed(_))));
    server.refuse(false).unwrap();
    storage.put("a/0.bin", "text/plain", pieces(40)).await.unwrap();
    let read = storage.get("a/0.bin", 0, None).await.unwrap().unwrap();
    assert_eq!(read.size_bytes, 10 * MIB as u64);
    assert!(storage.free_bytes().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_s3_refuses_halfway_is_an_error() {
    let server = Arc::new(S3::start().unwrap());
    let storage = storage(&server);
    let refusing = server.clone();
    let source = pieces(160).enumerate().map(move |(number, piece)| {
        if number == 100 {
            refusing.refuse(true).unwrap();
        }
        piece
    });
    let put = storage.put("a/0.bin", "text/plain", Box::pin(source)).await;
    assert!(matches!(put, Err(StorageError::Failed(_))), "{put:?}");
    server.refuse(false).unwrap();
    assert!(storage.get("a/0.bin", 0, None).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anybody_reads_a_presigned_address_and_no_other() {
    let server = S3::start().unwrap();
    let storage = storage(&server);
    storage
        .put("a/0.txt", "text/plain", Box::pin(stream::iter([Ok(Bytes::from_static(b"abc"))])))
        .await
        .unwrap();
    let read = Presigned {
        key: "a/0.txt",
        media_type: "image/png",
        disposition: "inline; filename=\"a.png\"",
        ttl: Duration::from_secs(60),
    };
    let address = storage.presigned(read).await.unwrap().unwrap();
    assert!(address.contains("X-Amz-Expires=60&"), "{address}");
    let answer = get(&address).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("abc"), "{answer}");
    let other = address.replace("a/0.txt", "a/1.txt");
    assert!(get(&other).await.starts_with("HTTP/1.1 403"));
    assert!(get(address.split_once('?').unwrap().0).await.starts_with("HTTP/1.1 403"));
}

async fn get(address: &str) -> String {
    let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut connection = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

/// An S3 that begins an upload and then takes no part of it.
async fn stall_after_the_beginning(listener: TcpListener) {
    let mut open = Vec::new();
    loop {
        let (mut connection, _caller) = listener.accept().await.unwrap();
        let mut begun = vec![0; 4096];
        let length = connection.read(&mut begun).await.unwrap();
        if begun[..length].starts_with(b"POST") {
            let xml = "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>";
            let answer =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{xml}", xml.len());
            connection.write_all(answer.as_bytes()).await.unwrap();
        } else {
            open.push(connection);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_holds_no_more_than_two_parts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let storage = storage_at(format!("http://{}", listener.local_addr().unwrap()));
    let spawner = Spawner::new(Handle::current());
    spawner.start(stall_after_the_beginning(listener));

    let read = Arc::new(AtomicUsize::new(0));
    let counted = read.clone();
    let source = pieces(400).inspect(move |piece| {
        counted.fetch_add(piece.as_ref().map_or(0, Bytes::len), Ordering::SeqCst);
    });
    let mut put = storage.put("a/0.bin", "video/mp4", Box::pin(source));
    let filled = until("the second part isn't read while the first is sent", || {
        read.load(Ordering::SeqCst) >= 10 * MIB
    });
    tokio::select! {
        put = &mut put => panic!("{put:?}"),
        () = filled => {}
    }
    let more = timeout(Duration::from_millis(300), &mut put).await;
    assert!(more.is_err(), "{more:?}");
    assert!(
        read.load(Ordering::SeqCst) <= 10 * MIB + MIB / 4,
        "{} bytes are held",
        read.load(Ordering::SeqCst)
    );
}
