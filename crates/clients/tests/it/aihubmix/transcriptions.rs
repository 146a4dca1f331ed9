use fourfold_clients::File;
use fourfold_clients::aihubmix::AihubmixApi;
use fourfold_clients::http::Effect;
use fourfold_clients::openai::{TranscriptionOptions, TranscriptionRequest};

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn talk(name: &str) -> TranscriptionRequest {
    TranscriptionRequest::new(TranscriptionOptions::new("whisper-1"), File::new(name, "audio/wav", "RIFF"))
}

#[tokio::test]
async fn sound_is_sent_and_words_are_read_as_recorded() {
    let recorded = include_str!("wire/transcribe_audio.response.json");
    let server = Server::start([Reply::ok(recorded), Reply::ok(recorded)]).await;
    let client = client_of(&server);
    check_kept(&client.transcribe_audio(&talk("talk.wav")).await.unwrap(), recorded);
    check_kept(&client.translate_audio(&talk("talk.wav")).await.unwrap(), recorded);
    let [transcribed, translated] = server.received().try_into().unwrap();
    let sent = include_str!("wire/transcribe_audio.request.txt");
    WIRE.check_sent_form(&transcribed, "POST /v1/audio/transcriptions", sent);
    WIRE.check_sent_form(&translated, "POST /v1/audio/translations", sent);
}

#[tokio::test]
async fn the_simulator_hears_what_has_a_name_that_it_knows() {
    let (simulator, client) = simulated();
    assert!(client.transcribe_audio(&talk("talk.wav")).await.unwrap().text.contains("talk.wav"));
    assert!(client.translate_audio(&talk("talk.wav")).await.unwrap().text.contains("talk.wav"));
    let transcribed = client.transcribe_audio(&talk("talk")).await.unwrap_err();
    let translated = client.translate_audio(&talk("talk")).await.unwrap_err();
    for error in [transcribed, translated] {
        assert_eq!((error.status().unwrap().as_u16(), error.effect()), (400, Effect::NotStarted));
    }
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn words_that_may_have_been_paid_are_not_asked_for_again() {
    for fault in ["lose", "status=502; accept", "malformed"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /aihubmix/v1/audio/*", fault).unwrap();
        check_paid_once(&simulator, client.transcribe_audio(&talk("talk.wav")).await);
        simulator.reset();
        simulator.fault("POST /aihubmix/v1/audio/*", fault).unwrap();
        check_paid_once(&simulator, client.translate_audio(&talk("talk.wav")).await);
    }
}
