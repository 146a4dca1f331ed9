//! The secrets that sign webhooks.

use fourfold_domain::WebhookSecretId;
use uuid::Uuid;

use super::bench::StoreBench;
use crate::Refusal;
use crate::testing::conformance::suite::{Rule, Verdict, broken, holds, refused, rules, same};
use crate::testing::{account_subject, idempotency, keep_secret};
use crate::webhooks::{KeepSecret, KeptSecret, RevokeSecret, SECRETS_MAX};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_secret_is_its_accounts_until_it_is_revoked,
        an_account_has_at_most_ten_secrets,
        one_idempotency_key_makes_one_secret,
    )
}

/// As it was kept; gone once it is revoked, for nobody else to revoke.
pub async fn a_secret_is_its_accounts_until_it_is_revoked(bench: StoreBench) -> Verdict {
    let (first, other) =
        (keep_secret(bench.store.as_ref(), "u1").await?, keep_secret(bench.store.as_ref(), "u2").await?);
    bench.pass(1);
    let second = keep_secret(bench.store.as_ref(), "u1").await?;
    let list = async || bench.store.webhook_secrets(first.account, None, 10).await;
    same("the secrets", list().await?, vec![second.clone(), first.clone()])?;
    let before = bench.store.webhook_secrets(first.account, Some(second.id), 10).await?;
    same("the older ones", before, vec![first.clone()])?;
    for (user, id) in
        [("u2", first.id), ("u1", other.id), ("u3", first.id), ("u1", WebhookSecretId::new(Uuid::now_v7()))]
    {
        let revoke = RevokeSecret { id, subject: account_subject(user) };
        refused(bench.store.revoke_webhook_secret(revoke).await, &Refusal::NotFound)?;
    }
    let revoke = RevokeSecret { id: first.id, subject: account_subject("u1") };
    bench.store.revoke_webhook_secret(revoke.clone()).await?;
    same("what is left", list().await?, vec![second])?;
    refused(bench.store.revoke_webhook_secret(revoke).await, &Refusal::NotFound)
}

/// Side by side too; a revoked one makes room.
pub async fn an_account_has_at_most_ten_secrets(bench: StoreBench) -> Verdict {
    let kept = keep_secret(bench.store.as_ref(), "u1").await?;
    let more = (0..SECRETS_MAX).map(|_| keep_secret(bench.store.as_ref(), "u1"));
    let more = futures_util::future::join_all(more).await;
    same("how many were kept", more.iter().filter(|kept| kept.is_ok()).count(), SECRETS_MAX - 1)?;
    refused(keep_secret(bench.store.as_ref(), "u1").await, &Refusal::TooManyWebhookSecrets)?;
    keep_secret(bench.store.as_ref(), "u2").await?;
    let revoke = RevokeSecret { id: kept.id, subject: account_subject("u1") };
    bench.store.revoke_webhook_secret(revoke).await?;
    keep_secret(bench.store.as_ref(), "u1").await?;
    // A secret that was sealed for another account would never be opened again.
    let id = WebhookSecretId::new(Uuid::now_v7());
    let (subject, account, sealed) = (account_subject("u2"), kept.account, [7; 4].into());
    let step = KeepSecret { id, subject, account, sealed, idempotency: None };
    refused(bench.store.keep_webhook_secret(step).await, &Refusal::NotFound)
}

/// Side by side too. Another request with that key is refused; once the secret is gone, a new one is made.
pub async fn one_idempotency_key_makes_one_secret(bench: StoreBench) -> Verdict {
    let (subject, account) = (account_subject("u1"), keep_secret(bench.store.as_ref(), "u1").await?.account);
    let keep = |fingerprint| {
        let step = KeepSecret {
            id: WebhookSecretId::new(Uuid::now_v7()),
            subject: subject.clone(),
            account,
            sealed: [8; 4].into(),
            idempotency: Some(idempotency("a", fingerprint)),
        };
        bench.store.keep_webhook_secret(step)
    };
    let kept = futures_util::future::try_join_all((0..4).map(|_| keep(1))).await?;
    let new = kept.iter().filter_map(|kept| match kept {
        KeptSecret::New(secret) => Some(secret),
        KeptSecret::Earlier(_) => None,
    });
    let new: Vec<_> = new.collect();
    let [first] = new[..] else { return broken(format!("{} were made", new.len())) };
    let earlier = KeptSecret::Earlier(first.clone());
    same("later", kept.iter().filter(|kept| **kept == earlier).count(), 3)?;
    refused(keep(2).await, &Refusal::IdempotencyMismatch)?;
    let revoke = RevokeSecret { id: first.id, subject: subject.clone() };
    bench.store.revoke_webhook_secret(revoke).await?;
    let anew = keep(1).await?;
    holds("it is new", matches!(&anew, KeptSecret::New(secret) if secret.id != first.id))
}
