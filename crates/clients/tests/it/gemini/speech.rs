use fourfold_clients::gemini::{
    Blob, Content, GeminiApi, GenerateContentRequest, GenerateContentResponse, GenerationConfig, Modality,
    SpeechConfig,
};
use fourfold_clients::http::{Effect, ErrorKind};
use futures_util::TryStreamExt;

use super::support::{WIRE, client_of, said, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn spoken(text: &str, speech: SpeechConfig) -> GenerateContentRequest {
    GenerateContentRequest::new("gemini-3.8-flash-tts", [Content::user(text)])
        .generation_config(GenerationConfig::default().speech_config(speech))
}

fn hello() -> GenerateContentRequest {
    spoken("Say cheerfully: hi", SpeechConfig::of_voice("Kore"))
}

#[tokio::test]
async fn speech_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/generate_speech.response.json");
    let server = Server::start([recorded, recorded].map(Reply::ok)).await;
    let client = client_of(&server);
    let response = client.generate_speech(&hello()).await.unwrap();
    check_kept(&response, recorded);
    let speakers = SpeechConfig::of_speakers([("Joe", "Kore"), ("Jane", "Puck")]);
    client.generate_speech(&spoken("Joe: Hi! Jane: Hi.", speakers)).await.unwrap();
    let received = server.received();
    let line = "POST /v1beta/models/gemini-3.8-flash-tts:generateContent";
    WIRE.check_sent(&received[0], line, include_str!("wire/generate_speech.request.json"));
    WIRE.check_sent(&received[1], line, include_str!("wire/generate_speech.several.request.json"));
    let sound = response.media().next().unwrap();
    assert_eq!((sound.sample_rate(), sound.bytes().unwrap()), (Some(16_000), b"\x01\0\x02\0"[..].into()));
}

#[test]
fn bare_samples_get_a_head() {
    let sound = Blob::of_bytes("audio/L16;codec=pcm;rate=16000", [1, 0, 2, 0]);
    let wav = sound.wav().unwrap().unwrap();
    assert_eq!(wav.len(), 48);
    assert_eq!(wav[..24], *b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0");
    assert_eq!(wav[24..], *b"\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\x04\0\0\0\x01\0\x02\0");
}

#[test]
fn samples_have_a_usual_rate_and_other_sounds_none() {
    let rate = |media_type: &str| Blob::new(media_type, "").sample_rate();
    assert_eq!(rate("audio/L16"), Some(24_000));
    assert_eq!(rate("audio/l16; rate=48000; channels=1"), Some(48_000));
    assert_eq!((rate("audio/L16;rate=fast"), rate("audio/mpeg")), (None, None));
    let error = Blob::new("audio/L16", "?").wav().unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Decode, Effect::Started));
}

#[tokio::test]
async fn the_simulator_speaks_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.generate_speech(&hello()).await.unwrap();
    let sound = whole.media().next().unwrap();
    assert_eq!(sound.sample_rate(), Some(24_000));
    assert!(sound.wav().unwrap().unwrap().starts_with(b"RIFF"));
    let config = GenerationConfig::default()
        .response_modalities([Modality::Audio])
        .speech_config(SpeechConfig::of_voice("Kore"));
    let chunks = client.generate_content_stream(&hello().generation_config(config)).await.unwrap();
    let chunks: Vec<GenerateContentResponse> = chunks.try_collect().await.unwrap();
    let pieces: Vec<_> =
        chunks.iter().flat_map(|chunk| chunk.media()).map(|piece| piece.bytes().unwrap()).collect();
    assert!(pieces.len() > 1);
    assert_eq!(pieces.concat(), sound.bytes().unwrap());
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn a_voice_that_is_unknown_is_an_error() {
    let (simulator, client) = simulated();
    let request = spoken("Hello.", SpeechConfig::of_voice("Nobody"));
    let error = client.generate_speech(&request).await.unwrap_err();
    assert_eq!(said(&error), (400, Some("INVALID_ARGUMENT")));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn speech_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=500; accept", "malformed", "cut=100"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.generate_speech(&hello()).await);
    }
}
