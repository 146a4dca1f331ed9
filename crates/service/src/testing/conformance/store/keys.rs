//! API keys.

use std::time::Duration;

use fourfold_domain::{KeyId, Realm};
use uuid::Uuid;

use super::bench::StoreBench;
use crate::credits::Budget;
use crate::keys::{AllowedModels, ApiKey, KeyChange, KeyKind, KeyRotation, PreviousSecret, Scope, Scopes};
use crate::limits::Limits;
use crate::testing::conformance::suite::{Rule, Verdict, broken, holds, rules, same};
use crate::{Clock as _, Timestamp};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_key_is_found_by_its_hash,
        a_key_is_kept_once,
        two_keys_have_two_hashes,
        a_revoked_key_says_so,
        a_rotated_key_is_found_by_both_hashes,
        only_the_last_two_hashes_of_a_key_are_known,
        a_rotation_that_comes_too_late_changes_nothing,
        a_key_that_does_not_count_is_not_rotated,
        a_changed_key_is_as_it_was_changed_and_else_as_it_was,
        a_budget_is_not_changed_to_less_than_was_spent,
        a_key_that_does_not_count_is_not_changed,
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
        scopes: Scopes::of(&[Scope::Jobs, Scope::Chat]),
        models: AllowedModels::parse(&["gpt-*", "it's \"quoted\""]).expect("patterns"),
        limits: Limits {
            requests_per_minute: Some(60),
            tokens_per_minute: None,
            concurrency: Some(1_000_000_000),
        },
        hash: [hash; 32],
        previous: None,
        created_at: bench.clock.now(),
        expires_at: None,
        revoked_at: None,
        budget: None,
    }
}

fn rotation(replaces: u8, hash: u8, until: Timestamp) -> KeyRotation {
    KeyRotation { replaces: [replaces; 32], hash: [hash; 32], until }
}

/// As it was kept.
pub async fn a_key_is_found_by_its_hash(bench: StoreBench) -> Verdict {
    let service = key(&bench, 1);
    let user = ApiKey {
        kind: KeyKind::User,
        account: Some("u1".parse()?),
        expires_at: Some(bench.clock.now()),
        name: None,
        scopes: Scopes::All,
        models: AllowedModels::default(),
        limits: Limits { tokens_per_minute: Some(1), ..Limits::default() },
        previous: Some(PreviousSecret { hash: [9; 32], until: bench.clock.now() }),
        ..key(&bench, 2)
    };
    for key in [&service, &user] {
        bench.store.insert_key(key.clone()).await?;
        same("the key", bench.store.key_by_hash(key.hash).await?.as_ref(), Some(key))?;
    }
    same("another hash", bench.store.key_by_hash([3; 32]).await?, None)
}

