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

#[tokio::test]
async fn a_file_comes_back_as_the_bytes_that_it_was() {
    let simulator = simulator();
    let bytes = [0x89, b'P', b'N', b'G', 0xff, 0, 0xc3, 0x28];
    let form = Form::new().text("purpose", "vision").file("file", "a.png", "image/png", &bytes);
    let file = post_form(&simulator, FILES, form).await.json();
    let path = format!("{FILES}/{}/content", file["id"].as_str().unwrap());
    assert_eq!(get(&simulator, &path).await.body, bytes[..]);
}

#[tokio::test]
async fn a_list_is_of_what_was_asked_for() {
    let simulator = simulator();
    let mut ids = Vec::new();
    for purpose in ["batch", "vision", "batch"] {
        let form = Form::new().text("purpose", purpose).file("file", "a", "text/plain", b"a");
        ids.push(post_form(&simulator, FILES, form).await.json()["id"].as_str().unwrap().to_owned());
    }
    for (query, expected, has_more) in [
        ("", vec![2, 1, 0], false),
        ("?order=asc", vec![0, 1, 2], false),
        ("?limit=2", vec![2, 1], true),
        ("?purpose=batch", vec![2, 0], false),
        (&format!("?after={}", ids[2]), vec![1, 0], false),
    ] {
        let list = get(&simulator, &format!("{FILES}{query}")).await.json();
        let found: Vec<_> =
            list["data"].as_array().unwrap().iter().map(|file| file["id"].as_str().unwrap()).collect();
        let expected: Vec<_> = expected.into_iter().map(|place| ids[place].as_str()).collect();
        assert_eq!((found, &list["has_more"]), (expected, &has_more.into()), "{query}");
    }
    get(&simulator, &format!("{FILES}?limit=0")).await.refusal(400);
    get(&simulator, &format!("{FILES}?after=file-x")).await.refusal(404);
}
