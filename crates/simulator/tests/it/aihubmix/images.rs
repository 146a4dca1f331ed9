//! Pictures by OpenAI's routes.

use serde_json::json;

use super::message;
use crate::support::{Form, decoded, get, png_size, post, post_form, simulator};

const GENERATIONS: &str = "/aihubmix/v1/images/generations";
const EDITS: &str = "/aihubmix/v1/images/edits";

fn form(model: &str) -> Form {
    Form::new().text("model", model).text("prompt", "red")
}

#[tokio::test]
async fn openais_models_answer_with_bytes() {
    let simulator = simulator();
    let asked = json!({"model": "gpt-image-2", "prompt": "a fox", "size": "96x64"});
    let answer = post(&simulator, GENERATIONS, &asked).await.json();
    assert_eq!(png_size(&decoded(&answer["data"][0]["b64_json"])), (96, 64));
    let edit = form("gpt-image-2").file("image", "a.png", "image/png", b"png");
    let edited = post_form(&simulator, EDITS, edit).await.json();
    assert_eq!(edited["usage"]["input_tokens_details"]["image_tokens"], 256);
    assert_eq!(simulator.counts().paid_tasks, 2);
}

#[tokio::test]
async fn other_models_answer_with_links() {
    let simulator = simulator();
    let asked = json!({"model": "doubao-seedream-4-0", "prompt": "a fox", "size": "2K", "n": 2});
    let answer = post(&simulator, GENERATIONS, &asked).await.json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    let url = answer["data"][0]["url"].as_str().unwrap();
    let picture = get(&simulator, url.strip_prefix("http://simulator.test").unwrap()).await;
    assert_eq!(png_size(&picture.body), (2048, 2048));
    let edit = form("qwen-image-edit").text("size", "512*1024").file("image", "a.png", "image/png", b"png");
    let edited = post_form(&simulator, EDITS, edit).await.json();
    assert!(edited["data"][0]["url"].is_string());
    assert_eq!(simulator.counts().paid_tasks, 2);
}

#[tokio::test]
async fn an_edit_needs_a_picture() {
    let simulator = simulator();
    for model in ["gpt-image-2", "qwen-image-edit"] {
        let error = post_form(&simulator, EDITS, form(model)).await.refusal(400);
        assert!(message(&error).starts_with("image is required"), "{error}");
    }
}

#[tokio::test]
async fn each_family_has_sizes_of_its_own() {
    let simulator = simulator();
    for (model, right, wrong) in [
        ("gpt-image-1.5", "1536x1024", "96x64"),
        ("gpt-image-2", "96x64", "100x100"),
        ("qwen-image", "512*1024", "512x1024"),
        ("wan2.7-image", "1K", "8K"),
        ("doubao-seedream-4-5", "4K", "1024x1024"),
        ("V3", "1024x768", "1024*768"),
    ] {
        for (size, status) in [(right, 200), ("auto", 200), (wrong, 400)] {
            let asked = json!({"model": model, "prompt": "a", "size": size});
            let answer = post(&simulator, GENERATIONS, &asked).await;
            assert_eq!(answer.status.as_u16(), status, "{model} {size}: {}", answer.text());
            // Nothing but the size is wrong.
            let wanted = if status == 400 { "\"size_not_supported\"" } else { "" };
            assert!(model.starts_with("gpt-") || answer.text().contains(wanted), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_picture_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (asked, status, code) in [
        (json!({"prompt": "a"}), 400, None),
        (json!({"model": "qwen-image"}), 400, Some("prompt_missing")),
        (json!({"model": "qwen-image", "prompt": "a".repeat(32_001)}), 400, Some("prompt_too_long")),
        (json!({"model": "qwen-image", "prompt": "a", "n": 11}), 400, Some("n_not_within_range")),
        (json!({"model": "qwen-image", "prompt": "a", "n": 0}), 400, Some("n_not_within_range")),
        (json!({"model": "gpt-image-2", "prompt": "a", "n": 11}), 400, Some("n_not_within_range")),
        (json!({"model": "qwen-image", "prompt": "a", "quality": "hd"}), 400, None),
        (json!({"model": "glm-image", "prompt": "a", "quality": "high"}), 400, None),
        (json!({"model": "qwen-image", "prompt": "a", "image": 1}), 400, None),
        (json!({"model": "flux-2-pro", "prompt": "a", "aspect_ratio": "22:9"}), 400, None),
        (json!({"model": "flux-2-pro", "prompt": "a", "aspect_ratio": "wide"}), 400, None),
        (json!({"model": "flux-2-pro", "prompt": "a", "safety_tolerance": 7}), 400, None),
        (json!({"model": "qwen-image", "prompt": "a [filtered] fox"}), 400, Some("moderation_blocked")),
        (json!({"model": "dall-e-3", "prompt": "a"}), 503, None),
        (json!({"model": "gpt-4o", "prompt": "a"}), 503, None),
    ] {
        let error = post(&simulator, GENERATIONS, &asked).await.refusal(status);
        assert_eq!(error["error"].get("code").and_then(|code| code.as_str()), code, "{error}");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_picture_that_keeps_to_its_familys_rules_is_made() {
    let simulator = simulator();
    for asked in [
        json!({"model": "glm-image", "prompt": "a", "quality": "hd"}),
        json!({"model": "FLUX.1-Kontext-pro", "prompt": "a", "aspect_ratio": "9:21", "safety_tolerance": 6}),
        json!({"model": "doubao-seedream-4-0", "prompt": "a", "image": ["https://a.test/a.png"]}),
        json!({"model": "irag-1.0", "prompt": "a", "quality": "low"}),
    ] {
        post(&simulator, GENERATIONS, &asked).await.json();
    }
}
