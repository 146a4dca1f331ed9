//! v2beta pictures.

use serde_json::json;

use super::{form, post_accepting};
use crate::support::{Form, decoded, png, png_size, post_form, simulator};

const BASE: &str = "/stability/v2beta/stable-image";
const CORE: &str = "/stability/v2beta/stable-image/generate/core";

#[tokio::test]
async fn a_picture_comes_as_bytes_or_as_json() {
    let simulator = simulator();
    let asked = || Form::new().text("prompt", "a fox").text("seed", "7").text("aspect_ratio", "16:9");
    let bytes = post_accepting(&simulator, CORE, "image/*", asked()).await;
    assert_eq!(bytes.header("content-type"), "image/png");
    assert_eq!((bytes.header("finish-reason"), bytes.header("seed")), ("SUCCESS", "7"));
    assert_eq!(png_size(&bytes.body), (1344, 768));
    let answer = post_accepting(&simulator, CORE, "application/json", asked()).await;
    assert_eq!(answer.header("content-type"), "application/json; type=image/png");
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((&body["finish_reason"], &body["seed"]), (&json!("SUCCESS"), &json!(7)));
    assert_eq!(decoded(&body["image"]), bytes.body);
    assert_eq!(simulator.counts().paid_tasks, 2);
}

#[tokio::test]
async fn a_form_without_a_file_may_bring_an_empty_part() {
    let form = Form::new().text("prompt", "a fox").file("none", "", "application/octet-stream", b"");
    let answer = post_form(&simulator(), CORE, form).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/png"));
}

#[tokio::test]
async fn a_filtered_picture_is_200_and_says_so() {
    let answer = post_form(&simulator(), CORE, Form::new().text("prompt", "[filtered]")).await;
    assert_eq!((answer.status.as_u16(), answer.header("finish-reason")), (200, "CONTENT_FILTERED"));
}

#[tokio::test]
async fn every_route_that_answers_at_once_makes_a_picture() {
    let simulator = simulator();
    let both = || form("a").file("init_image", "a.png", "image/png", &png(64, 96));
    for (path, form, size) in [
        ("generate/ultra", Form::new().text("prompt", "a"), (1024, 1024)),
        ("generate/ultra", form("a").text("strength", "0.5"), (1024, 1024)),
        ("generate/sd3", Form::new().text("prompt", "a").text("model", "sd3.5-flash"), (1024, 1024)),
        ("generate/sd3", form("a").text("mode", "image-to-image").text("strength", "0.5"), (512, 512)),
        ("upscale/fast", form("a"), (2048, 2048)),
        ("upscale/fast", Form::new().file("image", "a.png", "image/png", &png(32, 1536)), (128, 6144)),
        ("upscale/conservative", form("a"), (2048, 2048)),
        ("edit/erase", form("a"), (512, 512)),
        ("edit/inpaint", form("a").text("grow_mask", "100"), (512, 512)),
        ("edit/outpaint", form("a").text("left", "100").text("down", "8"), (612, 520)),
        ("edit/search-and-replace", form("a").text("search_prompt", "b"), (512, 512)),
        ("edit/search-and-recolor", form("a").text("select_prompt", "b"), (512, 512)),
        ("edit/remove-background", form("a"), (512, 512)),
        ("control/sketch", form("a"), (512, 512)),
        ("control/structure", form("a"), (512, 512)),
        ("control/style", form("a"), (1024, 1024)),
        (
            "control/style-transfer",
            both().file("style_image", "b.png", "image/png", &png(64, 64)),
            (512, 512),
        ),
    ] {
        let answer = post_form(&simulator, &format!("{BASE}/{path}"), form).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}: {:?}", answer.body);
        assert_eq!(png_size(&answer.body), size, "{path}");
    }
    assert_eq!(simulator.counts().paid_tasks, 17);
}

#[tokio::test]
async fn a_picture_comes_in_the_format_that_was_asked_for() {
    let simulator = simulator();
    for (format, media_type) in [("jpeg", "image/jpeg"), ("webp", "image/webp")] {
        let asked = Form::new().text("prompt", "a").text("output_format", format);
        assert_eq!(post_form(&simulator, CORE, asked).await.header("content-type"), media_type);
    }
}

#[tokio::test]
async fn a_picture_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    let prompt = || Form::new().text("prompt", "a");
    let picture = |bytes: &[u8]| prompt().file("image", "a.png", "image/png", bytes);
    for (path, form, field) in [
        ("generate/core", Form::new(), "prompt"),
        ("generate/core", Form::new().text("prompt", &"a".repeat(10_001)), "prompt"),
        ("generate/core", prompt().text("seed", "4294967295"), "seed"),
        ("generate/core", prompt().text("seed", "one"), "seed"),
        ("generate/core", prompt().text("aspect_ratio", "4:3"), "aspect_ratio"),
        ("generate/core", prompt().text("style_preset", "dull"), "style_preset"),
        ("generate/ultra", form("a"), "strength"),
        ("generate/sd3", prompt().text("mode", "image-to-image").text("strength", "1"), "image"),
        ("generate/sd3", prompt().text("model", "sd2"), "model"),
        ("upscale/fast", prompt(), "image"),
        ("upscale/fast", picture(b"bytes"), "image"),
        ("upscale/fast", picture(&png(31, 64)), "image"),
        ("upscale/fast", picture(&png(1537, 64)), "image"),
        ("upscale/fast", picture(&png(1024, 1025)), "image"),
        ("control/sketch", picture(&png(63, 64)), "image"),
        ("upscale/conservative", form("a").text("creativity", "0.6"), "creativity"),
        ("edit/outpaint", form("a"), "left"),
        ("edit/remove-background", form("a").text("output_format", "jpeg"), "output_format"),
        ("control/style-transfer", form("a"), "init_image"),
    ] {
        let error = post_form(&simulator, &format!("{BASE}/{path}"), form).await.refusal(400);
        let problem = error["errors"][0].as_str().unwrap();
        assert!(problem.starts_with(&format!("{field}: ")), "{path} {field}: {problem}");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_form_of_more_than_10_mebibytes_is_refused() {
    let form = Form::new().text("prompt", "a").file("none", "", "image/png", &vec![0; 10 << 20]);
    assert_eq!(post_form(&simulator(), CORE, form).await.refusal(413)["name"], "payload_too_large");
}
