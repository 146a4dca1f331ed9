//! `/audio/transcriptions` and `/audio/translations`: sound in, words out.

use futures_util::stream::BoxStream;
use serde_json::Value;

use super::failure::PASSING;
use crate::http::{BaseHttpClient, Call, ClientError, Multipart};
use crate::vendor::{File, Streamed, events, form, open_enum, wire_type};

/// What was heard, as it is written down. Dropping it closes the vendor's connection.
pub type TranscriptionStream = BoxStream<'static, Result<TranscriptionEvent, ClientError>>;

/// What is to be written down.
#[derive(Clone, PartialEq, Debug)]
pub struct TranscriptionRequest {
    /// The sound. The vendor goes by the extension of its name.
    pub file: File,
    /// How it is to be written down.
    pub options: TranscriptionOptions,
}

impl TranscriptionRequest {
    /// Writes this down.
    pub fn new(options: TranscriptionOptions, file: File) -> Self {
        Self { file, options }
    }
}

wire_type! {
    /// How a sound is to be written down.
    pub struct TranscriptionOptions {
        must {
            /// The model's name.
            model: String,
        }
        may {
            /// The language that is spoken, such as `en`.
            language: String,
            /// Words that help, such as names that come up.
            prompt: String,
            /// `json`, `verbose_json`, `diarized_json`, `text`, `srt`, `vtt`. Default `json`.
            response_format: String,
            /// From 0 to 1: how much is left to chance.
            temperature: f64,
            /// `word`, `segment`; for `verbose_json` only.
            timestamp_granularities: Vec<String>,
            /// What else is told: `logprobs`.
            include: Vec<String>,
            /// How the sound is divided: `auto`.
            chunking_strategy: String,
        }
    }
}

wire_type! {
    /// What was heard. Of the plain formats there is the text alone, as it came.
    pub struct Transcription {
        must {
            /// The words, or a file of subtitles.
            text: String,
        }
        may {
            /// `transcribe` or `translate`.
            task: String,
            /// The language that was heard.
            language: String,
            /// How long the sound is, in seconds.
            duration: f64,
            /// The words by sentence or speaker.
            segments: Vec<Segment>,
            /// The words by themselves.
            words: Vec<Word>,
            /// What is charged for.
            usage: TranscriptionUsage,
        }
    }
}

wire_type! {
    /// A stretch of what was heard.
    pub struct Segment {
        must {
            /// The words.
            text: String,
        }
        may {
            /// Its id: a number, or a text where speakers are told apart.
            id: Value,
            /// Where it begins, in seconds.
            start: f64,
            /// Where it ends, in seconds.
            end: f64,
            /// Who speaks.
            speaker: String,
            /// The tokens of the words.
            tokens: Vec<u64>,
            /// How likely the words are.
            avg_logprob: f64,
            /// How likely nobody speaks.
            no_speech_prob: f64,
        }
    }
}

wire_type! {
    /// A word that was heard.
    pub struct Word {
        must {
            /// The word.
            word: String,
        }
        may {
            /// Where it begins, in seconds.
            start: f64,
            /// Where it ends, in seconds.
            end: f64,
        }
    }
}

wire_type! {
    /// What is charged for: tokens or seconds.
    pub struct TranscriptionUsage {
        may {
            /// `tokens` or `duration`.
            #[serde(rename = "type")]
            kind: String,
            /// The seconds of the sound.
            seconds: f64,
            /// The tokens of the sound and the prompt.
            input_tokens: u64,
            /// The tokens of the words.
            output_tokens: u64,
            /// Both.
            total_tokens: u64,
        }
    }
}

wire_type! {
    /// A piece of what was heard.
    pub struct TranscriptionEvent {
        must {
            /// What the event tells.
            #[serde(rename = "type")]
            kind: TranscriptionEventKind,
        }
        may {
            /// The next of the words.
            delta: String,
            /// The words of a segment, or all of them at the end.
            text: String,
            /// Who speaks, in a segment.
            speaker: String,
            /// Where a segment begins, in seconds.
            start: f64,
            /// Where a segment ends, in seconds.
            end: f64,
            /// What is charged for, at the end.
            usage: TranscriptionUsage,
        }
    }
}

open_enum! {
    /// What an event tells.
    pub enum TranscriptionEventKind {
        /// The next words.
        Delta = "transcript.text.delta",
        /// A segment is complete.
        Segment = "transcript.text.segment",
        /// All words are there.
        Done = "transcript.text.done",
    }
}

impl Streamed for TranscriptionEvent {
    const PASSING: &'static [&'static str] = PASSING;

    fn is_last(&self) -> bool {
        self.kind == TranscriptionEventKind::Done
    }
}

pub(super) async fn transcribe(
    http: &BaseHttpClient,
    request: &TranscriptionRequest,
) -> Result<Transcription, ClientError> {
    let call = http.post("audio/transcriptions").operation("transcribe_audio");
    whole(call, request).await
}

pub(super) async fn stream(
    http: &BaseHttpClient,
    request: &TranscriptionRequest,
) -> Result<TranscriptionStream, ClientError> {
    let call = http.post("audio/transcriptions").operation("transcribe_audio");
    let form = form::of(&request.options)?.text("stream", "true");
    Ok(events::values(with_sound(call, form, &request.file).events().await?))
}

pub(super) async fn translate(
    http: &BaseHttpClient,
    request: &TranscriptionRequest,
) -> Result<Transcription, ClientError> {
    let call = http.post("audio/translations").operation("translate_audio");
    whole(call, request).await
}

async fn whole(call: Call<'_>, request: &TranscriptionRequest) -> Result<Transcription, ClientError> {
    let answer = with_sound(call, form::of(&request.options)?, &request.file).send().await?;
    match request.options.response_format.as_deref() {
        Some("text" | "srt" | "vtt") => Ok(Transcription::new(answer.text()?)),
        _ => answer.json(),
    }
}

fn with_sound<'c>(call: Call<'c>, form: Multipart, file: &File) -> Call<'c> {
    call.multipart(form::with_file(form, "file", file)).paid()
}
