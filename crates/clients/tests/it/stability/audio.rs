use fourfold_clients::http::Effect;
use fourfold_clients::stability::{
    AudioFormat, AudioInpaintRequest, AudioRequest, AudioTaskRequest, AudioToAudioRequest, FinishReason,
    StabilityApi, TaskResult, TextToAudioRequest,
};
use fourfold_clients::{File, Wait};
use fourfold_simulator::FILTERED;

use super::support::{WIRE, check_cut, client_of, read, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const ROUTES: &str = "POST /stability/v2beta/audio/*";

fn rain() -> TextToAudioRequest {
    TextToAudioRequest::new("rain").duration(2.0)
}

fn sound() -> File {
    File::new("rain.mp3", "audio/mpeg", "MP3")
}

/// Sends the request, which must be of this route and have this recorded body; the answer is a sound.
async fn check(request: AudioRequest, route: &str, recorded: &str) {
    let headers = [("Content-Type", "audio/mpeg"), ("finish-reason", "SUCCESS"), ("seed", "7")];
    let server = Server::start([Reply::status(200, &headers, "MP3")]).await;
    let generated = client_of(&server).generate_audio(&request).await.unwrap();
    let received = server.only_received();
    WIRE.check_sent_form(&received, &format!("POST /v2beta/audio/stable-audio-2/{route}"), recorded);
    assert_eq!(received.header("accept"), Some("audio/*"));
    assert_eq!((&generated.finish_reason, generated.seed), (&Some(FinishReason::Success), Some(7)));
    assert_eq!(read(generated).await.unwrap(), b"MP3");
}

#[tokio::test]
async fn sound_is_asked_for_as_recorded() {
    let text = rain()
        .model("stable-audio-2.5")
        .seed(7_u32)
        .steps(8_u32)
        .cfg_scale(5.0)
        .output_format(AudioFormat::Wav)
        .with("flavour", "novel");
    let recorded = include_str!("wire/text_to_audio.request.txt");
    check(AudioRequest::TextToAudio(text), "text-to-audio", recorded).await;
    let audio = AudioToAudioRequest::new(sound(), "rain")
        .strength(0.5)
        .model("stable-audio-2")
        .duration(2.0)
        .seed(7_u32)
        .steps(8_u32)
        .cfg_scale(5.0)
        .output_format("wav");
    let recorded = include_str!("wire/audio_to_audio.request.txt");
    check(AudioRequest::AudioToAudio(audio), "audio-to-audio", recorded).await;
    let inpaint = AudioInpaintRequest::new(sound(), "rain")
        .mask_start(1.5)
        .mask_end(2.0)
        .model("stable-audio-2.5")
        .duration(3.0)
        .seed(7_u32)
        .steps(8_u32)
        .output_format("wav");
    check(AudioRequest::Inpaint(inpaint), "inpaint", include_str!("wire/inpaint_audio.request.txt")).await;
}

#[tokio::test]
async fn sound_that_takes_a_while_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/start_audio.response.json");
    let server = Server::start([Reply::status(202, &[], recorded), Reply::status(202, &[], recorded)]).await;
    let client = client_of(&server);
    let text = AudioTaskRequest::TextToAudio(rain().model("stable-audio-3"));
    check_kept(&client.start_audio(&text).await.unwrap(), recorded);
    let audio = AudioTaskRequest::AudioToAudio(AudioToAudioRequest::new(sound(), "rain"));
    check_kept(&client.start_audio(&audio).await.unwrap(), recorded);
    let received = server.received();
    let route = |kind: &str| format!("POST /v2beta/audio/stable-audio/{kind}");
    let sent = include_str!("wire/start_text_to_audio.request.txt");
    WIRE.check_sent_form(&received[0], &route("text-to-audio"), sent);
    let sent = include_str!("wire/start_audio_to_audio.request.txt");
    WIRE.check_sent_form(&received[1], &route("audio-to-audio"), sent);
}

#[tokio::test]
async fn the_simulator_makes_sound_at_once() {
    let (simulator, client) = simulated();
    let requests = [
        AudioRequest::TextToAudio(rain()),
        AudioRequest::AudioToAudio(AudioToAudioRequest::new(sound(), "rain")),
        AudioRequest::Inpaint(AudioInpaintRequest::new(sound(), "rain")),
    ];
    for request in &requests {
        let generated = client.generate_audio(request).await.unwrap();
        assert_eq!(generated.media.media_type.as_deref(), Some("audio/mpeg"));
        assert!(!read(generated).await.unwrap().is_empty());
    }
    assert_eq!(simulator.paid_tasks().len(), 3);
    let filtered = AudioRequest::TextToAudio(TextToAudioRequest::new(FILTERED));
    let generated = client.generate_audio(&filtered).await.unwrap();
    assert_eq!(generated.finish_reason, Some(FinishReason::ContentFiltered));
}

#[tokio::test]
async fn the_simulator_makes_sound_after_a_while() {
    let (simulator, client) = simulated();
    let requests = [
        AudioTaskRequest::TextToAudio(rain().output_format("wav")),
        AudioTaskRequest::AudioToAudio(AudioToAudioRequest::new(sound(), "rain").output_format("wav")),
    ];
    for request in &requests {
        let id = client.start_audio(request).await.unwrap().id;
        let waited = client.wait_for_audio_result(&id, &Wait::default()).await.unwrap();
        let TaskResult::Done(looked) = client.get_audio_result(&id).await.unwrap() else {
            panic!("not over")
        };
        let waited = read(waited).await.unwrap();
        assert!(waited.starts_with(b"RIFF"));
        assert_eq!(read(looked).await.unwrap(), waited);
    }
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn sound_that_breaks_a_rule_is_an_error() {
    let (simulator, client) = simulated();
    let at_once = client.generate_audio(&AudioRequest::TextToAudio(rain().duration(191.0))).await;
    let started = client.start_audio(&AudioTaskRequest::TextToAudio(rain().duration(381.0))).await;
    for error in [at_once.unwrap_err(), started.unwrap_err()] {
        assert_eq!((error.code(), error.effect()), (Some("bad_request"), Effect::NotStarted));
        assert!(error.message().unwrap().starts_with("duration: "));
    }
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn sound_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=500; accept", "content-type=application/json"] {
        let (simulator, client) = simulated();
        simulator.fault(ROUTES, fault).unwrap();
        check_paid_once(&simulator, client.generate_audio(&AudioRequest::TextToAudio(rain())).await);
    }
    for fault in ["lose", "status=500; accept", "malformed", "cut=10"] {
        let (simulator, client) = simulated();
        simulator.fault(ROUTES, fault).unwrap();
        check_paid_once(&simulator, client.start_audio(&AudioTaskRequest::TextToAudio(rain())).await);
    }
}

#[tokio::test]
async fn sound_that_is_cut_ends_with_an_error() {
    let (simulator, client) = simulated();
    simulator.fault(ROUTES, "cut=100").unwrap();
    let generated = client.generate_audio(&AudioRequest::TextToAudio(rain())).await.unwrap();
    check_cut(&simulator, read(generated).await);
}
