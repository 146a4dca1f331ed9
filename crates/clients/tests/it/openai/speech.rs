use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{OpenAiApi, SpeechRequest};
use futures_util::{StreamExt, TryStreamExt};

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_paid_once, soon};

fn hello() -> SpeechRequest {
    SpeechRequest::new("gpt-4o-mini-tts", "Hello.", "coral")
}

#[tokio::test]
async fn speech_is_asked_for_as_recorded_and_read_as_it_comes() {
    let (reply, pipe) = Reply::piped();
    let server = Server::start([reply]).await;
    let request = hello().response_format("pcm").speed(1.5).instructions("Whisper.");
    let speech = client_of(&server).generate_speech(&request).await.unwrap();
    WIRE.check_sent(
        &server.only_received(),
        "POST /v1/audio/speech",
        include_str!("wire/generate_speech.request.json"),
    );
    let mut pieces = speech.body.into_data_stream();
    for piece in ["one", "two"] {
        pipe.send(piece);
        assert_eq!(soon(pieces.next()).await.unwrap().unwrap(), piece);
    }
    drop(pipe);
    assert!(soon(pieces.next()).await.is_none());
}

#[tokio::test]
async fn the_simulator_speaks() {
    let (simulator, client) = simulated();
    let speech = client.generate_speech(&hello().response_format("wav")).await.unwrap();
    assert_eq!(speech.media_type.as_deref(), Some("audio/wav"));
    assert!(speech.request_id.is_some());
    let sound: Vec<_> = speech.body.into_data_stream().try_collect().await.unwrap();
    assert!(sound.concat().starts_with(b"RIFF"));
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn a_voice_that_is_unknown_is_an_error() {
    let (_simulator, client) = simulated();
    let request = SpeechRequest::new("gpt-4o-mini-tts", "Hello.", "nobody");
    let error = client.generate_speech(&request).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (400, Some("invalid_value")));
}

#[tokio::test]
async fn speech_that_may_have_been_paid_is_not_asked_for_again() {
    let (simulator, client) = simulated();
    simulator.fault("POST /openai/v1/audio/*", "lose").unwrap();
    check_paid_once(&simulator, client.generate_speech(&hello()).await);
}

#[tokio::test]
async fn speech_that_is_cut_ends_with_an_error() {
    let (simulator, client) = simulated();
    simulator.fault("POST /openai/v1/audio/*", "cut=100").unwrap();
    let speech = client.generate_speech(&hello()).await.unwrap();
    let error = speech.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Interrupted, Effect::Started));
    assert_eq!(simulator.received().len(), 1);
}
