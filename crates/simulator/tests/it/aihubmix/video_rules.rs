//! What a video of each family must keep to.

use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::{Value, json};

use super::{VIDEOS, message, with};
use crate::support::{Form, post, post_form, settings, simulator};

/// The length and the sides of the video that these fields make.
async fn made(simulator: &Simulator, model: &str, extra: Value) -> (i64, i64, i64) {
    let asked = with(json!({"model": model, "prompt": "a fox"}), extra);
    let video = post(simulator, VIDEOS, &asked).await.json();
    let number = |field: &str| video[field].as_i64().unwrap();
    (number("duration"), number("width"), number("height"))
}

/// The message that the fields are refused with.
async fn refused(simulator: &Simulator, model: &str, extra: Value) -> String {
    let asked = with(json!({"model": model, "prompt": "a fox"}), extra);
    message(&post(simulator, VIDEOS, &asked).await.refusal(400)).to_owned()
}

fn i2v(model: &str) -> Form {
    Form::new().text("model", model).text("prompt", "a fox").file(
        "input_reference",
        "a.png",
        "image/png",
        b"a",
    )
}

#[tokio::test]
async fn seconds_are_text_or_a_number() {
    let simulator = simulator();
    for (model, seconds) in
        [("sora-2", 8), ("veo-3.1-generate-preview", 6), ("wan2.6-t2v", 10), ("kling-v3", 7)]
    {
        for written in [json!(seconds), json!(seconds.to_string())] {
            assert_eq!(made(&simulator, model, json!({"seconds": written})).await.0, seconds, "{model}");
        }
        for wrong in [json!("soon"), json!(0), json!(1.5), json!("61")] {
            let problem = refused(&simulator, model, json!({"seconds": wrong})).await;
            assert!(problem.starts_with("seconds"), "{model}: {problem}");
        }
    }
}

#[tokio::test]
async fn sora_makes_three_lengths_in_sizes_of_its_own() {
    let simulator = simulator();
    assert_eq!(made(&simulator, "sora-2", json!({})).await, (4, 720, 1280));
    let tall = json!({"seconds": "12", "size": "1024x1792"});
    assert_eq!(made(&simulator, "sora-2-pro", tall.clone()).await, (12, 1024, 1792));
    assert!(refused(&simulator, "sora-2", tall).await.starts_with("size"));
    assert!(refused(&simulator, "sora-2", json!({"seconds": "5"})).await.starts_with("seconds"));
    assert!(refused(&simulator, "sora-2", json!({"size": "720p"})).await.starts_with("size"));
}

#[tokio::test]
async fn veo_takes_eight_seconds_for_more_than_720p_and_for_references() {
    let simulator = simulator();
    let (newest, oldest) = ("veo-3.1-fast-generate-preview", "veo-2.0-generate-001");
    assert_eq!(made(&simulator, newest, json!({})).await, (8, 1280, 720));
    assert_eq!(made(&simulator, newest, json!({"seconds": 4})).await, (4, 1280, 720));
    assert_eq!(made(&simulator, newest, json!({"size": "4k"})).await, (8, 3840, 2160));
    assert_eq!(made(&simulator, newest, json!({"size": "1080x1920"})).await, (8, 1080, 1920));
    let older_names = json!({"durationSeconds": 8, "resolution": "1080p", "aspectRatio": "9:16"});
    assert_eq!(made(&simulator, newest, older_names).await, (8, 1080, 1920));
    for (model, extra, field) in [
        (newest, json!({"seconds": "5"}), "seconds"),
        (newest, json!({"durationSeconds": 5}), "durationSeconds"),
        (newest, json!({"seconds": "6", "size": "1080p"}), "seconds"),
        (newest, json!({"seconds": "4", "size": "4k"}), "seconds"),
        (newest, json!({"size": "480p"}), "size"),
        (newest, json!({"size": "640x480"}), "size"),
        (newest, json!({"aspectRatio": "tall"}), "aspectRatio"),
        (oldest, json!({"size": "4k"}), "size"),
    ] {
        let problem = refused(&simulator, model, extra).await;
        assert!(problem.starts_with(field), "{model}: {problem}");
    }
    post_form(&simulator, VIDEOS, i2v(newest).text("seconds", "8")).await.json();
    post_form(&simulator, VIDEOS, i2v(newest).text("seconds", "4")).await.refusal(400);
}

#[tokio::test]
async fn wan_makes_the_sizes_of_its_classes() {
    let simulator = simulator();
    for (model, right, wrong) in [
        ("wan2.6-t2v", [("15", "1920x1080"), ("10", "832x1088")], [("5", "832x480"), ("4", "1280x720")]),
        (
            "wan2.5-t2v-preview",
            [("10", "624x624"), ("5", "1632x1248")],
            [("5", "640x480"), ("15", "832x480")],
        ),
        ("wan2.2-t2v-plus", [("5", "480x832"), ("5", "1440x1440")], [("5", "1280x720"), ("10", "832x480")]),
    ] {
        for (seconds, size) in right {
            let (duration, width, height) =
                made(&simulator, model, json!({"seconds": seconds, "size": size})).await;
            assert_eq!((duration.to_string(), format!("{width}x{height}")), (seconds.into(), size.into()));
        }
        for (seconds, size) in wrong {
            refused(&simulator, model, json!({"seconds": seconds, "size": size})).await;
        }
    }
    assert!(refused(&simulator, "wan2.6-t2v", json!({"size": "720p"})).await.starts_with("size"));
}

