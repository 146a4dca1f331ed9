//! Files.

use crate::support::{Form, delete, get, post_form, simulator};

const FILES: &str = "/openai/v1/files";

#[tokio::test]
async fn a_file_is_kept_until_it_is_deleted() {
    let simulator = simulator();
    let form = Form::new().text("purpose", "batch").file("file", "a.jsonl", "application/jsonl", b"{}");
    let file = post_form(&simulator, FILES, form).await.json();
    assert_eq!(
        (&file["object"], &file["bytes"], &file["filename"]),
        (&"file".into(), &2.into(), &"a.jsonl".into())
    );
    let path = format!("{FILES}/{}", file["id"].as_str().unwrap());
    assert_eq!(get(&simulator, &path).await.json(), file);
    assert_eq!(get(&simulator, FILES).await.json()["data"], serde_json::json!([file]));
    assert_eq!(get(&simulator, &format!("{path}/content")).await.text(), "{}");
    assert_eq!(delete(&simulator, &path).await.json()["deleted"], true);
    get(&simulator, &path).await.refusal(404);
}

#[tokio::test]
async fn a_file_needs_a_purpose() {
    let form = Form::new().file("file", "a.jsonl", "application/jsonl", b"{}");
    post_form(&simulator(), FILES, form).await.refusal(400);
}
