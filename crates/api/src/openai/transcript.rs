//! What was heard, in the formats of OpenAI's wire.

use std::fmt::Write as _;

use axum::response::{IntoResponse, Response};
use fourfold_domain::{Effect, Reason, TimedText, Transcript};
use fourfold_service::ServiceError;
use fourfold_service::jobs::JobView;
use futures_util::TryStreamExt as _;
use http::header;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::AppState;
use crate::error::ApiError;
use crate::native::jobs::served_by;

/// The longest text that is told again in an answer; a longer one is read as the job's artifact.
const TRANSCRIPT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How a transcription is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Json,
    Text,
    Srt,
    Vtt,
    Verbose,
    Diarized,
}

/// What was said, in the JSON that was asked for.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = OpenAiTranscriptionBody)]
pub(crate) enum TranscriptionBody {
    /// json and verbose_json.
    Transcription(Transcription),
    /// diarized_json.
    Diarized(Diarized),
}

/// What was said, in OpenAI's shape.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiTranscription)]
pub(crate) struct Transcription {
    /// Of verbose_json: `transcribe` or `translate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<&'static str>,
    /// Of verbose_json, where the vendor tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    language: Option<Value>,
    /// Of verbose_json: how long the sound is, in seconds, where the vendor tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    duration: Option<Value>,
    /// All of it.
    text: String,
    /// Of verbose_json.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<Vec<Segment>>,
    /// Of verbose_json, where words were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<Word>>,
    /// What it used, where the vendor tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
}

/// A part of it with its time. What the model thought of it isn't kept, and null.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiTranscriptionSegment)]
struct Segment {
    id: usize,
    start: f64,
    end: f64,
    text: String,
    seek: Option<u64>,
    tokens: Option<Vec<u64>>,
    temperature: Option<f64>,
    avg_logprob: Option<f64>,
    compression_ratio: Option<f64>,
    no_speech_prob: Option<f64>,
}

/// A word with its time.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiTranscriptionWord)]
struct Word {
    word: String,
    start: f64,
    end: f64,
}

/// What each of those who speak said, in OpenAI's shape.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiDiarizedTranscription)]
pub(crate) struct Diarized {
    /// Always `transcribe`.
    task: &'static str,
    /// How long the sound is, in seconds, where the vendor tells.
    duration: Option<f64>,
    /// All of it.
    text: String,
    segments: Vec<Turn>,
    /// What it used, where the vendor tells.
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
}

/// What one of them said at a time.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiDiarizedSegment)]
struct Turn {
    /// Always `transcript.text.segment`.
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    /// Who, as far as the vendor tells.
    speaker: Option<String>,
    start: f64,
    end: f64,
    text: String,
}

impl Diarized {
    fn new(view: &JobView, transcript: Transcript) -> Self {
        let usage = usage(view, &transcript);
        let turn = |(place, said): (usize, TimedText)| Turn {
            kind: "transcript.text.segment",
            id: format!("seg_{place}"),
            speaker: said.speaker,
            start: said.start,
            end: said.end,
            text: said.text,
        };
        Self {
            task: "transcribe",
            duration: transcript.seconds,
            text: transcript.text,
            segments: transcript.segments.into_iter().enumerate().map(turn).collect(),
            usage,
        }
    }
}

impl Format {
    pub(super) fn read(written: Option<&str>) -> Result<Self, ApiError> {
        Ok(match written {
            None | Some("json") => Self::Json,
            Some("text") => Self::Text,
            Some("srt") => Self::Srt,
            Some("vtt") => Self::Vtt,
            Some("verbose_json") => Self::Verbose,
            Some("diarized_json") => Self::Diarized,
            Some(_) => {
                let message =
                    "response_format must be one of json, text, srt, vtt, verbose_json, diarized_json";
                return Err(ApiError::invalid("response_format", message));
            }
        })
    }
}

/// The transcript of a job, so written.
pub(super) async fn answer(state: &AppState, view: &JobView, format: Format) -> Result<Response, ApiError> {
    let transcript = read(state, view).await?;
    let needs_times = !matches!(format, Format::Json | Format::Text);
    if needs_times && transcript.segments.is_empty() && !transcript.text.trim().is_empty() {
        let message = "the vendor told no times; the text is the job's artifact".to_owned();
        let (reason, effect) = (Reason::Unreadable, Effect::Started);
        let (retry_after, passed_on) = (None, None);
        let error = ApiError::from(ServiceError::Vendor { reason, effect, message, retry_after, passed_on });
        return Err(ApiError { job: Some(view.job.id), ..error });
    }
    let json = |body: TranscriptionBody| axum::Json(body).into_response();
    let plain = |text: String| ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    let mut response = match format {
        Format::Text => plain(format!("{}\n", transcript.text)),
        Format::Srt => plain(srt(&transcript.segments)),
        Format::Vtt => plain(vtt(&transcript.segments)),
        Format::Json => json(TranscriptionBody::Transcription(Transcription::short(view, transcript))),
        Format::Verbose => json(TranscriptionBody::Transcription(Transcription::whole(view, transcript))),
        Format::Diarized => json(TranscriptionBody::Diarized(Diarized::new(view, transcript))),
    };
    response.headers_mut().extend(served_by(view));
    Ok(response)
}

