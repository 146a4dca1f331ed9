//! `/v1/audio/transcriptions` and `/v1/audio/translations`.

use serde_json::{Value, json};

use super::models;
use crate::answer::Answer;
use crate::call::{Call, FilePart};
use crate::content::{count_tokens, tokens};
use crate::events;
use crate::refusal::{Problem, Refusal};
use crate::vendors::ModelKind;

/// `POST /v1/audio/transcriptions`.
pub(in super::super) fn transcribe(call: &Call<'_>) -> Result<Answer, Refusal> {
    answer(call, "transcribe", |_model| true)
}

/// `POST /v1/audio/translations`: for the oldest model only.
pub(in super::super) fn translate(call: &Call<'_>) -> Result<Answer, Refusal> {
    answer(call, "translate", |model| model == "whisper-1")
}

fn answer(call: &Call<'_>, task: &str, fits: fn(&str) -> bool) -> Result<Answer, Refusal> {
    let fields = call.form_fields()?;
    let file = fields.required_file("file")?;
    check_file(file)?;
    let (model, _) = models::required(call, &fields, |kind| kind == ModelKind::Transcription)?;
    if !fits(model) {
        return Err(Refusal::not_allowed("model", model, "'whisper-1'"));
    }
    fields.number("temperature", 0.0..=1.0)?;
    let format = fields.one_of("response_format", formats(model))?.unwrap_or("json");
    let granularities = fields.texts("timestamp_granularities");
    if !granularities.is_empty() && format != "verbose_json" {
        let reason = "'timestamp_granularities' is only allowed when 'response_format' is 'verbose_json'.";
        return Err(Refusal::unsupported("timestamp_granularities", reason));
    }
    let heard = Heard {
        task,
        model,
        text: format!(
            "This is a simulated transcription of {}.",
            file.file_name.as_deref().unwrap_or("audio")
        ),
        language: fields.text("language")?.unwrap_or("en"),
        has_words: granularities.iter().any(|granularity| granularity == "word"),
    };
    if fields.flag("stream")? && !is_oldest(model) {
        return Ok(Answer::events(heard.events()));
    }
    Ok(match format {
        "text" => plain(format!("{}\n", heard.text)),
        "srt" => plain(heard.subtitles("", ',')),
        "vtt" => plain(heard.subtitles("WEBVTT\n\n", '.')),
        "verbose_json" => Answer::json(&heard.verbose()),
        "diarized_json" => Answer::json(&heard.diarized()),
        _ => Answer::json(&json!({"text": heard.text, "usage": heard.usage()})),
    })
}

const FILE_BYTES_MAX: usize = 25 << 20;
const EXTENSIONS: [&str; 9] = ["flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"];

fn check_file(file: &FilePart) -> Result<(), Refusal> {
    let length = file.bytes.len();
    if length > FILE_BYTES_MAX {
        return Err(Refusal::Field("file".into(), Problem::TooLong { length, length_max: FILE_BYTES_MAX }));
    }
    let name = file.file_name.as_deref().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    if !EXTENSIONS.contains(&extension.as_str()) {
        return Err(Refusal::not_allowed("file", name, format!("files named {}", EXTENSIONS.join(", "))));
    }
    Ok(())
}

/// Whether it is of the first family of models; other vendors have more of them.
fn is_oldest(model: &str) -> bool {
    model.contains("whisper")
}

fn formats(model: &str) -> &'static [&'static str] {
    match model {
        _ if is_oldest(model) => &["json", "text", "srt", "verbose_json", "vtt"],
        "gpt-4o-transcribe-diarize" => &["json", "text", "diarized_json"],
        _ => &["json"],
    }
}

fn plain(text: String) -> Answer {
    Answer::bytes("text/plain; charset=utf-8", text)
}

/// What a model heard: each word takes half a second.
struct Heard<'a> {
    task: &'a str,
    model: &'a str,
    text: String,
    language: &'a str,
    has_words: bool,
}

impl Heard<'_> {
    fn seconds(&self) -> u64 {
        count_tokens(&self.text).div_ceil(2)
    }

    fn usage(&self) -> Value {
        if is_oldest(self.model) {
            return json!({"type": "duration", "seconds": self.seconds()});
        }
        let (heard, said) = (self.seconds() * 10, count_tokens(&self.text));
        json!({
            "type": "tokens",
            "input_tokens": heard,
            "output_tokens": said,
            "total_tokens": heard + said,
            "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        })
    }

    fn verbose(&self) -> Value {
        let mut verbose = json!({
            "task": self.task,
            "language": if self.language == "en" { "english" } else { self.language },
            "duration": self.seconds(),
            "text": self.text,
            "segments": [{
                "id": 0,
                "seek": 0,
                "start": 0.0,
                "end": self.seconds(),
                "text": self.text,
                "tokens": (0..count_tokens(&self.text)).collect::<Vec<_>>(),
                "temperature": 0.0,
                "avg_logprob": -0.25,
                "compression_ratio": 1.0,
                "no_speech_prob": 0.01,
            }],
            "usage": self.usage(),
        });
        if self.has_words {
            let word = |(index, word): (u32, &str)| {
                let start = f64::from(index) / 2.0;
                json!({"word": word.trim(), "start": start, "end": start + 0.5})
            };
            verbose["words"] = (0..).zip(tokens(&self.text)).map(word).collect();
        }
        verbose
    }

    fn diarized(&self) -> Value {
        json!({
            "task": self.task,
            "duration": self.seconds(),
            "text": self.text,
            "segments": [self.segment("transcript.text.segment")],
            "usage": self.usage(),
        })
    }

    fn segment(&self, kind: &str) -> Value {
        json!({"type": kind, "id": "seg_0", "speaker": "A", "start": 0.0, "end": self.seconds(), "text": self.text})
    }

    fn subtitles(&self, head: &str, point: char) -> String {
        let end = self.seconds();
        let number = if head.is_empty() { "1\n" } else { "" };
        format!(
            "{head}{number}00:00:00{point}000 --> 00:{:02}:{:02}{point}000\n{}\n\n",
            end / 60,
            end % 60,
            self.text
        )
    }

    fn events(&self) -> Vec<bytes::Bytes> {
        let delta = |token: &str| events::data(&json!({"type": "transcript.text.delta", "delta": token}));
        let mut events: Vec<_> = tokens(&self.text).into_iter().map(delta).collect();
        if self.model == "gpt-4o-transcribe-diarize" {
            events.push(events::data(&self.segment("transcript.text.segment")));
        }
        let done = json!({"type": "transcript.text.done", "text": self.text, "usage": self.usage()});
        events.push(events::data(&done));
        events
    }
}
