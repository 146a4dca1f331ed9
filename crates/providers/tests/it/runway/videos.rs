use fourfold_clients::runway::MockRunwayApi;
use fourfold_domain::{MediaMaker, Modality, Quantity, Reason, Request, Unit};
use serde_json::{Value, json};

use super::assets::film;
use super::tasks::outputs_of;
use super::{PNG, URL, context, provider, refusal, sent};

/// What a way is asked by, beside its parameters.
fn input(way: &str) -> Value {
    match way {
        "text" => json!({"prompt": "a fox"}),
        "image" => json!({"prompt": "a fox", "image": PNG}),
        "video" => json!({"prompt": "a fox", "video": film(3_000)}),
        _ => json!({"image": PNG, "video": film(3_000)}),
    }
}

fn with(mut input: Value, name: &str, value: &Value) -> Value {
    input[name] = value.clone();
    input
}

#[tokio::test]
async fn the_route_follows_from_what_is_handed_in() {
    for (model, way, expected, at) in [
        ("gen4.5", "text", "text_to_video", "/promptText"),
        ("gen4.5", "image", "image_to_video", "/promptImage"),
        ("aleph2", "video", "video_to_video", "/videoUri"),
        ("kling_4", "video", "video_to_video", "/videoUri"),
        ("gemini_omni_flash", "video", "video_to_video", "/videoUri"),
        ("seedance2", "video", "video_to_video", "/promptVideo"),
        ("klingO3_pro", "video", "video_to_video", "/promptVideo"),
        ("act_two", "performance", "character_performance", "/reference/uri"),
    ] {
        let (route, sent) = sent(model, input(way)).await;
        assert_eq!((route, &sent["model"]), (expected, &json!(model)));
        assert!(sent.pointer(at).is_some(), "{model}: {sent}");
    }
}

#[tokio::test]
async fn each_parameter_has_its_place() {
    for (model, way, name, value, at, expected) in [
        ("gen4.5", "text", "seconds", json!(7), "/duration", json!(7)),
        ("gen4.5", "text", "size", json!("720x1280"), "/ratio", json!("720:1280")),
        ("gen4.5", "text", "seed", json!(7), "/seed", json!(7)),
        ("gen4.5", "text", "output_format", json!("prores"), "/outputFormat", json!("prores")),
        (
            "gen4.5",
            "image",
            "public_figure_threshold",
            json!("low"),
            "/contentModeration/publicFigureThreshold",
            json!("low"),
        ),
        ("veo3.1", "text", "audio", json!(false), "/audio", json!(false)),
        ("veo3.1", "image", "negative_prompt", json!("ships"), "/negativePrompt", json!("ships")),
        (
            "veo3.1",
            "image",
            "last_image",
            json!(URL),
            "/promptImage/1",
            json!({"uri": URL, "position": "last"}),
        ),
        ("kling3.0_pro", "text", "cfg_scale", json!(0.5), "/cfgScale", json!(0.5)),
        ("klingO3_pro", "image", "references", json!([URL]), "/references", json!([{"uri": URL}])),
        (
            "klingO3_pro",
            "video",
            "keep_original_sound",
            json!(true),
            "/providerSettings/keepOriginalSound",
            json!(true),
        ),
        ("seedance2", "text", "references", json!([URL, PNG]), "/references/1/uri", json!(PNG)),
        ("seedance2", "video", "references", json!(URL), "/references/0/uri", json!(URL)),
        ("hailuo3", "text", "aspect_ratio", json!("21:9"), "/ratio", json!("21:9")),
        ("hailuo3", "text", "resolution", json!("2k"), "/resolution", json!("2k")),
        (
            "h3_max",
            "text",
            "prompt_expansion_mode",
            json!("quality"),
            "/promptExpansionMode",
            json!("quality"),
        ),
        ("gemini_omni_flash_1.1", "video", "mode", json!("extend"), "/mode", json!("extend")),
        ("aleph2", "video", "aspect_ratio", json!("1:1"), "/targetAspectRatio", json!("1:1")),
        ("aleph2", "video", "seed", json!(7), "/seed", json!(7)),
        ("act_two", "performance", "size", json!("960x960"), "/ratio", json!("960:960")),
        ("act_two", "performance", "seed", json!(7), "/seed", json!(7)),
        ("act_two", "performance", "body_control", json!(true), "/bodyControl", json!(true)),
        ("act_two", "performance", "expression_intensity", json!(4), "/expressionIntensity", json!(4)),
    ] {
        let (_, sent) = sent(model, with(input(way), name, &value)).await;
        assert_eq!(sent.pointer(at), Some(&expected), "{model} {name}: {sent}");
    }
    let prores = with(input("text"), "output_format", &json!("prores"));
    let (_, sent) = sent("gen4.5", with(prores, "prores_profile", &json!("422 HQ"))).await;
    assert_eq!(sent["proresProfile"], "422 HQ");
}

