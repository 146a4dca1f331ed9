//! The secrets of keys that are given out under an idempotency key, to requests that come side by side too.

use std::time::Duration;

use fourfold_domain::{KeyId, Realm};
use futures_util::future::{join_all, try_join_all};
use uuid::Uuid;

use super::bench::StoreBench;
use crate::keys::{Issued, KeyIdempotency, KeyKind, KeyRequest, KeysService, NewKey, SecretSource};
use crate::testing::conformance::suite::{Rule, Verdict, broken, holds, rules, same};
use crate::testing::idempotency;
use crate::{Clock as _, ServiceError};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        one_request_for_a_secret_is_kept_until_it_is_forgotten,
        one_idempotency_key_makes_one_key,
        one_idempotency_key_rotates_a_key_once,
        rotations_side_by_side_bring_no_replaced_secret_back,
    )
}

/// Two processes over the store.
fn nodes(bench: &StoreBench) -> [KeysService; 2] {
    [(); 2].map(|()| {
        KeysService::new(bench.store.clone(), bench.clock.clone()).with_secrets(SecretSource::new(&[7; 32]))
    })
}

fn new() -> NewKey {
    NewKey::new(KeyKind::Service, Realm::default(), None)
}

fn once(key: &str) -> KeyIdempotency {
    KeyIdempotency { by: KeyId::new(Uuid::nil()), idempotency: idempotency(key, 1) }
}

/// Side by side too: whoever comes later is told of the first. Younger ones stay when old ones are forgotten.
pub async fn one_request_for_a_secret_is_kept_until_it_is_forgotten(bench: StoreBench) -> Verdict {
    let request = |scope, salt| KeyRequest {
        scope: [scope; 32],
        fingerprint: [1; 32],
        key: KeyId::new(Uuid::now_v7()),
        replaces: (scope == 2).then_some([3; 32]),
        salt: [salt; 32],
        created_at: bench.clock.now(),
    };
    let keep = |scope, salt| bench.store.keep_key_request(request(scope, salt));
    let kept = try_join_all((1..=4).map(|salt| keep(1, salt))).await?;
    let first = &kept[0];
    holds("there are several", kept.iter().all(|other| other == first))?;
    bench.pass(1);
    let rotation = request(2, 5);
    same("the other scope's", bench.store.keep_key_request(rotation.clone()).await?, rotation.clone())?;
    bench.store.forget_idempotency(rotation.created_at).await?;
    same("the young one", keep(2, 6).await?, rotation)?;
    let anew = request(1, 7);
    same("the old one", bench.store.keep_key_request(anew.clone()).await?, anew)
}

/// Side by side on two nodes, and later: all are shown the one secret, which is the key's.
pub async fn one_idempotency_key_makes_one_key(bench: StoreBench) -> Verdict {
    let (nodes, once) = (nodes(&bench), once("a"));
    let asks = (0..8).map(|ask| nodes[ask % 2].issue(new(), Some(&once)));
    let mut issued = try_join_all(asks).await?;
    bench.pass(1);
    issued.push(nodes[0].issue(new(), Some(&once)).await?);
    let keys = bench.store.keys(None, 10).await?;
    let [key] = &keys[..] else { return broken(format!("{} were made", keys.len())) };
    for issued in issued {
        same("the key", issued.key.id, key.id)?;
        same("its hash", issued.secret.hash(), key.hash)?;
    }
    Ok(())
}

/// Side by side on two nodes, and later: the secret that it had lives on as the one before its last.
pub async fn one_idempotency_key_rotates_a_key_once(bench: StoreBench) -> Verdict {
    let (nodes, once) = (nodes(&bench), once("a"));
    let made = nodes[0].issue(new(), None).await?;
    let overlap = Duration::from_secs(60);
    let asks = (0..8).map(|ask| nodes[ask % 2].reissue(made.key.id, overlap, Some(&once)));
    let mut issued = try_join_all(asks).await?;
    bench.pass(1);
    issued.push(nodes[0].reissue(made.key.id, overlap, Some(&once)).await?);
    let Some(key) = bench.store.key(made.key.id).await? else { return broken("it is gone".to_owned()) };
    same("the one before", key.previous.map(|previous| previous.hash), Some(made.secret.hash()))?;
    for issued in issued {
        same("its hash", issued.secret.hash(), key.hash)?;
    }
    Ok(())
}

/// Each comes after another or is refused; the last two that weren't are the key's.
pub async fn rotations_side_by_side_bring_no_replaced_secret_back(bench: StoreBench) -> Verdict {
    let nodes = nodes(&bench);
    let made = nodes[0].issue(new(), None).await?;
    let requests: Vec<_> = (0..8).map(|ask| (ask < 6).then(|| once(&format!("{}", ask / 2)))).collect();
    let overlap = Duration::from_secs(60);
    let asks = requests.iter().zip(nodes.iter().cycle());
    let asks = asks.map(|(once, node)| node.reissue(made.key.id, overlap, once.as_ref()));
    let mut given = vec![made.secret.hash()];
    for issued in join_all(asks).await {
        match issued {
            Ok(Issued { secret, .. }) => given.push(secret.hash()),
            Err(ServiceError::AlreadyMade { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let Some(key) = bench.store.key(made.key.id).await? else { return broken("it is gone".to_owned()) };
    let previous = key.previous.map(|previous| previous.hash);
    holds("nobody was given its secret", given.contains(&key.hash))?;
    holds("nobody was given the one before", previous.is_some_and(|hash| given.contains(&hash)))?;
    // Whatever of them comes again now, nothing changes any more.
    for once in requests.iter().flatten() {
        let again = nodes[1].reissue(made.key.id, overlap, Some(once)).await;
        let is_shown = again
            .as_ref()
            .is_ok_and(|issued| issued.secret.hash() == key.hash || Some(issued.secret.hash()) == previous);
        let is_refused = matches!(again, Err(ServiceError::AlreadyMade { .. }));
        holds("it was given another secret", is_shown || is_refused)?;
    }
    same("the key", bench.store.key(made.key.id).await?, Some(key))
}