impl Transcription {
    fn short(view: &JobView, transcript: Transcript) -> Self {
        let usage = usage(view, &transcript);
        let (task, language, duration, segments, words) = (None, None, None, None, None);
        Self { task, language, duration, text: transcript.text, segments, words, usage }
    }

    fn whole(view: &JobView, transcript: Transcript) -> Self {
        let input = serde_json::from_str::<Map<String, Value>>(&view.job.input).unwrap_or_default();
        let translates = input.get("translate") == Some(&Value::Bool(true));
        let usage = usage(view, &transcript);
        let words: Vec<_> = transcript.words.into_iter().map(word).collect();
        Self {
            task: Some(if translates { "translate" } else { "transcribe" }),
            language: Some(json!(transcript.language)),
            duration: Some(json!(transcript.seconds)),
            text: transcript.text,
            segments: Some(transcript.segments.into_iter().enumerate().map(segment).collect()),
            words: Some(words).filter(|words| !words.is_empty()),
            usage,
        }
    }
}

/// The transcript, shown in the job itself where it is small, and else in the store.
async fn read(state: &AppState, view: &JobView) -> Result<Transcript, ApiError> {
    if let Some(output) = &view.job.output {
        return serde_json::from_str(output).map_err(|error| unreadable(&error));
    }
    let artifact = view.artifacts.first().ok_or_else(ApiError::internal)?;
    if artifact.removed_at.is_some() {
        return Err(ServiceError::Removed.into());
    }
    if artifact.object.size_bytes > TRANSCRIPT_BYTES_MAX {
        let error = ApiError::too_large("the transcription", TRANSCRIPT_BYTES_MAX);
        return Err(ApiError { job: Some(view.job.id), effect: Effect::Started, ..error });
    }
    let object = state.artifacts.read(artifact, 0, None).await?;
    let parts: Vec<_> = object.bytes.try_collect().await.map_err(|error| unreadable(&error))?;
    let read = tokio::task::spawn_blocking(move || serde_json::from_slice(&parts.concat())).await;
    read.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::error!(error, "a transcript can't be read");
    ApiError { effect: Effect::Started, ..ApiError::internal() }
}

/// What the vendor says that it used, in OpenAI's words; else how long the sound is.
fn usage(view: &JobView, transcript: &Transcript) -> Option<Value> {
    let said = view.attempts.last().and_then(|attempt| attempt.vendor.get("usage"));
    let said = said.filter(|usage| usage["type"].is_string());
    said.cloned()
        .or_else(|| transcript.seconds.map(|seconds| json!({"type": "duration", "seconds": seconds})))
}

fn segment((id, TimedText { text, start, end, .. }): (usize, TimedText)) -> Segment {
    Segment {
        id,
        start,
        end,
        text,
        seek: None,
        tokens: None,
        temperature: None,
        avg_logprob: None,
        compression_ratio: None,
        no_speech_prob: None,
    }
}

fn word(TimedText { text, start, end, .. }: TimedText) -> Word {
    Word { word: text, start, end }
}

fn srt(segments: &[TimedText]) -> String {
    let mut text = String::new();
    for (place, segment) in segments.iter().enumerate() {
        let (start, end) = (clock(segment.start, ','), clock(segment.end, ','));
        append(&mut text, format_args!("{}\n{start} --> {end}\n{}\n\n", place + 1, cue(&segment.text)));
    }
    text
}

fn vtt(segments: &[TimedText]) -> String {
    let mut text = "WEBVTT\n\n".to_owned();
    for segment in segments {
        let (start, end) = (clock(segment.start, '.'), clock(segment.end, '.'));
        append(&mut text, format_args!("{start} --> {end}\n{}\n\n", cue(&segment.text)));
    }
    text
}

fn append(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a text takes whatever is written to it");
}

/// One line, in which nothing passes for the times of another cue.
fn cue(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("-->", "->")
}

/// `HH:MM:SS` and milliseconds after this mark.
fn clock(seconds: f64, mark: char) -> String {
    // A time below nothing is nothing.
    let ms = (seconds.max(0.0) * 1000.0).round() as u64;
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}{mark}{ms:03}", s / 3600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, start: f64, end: f64) -> TimedText {
        TimedText { text: text.to_owned(), start, end, speaker: None }
    }

    #[test]
    fn cues_have_their_times_and_one_line() {
        let segments = [said(" A fox\nruns.", 0.0, 1.5), said("00:01 --> x", 3661.0, 3661.2506)];
        assert_eq!(
            srt(&segments),
            "1\n00:00:00,000 --> 00:00:01,500\nA fox runs.\n\n2\n01:01:01,000 --> 01:01:01,251\n00:01 -> x\n\n"
        );
        assert_eq!(
            vtt(&segments),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nA fox runs.\n\n01:01:01.000 --> 01:01:01.251\n00:01 -> x\n\n"
        );
        assert_eq!((srt(&[]), vtt(&[])), (String::new(), "WEBVTT\n\n".to_owned()));
    }

    #[test]
    fn times_that_are_none_do_no_harm() {
        for (seconds, expected) in [(-1.0, "00:00:00.000"), (f64::NAN, "00:00:00.000")] {
            assert_eq!(clock(seconds, '.'), expected);
        }
    }
}
