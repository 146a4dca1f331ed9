use fourfold_clients::aihubmix::AihubmixApi;
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::SpeechRequest;
use futures_util::TryStreamExt;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_paid_once};

fn hello() -> SpeechRequest {
    SpeechRequest::new("tts-1", "Hello.", "coral")
}

#[tokio::test]
async fn speech_is_asked_for_as_recorded() {
    let server = Server::start([Reply::status(200, &[("Content-Type", "audio/mpeg")], "MP3")]).await;
    let request = hello().response_format("mp3").speed(1.5);
    let speech = client_of(&server).generate_speech(&request).await.unwrap();
    let sent = include_str!("wire/generate_speech.request.json");
    WIRE.check_sent(&server.only_received(), "POST /v1/audio/speech", sent);
    assert_eq!(speech.media_type.as_deref(), Some("audio/mpeg"));
    assert_eq!(speech.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap().concat(), b"MP3");
}

#[tokio::test]
async fn the_simulator_speaks_and_geminis_models_in_samples_only() {
    let (simulator, client) = simulated();
    let gemini = SpeechRequest::new("gemini-2.5-flash-preview-tts", "Hello.", "Kore").response_format("mp3");
    for (request, media_type) in [(hello(), "audio/mpeg"), (gemini, "audio/wav")] {
        let speech = client.generate_speech(&request).await.unwrap();
        assert_eq!(speech.media_type.as_deref(), Some(media_type));
        assert!(!speech.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap().concat().is_empty());
    }
    let long = SpeechRequest::new("tts-1", "a".repeat(4097), "coral");
    let error = client.generate_speech(&long).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (400, Some("text_too_long")));
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn speech_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=504; accept"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /aihubmix/v1/audio/*", fault).unwrap();
        check_paid_once(&simulator, client.generate_speech(&hello()).await);
    }
}

#[tokio::test]
async fn speech_that_is_cut_ends_with_an_error() {
    let (simulator, client) = simulated();
    simulator.fault("POST /aihubmix/v1/audio/*", "cut=100").unwrap();
    let speech = client.generate_speech(&hello()).await.unwrap();
    let error = speech.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Interrupted, Effect::Started));
    assert_eq!(simulator.received().len(), 1);
}