#[tokio::test]
async fn wans_videos_of_pictures_need_one() {
    let simulator = simulator();
    for model in ["wan2.6-i2v", "wan2.5-i2v-preview", "wan2.2-i2v-plus"] {
        post_form(&simulator, VIDEOS, i2v(model)).await.json();
        assert!(refused(&simulator, model, json!({})).await.starts_with("input_reference is required"));
    }
    let form = Form::new().text("model", "wan2.6-i2v").text("prompt", "a fox");
    let form = form.file("input_reference", "a.gif", "image/gif", b"a");
    let error = post_form(&simulator, VIDEOS, form).await.refusal(400);
    assert!(message(&error).starts_with("input_reference 'image/gif'"), "{error}");
}

#[tokio::test]
async fn wan_takes_alibabas_own_form_too() {
    let simulator = simulator();
    let first_frame = json!([{"type": "first_frame", "url": "data:image/png;base64,aaaa"}]);
    let asked = |media: Value, parameters: Value| {
        let input = json!({"prompt": "a fox", "media": media});
        json!({"model": "wan2.6-i2v", "input": input, "parameters": parameters})
    };
    let right = asked(first_frame.clone(), json!({"resolution": "1080P", "duration": 10}));
    let video = post(&simulator, VIDEOS, &right).await.json();
    assert_eq!((&video["duration"], &video["height"]), (&json!(10), &json!(1080)));
    for (wrong, named) in [
        (asked(json!([]), json!({})), "input.media is required"),
        (asked(json!([{"type": "first_frame"}]), json!({})), "input.media[0].url is required"),
        (asked(first_frame.clone(), json!({"resolution": "480P"})), "resolution"),
        (asked(first_frame, json!({"duration": 3})), "duration"),
        (json!({"model": "wan2.6-t2v", "input": {}}), "prompt is required"),
    ] {
        let error = post(&simulator, VIDEOS, &wrong).await.refusal(400);
        assert!(message(&error).starts_with(named), "{error}");
    }
}

#[tokio::test]
async fn seedance_takes_tiers_and_refuses_pixels() {
    let simulator = simulator();
    let model = "doubao-seedance-2-0-fast-260128";
    assert_eq!(made(&simulator, model, json!({})).await, (5, 1280, 720));
    let own = json!({"duration": 8, "ratio": "9:16", "resolution": "1080p"});
    assert_eq!(made(&simulator, model, own).await, (8, 1080, 1920));
    assert_eq!(made(&simulator, model, json!({"seconds": "6", "size": "480p"})).await.2, 480);
    for (extra, field) in [
        (json!({"resolution": "1280x720"}), "resolution"),
        (json!({"size": "1280x720"}), "size"),
        (json!({"size": "4k"}), "size"),
        (json!({"ratio": "wide"}), "ratio"),
        (json!({"content": [{"text": "a fox"}]}), "content[0].type"),
        (json!({"extra_body": {"content": [{"type": "image_url"}]}}), "content[0].image_url"),
    ] {
        let problem = refused(&simulator, model, extra).await;
        assert!(problem.starts_with(field), "{problem}");
    }
    let picture = json!({"type": "image_url", "image_url": {"url": "https://a.test/a.png"}});
    let said = json!({"model": model, "content": [{"type": "text", "text": "a fox"}, picture]});
    post(&simulator, VIDEOS, &said).await.json();
    let error = post(&simulator, VIDEOS, &json!({"model": model, "content": [picture]})).await.refusal(400);
    assert_eq!(error["error"]["code"], "prompt_missing");
}

#[tokio::test]
async fn kling_takes_up_to_four_pictures() {
    let simulator = simulator();
    let pictures = json!({"image": "https://a.test/a.png", "image_tail": "https://a.test/b.png"});
    made(&simulator, "kling-v3", pictures).await;
    made(&simulator, "kling-v3", json!({"image_list": vec!["https://a.test/a.png"; 4]})).await;
    let problem = refused(&simulator, "kling-v3", json!({"image_list": vec!["a"; 5]})).await;
    assert!(problem.starts_with("image_list is too long"), "{problem}");
    assert!(refused(&simulator, "kling-v3", json!({"image": 1})).await.starts_with("image must be"));
    assert!(refused(&simulator, "kling-v3", json!({"size": "large"})).await.starts_with("size"));
}

#[tokio::test]
async fn each_video_needs_a_model_and_a_prompt() {
    let extra_models = vec!["mine".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    for (asked, status, code) in [
        (json!({"prompt": "a fox"}), 400, None),
        (json!({"model": "sora-3", "prompt": "a fox"}), 503, None),
        (json!({"model": "gpt-4o", "prompt": "a fox"}), 503, None),
        (json!({"model": "sora-2"}), 400, Some("prompt_missing")),
        (json!({"model": "wan2.6-t2v", "prompt": ""}), 400, Some("prompt_missing")),
        (json!({"model": "mine", "prompt": "a".repeat(32_001)}), 400, Some("prompt_too_long")),
    ] {
        let error = post(&simulator, VIDEOS, &asked).await.refusal(status);
        assert_eq!(error["error"].get("code").and_then(Value::as_str), code, "{error}");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
    assert_eq!(made(&simulator, "mine", json!({"seconds": "7"})).await.0, 7);
}
