use std::collections::BTreeMap;

use fourfold_clients::Wait;
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::runway::{
    Asset, CharacterPerformanceRequest, ContentModeration, DAILY_LIMIT, Generation, ImageToVideoRequest,
    ImageUpscaleRequest, Keyframe, KeyframeRange, NO_CREDITS, Picture, ProviderSettings, RunwayApi, Shot,
    SoundEffectRequest, SpeechToSpeechRequest, TextToImageRequest, TextToSpeechRequest, TextToVideoRequest,
    VideoToAudioRequest, VideoToHdrRequest, VideoToVideoRequest, VideoUpscaleRequest, Voice,
    VoiceDubbingRequest, VoiceIsolationRequest,
};
use fourfold_simulator::{Account, SimulatorSettings, Vendor};

use super::support::{WIRE, client_of, generation, simulated, simulated_with, waves};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const SEA: &str = "https://files.example/sea.mp4";
const FOX: &str = "https://files.example/fox.png";
const TALK: &str = "https://files.example/talk.mp3";

/// A generation of each kind, and its recorded request.
macro_rules! recorded {
    ($($route:literal: $request:expr,)+) => {
        [$((Generation::from($request), $route, include_str!(concat!("wire/", $route, ".request.json")))),+]
    };
}

fn recorded() -> [(Generation, &'static str, &'static str); 14] {
    recorded! {
        "image_to_video": ImageToVideoRequest::new(
            "veo3.1",
            [
                Picture::new("https://files.example/sea.png").position("first"),
                Picture::new("runway://1").position("last").with("novel", 1),
            ],
        )
        .prompt_text("waves")
        .ratio("1280:720")
        .duration(8)
        .audio(true)
        .negative_prompt("ships")
        .seed(u32::MAX)
        .with("novel", true),
        "text_to_video": TextToVideoRequest::new("kling3.0_pro")
            .prompt_text("waves")
            .ratio("1920:1080")
            .cfg_scale(0.5)
            .provider_settings(
                ProviderSettings::default()
                    .multi_prompt([Shot::new("a wave", 3_u32), Shot::new("another", 2_u32)])
                    .shot_type("customize"),
            ),
        "video_to_video": VideoToVideoRequest::new("aleph2")
            .video_uri(SEA)
            .prompt_text("at night")
            .keyframes([Keyframe::new("https://files.example/night.png")
                .seconds(1.5)
                .range(KeyframeRange::new(1_u32, 3_u32))])
            .target_aspect_ratio("16:9")
            .content_moderation(ContentModeration::default().public_figure_threshold("low")),
        "character_performance": CharacterPerformanceRequest::new(
            "act_two",
            Asset::image("https://files.example/face.png"),
            Asset::video("https://files.example/actor.mp4"),
        )
        .ratio("1280:720")
        .body_control(true)
        .expression_intensity(4_u32),
        "text_to_image": TextToImageRequest::new("gen4_image", "@fox by the sea")
            .ratio("1280:720")
            .reference_images([Picture::new(FOX).tag("fox")])
            .seed(7_u32),
        "text_to_speech": TextToSpeechRequest::new("eleven_v3", "Hello.")
            .voice(Voice::preset("Maya"))
            .language_code("en")
            .stability(0.5)
            .similarity_boost(0.75)
            .use_speaker_boost(true),
        "speech_to_speech": SpeechToSpeechRequest::new(
            "eleven_multilingual_sts_v2",
            Asset::audio(TALK),
            Voice::preset("Bernard"),
        )
        .remove_background_noise(true),
        "voice_isolation": VoiceIsolationRequest::new("eleven_voice_isolation", TALK),
        "voice_dubbing": VoiceDubbingRequest::new("eleven_voice_dubbing", TALK, "es")
            .drop_background_audio(true)
            .num_speakers(2_u32),
        "sound_effect": SoundEffectRequest::new("eleven_text_to_sound_v2", "waves").duration(2.5).r#loop(true),
        "video_to_audio": VideoToAudioRequest::new("mirelo_sfx_2_0", SEA, 1.5)
            .prompt_text("waves")
            .preserve_speech(false)
            .format("wav")
            .num_variants(2_u32),
        "video_upscale": VideoUpscaleRequest::new("magnific_video_upscaler_creative", SEA)
            .resolution("2k")
            .flavor("natural")
            .smart_grain(10_u32)
            .fps_boost(true),
        "video_to_hdr": VideoToHdrRequest::new("ruby", SEA).output_format("hlg"),
        "image_upscale": ImageUpscaleRequest::new("magnific_precision_upscaler_v2", FOX)
            .scale_factor(4_u32)
            .flavor("photo")
            .ultra_detail(20_u32),
    }
}