#[tokio::test]
async fn a_picture_to_begin_with_goes_alone_or_before_the_last() {
    let (_, alone) = sent("veo3.1", input("image")).await;
    assert_eq!(alone["promptImage"], PNG);
    let (_, both) = sent("veo3.1", with(input("image"), "last_image", &json!(URL))).await;
    assert_eq!(both["promptImage"][0], json!({"uri": PNG, "position": "first"}));
}

#[tokio::test]
async fn aspect_and_resolution_become_what_the_model_has() {
    for (model, way, more, ratio, resolution) in [
        ("kling_4", "text", json!({}), Some("auto_720p"), None),
        ("kling_4", "text", json!({"aspect_ratio": "1:1"}), Some("940:940"), None),
        ("kling_4", "image", json!({"resolution": "1080p"}), Some("auto_1080p"), None),
        ("kling_4", "video", json!({}), Some("auto_720p"), None),
        ("wan3", "text", json!({"resolution": "480p", "aspect_ratio": "4:3"}), Some("720:544"), None),
        ("wan3_prime", "image", json!({"resolution": "480p"}), Some("auto_480p"), None),
        ("happyhorse_1_0", "text", json!({"resolution": "1080p"}), Some("1920:1080"), None),
        ("happyhorse_1_0", "text", json!({"aspect_ratio": "3:4"}), Some("832:1108"), None),
        ("happyhorse_1_0", "image", json!({"resolution": "1080p"}), None, Some("1080p")),
        ("grok_imagine_1_5", "text", json!({"aspect_ratio": "3:2"}), Some("3:2"), Some("720p")),
        ("grok_imagine_1_5", "image", json!({}), None, Some("720p")),
        ("grok_imagine_1_5_lite", "text", json!({}), Some("1280:720"), None),
        ("grok_imagine_1_5_lite", "image", json!({"resolution": "1080p"}), Some("auto_1080p"), None),
        ("h3_max", "image", json!({}), None, Some("768p")),
        ("hailuo3", "image", json!({"aspect_ratio": "adaptive"}), Some("adaptive"), Some("768p")),
        ("kling3.0_pro", "text", json!({}), Some("1920:1080"), None),
        ("kling3.0_pro", "image", json!({}), None, None),
        ("kling2.5_turbo_pro", "image", json!({}), None, None),
        ("klingO3_4k", "video", json!({}), None, None),
        ("gemini_omni_flash", "text", json!({}), Some("1280:720"), None),
        ("seedance2_mini", "video", json!({}), Some("1280:720"), None),
    ] {
        let mut input = input(way);
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (_, sent) = sent(model, input).await;
        let found = (sent.get("ratio"), sent.get("resolution"));
        let expected = (ratio.map(Value::from), resolution.map(Value::from));
        assert_eq!(found, (expected.0.as_ref(), expected.1.as_ref()), "{model} {way} {more}");
    }
}

