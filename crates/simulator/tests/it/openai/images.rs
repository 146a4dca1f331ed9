//! Pictures.

use serde_json::{Value, json};

use crate::support::{Form, NOW_SECONDS, decoded, png_size, post, post_form, simulator};

const GENERATIONS: &str = "/openai/v1/images/generations";
const EDITS: &str = "/openai/v1/images/edits";

#[tokio::test]
async fn a_picture_has_the_size_that_was_asked_for() {
    let simulator = simulator();
    let asked = json!({"model": "gpt-image-2", "prompt": "a fox", "size": "96x64", "n": 2, "quality": "low"});
    let answer = post(&simulator, GENERATIONS, &asked).await.json();
    assert_eq!((&answer["created"], &answer["size"]), (&json!(NOW_SECONDS), &json!("96x64")));
    assert_eq!((&answer["quality"], &answer["output_format"]), (&json!("low"), &json!("png")));
    let pictures: Vec<_> =
        answer["data"].as_array().unwrap().iter().map(|image| decoded(&image["b64_json"])).collect();
    assert_eq!(pictures.iter().map(|picture| png_size(picture)).collect::<Vec<_>>(), [(96, 64); 2]);
    assert_ne!(pictures[0], pictures[1]);
    assert_eq!(answer["usage"]["input_tokens"], 2);
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn a_picture_that_names_nothing_is_a_square() {
    let answer = post(&simulator(), GENERATIONS, &json!({"prompt": "a fox"})).await.json();
    assert_eq!(png_size(&decoded(&answer["data"][0]["b64_json"])), (1024, 1024));
    assert_eq!(answer["usage"]["output_tokens"], 4160);
}

#[tokio::test]
async fn streamed_pictures_come_in_parts() {
    let asked = json!({"prompt": "a fox", "size": "64x64", "stream": true, "partial_images": 2});
    let events = post(&simulator(), GENERATIONS, &asked).await.json_events();
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let (partial, completed) = ("image_generation.partial_image", "image_generation.completed");
    assert_eq!(kinds, [partial, partial, completed]);
    assert_eq!(
        (&events[1]["partial_image_index"], &events[2]["created_at"]),
        (&json!(1), &json!(NOW_SECONDS))
    );
    assert!(events[2]["usage"]["total_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn pictures_are_edited_from_files_and_from_links() {
    let simulator = simulator();
    let file =
        || Form::new().text("prompt", "red").text("n", "1").file("image", "a.png", "image/png", b"png");
    let one = post_form(&simulator, EDITS, file().file("mask", "m.png", "image/png", b"png")).await.json();
    let form = Form::new().text("prompt", "red");
    let two = form.file("image[]", "a.png", "image/png", b"a").file("image[]", "b.webp", "image/webp", b"b");
    let two = post_form(&simulator, EDITS, two).await.json();
    let links = json!({"prompt": "red", "images": [{"image_url": "https://a.test/a.png"}, {"file_id": "f"}]});
    let linked = post(&simulator, EDITS, &links).await.json();
    let brought = |answer: &Value| answer["usage"]["input_tokens_details"]["image_tokens"].clone();
    assert_eq!([brought(&one), brought(&two), brought(&linked)], [json!(256), json!(512), json!(512)]);
    let streamed = post_form(&simulator, EDITS, file().text("stream", "true")).await.json_events();
    assert_eq!(streamed[0]["type"], "image_edit.completed");
}

#[tokio::test]
async fn a_picture_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (asked, param) in [
        (json!({}), "prompt"),
        (json!({"prompt": "x".repeat(32_001)}), "prompt"),
        (json!({"prompt": "a", "n": 11}), "n"),
        (json!({"prompt": "a", "n": "2"}), "n"),
        (json!({"prompt": "a", "size": "100x100"}), "size"),
        (json!({"prompt": "a", "size": "512x2048"}), "size"),
        (json!({"prompt": "a", "size": "large"}), "size"),
        (json!({"prompt": "a", "quality": "max"}), "quality"),
        (json!({"prompt": "a", "background": "transparent", "output_format": "jpeg"}), "background"),
        (json!({"prompt": "a", "response_format": "url"}), "response_format"),
        (json!({"prompt": "a", "partial_images": 1}), "partial_images"),
    ] {
        let error = post(&simulator, GENERATIONS, &asked).await.refusal(400);
        assert_eq!(error["error"]["param"], param, "{error}");
    }
    let retired = json!({"model": "dall-e-3", "prompt": "a"});
    assert_eq!(
        post(&simulator, GENERATIONS, &retired).await.refusal(404)["error"]["code"],
        "model_not_found"
    );
    let form = Form::new().text("prompt", "a");
    assert_eq!(post_form(&simulator, EDITS, form).await.refusal(400)["error"]["param"], "image");
    let form = Form::new().text("prompt", "a").file("image", "a.gif", "image/gif", b"gif");
    let error = post_form(&simulator, EDITS, form).await.refusal(400);
    assert_eq!(error["error"]["code"], "unsupported_file_mimetype");
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn what_the_filter_catches_is_refused() {
    let simulator = simulator();
    let error = post(&simulator, GENERATIONS, &json!({"prompt": "a [filtered] fox"})).await.refusal(400);
    assert_eq!(error["error"]["code"], "moderation_blocked");
    assert_eq!(simulator.counts().paid_tasks, 0);
}