/// The very same again changes nothing; another one with its id is refused.
pub async fn a_key_is_kept_once(bench: StoreBench) -> Verdict {
    let key = ApiKey { budget: Some(Budget::new("5".parse()?)), ..key(&bench, 1) };
    bench.store.insert_key(key.clone()).await?;
    let before = bench.store.keys_revision().await?;
    bench.store.insert_key(key.clone()).await?;
    same("the revision", bench.store.keys_revision().await?, before)?;
    for twin in [
        ApiKey { created_at: key.created_at.after(Duration::from_millis(1)), ..key.clone() },
        ApiKey { hash: [2; 32], ..key.clone() },
        ApiKey { budget: None, ..key.clone() },
    ] {
        holds("the twin was kept", bench.store.insert_key(twin).await.is_err())?;
    }
    same("the keys", bench.store.keys(None, 10).await?, vec![key.clone()])?;
    // One that was changed meanwhile is another one.
    bench.store.revoke_key(key.id).await?;
    holds("it counts again", bench.store.insert_key(key).await.is_err())
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

/// With all else as it was. The same again changes nothing.
pub async fn a_rotated_key_is_found_by_both_hashes(bench: StoreBench) -> Verdict {
    let key = key(&bench, 1);
    bench.store.insert_key(key.clone()).await?;
    let before = bench.store.keys_revision().await?;
    let until = bench.clock.now().after(Duration::from_secs(60));
    let previous = Some(PreviousSecret { hash: [1; 32], until });
    let rotated = ApiKey { hash: [2; 32], previous, ..key.clone() };
    for _ in 0..2 {
        let found = bench.store.rotate_key(key.id, rotation(1, 2, until)).await?;
        same("rotated", found.as_ref(), Some(&rotated))?;
        bench.pass(1);
    }
    holds("the revision didn't rise", bench.store.keys_revision().await? > before)?;
    for hash in [1, 2] {
        same("found", bench.store.key_by_hash([hash; 32]).await?.as_ref(), Some(&rotated))?;
    }
    Ok(())
}

/// One that was replaced before opens nothing any more.
pub async fn only_the_last_two_hashes_of_a_key_are_known(bench: StoreBench) -> Verdict {
    let key = key(&bench, 1);
    bench.store.insert_key(key.clone()).await?;
    let until = bench.clock.now().after(Duration::from_secs(60));
    for (replaces, hash) in [(1, 2), (2, 3)] {
        let rotated = bench.store.rotate_key(key.id, rotation(replaces, hash, until)).await?;
        holds("it wasn't rotated", rotated.is_some())?;
    }
    let known = [1, 2, 3].map(|hash| bench.store.key_by_hash([hash; 32]));
    let [first, second, third] = known;
    same("the first", first.await?, None)?;
    same("the second", second.await?.map(|key| key.hash), Some([3; 32]))?;
    same("the third", third.await?.map(|key| key.hash), Some([3; 32]))
}

/// Else a secret that was replaced would open something again: the one that leaked, perhaps.
pub async fn a_rotation_that_comes_too_late_changes_nothing(bench: StoreBench) -> Verdict {
    let key = key(&bench, 1);
    bench.store.insert_key(key.clone()).await?;
    let until = bench.clock.now().after(Duration::from_secs(60));
    let (first, second) = (rotation(1, 2, until), rotation(2, 3, bench.clock.now()));
    for rotation in [first, second] {
        holds("it wasn't rotated", bench.store.rotate_key(key.id, rotation).await?.is_some())?;
    }
    let found = bench.store.key(key.id).await?;
    let before = bench.store.keys_revision().await?;
    for late in [first, rotation(1, 4, until), rotation(2, 4, until)] {
        same("rotated", bench.store.rotate_key(key.id, late).await?, None)?;
    }
    same("the key", bench.store.key(key.id).await?, found)?;
    same("the revision", bench.store.keys_revision().await?, before)
}

/// It would open nothing, again neither.
pub async fn a_key_that_does_not_count_is_not_rotated(bench: StoreBench) -> Verdict {
    let revoked = key(&bench, 1);
    bench.store.insert_key(revoked.clone()).await?;
    bench.store.revoke_key(revoked.id).await?;
    let expired = ApiKey { expires_at: Some(bench.clock.now()), ..key(&bench, 2) };
    bench.store.insert_key(expired.clone()).await?;
    let until = bench.clock.now().after(Duration::from_secs(60));
    for (id, hash) in [(revoked.id, 1), (expired.id, 2), (KeyId::new(Uuid::now_v7()), 5)] {
        same("rotated", bench.store.rotate_key(id, rotation(hash, 3, until)).await?, None)?;
        same("rotated again", bench.store.rotate_key(id, rotation(4, hash, until)).await?, None)?;
    }
    same("the new hash", bench.store.key_by_hash([3; 32]).await?, None)
}

/// One thing at a time, then all at once. The same again changes nothing.
pub async fn a_changed_key_is_as_it_was_changed_and_else_as_it_was(bench: StoreBench) -> Verdict {
    let other = key(&bench, 2);
    let mut key = ApiKey { budget: Some(Budget::new("5".parse()?)), ..key(&bench, 1) };
    for kept in [&key, &other] {
        bench.store.insert_key(kept.clone()).await?;
    }
    let later = bench.clock.now().after(Duration::from_secs(60));
    let limits = Limits { tokens_per_minute: Some(7), ..Limits::default() };
    let all = KeyChange {
        name: Some(None),
        scopes: Some(Scopes::All),
        models: Some(AllowedModels::default()),
        limits: Some(Limits::default()),
        expires_at: Some(None),
        budget: Some("6".parse()?),
    };
    for change in [
        KeyChange::default(),
        KeyChange { name: Some(Some("another's".to_owned())), ..KeyChange::default() },
        KeyChange { scopes: Some(Scopes::of(&[Scope::Audio])), ..KeyChange::default() },
        KeyChange { models: Some(AllowedModels::parse(&["claude"])?), ..KeyChange::default() },
        KeyChange { limits: Some(limits), ..KeyChange::default() },
        KeyChange { expires_at: Some(Some(later)), ..KeyChange::default() },
        KeyChange { budget: Some("0".parse()?), ..KeyChange::default() },
        all,
    ] {
        let before = bench.store.keys_revision().await?;
        let Some(changed) = key.clone().changed(change.clone()) else {
            return broken("it can't be changed".to_owned());
        };
        key = changed;
        for _ in 0..2 {
            let changed = bench.store.change_key(key.id, change.clone()).await?;
            same("changed", changed.as_ref(), Some(&key))?;
        }
        same("by its hash", bench.store.key_by_hash(key.hash).await?.as_ref(), Some(&key))?;
        same("by its id", bench.store.key(key.id).await?.as_ref(), Some(&key))?;
        holds("the revision didn't rise", bench.store.keys_revision().await? > before)?;
    }
    same("the other", bench.store.key(other.id).await?, Some(other))
}

/// Then all else stays too. What is left of it is what the new one leaves.
pub async fn a_budget_is_not_changed_to_less_than_was_spent(bench: StoreBench) -> Verdict {
    let spent = Budget { limit: "5".parse()?, held: "1".parse()?, charged: "2".parse()? };
    let key = ApiKey { budget: Some(spent), ..key(&bench, 1) };
    bench.store.insert_key(key.clone()).await?;
    let too_little =
        KeyChange { name: Some(None), budget: Some("2.999999".parse()?), ..KeyChange::default() };
    same("changed", bench.store.change_key(key.id, too_little).await?, None)?;
    same("the key", bench.store.key(key.id).await?.as_ref(), Some(&key))?;
    let enough = KeyChange { budget: Some("3".parse()?), ..KeyChange::default() };
    let changed = bench.store.change_key(key.id, enough).await?;
    let budget = Some(Budget { limit: "3".parse()?, ..spent });
    same("the budget", changed.and_then(|key| key.budget), budget)?;
    // One without a budget isn't given any.
    let free = self::key(&bench, 2);
    bench.store.insert_key(free.clone()).await?;
    let budget = KeyChange { budget: Some("3".parse()?), ..KeyChange::default() };
    same("given one", bench.store.change_key(free.id, budget).await?, None)?;
    same("without", bench.store.key(free.id).await?, Some(free))
}

/// It would open nothing.
pub async fn a_key_that_does_not_count_is_not_changed(bench: StoreBench) -> Verdict {
    let revoked = key(&bench, 1);
    bench.store.insert_key(revoked.clone()).await?;
    bench.store.revoke_key(revoked.id).await?;
    let expired = ApiKey { expires_at: Some(bench.clock.now()), ..key(&bench, 2) };
    bench.store.insert_key(expired.clone()).await?;
    let change = KeyChange { name: Some(None), expires_at: Some(None), ..KeyChange::default() };
    for id in [revoked.id, expired.id, KeyId::new(Uuid::now_v7())] {
        same("changed", bench.store.change_key(id, change.clone()).await?, None)?;
    }
    same("the expired one", bench.store.key(expired.id).await?, Some(expired))
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
