//! Videos from pictures, words, videos and performances.

use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::{Value, json};

use super::{URL, check_made, check_refused, data_uri, outputs, picture_uri, post, start, task, video, with};
use crate::support::{settings, simulator};

const FROM_IMAGE: &str = "image_to_video";
const FROM_TEXT: &str = "text_to_video";
const FROM_VIDEO: &str = "video_to_video";
const PERFORMANCE: &str = "character_performance";

#[tokio::test]
async fn a_picture_becomes_a_video() {
    let simulator = simulator();
    let id = start(&simulator, FROM_IMAGE, &video(json!({"promptText": "slow pan", "seed": 4294967295_u64})))
        .await;
    let files = outputs(&simulator, &id).await;
    assert_eq!((files.len(), files[0].header("content-type")), (1, "video/mp4"));
    assert_eq!(&files[0].body[4..12], b"ftypisom");
}

#[tokio::test]
async fn every_model_makes_videos_from_pictures() {
    let from = |model: &str, more| with(json!({"model": model, "promptImage": URL}), more);
    let cases = [
        (video(json!({"promptImage": picture_uri()})), 25),
        (video(json!({"duration": null})), 50),
        (from("gen4.5", json!({"promptText": "a", "ratio": "1584:672", "duration": 2})), 24),
        (from("veo3.1", json!({"ratio": "1080:1920", "duration": 4, "audio": false})), 80),
        (from("veo3.1_fast", json!({"ratio": "1280:720"})), 120),
        (from("kling2.5_turbo_pro", json!({"promptText": "a", "duration": 10, "cfgScale": 0.5})), 70),
        (from("kling3.0_standard", json!({"ratio": "960:960", "duration": 3})), 39),
        (from("kling3.0_pro", json!({"ratio": "1440:1440", "audio": false})), 60),
        (from("kling3.0_4k", json!({"ratio": "3840:2160"})), 210),
        (from("klingO3_standard", json!({"references": URL})), 65),
        (from("klingO3_pro", json!({"references": [{"uri": URL}, {"uri": URL, "position": "last"}]})), 85),
        (from("klingO3_4k", json!({"duration": 15})), 630),
        (from("kling_4", json!({"ratio": "auto_1080p", "referenceVideos": [{"uri": URL}]})), 100),
        (from("seedance2", json!({"ratio": "3840:2160", "duration": 4})), 144),
        (from("seedance2_fast", json!({"duration": "auto"})), 435),
        (from("seedance2_mini", json!({"referenceAudio": [{"type": "audio", "uri": URL}]})), 75),
        (from("seedance2_5", json!({"promptText": "a".repeat(15_000), "draft": true})), 200),
        (from("hailuo3", json!({"promptText": "a", "ratio": "adaptive", "resolution": "2K"})), 60),
        (from("h3_max", json!({"promptText": "a", "resolution": "480p", "duration": 6})), 60),
        (from("happyhorse_1_0", json!({"promptText": "a".repeat(2500), "resolution": "1080p"})), 75),
        (from("wan3", json!({"promptText": "a", "ratio": "auto_480p", "audio": false})), 50),
        (
            from(
                "wan3_prime",
                json!({"promptText": "a", "referenceVideos": [{"type": "video", "uri": URL}]}),
            ),
            90,
        ),
        (from("grok_imagine_1_5", json!({"resolution": "720p"})), 50),
        (from("grok_imagine_1_5_lite", json!({"ratio": "auto_720p"})), 30),
        (from("gemini_omni_flash", json!({"duration": 10})), 150),
        (
            from("gemini_omni_flash_1.1", json!({"promptText": "a", "duration": "auto", "ratio": "640:360"})),
            270,
        ),
    ];
    check_made(FROM_IMAGE, cases, "video/mp4").await;
}

