//! The older engines.

use http::Method;
use serde_json::{Value, json};

use super::post_accepting;
use crate::support::{Answered, Form, decoded, png, png_size, post, post_form, request, send, simulator};

const ENGINE: &str = "/stability/v1/generation/stable-diffusion-xl-1024-v1-0";

fn prompts() -> Value {
    json!([{"text": "a fox", "weight": 1}, {"text": "blurred", "weight": -1}])
}

async fn text_to_image(extra: Value) -> Answered {
    let mut asked = json!({"text_prompts": prompts()});
    asked.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    post(&simulator(), &format!("{ENGINE}/text-to-image"), &asked).await
}

fn form(size: (u32, u32)) -> Form {
    let form = Form::new().text("text_prompts[0][text]", "a fox").text("text_prompts[0][weight]", "1");
    form.file("init_image", "a.png", "image/png", &png(size.0, size.1))
}

#[tokio::test]
async fn words_become_pictures_with_seeds_of_their_own() {
    let answer = text_to_image(json!({"width": 1216, "height": 832, "samples": 2, "seed": 9})).await.json();
    let artifacts = answer["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.iter().map(|artifact| &artifact["seed"]).collect::<Vec<_>>(), [9, 10]);
    assert_eq!(png_size(&decoded(&artifacts[1]["base64"])), (1216, 832));
    assert_eq!(artifacts[0]["finishReason"], "SUCCESS");
    assert_ne!(artifacts[0]["base64"], artifacts[1]["base64"]);
}

#[tokio::test]
async fn one_picture_may_come_as_bytes() {
    let simulator = simulator();
    let path = format!("{ENGINE}/text-to-image");
    let ask = async |samples: u8| {
        let asked = json!({"text_prompts": prompts(), "samples": samples}).to_string();
        let request = request(Method::POST, &path).header("accept", "image/png").body(asked.into()).unwrap();
        send(&simulator, request).await
    };
    let picture = ask(1).await;
    assert_eq!((picture.header("content-type"), picture.header("finish-reason")), ("image/png", "SUCCESS"));
    assert!(picture.header("seed").parse::<u32>().is_ok());
    assert_eq!(ask(2).await.refusal(400)["name"], "invalid_samples");
}

#[tokio::test]
async fn pictures_become_pictures() {
    let simulator = simulator();
    let size = |answer: &Answered| png_size(&decoded(&answer.json()["artifacts"][0]["base64"]));
    let changed = post_form(&simulator, &format!("{ENGINE}/image-to-image"), form((128, 64))).await;
    assert_eq!(size(&changed), (128, 64));
    let masked = form((64, 64)).text("mask_source", "INIT_IMAGE_ALPHA");
    assert_eq!(
        size(&post_form(&simulator, &format!("{ENGINE}/image-to-image/masking"), masked).await),
        (64, 64)
    );
    let small = Form::new().text("width", "512").file("image", "a.png", "image/png", &png(256, 128));
    assert_eq!(
        size(&post_form(&simulator, &format!("{ENGINE}/image-to-image/upscale"), small).await),
        (512, 256)
    );
    assert_eq!(simulator.counts().paid_tasks, 3);
}

#[tokio::test]
async fn a_request_that_breaks_a_rule_is_refused() {
    for (extra, name) in [
        (json!({"text_prompts": []}), "bad_request"),
        (json!({"text_prompts": [{"weight": 1}]}), "bad_request"),
        (json!({"text_prompts": [{"text": "a".repeat(2001)}]}), "bad_request"),
        (json!({"width": 1000}), "invalid_height_or_width"),
        (json!({"width": 512, "height": 512}), "invalid_sdxl_v1_dimensions"),
        (json!({"samples": 11}), "bad_request"),
        (json!({"steps": 9}), "bad_request"),
        (json!({"cfg_scale": 36}), "bad_request"),
        (json!({"sampler": "K_FAST"}), "bad_request"),
    ] {
        assert_eq!(text_to_image(extra.clone()).await.refusal(400)["name"], name, "{extra}");
    }
}

#[tokio::test]
async fn a_form_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    let post = async |path: &str, form: Form| {
        post_accepting(&simulator, &format!("{ENGINE}/{path}"), "application/json", form).await.refusal(400)
    };
    let message = async |path: &str, form: Form| post(path, form).await["message"].to_string();
    let small = || Form::new().file("image", "a.png", "image/png", &png(256, 128));
    assert!(
        message("image-to-image", Form::new().text("text_prompts[0][text]", "a"))
            .await
            .contains("init_image")
    );
    let wordless = Form::new().file("init_image", "a.png", "image/png", &png(64, 64));
    assert!(message("image-to-image", wordless).await.contains("text_prompts"));
    assert!(message("image-to-image/masking", form((64, 64))).await.contains("mask_source"));
    let maskless = form((64, 64)).text("mask_source", "MASK_IMAGE_WHITE");
    assert!(message("image-to-image/masking", maskless).await.contains("mask_image"));
    assert!(message("image-to-image/upscale", small().text("width", "100")).await.contains("width"));
    let both = small().text("width", "512").text("height", "512");
    assert!(message("image-to-image/upscale", both).await.contains("only one"));
    let large = small().text("width", "4096");
    assert_eq!(post("image-to-image/upscale", large).await["name"], "invalid_pixel_count");
}

#[tokio::test]
async fn an_unknown_engine_is_not_found() {
    let path = "/stability/v1/generation/stable-diffusion-v1-6/text-to-image";
    let error = post(&simulator(), path, &json!({"text_prompts": prompts()})).await.refusal(404);
    assert_eq!(error["name"], "not_found");
}
