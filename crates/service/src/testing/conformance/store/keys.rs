//! API keys.

use fourfold_domain::{KeyId, Realm};
use uuid::Uuid;

use super::bench::StoreBench;
use crate::Clock as _;
use crate::keys::{ApiKey, KeyKind};
use crate::testing::conformance::suite::{Rule, Verdict, holds, rules, same};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_key_is_found_by_its_hash,
        two_keys_have_two_hashes,
        a_revoked_key_says_so,
        the_revision_rises_with_every_change,
        keys_page_the_newest_first,
    )
}

pub(super) fn key(bench: &StoreBench, hash: u8) -> ApiKey {
    ApiKey {
        id: KeyId::new(Uuid::now_v7()),
        kind: KeyKind::Service,
        realm: Realm::default(),
        account: None,
        name: Some("a product's backend".to_owned()),
        scopes: vec!["jobs".to_owned(), "it's \"quoted\"".to_owned()],
        hash: [hash; 32],
        created_at: bench.clock.now(),
        expires_at: None,
        revoked_at: None,
        budget: None,
    }
}

/// As it was kept.
pub async fn a_key_is_found_by_its_hash(bench: StoreBench) -> Verdict {
    let service = key(&bench, 1);
    let user = ApiKey {
        kind: KeyKind::User,
        account: Some("u1".parse()?),
        expires_at: Some(bench.clock.now()),
        name: None,
        scopes: Vec::new(),
        ..key(&bench, 2)
    };
    for key in [&service, &user] {
        bench.store.insert_key(key.clone()).await?;
        same("the key", bench.store.key_by_hash(key.hash).await?.as_ref(), Some(key))?;
    }
    same("another hash", bench.store.key_by_hash([3; 32]).await?, None)
}

/// A hash that is there already is refused.
pub async fn two_keys_have_two_hashes(bench: StoreBench) -> Verdict {
    let first = key(&bench, 1);
    bench.store.insert_key(first.clone()).await?;
    holds("the second was kept", bench.store.insert_key(key(&bench, 1)).await.is_err())?;
    same("the key", bench.store.key_by_hash([1; 32]).await?, Some(first))
}

/// Since the first time; again is the same; an unknown one is told as such.
pub async fn a_revoked_key_says_so(bench: StoreBench) -> Verdict {
    let key = key(&bench, 1);
    bench.store.insert_key(key.clone()).await?;
    let at = bench.clock.now();
    for _ in 0..2 {
        same("there is one", bench.store.revoke_key(key.id).await?, true)?;
        bench.pass(1);
    }
    let found = bench.store.key_by_hash(key.hash).await?;
    same("revoked at", found.and_then(|key| key.revoked_at), Some(at))?;
    same("an unknown one", bench.store.revoke_key(KeyId::new(Uuid::now_v7())).await?, false)
}

/// And with nothing else.
pub async fn the_revision_rises_with_every_change(bench: StoreBench) -> Verdict {
    let first = bench.store.keys_revision().await?;
    let key = key(&bench, 1);
    bench.store.insert_key(key.clone()).await?;
    let made = bench.store.keys_revision().await?;
    holds("it didn't rise with a new key", made > first)?;
    bench.store.revoke_key(key.id).await?;
    let revoked = bench.store.keys_revision().await?;
    holds("it didn't rise with a revocation", revoked > made)?;
    bench.store.revoke_key(KeyId::new(Uuid::now_v7())).await?;
    bench.store.key_by_hash(key.hash).await?;
    same("after nothing changed", bench.store.keys_revision().await?, revoked)
}

/// Page by page.
pub async fn keys_page_the_newest_first(bench: StoreBench) -> Verdict {
    let keys: Vec<ApiKey> = (0..5).map(|hash| key(&bench, hash)).collect();
    for key in &keys {
        bench.store.insert_key(key.clone()).await?;
    }
    let newest: Vec<ApiKey> = keys.into_iter().rev().collect();
    same("the first page", bench.store.keys(None, 3).await?.as_slice(), &newest[..3])?;
    let before = Some(newest[2].id);
    same("the second page", bench.store.keys(before, 3).await?.as_slice(), &newest[3..])
}