#[test]
fn each_limit_names_its_field() {
    for (model, way, more, expected) in [
        ("gen4.5", "text", json!({"seconds": 11}), "input.seconds must be from 2 to 10"),
        (
            "gen4.5",
            "text",
            json!({"size": "960x960"}),
            "input.size must be one of 1280x720, 720x1280 from words",
        ),
        (
            "gen4.5",
            "text",
            json!({"size": "1920x1080"}),
            "input.size must be one of 1280x720, 720x1280, 1104x832",
        ),
        ("gen4.5", "text", json!({"prores_profile": "422"}), "input.prores_profile is only for"),
        ("gen4.5", "text", json!({"last_image": PNG}), "input.last_image is not a parameter of this model"),
        (
            "gen4.5",
            "text",
            json!({"prompt": "x".repeat(1001)}),
            "input.prompt must be at most 1000 characters",
        ),
        (
            "gen4.5",
            "text",
            json!({"prompt": "\u{1f98a}".repeat(501)}),
            "input.prompt must be at most 1000 UTF-16 code units",
        ),
        ("gen4_turbo", "text", json!({}), "input.image is required"),
        ("gen4_turbo", "image", json!({"audio": true}), "input.audio is not a parameter of this model"),
        ("aleph2", "text", json!({}), "input.video is required"),
        ("act_two", "image", json!({"prompt": null}), "input.video is required"),
        ("act_two", "video", json!({"prompt": null}), "input.image is required"),
        (
            "act_two",
            "performance",
            json!({"expression_intensity": 6}),
            "input.expression_intensity must be from 1",
        ),
        ("veo3.1", "text", json!({"seconds": 5}), "input.seconds must be one of 4, 6, 8"),
        (
            "veo3.1",
            "text",
            json!({"last_image": PNG}),
            "input.last_image isn't taken by this model from words alone",
        ),
        ("kling2.5_turbo_pro", "text", json!({"seconds": 6}), "input.seconds must be one of 5, 10"),
        (
            "kling2.5_turbo_pro",
            "image",
            json!({"size": "1280x720"}),
            "input.size isn't taken by this model from a picture",
        ),
        ("kling2.5_turbo_pro", "image", json!({"prompt": null}), "input.prompt is required"),
        ("kling3.0_standard", "text", json!({"size": "1920x1080"}), "input.size must be one of 1280x720"),
        ("kling3.0_4k", "text", json!({"seconds": 16}), "input.seconds must be from 3 to 15"),
        (
            "klingO3_pro",
            "text",
            json!({"references": PNG}),
            "input.references isn't taken by this model from words",
        ),
        (
            "klingO3_pro",
            "video",
            json!({"audio": true}),
            "input.audio isn't taken by this model from a video",
        ),
        (
            "klingO3_pro",
            "video",
            json!({"references": [PNG, PNG, PNG, PNG, PNG]}),
            "input.references must be at most 4",
        ),
        (
            "klingO3_pro",
            "video",
            json!({"image": PNG}),
            "input.image can't be given together with input.video",
        ),
        (
            "klingO3_pro",
            "image",
            json!({"keep_original_sound": true}),
            "input.keep_original_sound isn't taken",
        ),
        ("kling_4", "video", json!({"prompt": null}), "input.prompt is required by this model from a video"),
        (
            "kling_4",
            "image",
            json!({"aspect_ratio": "1:1"}),
            "input.aspect_ratio isn't taken by this model from a picture",
        ),
        ("seedance2_fast", "text", json!({"seconds": 3}), "input.seconds must be from 4 to 15"),
        ("seedance2_fast", "text", json!({"size": "1920x1080"}), "input.size must be one of"),
        (
            "seedance2",
            "image",
            json!({"references": PNG}),
            "input.references isn't taken by this model from a picture",
        ),
        (
            "seedance2",
            "text",
            json!({"prompt": "x".repeat(3501)}),
            "input.prompt must be at most 3500 characters",
        ),
        ("hailuo3", "text", json!({"aspect_ratio": "adaptive"}), "input.aspect_ratio can be adaptive only"),
        (
            "wan3",
            "image",
            json!({"aspect_ratio": "1:1"}),
            "input.aspect_ratio isn't taken by this model from a picture",
        ),
        (
            "grok_imagine_1_5",
            "text",
            json!({"resolution": "4k"}),
            "input.resolution must be one of 720p, 480p, 1080p",
        ),
        ("gemini_omni_flash", "text", json!({"seconds": 11}), "input.seconds must be from 3 to 10"),
        (
            "gemini_omni_flash",
            "video",
            json!({"size": "1280x720"}),
            "input.size isn't taken by this model from a video",
        ),
        (
            "gemini_omni_flash_1.1",
            "text",
            json!({"mode": "edit"}),
            "input.mode isn't taken by this model from words",
        ),
    ] {
        let mut input = input(way);
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refusal = refusal(model, input);
        assert!(refusal.starts_with(expected), "{model} {way} {more}: {refusal}");
    }
}

