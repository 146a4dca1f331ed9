//! What the vendor wouldn't take is refused before it is asked, by the name of its field.

use fourfold_clients::stability::MockStabilityApi;
use fourfold_domain::{Effect, MediaMaker, MediaRequest, Modality, Parameter, Provider, Reason, Request};
use serde_json::{Map, Value, json};

use super::{PNG, context, provider, request, start};

#[test]
fn the_table_refuses_what_the_vendors_page_does_by_its_field() {
    let long = "x".repeat(10_001);
    let provider = provider(MockStabilityApi::new());
    for (model, field, values) in [
        ("stable-image-core", "prompt", vec![json!(long), json!("")]),
        ("stable-image-core", "negative_prompt", vec![json!(long)]),
        ("stable-image-core", "seed", vec![json!(-1), json!(4_294_967_295_u32)]),
        ("stable-image-core", "aspect_ratio", vec![json!("4:3")]),
        ("stable-image-core", "style_preset", vec![json!("oil")]),
        ("stable-image-core", "format", vec![json!("gif")]),
        ("stable-image-core", "n", vec![json!(0), json!(2)]),
        ("stable-image-core", "image", vec![json!(PNG)]),
        ("stable-image-core", "size", vec![json!("1024x1024")]),
        ("stable-image-ultra", "strength", vec![json!(-0.1), json!(1.1)]),
        ("sd3.5-flash", "cfg_scale", vec![json!(0.9), json!(10.1)]),
        ("upscale-fast", "image", vec![json!([]), json!([PNG, PNG]), Value::Null]),
        ("upscale-conservative", "creativity", vec![json!(0.19), json!(0.51)]),
        ("upscale-creative", "creativity", vec![json!(0.09), json!(0.51)]),
        ("edit-erase", "grow_mask", vec![json!(-1), json!(21)]),
        ("edit-inpaint", "grow_mask", vec![json!(101)]),
        ("edit-outpaint", "left", vec![json!(-1), json!(2001)]),
        ("edit-outpaint", "creativity", vec![json!(1.1)]),
        ("edit-search-and-replace", "search_prompt", vec![Value::Null, json!("")]),
        ("edit-search-and-replace", "grow_mask", vec![json!(21)]),
        ("edit-search-and-recolor", "select_prompt", vec![Value::Null, json!("")]),
        ("edit-remove-background", "format", vec![json!("jpeg")]),
        ("edit-replace-background-and-relight", "light_source_direction", vec![json!("behind")]),
        ("edit-replace-background-and-relight", "preserve_original_subject", vec![json!(1.1)]),
        ("control-sketch", "control_strength", vec![json!(1.1)]),
        ("control-style", "fidelity", vec![json!(1.1)]),
        ("control-style-transfer", "change_strength", vec![json!(0.09)]),
        ("control-style-transfer", "style_image", vec![Value::Null]),
    ] {
        let table = &provider.models().iter().find(|spec| spec.vendor_model == model).unwrap().parameters;
        let required = table.iter().filter(|parameter| parameter.required);
        let good: Map<_, _> = required.map(|parameter| (parameter.name.clone(), json!(PNG))).collect();
        assert_eq!(Parameter::check_all(table, &good), Ok(()), "{model}");
        for value in values {
            let mut bad = good.clone();
            bad.insert(field.to_owned(), value);
            let refusal = Parameter::check_all(table, &bad).unwrap_err();
            assert_eq!(refusal.field, format!("input.{field}"), "{model}");
        }
    }
}

