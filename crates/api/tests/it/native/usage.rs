//! What was used, for whoever used it.

use std::time::Duration;

use fourfold_domain::AccountId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{House, outputs, said};

const PATH: &str = "/api/v1/usage";

/// A house in which `u1` has made two chats and a picture, and `u2` a picture a day later.
pub(crate) async fn used() -> House {
    let house = House::new().await;
    for _ in 0..2 {
        house.vendor.will_chat(Ok(said("In dens.")));
        house.post("/v1/chat/completions", crate::support::new_chat()).by("u1").ok(200).await;
    }
    house.make("u1", outputs(&[("image/png", "abc")])).await;
    house.clock.advance(Duration::from_secs(24 * 60 * 60));
    house.make("u2", outputs(&[("image/png", "abc")])).await;
    house.clock.advance(Duration::from_secs(1));
    let written = async {
        while house.usage.rows().len() < 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), written).await.unwrap();
    house
}

/// What a list of sums says of these fields.
pub(crate) fn told(sums: &Value, fields: &[&str]) -> Vec<Vec<Value>> {
    let fields = |sum: &Value| fields.iter().map(|field| sum[field].clone()).collect();
    sums["data"].as_array().unwrap().iter().map(fields).collect()
}

#[tokio::test]
async fn an_account_sees_what_it_used_by_day_and_model() {
    let house = used().await;
    let sums = house.get(&format!("{PATH}?group_by=day,model")).by("u1").ok(200).await;
    let mut expected = json!({"data": [{
        "day": "2026-01-01", "model": "picture", "count": 1, "outcomes": {"succeeded": 1}, "attempts": 1,
        "input_tokens": 0, "cached_input_tokens": 0, "output_tokens": 0, "images": 1, "video_seconds": 0,
        "characters": 0, "audio_seconds": 0, "credits": "0.04", "estimated": 0, "mean_duration_ms": 0,
        "mean_first_part_ms": null,
    }, {
        "day": "2026-01-01", "model": "talk", "count": 2, "outcomes": {"succeeded": 2}, "attempts": 2,
        "input_tokens": 20, "cached_input_tokens": 0, "output_tokens": 10, "images": 0, "video_seconds": 0,
        "characters": 0, "audio_seconds": 0, "credits": "0.04", "estimated": 0, "mean_duration_ms": null,
        "mean_first_part_ms": null,
    }], "next_cursor": null});
    // Real time passes for the chats.
    expected["data"][1]["mean_duration_ms"] = sums["data"][1]["mean_duration_ms"].clone();
    assert!(expected["data"][1]["mean_duration_ms"].is_u64());
    assert_eq!(sums, expected);
}

#[tokio::test]
async fn days_are_told_apart_unless_something_else_is_asked() {
    let house = used().await;
    for (query, fields, expected) in [
        ("", &["day", "count"][..], json!([["2026-01-01", 3]])),
        ("?group_by=", &["count", "credits"], json!([[3, "0.08"]])),
        ("?group_by=model", &["model", "count"], json!([["picture", 1], ["talk", 2]])),
        // The order is the same however it is asked.
        (
            "?group_by=model,day",
            &["day", "model"],
            json!([["2026-01-01", "picture"], ["2026-01-01", "talk"]]),
        ),
    ] {
        let sums = house.get(&format!("{PATH}{query}")).by("u1").ok(200).await;
        assert_eq!(json!(told(&sums, fields)), expected, "{query}");
    }
    let sums = house.get(&format!("{PATH}?group_by=key")).by("u1").ok(200).await;
    let key = sums["data"][0]["key"].as_str().unwrap();
    let keys = house.get("/api/v1/admin/keys").by_admin().ok(200).await;
    assert!(keys["data"].as_array().unwrap().iter().any(|known| known["id"] == key), "{sums}");
    // Names that it wasn't grouped by aren't there at all.
    assert!(sums["data"][0].get("day").is_none() && sums["data"][0].get("account").is_none(), "{sums}");
}

#[tokio::test]
async fn only_what_ended_in_the_span_counts() {
    let house = used().await;
    for (query, count) in [
        ("from=2026-01-01", 3),
        ("from=2026-01-01&to=2026-01-02", 3),
        ("from=2026-01-02", 0),
        ("to=2026-01-01", 0),
        ("from=2025-12-31T23:59:59.999Z&to=2026-01-01T00:00:00.001Z", 3),
    ] {
        let sums = house.get(&format!("{PATH}?group_by=&{query}")).by("u1").ok(200).await;
        let counts = told(&sums, &["count"]);
        assert_eq!(counts.first().map_or(json!(0), |sum| sum[0].clone()), json!(count), "{query}");
    }
    // By itself it looks back for 30 days.
    house.clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
    assert_eq!(house.get(PATH).by("u1").ok(200).await["data"], json!([]));
}

#[tokio::test]
async fn sums_come_in_pages() {
    let house = used().await;
    let path = format!("{PATH}?group_by=model&limit=1");
    let first = house.get(&path).by("u1").ok(200).await;
    assert_eq!(told(&first, &["model"]), [[json!("picture")]]);
    let next = format!("{path}&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = house.get(&next).by("u1").ok(200).await;
    assert_eq!(
        (told(&second, &["model"]), &second["next_cursor"]),
        (vec![vec![json!("talk")]], &Value::Null)
    );
}

#[tokio::test]
async fn another_account_sees_none_of_it() {
    let house = used().await;
    let sums = house.get(&format!("{PATH}?group_by=day,model")).by("u2").ok(200).await;
    assert_eq!(told(&sums, &["day", "model", "count"]), [[json!("2026-01-02"), json!("picture"), json!(1)]]);
    assert_eq!(house.get(PATH).by("nobody").ok(200).await, json!({"data": [], "next_cursor": null}));
}

#[tokio::test]
async fn a_query_that_cannot_be_meant_names_what_is_wrong() {
    let house = House::new().await;
    let account = AccountId::new(Uuid::now_v7());
    for (query, status, code, param) in [
        ("group_by=week", 422, "invalid_parameter", "group_by"),
        ("group_by=day,", 422, "invalid_parameter", "group_by"),
        ("group_by=account", 422, "invalid_parameter", "group_by"),
        ("group_by=day,provider", 422, "invalid_parameter", "group_by"),
        ("from=yesterday", 400, "malformed", "from"),
        ("to=2026-13-01", 400, "malformed", "to"),
        ("from=2026-01-02&to=2026-01-01", 422, "invalid_parameter", "from"),
        ("cursor=x", 400, "malformed", "cursor"),
        ("limit=0", 400, "malformed", "limit"),
        ("group=day", 422, "invalid_parameter", "group"),
        (&format!("account={account}"), 422, "invalid_parameter", "account"),
    ] {
        house.get(&format!("{PATH}?{query}")).by("u1").check(status, code, Some(param)).await;
    }
}