#[tokio::test]
async fn what_the_check_refuses_is_not_begun_either() {
    for (model, input) in [
        ("gen4_turbo", json!({"prompt": "a fox"})),
        ("gen4_turbo", json!({"video": URL})),
        ("veo3.1", json!({"video": URL})),
        ("aleph2", json!({"prompt": "a fox"})),
        ("aleph2", json!({"image": URL})),
        ("act_two", json!({"image": URL})),
        ("veo3.1", json!({"prompt": "a fox", "seed": u64::MAX})),
    ] {
        let Ok(Request::Media(request)) = Request::parse(Modality::Video, input.as_object().unwrap().clone())
        else {
            panic!("{input}");
        };
        let error = provider(MockRunwayApi::new()).start(request, context(model)).await.unwrap_err();
        assert_eq!(error.reason, Reason::InvalidRequest, "{model}: {error}");
        assert!(error.message.starts_with("input."), "{model}: {error}");
    }
}

#[tokio::test]
async fn a_video_is_counted_by_the_second_as_it_was_asked_for() {
    let link = "https://cdn.test/x.mp4?_jwt=a";
    for (model, input, expected) in [
        (
            "veo3.1",
            json!({"prompt": "a fox", "seconds": 8}),
            Quantity::new(Unit::VideoSecond, 8).with("size", "1280x720").with("audio", "true"),
        ),
        (
            "veo3.1",
            json!({"prompt": "a fox", "audio": false, "size": "1080x1920"}),
            Quantity::new(Unit::VideoSecond, 4).with("size", "1080x1920").with("audio", "false"),
        ),
        (
            "wan3",
            json!({"prompt": "a fox", "resolution": "1080p"}),
            Quantity::new(Unit::VideoSecond, 5).with("resolution", "1080p").with("audio", "true"),
        ),
        ("kling2.5_turbo_pro", json!({"prompt": "a fox", "image": PNG}), Quantity::new(Unit::VideoSecond, 5)),
    ] {
        let outputs = outputs_of(model, input, json!([link])).await.unwrap();
        assert_eq!((outputs.quantities, outputs.missing), (vec![expected], None));
        assert_eq!(outputs.items[0].media_type, "video/mp4");
    }
}

#[tokio::test]
async fn a_video_as_long_as_another_is_counted_by_that_one() {
    for (model, mut input, seconds) in [
        ("aleph2", json!({"video": film(7_200), "seconds": 10}), 8),
        ("klingO3_pro", json!({"prompt": "x", "video": film(3_000)}), 3),
        ("act_two", json!({"image": PNG, "video": film(4_000)}), 4),
    ] {
        input["seconds"] = json!(10);
        let outputs = outputs_of(model, input, json!(["https://cdn.test/x.mp4"])).await.unwrap();
        assert_eq!(
            (outputs.quantities[0].unit, outputs.quantities[0].count),
            (Unit::VideoSecond, seconds),
            "{model}"
        );
    }
}

#[tokio::test]
async fn a_film_of_another_format_says_so() {
    for (model, format, link, expected) in [
        ("gen4.5", "prores", "https://cdn.test/x", "video/quicktime"),
        ("seedance2_5", "mov", "https://cdn.test/x", "video/quicktime"),
        ("seedance2_5", "mp4", "https://cdn.test/x", "video/mp4"),
        ("gen4.5", "prores", "https://cdn.test/x.mov?_jwt=a", "video/quicktime"),
    ] {
        let input = json!({"prompt": "a fox", "output_format": format});
        let outputs = outputs_of(model, input, json!([link])).await.unwrap();
        assert_eq!(outputs.items[0].media_type, expected, "{model} {format}");
    }
}
