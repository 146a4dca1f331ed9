//! What is kept, listed, changed and deleted.

use serde_json::{Value, json};

use super::{PATH, message, said, will_say};
use crate::support::House;

fn of(list: &Value, field: &str) -> Vec<Value> {
    list["data"].as_array().unwrap().iter().map(|row| row[field].clone()).collect()
}

#[tokio::test]
async fn a_history_is_read_from_both_ends() {
    let house = House::new().await;
    for number in 0..3 {
        said(&house, &format!("q{number}"), &format!("a{number}")).await;
    }
    let read = async |query: &str| house.get(&format!("/api/chat/c1/history?{query}")).by("u1").ok(200).await;
    let all = read("").await;
    assert_eq!(of(&all, "content"), ["q0", "a0", "q1", "a1", "q2", "a2"]);
    assert_eq!(of(&all, "role")[..2], ["user", "assistant"]);
    let question = &all["data"][0];
    let id = question["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "role": "user", "content": "q0", "model": null, "input_tokens": 5, "output_tokens": 0,
        "credits": "0", "is_partial": false, "finish_reason": null, "created_at": "2026-01-01T00:00:00.000Z",
    });
    assert_eq!(*question, expected);
    assert_eq!(of(&all, "credits")[1], "0.02");
    for (order, first, second) in
        [("asc", ["q0", "a0", "q1", "a1"], ["q2", "a2"]), ("desc", ["a2", "q2", "a1", "q1"], ["a0", "q0"])]
    {
        let page = read(&format!("order={order}&limit=4")).await;
        assert_eq!(of(&page, "content"), first);
        let cursor = page["next_cursor"].as_str().unwrap();
        let page = read(&format!("order={order}&limit=4&cursor={cursor}")).await;
        assert_eq!(
            (of(&page, "content"), &page["next_cursor"]),
            (second.map(Value::from).to_vec(), &json!(null))
        );
    }
}

#[tokio::test]
async fn conversations_are_listed_renamed_put_away_and_deleted() {
    let house = House::new().await;
    for name in ["c1", "c2"] {
        will_say(&house, "In dens.");
        let body =
            json!({"message": format!("Where in {name}?"), "system": "Be brief.", "metadata": {"a": 1}});
        house.post(&format!("/api/chat/{name}"), body).by("u1").ok(200).await;
        house.clock.advance(std::time::Duration::from_secs(1));
    }
    let list = house.get("/api/chat").by("u1").ok(200).await;
    assert_eq!(of(&list, "id"), ["c2", "c1"]);
    let expected = json!({
        "id": "c1", "object": "conversation", "title": "Where in c1?", "archived": false, "model": "talk",
        "metadata": {"a": 1}, "created_at": "2026-01-01T00:00:00.000Z",
        "last_message_at": "2026-01-01T00:00:00.000Z",
    });
    assert_eq!(list["data"][1], expected);
    let page = house.get("/api/chat?limit=1").by("u1").ok(200).await;
    let next = format!("/api/chat?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(of(&house.get(&next).by("u1").ok(200).await, "id"), ["c1"]);

    let changed = house.patch(PATH, json!({"title": "Foxes", "archived": true})).by("u1").ok(200).await;
    assert_eq!((&changed["title"], &changed["archived"]), (&json!("Foxes"), &json!(true)));
    assert_eq!(of(&house.get("/api/chat").by("u1").ok(200).await, "id"), ["c2"]);
    assert_eq!(of(&house.get("/api/chat?archived=true").by("u1").ok(200).await, "title"), ["Foxes"]);
    let changed = house.patch(PATH, json!({"title": null})).by("u1").ok(200).await;
    assert_eq!((&changed["title"], &changed["archived"]), (&json!(null), &json!(true)));

    let deleted = house.delete(PATH).by("u1").answer().await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    house.get("/api/chat/c1/history").by("u1").check(404, "not_found", None).await;
    house.delete(PATH).by("u1").check(404, "not_found", None).await;
    assert_eq!(of(&house.get("/api/chat?archived=true").by("u1").ok(200).await, "id"), Vec::<Value>::new());
}

#[tokio::test]
async fn metadata_is_shown_as_it_was_written() {
    let house = House::new().await;
    will_say(&house, "In dens.");
    let metadata = r#"{"id": 123456789012345678901234567890, "a": [1.0, "b"]}"#;
    let body = format!(r#"{{"message": "Where?", "metadata": {metadata}}}"#);
    house.ask(http::Method::POST, PATH).by("u1").body(body).ok(200).await;
    let list = house.get("/api/chat").by("u1").answer().await;
    assert!(list.text().contains(metadata), "{}", list.text());
}

#[tokio::test]
async fn an_export_has_all_of_a_conversation() {
    let house = House::new().await;
    // More than a page.
    for number in 0..130 {
        said(&house, &format!("q{number}"), "a").await;
    }
    let answer = house.get("/api/chat/c1/export").by("u1").answer().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment"));
    let export = answer.json();
    assert_eq!(
        (&export["conversation"]["id"], &export["conversation"]["title"]),
        (&json!("c1"), &json!("q0"))
    );
    let messages = export["messages"].as_array().unwrap();
    assert_eq!((messages.len(), &messages[258]["content"]), (260, &json!("q129")));
    let history = house.get("/api/chat/c1/history?limit=1").by("u1").ok(200).await;
    assert_eq!(messages[0], history["data"][0]);
}

#[tokio::test]
async fn what_is_asked_must_be_known_and_be_text() {
    let house = House::new().await;
    for (changes, status, code, param) in [
        (json!({"message": "a\u{0}b"}), 422, "invalid_parameter", "message"),
        (json!({"system": "a\u{0}b"}), 422, "invalid_parameter", "system"),
        (json!({"model": "nobody"}), 404, "unknown_model", "model"),
        (json!({"model": "picture"}), 422, "invalid_parameter", "model"),
        (json!({"temperature": 1}), 422, "invalid_parameter", "temperature"),
    ] {
        let mut body = message("Where?");
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        house.post(PATH, body).by("u1").check(status, code, Some(param)).await;
    }
    let ask = house.post("/api/chat/c1?order=asc", message("Where?")).by("u1");
    ask.check(422, "invalid_parameter", Some("order")).await;
    house.patch(PATH, json!({"titel": "x"})).by("u1").check(422, "invalid_parameter", Some("titel")).await;
    house.get("/api/chat/c1/history?sort=asc").by("u1").check(422, "invalid_parameter", Some("sort")).await;
}