#[tokio::test]
async fn a_video_from_a_picture_that_breaks_a_rule_is_refused() {
    let gen45 = |more| with(video(json!({"model": "gen4.5", "promptText": "a"})), more);
    let veo = |more| with(video(json!({"model": "veo3.1", "duration": 8})), more);
    let kling = |more| with(video(json!({"model": "kling3.0_pro", "ratio": null})), more);
    let eight = vec![json!({"uri": URL}); 8];
    check_refused(
        FROM_IMAGE,
        [
            (video(json!({"model": null})), "model"),
            (video(json!({"model": "gen3a_turbo"})), "model"),
            // It is for another route.
            (video(json!({"model": "gen4_image"})), "model"),
            (video(json!({"promptImage": null})), "promptImage"),
            (video(json!({"promptImage": 1})), "promptImage"),
            (video(json!({"ratio": null})), "ratio"),
            (video(json!({"ratio": "16:9"})), "ratio"),
            (video(json!({"ratio": "1280x720"})), "ratio"),
            (video(json!({"duration": 1})), "duration"),
            (video(json!({"duration": 11})), "duration"),
            (video(json!({"duration": 5.5})), "duration"),
            (video(json!({"duration": "5"})), "duration"),
            (video(json!({"promptText": ""})), "promptText"),
            (video(json!({"promptText": "a".repeat(1001)})), "promptText"),
            // Two units each.
            (video(json!({"promptText": "🦊".repeat(501)})), "promptText"),
            (video(json!({"seed": -1})), "seed"),
            (video(json!({"seed": 4294967296_u64})), "seed"),
            (
                video(json!({"contentModeration": {"publicFigureThreshold": "high"}})),
                "contentModeration.publicFigureThreshold",
            ),
            (gen45(json!({"promptText": null})), "promptText"),
            (gen45(json!({"duration": null})), "duration"),
            (gen45(json!({"outputFormat": "avi"})), "outputFormat"),
            (gen45(json!({"proresProfile": "1"})), "proresProfile"),
            (veo(json!({"duration": 5})), "duration"),
            (veo(json!({"audio": "yes"})), "audio"),
            (veo(json!({"ratio": "1104:832"})), "ratio"),
            (kling(json!({"ratio": "1280:720"})), "ratio"),
            (kling(json!({"duration": 2})), "duration"),
            (kling(json!({"cfgScale": 1.5})), "cfgScale"),
            (
                kling(json!({"providerSettings": {"multiPrompt": [{"prompt": "a"}]}})),
                "providerSettings.multiPrompt.0.duration",
            ),
            (kling(json!({"providerSettings": {"shotType": "wide"}})), "providerSettings.shotType"),
            (video(json!({"model": "kling2.5_turbo_pro", "promptText": "a"})), "ratio"),
            (video(json!({"model": "klingO3_standard", "references": eight})), "references"),
            (video(json!({"model": "seedance2_fast", "duration": 3})), "duration"),
            (video(json!({"model": "seedance2_fast", "duration": "long"})), "duration"),
            (
                video(json!({"model": "seedance2", "referenceAudio": [{"type": "video", "uri": URL}]})),
                "referenceAudio.0.type",
            ),
            (video(json!({"model": "seedance2", "promptText": "a".repeat(3501)})), "promptText"),
            (video(json!({"model": "seedance2_5", "ratio": "864:496"})), "ratio"),
        ],
    )
    .await;
}

#[tokio::test]
async fn every_model_makes_videos_from_words() {
    let from = |model: &str, more| with(json!({"model": model, "promptText": "a fox"}), more);
    let cases = [
        (from("gen4.5", json!({"ratio": "720:1280", "duration": 10, "outputFormat": "hdr10"})), 120),
        (from("veo3.1", json!({"ratio": "1920:1080", "negativePrompt": "rain"})), 320),
        (from("veo3.1_fast", json!({"ratio": "1280:720", "audio": false})), 80),
        (from("kling2.5_turbo_pro", json!({"ratio": "720:720"})), 35),
        (from("kling3.0_standard", json!({"ratio": "1280:720", "promptText": null})), 65),
        (from("kling3.0_pro", json!({"ratio": "1920:1080"})), 85),
        (from("kling3.0_4k", json!({"ratio": "2880:2880"})), 210),
        (from("klingO3_standard", json!({"ratio": "960:960"})), 65),
        (from("klingO3_pro", json!({"ratio": "1080:1920"})), 85),
        (from("klingO3_4k", json!({"ratio": "2160:3840"})), 210),
        (from("kling_4", json!({"ratio": "2200:940", "references": [{"uri": URL}]})), 100),
        (from("seedance2", json!({"references": [{"uri": URL}]})), 180),
        (from("seedance2_fast", json!({"ratio": "992:432"})), 145),
        (from("seedance2_mini", json!({"duration": 15})), 225),
        (from("seedance2_5", json!({"promptText": null, "draftTaskId": "1"})), 200),
        (from("hailuo3", json!({"ratio": "21:9", "resolution": "768p"})), 60),
        (from("h3_max", json!({"promptExpansionMode": "quality", "seed": 0})), 50),
        (from("happyhorse_1_0", json!({"ratio": "1662:1248"})), 75),
        (from("wan3", json!({"ratio": "1648:1248"})), 60),
        (from("wan3_prime", json!({})), 90),
        (from("grok_imagine_1_5", json!({"ratio": "2:3", "resolution": "1080p"})), 50),
        (from("grok_imagine_1_5_lite", json!({"ratio": "1744:1152"})), 30),
        (from("gemini_omni_flash", json!({"duration": 3})), 45),
        (from("gemini_omni_flash_1.1", json!({"ratio": "2160:3840", "duration": 10})), 180),
    ];
    check_made(FROM_TEXT, cases, "video/mp4").await;
}