#[tokio::test]
async fn each_kind_of_generation_is_asked_for_and_read_as_recorded() {
    let answer = include_str!("wire/create_generation.response.json");
    for (generation, route, recorded) in recorded() {
        let server = Server::start([Reply::ok(answer)]).await;
        let task = client_of(&server).create_generation(&generation).await.unwrap();
        WIRE.check_sent(&server.only_received(), &format!("POST /v1/{route}"), recorded);
        check_kept(&task, answer);
        assert_eq!(task.estimated_cost.unwrap().credits.as_u64(), Some(25));
    }
}

#[tokio::test]
async fn the_simulator_makes_each_kind() {
    let (simulator, client) = simulated();
    let (video, audio) = ("video/mp4", "audio/mpeg");
    let kinds = [
        video,
        video,
        video,
        video,
        "image/png",
        audio,
        audio,
        audio,
        audio,
        audio,
        "audio/wav",
        video,
        video,
        "image/png",
    ];
    for ((generation, route, _), media_type) in recorded().into_iter().zip(kinds) {
        // Only a file that was uploaded has such a URI.
        let generation = match generation {
            Generation::ImageToVideo(_) => waves().into(),
            other => other,
        };
        let task = client.create_generation(&generation).await.unwrap();
        let task = client.wait_for_completion(&task.id, &Wait::default()).await.unwrap();
        let media = client.download(&task.output.unwrap()[0]).await.unwrap();
        assert_eq!(media.media_type.as_deref(), Some(media_type), "{route}");
    }
    assert_eq!(simulator.paid_tasks().len(), 14);
}

#[tokio::test]
async fn a_field_that_is_wrong_is_an_error_that_names_it() {
    let (simulator, client) = simulated();
    let error = client.create_generation(&waves().ratio("1:1").into()).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.effect()), (400, Effect::NotStarted));
    assert!(
        error.message().unwrap().starts_with("Validation of body failed; ratio: "),
        "{:?}",
        error.message()
    );
    assert!(error.request_id().is_some());
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn an_account_without_credits_or_generations_is_told_by_its_code() {
    for (credits, generations_daily, code) in [(24, 1, NO_CREDITS), (25, 0, DAILY_LIMIT)] {
        let account = Account { credits, generations_daily, generations_at_once: 1 };
        let accounts = BTreeMap::from([(Vendor::Runway, account)]);
        let settings = SimulatorSettings { accounts, ..SimulatorSettings::default() };
        let (simulator, client) = simulated_with(settings);
        let error = client.create_generation(&generation()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Status, Some(code)));
        assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
        assert_eq!(simulator.received().len(), 1);
    }
}

#[tokio::test]
async fn a_generation_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=500; accept", "status=504; accept", "malformed", "cut=10"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /runway/v1/*", fault).unwrap();
        check_paid_once(&simulator, client.create_generation(&generation()).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_generation_that_was_turned_away_is_asked_for_again() {
    for fault in ["status=429; retry-after=2; times=1", "status=503; times=1"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /runway/v1/*", fault).unwrap();
        client.create_generation(&generation()).await.unwrap();
        assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (2, 1));
    }
}
