//! Many callers at the same moment.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::support::{Home, PRICE, ended, fast, read_all_books, read_books};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_credits_are_spent_once() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    // As many as 17 pictures cost, and a rest that buys none.
    server.admin.grant("u1", "0.70").await;

    let callers = (0..50).map(|number| {
        let caller = caller.clone();
        async move { caller.submit(&fast(&format!("picture {number}"))).await }
    });
    let watching = async {
        let balance = caller.read("/api/v1/credits").await;
        assert!(!balance["available"].as_str().unwrap().starts_with('-'), "{balance}");
    };
    let (answers, ()) = tokio::join!(join_all(callers), watching);
    let (taken, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 202);
    assert_eq!((taken.len(), refused.len()), (17, 33));
    for answer in refused {
        let error = answer.refuses(402, "insufficient_credits");
        assert_eq!(error["type"], "insufficient_quota");
        assert_eq!(answer.header("x-should-retry"), "");
    }
    let books = read_books(&home, &caller).await;
    assert_eq!(books.jobs.len(), 17);
    assert_eq!(books.available.to_string(), "0.02");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_idempotency_key_makes_one_job() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;

    let ask = |body| {
        let caller = caller.clone();
        async move { caller.post("/api/v1/jobs", &body).header("idempotency-key", "k1").send().await }
    };
    let answers = join_all((0..20).map(|_| ask(fast("a fox")))).await;
    let ids: BTreeSet<_> = answers.iter().map(|answer| answer.json(202)["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");

    let error = ask(fast("a bear")).await.refuses(422, "idempotency_mismatch");
    assert_eq!(error["param"], "Idempotency-Key");
    // Another account's key of the same name is another key.
    server.admin.grant("u2", "10").await;
    let other = server.admin.user("u2").post("/api/v1/jobs", &fast("a bear")).header("idempotency-key", "k1");
    let other = other.send().await.json(202);
    assert!(!ids.contains(&other["id"].to_string()));

    let job = ended(&caller, &answers[0].json(202)).await;
    assert_eq!(job["credits"]["charged"], PRICE);
    for books in read_all_books(&home, &[caller, server.admin.user("u2")]).await {
        assert_eq!((books.jobs.len(), books.available.to_string().as_str()), (1, "9.96"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_operation_id_grants_once() {
    let home = Home::new();
    let server = home.start().await;
    let body = serde_json::json!({"credits": "5", "operation_id": "invoice-7"});
    let grants = (0..20).map(|_| server.admin.post("/api/v1/admin/accounts/u1/grants", &body).send());
    for answer in join_all(grants).await {
        assert_eq!(answer.json(201)["available"], "5");
    }
}