#[tokio::test]
async fn a_video_from_words_that_breaks_a_rule_is_refused() {
    let gen45 = json!({"model": "gen4.5", "promptText": "a", "ratio": "1280:720", "duration": 5});
    let gen45 = |more| with(gen45.clone(), more);
    check_refused(
        FROM_TEXT,
        [
            (gen45(json!({"model": "gen4_turbo"})), "model"),
            (gen45(json!({"promptText": null})), "promptText"),
            (gen45(json!({"promptText": "a".repeat(1001)})), "promptText"),
            (gen45(json!({"ratio": "960:960"})), "ratio"),
            (gen45(json!({"duration": null})), "duration"),
            (gen45(json!({"model": "kling3.0_pro", "ratio": null})), "ratio"),
            (gen45(json!({"model": "gemini_omni_flash", "duration": 2})), "duration"),
            (gen45(json!({"model": "h3_max", "promptExpansionMode": "some"})), "promptExpansionMode"),
            (gen45(json!({"model": "seedance2", "references": [{}]})), "references.0.uri"),
        ],
    )
    .await;
}

#[tokio::test]
async fn every_model_makes_videos_from_videos() {
    let edit = |model: &str, more| with(json!({"model": model, "promptVideo": URL, "promptText": "a"}), more);
    let of_uri = |model: &str, more| with(json!({"model": model, "videoUri": URL, "promptText": "a"}), more);
    let keyframes = json!([
        {"uri": URL, "seconds": 1.5, "range": {"start_seconds": 1, "end_seconds": 2}},
        {"uri": URL, "at": 1, "range": {"start_seconds": 0, "end_seconds": 4}},
    ]);
    let film = data_uri("video/mp4", b"mp4");
    let cases = [
        (of_uri("aleph2", json!({"promptText": null, "targetAspectRatio": "21:9"})), 75),
        (of_uri("aleph2", json!({"keyframes": keyframes, "videoUri": film})), 75),
        (edit("klingO3_standard", json!({"providerSettings": {"keepOriginalSound": false}})), 65),
        (edit("klingO3_pro", json!({"references": URL})), 85),
        (edit("klingO3_4k", json!({})), 210),
        (of_uri("kling_4", json!({"ratio": "auto_720p"})), 100),
        (edit("seedance2", json!({"promptText": null})), 180),
        (edit("seedance2_fast", json!({"audio": true})), 145),
        (edit("seedance2_mini", json!({"seed": 1})), 75),
        (edit("seedance2_5", json!({"mode": "extend"})), 200),
        (edit("hailuo3", json!({"duration": 6})), 72),
        (of_uri("gemini_omni_flash", json!({"references": [{"uri": URL}]})), 75),
        (of_uri("gemini_omni_flash_1.1", json!({"mode": "edit", "duration": "auto"})), 270),
    ];
    check_made(FROM_VIDEO, cases, "video/mp4").await;
}

