use fourfold_clients::File;
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{
    OpenAiApi, TranscriptionEvent, TranscriptionEventKind, TranscriptionOptions, TranscriptionRequest,
};
use futures_util::{StreamExt, TryStreamExt};

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const LINE: &str = "POST /v1/audio/transcriptions";

fn sound() -> File {
    File::new("talk.wav", "audio/wav", "RIFF")
}

fn request(model: &str) -> TranscriptionRequest {
    TranscriptionRequest::new(TranscriptionOptions::new(model), sound())
}

#[tokio::test]
async fn a_transcription_is_sent_and_read_as_recorded() {
    let recorded = include_str!("wire/transcribe_audio.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let options = TranscriptionOptions::new("whisper-1")
        .language("en")
        .response_format("verbose_json")
        .temperature(0.5)
        .timestamp_granularities(["word", "segment"].map(str::to_owned));
    let request = TranscriptionRequest::new(options, sound());
    let transcription = client_of(&server).transcribe_audio(&request).await.unwrap();
    WIRE.check_sent_form(&server.only_received(), LINE, include_str!("wire/transcribe_audio.request.txt"));
    check_kept(&transcription, recorded);
    assert_eq!(transcription.words.unwrap()[0].word, "Hello");
    assert_eq!(transcription.usage.unwrap().seconds, Some(1.5));
}

#[tokio::test]
async fn a_stream_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/transcribe_audio.stream.txt");
    let server = Server::start([Reply::ok(recorded)]).await;
    let events = client_of(&server).transcribe_audio_stream(&request("gpt-transcribe")).await.unwrap();
    let events: Vec<TranscriptionEvent> = events.try_collect().await.unwrap();
    WIRE.check_sent_form(
        &server.only_received(),
        LINE,
        include_str!("wire/transcribe_audio.stream.request.txt"),
    );
    for (event, line) in events.iter().zip(recorded.lines().filter_map(|line| line.strip_prefix("data: "))) {
        check_kept(event, line);
    }
    assert_eq!((events.len(), events[2].text.as_deref()), (3, Some("Hello there.")));
}

#[tokio::test]
async fn a_translation_is_sent_and_read_as_recorded() {
    let recorded = include_str!("wire/translate_audio.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let translation = client_of(&server).translate_audio(&request("whisper-1")).await.unwrap();
    let sent = include_str!("wire/translate_audio.request.txt");
    WIRE.check_sent_form(&server.only_received(), "POST /v1/audio/translations", sent);
    check_kept(&translation, recorded);
}

#[tokio::test]
async fn plain_formats_are_kept_as_they_came() {
    let subtitles = "1\n00:00:00,000 --> 00:00:01,500\nHello there.\n\n";
    let server = Server::start([Reply::ok(subtitles)]).await;
    let options = TranscriptionOptions::new("whisper-1").response_format("srt");
    let request = TranscriptionRequest::new(options, sound());
    let transcription = client_of(&server).transcribe_audio(&request).await.unwrap();
    assert_eq!(transcription.text, subtitles);
}

#[tokio::test]
async fn the_simulator_hears_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.transcribe_audio(&request("gpt-transcribe")).await.unwrap();
    let events = client.transcribe_audio_stream(&request("gpt-transcribe")).await.unwrap();
    let events: Vec<_> = events.try_collect().await.unwrap();
    let heard: String = events.iter().filter_map(|event| event.delta.as_deref()).collect();
    assert_eq!((heard.as_str(), &events.last().unwrap().kind), (&*whole.text, &TranscriptionEventKind::Done));
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn the_simulator_translates_with_one_model() {
    let (simulator, client) = simulated();
    let translation = client.translate_audio(&request("whisper-1")).await.unwrap();
    assert!(translation.text.contains("talk.wav"), "{}", translation.text);
    let error = client.translate_audio(&request("gpt-transcribe")).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.effect()), (400, Effect::NotStarted));
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn a_file_whose_name_says_nothing_is_an_error() {
    let (_simulator, client) = simulated();
    let file = File::new("talk", "audio/wav", "RIFF");
    let request = TranscriptionRequest::new(TranscriptionOptions::new("whisper-1"), file);
    let error = client.transcribe_audio(&request).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.effect()), (400, Effect::NotStarted));
}

#[tokio::test]
async fn a_transcription_that_may_have_been_paid_is_not_asked_for_again() {
    let (simulator, client) = simulated();
    simulator.fault("POST /openai/v1/audio/*", "lose").unwrap();
    check_paid_once(&simulator, client.transcribe_audio(&request("gpt-transcribe")).await);
    simulator.reset();
    simulator.fault("POST /openai/v1/audio/*", "lose").unwrap();
    check_paid_once(&simulator, client.transcribe_audio_stream(&request("gpt-transcribe")).await);
    simulator.reset();
    simulator.fault("POST /openai/v1/audio/*", "lose").unwrap();
    check_paid_once(&simulator, client.translate_audio(&request("whisper-1")).await);
}

#[tokio::test]
async fn a_stream_without_its_end_is_an_error() {
    let delta = r#"data: {"type":"transcript.text.delta","delta":"Hello"}"#;
    let server = Server::start([Reply::ok(format!("{delta}\n\n"))]).await;
    let mut events = client_of(&server).transcribe_audio_stream(&request("gpt-transcribe")).await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().delta.as_deref(), Some("Hello"));
    assert_eq!(events.next().await.unwrap().unwrap_err().kind(), ErrorKind::Interrupted);
}