#[tokio::test]
async fn what_several_fields_decide_together_is_refused_too() {
    const RELIGHT: &str = "edit-replace-background-and-relight";
    for (model, input, field) in [
        ("stable-image-ultra", json!({"prompt": "x", "image": PNG}), Some("input.strength")),
        ("stable-image-ultra", json!({"prompt": "x", "strength": 0.5}), Some("input.strength")),
        (
            "stable-image-ultra",
            json!({"prompt": "x", "image": PNG, "strength": 0.5, "aspect_ratio": "1:1"}),
            None,
        ),
        ("stable-image-ultra", json!({"prompt": "x", "strength": null}), None),
        ("sd3.5-medium", json!({"prompt": "x", "image": PNG}), Some("input.strength")),
        ("sd3.5-medium", json!({"prompt": "x", "image": PNG, "strength": 0.5}), None),
        (
            "sd3.5-medium",
            json!({"prompt": "x", "image": PNG, "strength": 0.5, "aspect_ratio": "1:1"}),
            Some("input.aspect_ratio"),
        ),
        ("sd3.5-medium", json!({"prompt": "x", "aspect_ratio": "1:1"}), None),
        ("edit-outpaint", json!({"image": PNG, "prompt": "x"}), Some("input.left")),
        ("edit-outpaint", json!({"image": PNG, "left": 0, "down": 0}), Some("input.left")),
        ("edit-outpaint", json!({"image": PNG, "down": 1}), None),
        (RELIGHT, json!({"image": PNG}), Some("input.prompt")),
        (RELIGHT, json!({"image": PNG, "light_reference": PNG}), Some("input.prompt")),
        (RELIGHT, json!({"image": PNG, "background_reference": PNG}), None),
        (RELIGHT, json!({"image": PNG, "prompt": "x"}), None),
        ("edit-erase", json!({"image": PNG}), None),
    ] {
        let provider = provider(MockStabilityApi::new());
        let checked = provider.check(model, &request(input.clone()));
        assert_eq!(checked.as_ref().err().map(|error| error.field.as_ref()), field, "{model} {input}");
        if let Err(refusal) = checked {
            let error = start(&provider, model, input).await.unwrap_err();
            assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
            assert_eq!(error.message, refusal.to_string());
        }
    }
}

#[tokio::test]
async fn what_isnt_a_picture_or_cant_be_read_is_refused_by_its_field() {
    let sound = "data:audio/wav;base64,UklGRg==";
    let huge = format!("data:image/png;base64,{}", "A".repeat(14_100_000));
    for (model, input, message) in [
        ("edit-erase", json!({"image": sound}), "input.image must be a picture in jpeg, png or webp"),
        (
            "edit-erase",
            json!({"image": PNG, "mask": sound}),
            "input.mask must be a picture in jpeg, png or webp",
        ),
        (
            "control-style-transfer",
            json!({"image": PNG, "style_image": "https://x.test/a.png"}),
            "input.style_image: only data URIs can be read here",
        ),
        (
            "edit-erase",
            json!({"image": huge}),
            "input.image: a file has more than the 10485760 bytes that the vendor takes",
        ),
    ] {
        let error = start(&provider(MockStabilityApi::new()), model, input).await.unwrap_err();
        assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
        assert_eq!(error.message, message);
    }
}

#[tokio::test]
async fn what_the_table_would_have_refused_is_refused_by_the_provider_too() {
    for (model, input, message) in [
        ("stable-image-core", json!({"image": PNG}), "input.prompt is required by this model"),
        ("edit-erase", json!({"prompt": "x"}), "input.image is required by this model"),
        (
            "edit-search-and-replace",
            json!({"image": PNG, "prompt": "x"}),
            "input.search_prompt is required by this model",
        ),
    ] {
        let error = start(&provider(MockStabilityApi::new()), model, input).await.unwrap_err();
        assert_eq!((error.reason, error.message.as_str()), (Reason::InvalidRequest, message));
    }
    let input = json!({"text": "x"}).as_object().unwrap().clone();
    let Ok(Request::Media(speech @ MediaRequest::Speech(_))) = Request::parse(Modality::Speech, input) else {
        panic!("that is no speech")
    };
    let provider = provider(MockStabilityApi::new());
    let error = provider.start(speech, context("stable-image-core")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unsupported, Effect::NotStarted));
}
