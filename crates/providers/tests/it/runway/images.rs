use fourfold_clients::runway::MockRunwayApi;
use fourfold_domain::{Provider, Quantity, Unit};
use serde_json::json;

use super::tasks::outputs_of;
use super::{PNG, URL, provider, refusal, sent};

#[tokio::test]
async fn each_parameter_has_its_place() {
    for (model, name, value, at, expected) in [
        ("gen4_image", "size", json!("1920x1080"), "/ratio", json!("1920:1080")),
        ("gen4_image", "seed", json!(7), "/seed", json!(7)),
        (
            "gen4_image",
            "public_figure_threshold",
            json!("low"),
            "/contentModeration",
            json!({"publicFigureThreshold": "low"}),
        ),
        ("gpt_image_2", "quality", json!("high"), "/quality", json!("high")),
        ("gpt_image_2", "background", json!("opaque"), "/background", json!("opaque")),
        ("gpt_image_2", "n", json!(3), "/outputCount", json!(3)),
        ("gemini_image3_pro", "n", json!(4), "/outputCount", json!(4)),
        ("nano_banana_2.1", "thinking_level", json!("high"), "/thinkingLevel", json!("high")),
        ("seedream5_pro", "grounding", json!(true), "/grounding", json!(true)),
        ("seedream5_lite", "size", json!("2000x2000"), "/ratio", json!("2000:2000")),
        ("seedream5_pro", "format", json!("jpeg"), "/outputFormat", json!("jpeg")),
        ("recraft_v4_1_flash", "background_color", json!("ffffff"), "/backgroundColor", json!("ffffff")),
        ("recraft_v4_1_flash", "colors", json!("ff0000"), "/colors", json!(["ff0000"])),
        ("recraft_v4_1_flash", "colors", json!(["ff0000", "00ff00"]), "/colors/1", json!("00ff00")),
    ] {
        let (route, sent) = sent(model, json!({"prompt": "a fox", name: value})).await;
        assert_eq!((route, &sent["model"]), ("text_to_image", &json!(model)));
        assert_eq!((&sent["promptText"], sent.pointer(at)), (&json!("a fox"), Some(&expected)), "{sent}");
    }
}

#[tokio::test]
async fn pictures_to_go_by_are_named_where_the_prompt_may_do_so() {
    let input = json!({"prompt": "@image_2 by the sea", "image": [URL, PNG]});
    let (_, named) = sent("gen4_image_turbo", input.clone()).await;
    let expected = json!([{"uri": URL, "tag": "image_1"}, {"uri": PNG, "tag": "image_2"}]);
    assert_eq!(named["referenceImages"], expected);
    let (_, bare) = sent("muse_image", input).await;
    assert_eq!(bare["referenceImages"], json!([{"uri": URL}, {"uri": PNG}]));
}

#[tokio::test]
async fn an_edit_has_its_mask_and_no_size() {
    for (name, value, at) in [("mask", json!(PNG), "/maskUri"), ("precise_edit", json!(true), "/preciseEdit")]
    {
        let (_, sent) = sent("ideogram_4_5", json!({"prompt": "a fox", "image": URL, name: value})).await;
        assert_eq!((sent.pointer(at), sent.get("ratio")), (Some(&value), None));
    }
}

#[tokio::test]
async fn what_is_left_out_and_costs_money_is_said_all_the_same() {
    let (_, sent) = sent("gpt_image_2", json!({"prompt": "a fox"})).await;
    assert_eq!((&sent["ratio"], &sent["quality"]), (&json!("1920:1920"), &json!("medium")));
}

#[test]
fn each_limit_names_its_field() {
    let emoji = "\u{1f98a}".repeat(501);
    for (model, more, expected) in [
        ("gen4_image", json!({"prompt": "x".repeat(1001)}), "input.prompt must be at most 1000 characters"),
        ("gen4_image", json!({"prompt": emoji}), "input.prompt must be at most 1000 UTF-16 code units"),
        ("gen4_image", json!({"size": "640x480"}), "input.size must be one of 1280x720, "),
        ("gen4_image", json!({"image": [PNG, PNG, PNG, PNG]}), "input.image must be at most 3 media"),
        ("gen4_image", json!({"quality": "high"}), "input.quality is not a parameter of this model"),
        ("gen4_image", json!({"seed": 4_294_967_296_u64}), "input.seed must be from 0 to 4294967295"),
        ("gen4_image_turbo", json!({}), "input.image is required"),
        ("gemini_image3_pro", json!({"n": 2}), "input.n must be one of 1, 4"),
        (
            "seedream5_lite",
            json!({"size": "1024x1024"}),
            "input.size must have from 3686400 to 16777216 pixels",
        ),
        (
            "seedream5_lite",
            json!({"size": "8192x8192"}),
            "input.size must have from 3686400 to 16777216 pixels",
        ),
        ("grok_imagine_image_2", json!({"edit": true}), "input.image is required for an edit"),
        ("ideogram_4_5", json!({"mask": PNG}), "input.image is required for an edit"),
        (
            "ideogram_4_5",
            json!({"image": PNG, "precise_edit": true, "size": "1024x1024"}),
            "input.size isn't taken with an edit",
        ),
        (
            "bria_fibo_edit_1_5",
            json!({"image": PNG, "size": "1024x1024"}),
            "input.size is only taken with two pictures or more",
        ),
    ] {
        let mut input = json!({"prompt": "a fox"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refusal = refusal(model, input);
        assert!(refusal.starts_with(expected), "{model}: {refusal}");
    }
}

#[tokio::test]
async fn what_was_delivered_is_what_is_counted() {
    let links = ["https://cdn.test/a/1.webp?_jwt=s", "https://cdn.test/2.JPG", "https://cdn.test/3"];
    let input = json!({"prompt": "a fox", "n": 4, "quality": "high"});
    let outputs = outputs_of("gpt_image_2", input, json!(links)).await.unwrap();
    let media_types: Vec<_> = outputs.items.iter().map(|item| item.media_type.as_str()).collect();
    assert_eq!(media_types, ["image/webp", "image/jpeg", "image/png"]);
    let counted = Quantity::new(Unit::Image, 3).with("size", "1920x1920").with("quality", "high");
    assert_eq!(outputs.quantities, [counted]);
    assert_eq!(outputs.missing.as_deref(), Some("the vendor made 3 of 4 pictures"));
}

#[tokio::test]
async fn a_picture_is_of_the_format_that_was_asked_for_where_its_name_does_not_tell() {
    for (model, more, expected) in [
        ("muse_image", json!({"format": "webp"}), "image/webp"),
        ("recraft_v4_1_flash", json!({}), "image/webp"),
        ("recraft_v4_1_vector", json!({}), "image/svg+xml"),
    ] {
        let mut input = json!({"prompt": "a fox"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let outputs = outputs_of(model, input, json!(["https://cdn.test/x"])).await.unwrap();
        assert_eq!((outputs.items[0].media_type.as_str(), outputs.missing), (expected, None));
    }
}

#[test]
fn retired_models_are_not_offered() {
    let provider = provider(MockRunwayApi::new());
    for retired in ["gen3a_turbo", "gen4_aleph", "veo3", "upscale_v1"] {
        assert!(provider.models().iter().all(|spec| spec.vendor_model != retired), "{retired}");
    }
}
