//! A Redis by TLS, and one that isn't who it says.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use fourfold_servers::Redis;
use fourfold_service::backends::{RedisLink, RedisSettings};
use fourfold_service::ports::JobQueue as _;

use super::shared::{due, in_time};
use super::{node, settings};
use crate::certificates::Authority;

fn trusting(redis: &Redis, url: &str, ca_file: Option<&Path>) -> RedisSettings {
    RedisSettings { url: Some(url.to_owned()), ca_file: ca_file.map(Path::to_owned), ..settings(redis) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_is_believed_whose_certificate_is_the_hosts_and_signed_by_who_is_trusted() {
    let (mut redis, authority) = (Redis::start().unwrap(), Authority::new());
    let made = authority.sign("localhost");
    let url = redis.encrypt(&made.certificate, &made.key).unwrap();
    let queue = node(&trusting(&redis, &url, Some(authority.file())));
    queue.push(due(Duration::ZERO)).await;
    in_time(queue.next()).await;
    assert_eq!(queue.health().await, Ok(()));

    for file in [None, Some(Authority::new())] {
        is_distrusted(&trusting(&redis, &url, file.as_ref().map(Authority::file))).await;
    }
    let made = authority.sign("queue.example");
    let url = redis.encrypt(&made.certificate, &made.key).unwrap();
    is_distrusted(&trusting(&redis, &url, Some(authority.file()))).await;
}

async fn is_distrusted(settings: &RedisSettings) {
    assert_eq!(node(settings).health().await, Err("redis (its certificate isn't trusted)".to_owned()));
}

#[test]
fn authorities_that_cannot_be_used_are_named() {
    let mut empty = tempfile::NamedTempFile::new().unwrap();
    empty.write_all(b"no certificate").unwrap();
    for (file, expected) in
        [(Path::new("/nowhere/ca.pem"), "/nowhere/ca.pem"), (empty.path(), "no certificate in it")]
    {
        let settings = RedisSettings {
            url: Some("rediss://localhost".to_owned()),
            ca_file: Some(file.to_owned()),
            ..RedisSettings::default()
        };
        assert_eq!(settings.check(), Ok(()));
        let said = RedisLink::open(&settings).err().unwrap().to_string();
        assert!(said.contains("redis.ca_file") && said.contains(expected), "{said}");
    }
}