#[tokio::test]
async fn a_video_from_a_video_that_breaks_a_rule_is_refused() {
    let aleph = json!({"model": "aleph2", "videoUri": URL});
    let aleph = |more| with(aleph.clone(), more);
    check_refused(
        FROM_VIDEO,
        [
            (aleph(json!({"model": "gen4_aleph"})), "model"),
            (aleph(json!({"videoUri": null})), "videoUri"),
            (aleph(json!({"videoUri": picture_uri()})), "videoUri"),
            (aleph(json!({"targetAspectRatio": "5:4"})), "targetAspectRatio"),
            (aleph(json!({"keyframes": vec![json!({"uri": URL, "at": 0}); 6]})), "keyframes"),
            (aleph(json!({"keyframes": [{"uri": URL, "at": 1.1}]})), "keyframes.0.at"),
            (aleph(json!({"keyframes": [{"uri": URL, "range": {}}]})), "keyframes.0.range.start_seconds"),
            // It is called promptVideo there.
            (aleph(json!({"model": "seedance2"})), "promptVideo"),
            (aleph(json!({"model": "gemini_omni_flash"})), "promptText"),
            (aleph(json!({"model": "gemini_omni_flash_1.1", "promptText": "a", "mode": "cut"})), "mode"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_character_acts_as_somebody_did() {
    let film = json!({"type": "video", "uri": URL});
    let by =
        |character, more| with(json!({"model": "act_two", "character": character, "reference": film}), more);
    let picture = json!({"type": "image", "uri": picture_uri()});
    let more = json!({"bodyControl": true, "expressionIntensity": 5, "ratio": "1104:832"});
    let cases = [(by(picture.clone(), more), 25), (by(film.clone(), json!({})), 25)];
    check_made(PERFORMANCE, cases, "video/mp4").await;
    check_refused(
        PERFORMANCE,
        [
            (by(Value::Null, json!({})), "character"),
            (by(json!({"type": "audio", "uri": URL}), json!({})), "character.type"),
            (by(json!({"type": "image"}), json!({})), "character.uri"),
            (by(json!({"type": "video", "uri": picture_uri()}), json!({})), "character.uri"),
            (by(picture.clone(), json!({"reference": picture})), "reference.type"),
            (by(picture.clone(), json!({"expressionIntensity": 6})), "expressionIntensity"),
            (by(picture.clone(), json!({"bodyControl": "on"})), "bodyControl"),
            (by(picture, json!({"ratio": "1920:1080"})), "ratio"),
        ],
    )
    .await;
}

#[tokio::test]
async fn fields_of_a_video_fit_together() {
    let frames = json!([{"uri": URL, "position": "first"}]);
    let of_image = |model: &str, more| {
        with(json!({"model": model, "promptImage": frames, "promptText": "a", "duration": 5}), more)
    };
    let kling = |settings| of_image("kling3.0_pro", json!({"providerSettings": settings}));
    let shots = |seconds: [u64; 2]| {
        let shots = seconds.map(|seconds| json!({"prompt": "a", "duration": seconds}));
        json!({"multiPrompt": shots})
    };
    let intelligent = || kling(json!({"shotType": "intelligence"}));
    let auto = of_image("wan3", json!({"ratio": "auto_720p"}));
    let reference = of_image("wan3_prime", json!({"ratio": "1280:720", "promptImage": [{"uri": URL}]}));
    check_made(FROM_IMAGE, [(auto, 60), (reference, 90)], "video/mp4").await;
    check_made(FROM_IMAGE, [(kling(shots([1, 2])), 85), (intelligent(), 85)], "video/mp4").await;
    let profile =
        json!({"model": "gen4.5", "ratio": "1280:720", "outputFormat": "mp4", "proresProfile": "422"});
    check_refused(
        FROM_IMAGE,
        [
            (of_image("wan3", json!({"ratio": "1280:720"})), "ratio"),
            (kling(shots([1, 1])), "providerSettings.multiPrompt"),
            (kling(shots([1, 15])), "providerSettings.multiPrompt"),
            (with(intelligent(), json!({"promptText": null})), "promptText"),
            (of_image("gen4.5", profile), "proresProfile"),
            (of_image("seedance2_5", json!({"draft": true, "outputFormat": "mov"})), "outputFormat"),
        ],
    )
    .await;
    let of_words = |model: &str, more| with(json!({"model": model, "promptText": "a"}), more);
    let looked_at = json!({"ratio": "adaptive", "references": [{"uri": URL}]});
    check_made(FROM_TEXT, [(of_words("hailuo3", looked_at), 60)], "video/mp4").await;
    check_refused(
        FROM_TEXT,
        [
            (of_words("hailuo3", json!({"ratio": "adaptive"})), "ratio"),
            (of_words("seedance2_5", json!({"draftTaskId": "1"})), "promptText"),
        ],
    )
    .await;
    let edit = |more| with(json!({"model": "seedance2_5", "promptVideo": URL, "promptText": "a"}), more);
    let aleph = |keyframes| json!({"model": "aleph2", "videoUri": URL, "keyframes": keyframes});
    let range = json!({"start_seconds": 0, "end_seconds": 4});
    check_made(FROM_VIDEO, [(edit(json!({"mode": "edit", "duration": "auto"})), 600)], "video/mp4").await;
    check_refused(
        FROM_VIDEO,
        [
            (edit(json!({"mode": "extend", "promptText": null})), "promptText"),
            (edit(json!({"mode": "extend", "ratio": "1280:720"})), "ratio"),
            (edit(json!({"mode": "edit", "duration": 5})), "duration"),
            (aleph(json!([{"uri": URL}])), "keyframes.0"),
            (aleph(json!([{"uri": URL, "at": 0, "seconds": 0}])), "keyframes.0"),
            (aleph(json!([{"uri": URL, "at": 0}, {"uri": URL, "at": 1, "range": range}])), "keyframes"),
        ],
    )
    .await;
}

#[tokio::test]
async fn files_that_cannot_be_made_here_are_refused_loudly() {
    let simulator = simulator();
    let asked = json!({"model": "gen4.5", "promptText": "a", "ratio": "1280:720", "duration": 5,
        "outputFormat": "prores"});
    let error = post(&simulator, FROM_TEXT, &asked).await.refusal(501);
    assert_eq!(error["error"], "The simulator makes no files of the format prores.");
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_model_of_ones_own_is_for_every_route() {
    let extra_models = vec!["mine".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    let id = start(&simulator, FROM_TEXT, &json!({"model": "mine", "promptText": "a fox"})).await;
    assert_eq!(task(&simulator, &id).await["cost"], json!({"credits": 50}));
    assert_eq!(outputs(&simulator, &id).await[0].header("content-type"), "video/mp4");
}
