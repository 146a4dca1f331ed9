//! Pictures from words and pictures.

use serde_json::{Value, json};

use super::{URL, check_made, check_refused, outputs, start, with};
use crate::support::{png_size, simulator};

const IMAGES: &str = "text_to_image";

fn picture(changes: Value) -> Value {
    with(json!({"model": "gen4_image", "promptText": "a fox", "ratio": "1168:880"}), changes)
}

#[tokio::test]
async fn words_become_a_picture_of_the_size_that_was_asked_for() {
    let simulator = simulator();
    let id = start(&simulator, IMAGES, &picture(json!({}))).await;
    let files = outputs(&simulator, &id).await;
    assert_eq!((files.len(), files[0].header("content-type")), (1, "image/png"));
    assert_eq!(png_size(&files[0].body), (1168, 880));
}

#[tokio::test]
async fn several_pictures_have_a_link_each() {
    let simulator = simulator();
    let asked = picture(json!({"model": "gpt_image_2", "ratio": "auto", "outputCount": 3}));
    let id = start(&simulator, IMAGES, &asked).await;
    let files = outputs(&simulator, &id).await;
    assert_eq!(files.len(), 3);
    assert_ne!(files[0].body, files[1].body);
    assert_eq!(png_size(&files[2].body), (1024, 1024));
}

#[tokio::test]
async fn every_model_makes_pictures() {
    let tagged = json!([{"uri": URL, "tag": "the_fox"}, {"uri": URL}]);
    let references = json!([{"uri": URL}]);
    let by = |model: &str, more| with(picture(json!({"model": model})), more);
    let cases = [
        (by("gen4_image", json!({"referenceImages": tagged, "seed": 1})), 8),
        (by("gen4_image_turbo", json!({"referenceImages": tagged})), 2),
        (by("gpt_image_2", json!({"ratio": "2048:880", "quality": "auto", "background": "transparent"})), 20),
        (by("gpt_image_2_5_flare", json!({"ratio": "2048:880", "quality": "max"})), 10),
        (by("gpt_image_2_5_sunburst", json!({"ratio": "auto", "background": "transparent"})), 25),
        (by("gemini_2.5_flash", json!({"ratio": "1344:768"})), 5),
        (by("gemini_image3_pro", json!({"ratio": "832:1248", "outputCount": 4})), 80),
        (
            by(
                "gemini_image3.1_flash",
                json!({"ratio": "176:1408", "referenceImages": [{"uri": URL, "subject": "human"}]}),
            ),
            8,
        ),
        (by("gemini_image3.1_flash_lite", json!({"ratio": "848:1264"})), 5),
        (by("nano_banana_2.1", json!({"ratio": "5856:704", "thinkingLevel": "minimal"})), 10),
        (by("seedream5_pro", json!({"ratio": "auto_2k", "grounding": true})), 8),
        (by("seedream5_lite", json!({"ratio": "2000:2000"})), 4),
        (by("seedream5_flash", json!({"ratio": "auto_1k", "outputFormat": "png"})), 3),
        (by("grok_imagine_image_2", json!({"ratio": "1408:704", "referenceImages": references})), 6),
        (by("ideogram_4_0", json!({"ratio": null, "quality": "high"})), 7),
        (by("ideogram_4_5", json!({"ratio": "auto", "quality": "low"})), 25),
        (by("bria_fibo_1_5", json!({"ratio": "576:1024"})), 10),
        (by("bria_fibo_edit_1_5", json!({"ratio": null, "referenceImages": references})), 5),
        (by("muse_image", json!({"ratio": "2352:1008", "outputCount": 2})), 2),
        (
            by(
                "recraft_v4_1_flash",
                json!({"ratio": "1216:896", "outputFormat": "png", "colors": ["#FF8800"]}),
            ),
            4,
        ),
    ];
    check_made(IMAGES, cases, "image/png").await;
}

