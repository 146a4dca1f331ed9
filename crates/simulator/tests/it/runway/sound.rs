//! Speech, and what is done to it, and sounds.

use serde_json::{Value, json};

use super::{URL, check_made, check_refused, data_uri, with};

fn preset() -> Value {
    json!({"type": "runway-preset", "presetId": "Maya"})
}

#[tokio::test]
async fn words_are_spoken() {
    let say = |model: &str, more| with(json!({"model": model, "promptText": "hello"}), more);
    let by_preset = |model: &str, more| with(say(model, json!({"voice": preset()})), more);
    let fine = json!({"languageCode": "en", "stability": 1, "similarityBoost": 0, "style": 0.5, "speed": 0.7,
        "useSpeakerBoost": true, "seed": 7});
    let like = json!({"voice": {"type": "reference-audio", "audioUri": data_uri("audio/mp3", b"mp3")}});
    let cases = [
        (by_preset("eleven_multilingual_v2", json!({"promptText": "a".repeat(1000)})), 20),
        (by_preset("eleven_v3", with(fine.clone(), json!({"applyTextNormalization": "off"}))), 1),
        (by_preset("eleven_v4", with(fine, json!({"promptText": "a".repeat(1001), "nextText": "b"}))), 21),
        (say("seed_audio", json!({"outputFormat": "mp3", "sampleRate": 48000, "pitchRate": -3})), 1),
        (say("seed_audio", like), 1),
    ];
    check_made("text_to_speech", cases, "audio/mpeg").await;
    let cases = [(say("seed_audio", json!({"outputFormat": "wav"})), 1)];
    check_made("text_to_speech", cases, "audio/wav").await;
    let cases = [(say("seed_audio", json!({"outputFormat": "ogg_opus"})), 1)];
    check_made("text_to_speech", cases, "audio/opus").await;
    let multilingual = |more| by_preset("eleven_multilingual_v2", more);
    let v3 = |more| by_preset("eleven_v3", more);
    check_refused(
        "text_to_speech",
        [
            (multilingual(json!({"model": "tts-1"})), "model"),
            (multilingual(json!({"promptText": null})), "promptText"),
            (multilingual(json!({"promptText": "a".repeat(1001)})), "promptText"),
            (multilingual(json!({"voice": null})), "voice"),
            (multilingual(json!({"voice": "Maya"})), "voice"),
            (
                multilingual(json!({"voice": {"type": "runway-preset", "presetId": "Nobody"}})),
                "voice.presetId",
            ),
            (multilingual(json!({"voice": {"type": "custom", "presetId": "Maya"}})), "voice.type"),
            (v3(json!({"stability": 1.1})), "stability"),
            (v3(json!({"similarityBoost": -0.1})), "similarityBoost"),
            (v3(json!({"style": "calm"})), "style"),
            (v3(json!({"speed": 1.3})), "speed"),
            (v3(json!({"useSpeakerBoost": 1})), "useSpeakerBoost"),
            (v3(json!({"applyTextNormalization": "some"})), "applyTextNormalization"),
            (say("seed_audio", json!({"voice": preset()})), "voice.type"),
            (say("seed_audio", json!({"outputFormat": "flac"})), "outputFormat"),
            (say("seed_audio", json!({"sampleRate": 11025})), "sampleRate"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_voice_becomes_another() {
    let speak = |kind: &str, more| {
        let media = json!({"type": kind, "uri": URL});
        with(json!({"model": "eleven_multilingual_sts_v2", "media": media, "voice": preset()}), more)
    };
    let cases = [(speak("audio", json!({"removeBackgroundNoise": true})), 5), (speak("video", json!({})), 5)];
    check_made("speech_to_speech", cases, "audio/mpeg").await;
    check_refused(
        "speech_to_speech",
        [
            (speak("audio", json!({"media": null})), "media"),
            (speak("image", json!({})), "media.type"),
            (speak("audio", json!({"media": {"type": "audio", "uri": "http://h.example/a"}})), "media.uri"),
            (speak("audio", json!({"voice": null})), "voice"),
            (speak("audio", json!({"removeBackgroundNoise": "yes"})), "removeBackgroundNoise"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_voice_is_isolated_or_dubbed() {
    let isolate = |more| with(json!({"model": "eleven_voice_isolation", "audioUri": URL}), more);
    check_made("voice_isolation", [(isolate(json!({})), 5)], "audio/mpeg").await;
    check_refused(
        "voice_isolation",
        [
            (isolate(json!({"model": "eleven_voice_dubbing"})), "model"),
            (isolate(json!({"audioUri": null})), "audioUri"),
            (isolate(json!({"audioUri": data_uri("video/mp4", b"mp4")})), "audioUri"),
        ],
    )
    .await;
    let dub =
        |more| with(json!({"model": "eleven_voice_dubbing", "audioUri": URL, "targetLang": "fil"}), more);
    let cases =
        [(dub(json!({"numSpeakers": 2, "dropBackgroundAudio": true, "disableVoiceCloning": false})), 5)];
    check_made("voice_dubbing", cases, "audio/mpeg").await;
    check_refused(
        "voice_dubbing",
        [
            (dub(json!({"audioUri": null})), "audioUri"),
            (dub(json!({"targetLang": null})), "targetLang"),
            (dub(json!({"targetLang": "tlh"})), "targetLang"),
            (dub(json!({"numSpeakers": 0})), "numSpeakers"),
            (dub(json!({"dropBackgroundAudio": 1})), "dropBackgroundAudio"),
            (dub(json!({"disableVoiceCloning": 1})), "disableVoiceCloning"),
        ],
    )
    .await;
}

#[tokio::test]
async fn words_become_sounds() {
    let by = |model: &str, more| with(json!({"model": model, "promptText": "rain"}), more);
    let cases = [
        (by("eleven_text_to_sound_v2", json!({"duration": 0.5, "loop": true})), 1),
        (by("eleven_text_to_sound_v2", json!({})), 5),
        (by("mirelo_sfx_2_0", json!({"duration": 2.5, "numVariants": 3})), 9),
        (by("seed_audio", json!({"referenceAudios": [URL, URL, URL]})), 1),
    ];
    check_made("sound_effect", cases, "audio/mpeg").await;
    let cases = [(by("mirelo_sfx_2_0", json!({"duration": 1, "format": "flac"})), 1)];
    check_made("sound_effect", cases, "audio/flac").await;
    let eleven = |more| by("eleven_text_to_sound_v2", more);
    check_refused(
        "sound_effect",
        [
            (eleven(json!({"promptText": ""})), "promptText"),
            (eleven(json!({"duration": 0.4})), "duration"),
            (eleven(json!({"duration": 30.5})), "duration"),
            (eleven(json!({"loop": "yes"})), "loop"),
            (by("mirelo_sfx_2_0", json!({})), "duration"),
            (by("mirelo_sfx_2_0", json!({"duration": 1, "numVariants": 0})), "numVariants"),
            (by("mirelo_sfx_2_0", json!({"duration": 1, "format": "aac"})), "format"),
            (by("seed_audio", json!({"referenceAudios": [URL, "a"]})), "referenceAudios.1"),
            (by("seed_audio", json!({"referenceAudios": vec![URL; 4]})), "referenceAudios"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_video_gets_its_sound() {
    let of = |more| with(json!({"model": "mirelo_sfx_2_0", "videoUri": URL, "duration": 4}), more);
    check_made(
        "video_to_audio",
        [(of(json!({"preserveSpeech": true, "promptText": "rain"})), 4)],
        "audio/mpeg",
    )
    .await;
    check_refused(
        "video_to_audio",
        [
            (of(json!({"model": "seed_audio"})), "model"),
            (of(json!({"videoUri": null})), "videoUri"),
            (of(json!({"duration": null})), "duration"),
            (of(json!({"preserveSpeech": "no"})), "preserveSpeech"),
            (of(json!({"format": "ogg"})), "format"),
        ],
    )
    .await;
}
