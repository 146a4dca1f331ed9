//! How long what is sent may be, and what is read at a time.

use fourfold_service::chats::ChatSettings;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::{PATH, message, said, will_say};
use crate::support::{House, Plan};

#[tokio::test]
async fn what_is_longer_than_is_kept_is_413_and_named() {
    let chats = ChatSettings {
        message_bytes_max: 8,
        system_bytes_max: 4,
        metadata_bytes_max: 10,
        ..ChatSettings::default()
    };
    let house = House::with(Plan { chats, ..Plan::default() }).await;
    let sent = |message: &str, system: &str, metadata: Value| json!({"message": message, "system": system, "metadata": metadata});
    for (body, param, bytes_max) in [
        (sent("123456789", "1234", json!({"a": 123})), "message", 8),
        (sent("12345678", "12345", json!({"a": 123})), "system", 4),
        (sent("12345678", "1234", json!({"a": 12345})), "metadata", 10),
    ] {
        let refused = house.post(PATH, body).by("u1").check(413, "too_large", Some(param)).await;
        assert_eq!(refused.message(), format!("{param} must be at most {bytes_max} bytes"));
    }
    will_say(&house, "So.");
    house.post(PATH, sent("12345678", "1234", json!({"a": 123}))).by("u1").ok(200).await;
}

#[tokio::test]
async fn long_messages_come_on_more_pages_and_are_all_exported() {
    let house = House::new().await;
    for letter in 'a'..='i' {
        said(&house, &letter.to_string(), &"x".repeat(600_000)).await;
    }
    let (mut read, mut pages, mut query) = (Vec::new(), 0, String::new());
    loop {
        let page = house.get(&format!("{PATH}/history?limit=100{query}")).by("u1").ok(200).await;
        let contents = page["data"].as_array().unwrap().iter();
        read.extend(contents.map(|message| message["content"].as_str().unwrap().chars().next().unwrap()));
        pages += 1;
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("&cursor={cursor}");
    }
    assert_eq!((read.iter().collect::<String>().as_str(), pages), ("axbxcxdxexfxgxhxix", 3));
    let export = house.get(&format!("{PATH}/export")).by("u1").ok(200).await;
    assert_eq!(export["messages"].as_array().unwrap().len(), 18);
}

#[tokio::test]
async fn a_list_leaves_out_what_models_are_told() {
    let house = House::new().await;
    said(&house, "Where?", "In dens.").await;
    will_say(&house, "So.");
    let mut told = message("Why?");
    told["system"] = json!("Be brief.");
    house.post(PATH, told).by("u1").ok(200).await;
    let list = house.get("/api/chat").by("u1").ok(200).await;
    assert!(list["data"][0].get("system").is_none(), "{list}");
    let export = house.get(&format!("{PATH}/export")).by("u1").ok(200).await;
    assert_eq!(export["conversation"]["system"], "Be brief.");
}

#[tokio::test]
async fn an_export_of_what_is_deleted_on_the_way_breaks_off() {
    let house = House::new().await;
    said(&house, "Where?", "In dens.").await;
    let mut export = house.get(&format!("{PATH}/export")).by("u1").response().await.into_body();
    let head = export.frame().await.unwrap().unwrap();
    assert!(head.data_ref().unwrap().starts_with(b"{\"conversation\""));
    assert_eq!(house.delete(PATH).by("u1").answer().await.status, 204);
    assert!(export.collect().await.is_err());
}