#[tokio::test]
async fn a_picture_comes_in_its_format() {
    let by = |model: &str, ratio: &str, more| picture(with(json!({"model": model, "ratio": ratio}), more));
    let jpeg = by("seedream5_pro", "1024:1024", json!({"outputFormat": "jpeg"}));
    check_made(IMAGES, [(jpeg, 8)], "image/jpeg").await;
    check_made(IMAGES, [(by("recraft_v4_1_flash", "1024:1024", json!({})), 4)], "image/webp").await;
    check_made(IMAGES, [(by("recraft_v4_1_vector", "1344:768", json!({})), 8)], "image/svg+xml").await;
}

#[tokio::test]
async fn a_picture_that_breaks_a_rule_is_refused() {
    let tag = |tag: &str| picture(json!({"referenceImages": [{"uri": URL, "tag": tag}]}));
    check_refused(
        IMAGES,
        [
            (picture(json!({"model": "gen4.5"})), "model"),
            (picture(json!({"promptText": null})), "promptText"),
            (picture(json!({"promptText": "a".repeat(1001)})), "promptText"),
            (picture(json!({"ratio": null})), "ratio"),
            (picture(json!({"ratio": "1024:768"})), "ratio"),
            (picture(json!({"referenceImages": vec![json!({"uri": URL}); 4]})), "referenceImages"),
            (picture(json!({"referenceImages": URL})), "referenceImages"),
            (picture(json!({"referenceImages": [{"tag": "fox"}]})), "referenceImages.0.uri"),
            (tag("fx"), "referenceImages.0.tag"),
            (tag("1fox"), "referenceImages.0.tag"),
            (tag("a-fox"), "referenceImages.0.tag"),
            (tag(&"a".repeat(17)), "referenceImages.0.tag"),
            (picture(json!({"model": "gen4_image_turbo"})), "referenceImages"),
            (picture(json!({"model": "gen4_image_turbo", "referenceImages": []})), "referenceImages"),
            (picture(json!({"model": "gpt_image_2", "ratio": "auto", "outputCount": 11})), "outputCount"),
            (
                picture(
                    json!({"model": "gpt_image_2_5_flare", "ratio": "auto", "background": "transparent"}),
                ),
                "background",
            ),
            (
                picture(json!({"model": "gemini_image3_pro", "ratio": "1024:1024", "outputCount": 2})),
                "outputCount",
            ),
            (picture(json!({"model": "seedream5_lite", "ratio": "1919:1919"})), "ratio"),
            (picture(json!({"model": "seedream5_lite", "ratio": "2000"})), "ratio"),
            (picture(json!({"model": "seedream5_lite", "ratio": "5000:5000"})), "ratio"),
            (picture(json!({"model": "recraft_v4_1_vector", "ratio": null, "colors": ["red"]})), "colors.0"),
        ],
    )
    .await;
}

#[tokio::test]
async fn fields_of_a_picture_fit_together() {
    let by = |model: &str, more| with(picture(json!({"model": model, "ratio": null})), more);
    let images = |count: usize| json!({"referenceImages": vec![json!({"uri": URL}); count]});
    let sized = |more| with(by("bria_fibo_edit_1_5", json!({"ratio": "1024:1024"})), more);
    let precise = |more| with(by("ideogram_4_5", json!({"preciseEdit": true})), more);
    let edit = |more| with(by("grok_imagine_image_2", json!({"ratio": "auto_1k", "edit": true})), more);
    let cases = [(sized(images(2)), 5), (precise(images(1)), 25), (edit(images(1)), 6)];
    check_made(IMAGES, cases, "image/png").await;
    let twice = json!({"referenceImages": [{"uri": URL, "tag": "fox"}, {"uri": URL, "tag": "fox"}]});
    check_refused(
        IMAGES,
        [
            (sized(images(1)), "ratio"),
            (precise(json!({})), "preciseEdit"),
            (precise(with(images(1), json!({"ratio": "auto"}))), "ratio"),
            (by("ideogram_4_5", json!({"maskUri": URL, "ratio": "auto"})), "ratio"),
            (edit(json!({})), "edit"),
            (picture(twice), "referenceImages.1.tag"),
        ],
    )
    .await;
}
