//! A vendor that follows a script; what isn't in it fails the test with what was asked.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AnswerPiece, AttemptContext, BoxStream, ByteStream, Cancelled, ChatAnswer, ChatRequest, ChatResult,
    Effect, EmbeddingRequest, EmbeddingResult, FinishReason, GenerationRequest, GenerationResult, Generator,
    MediaMaker, MediaRequest, Modality, ModelSpec, Output, OutputSource, Outputs, Parameter, ParameterKind,
    Poll, Provider, ProviderError, ProviderKey, Quantity, Reason, Speaker, SpeechRequest, Spoken, Started,
    StreamChunk, Unit, UpstreamTask, Usage,
};
use fourfold_service::testing::provider;
use serde_json::Map;

/// The provider `acme` with the models `acme-1` for pictures, `acme-chat`, and `acme-vectors`, which needs no script.
pub(crate) struct Vendor {
    key: ProviderKey,
    models: Vec<ModelSpec>,
    script: Mutex<Script>,
}

#[derive(Default)]
struct Script {
    starts: VecDeque<Result<Started, ProviderError>>,
    polls: VecDeque<Result<Poll, ProviderError>>,
    chats: VecDeque<Result<ChatResult, ProviderError>>,
    streams: VecDeque<ChatStream>,
    sounds: VecDeque<Spoken>,
    asked: Vec<ChatRequest>,
    said: Vec<SpeechRequest>,
}

/// An answer as it is written.
pub(crate) type ChatStream = BoxStream<Result<StreamChunk, ProviderError>>;

impl Vendor {
    pub(super) fn new() -> Self {
        let parameters = vec![
            Parameter::new("prompt", ParameterKind::Text { chars_max: 100_000 }, "what to draw").required(),
            Parameter::new("n", ParameterKind::Integer { min: 1, max: 10 }, "how many"),
            Parameter::new("size", ParameterKind::Size { min: 64, max: 1024, step: 64 }, "how large"),
            Parameter::new("image", ParameterKind::MediaList { max: 3 }, "what to work from"),
        ];
        let spec = ModelSpec { vendor_model: "acme-1".to_owned(), modality: Modality::Image, parameters };
        let efforts = ["none", "low", "high"].map(str::to_owned).to_vec();
        let parameters = vec![
            Parameter::new("messages", ParameterKind::Messages, "what was said").required(),
            Parameter::new("max_tokens", ParameterKind::Integer { min: 1, max: 1000 }, "how much")
                .default(100),
            Parameter::new("n", ParameterKind::Integer { min: 1, max: 4 }, "how many"),
            Parameter::new("temperature", ParameterKind::Number { min: 0.0, max: 2.0 }, "how freely"),
            Parameter::new("tools", ParameterKind::Tools, "what it may call"),
            Parameter::new("tool_choice", ParameterKind::Open, "whether it calls them"),
            Parameter::new("stop", ParameterKind::Texts { max: 4 }, "where it ends"),
            Parameter::new("reasoning_effort", ParameterKind::Choice(efforts), "how much it thinks"),
            Parameter::new("response_format", ParameterKind::Open, "what it looks like"),
        ];
        let chat = ModelSpec { vendor_model: "acme-chat".to_owned(), modality: Modality::Chat, parameters };
        let text = |name: &str| Parameter::new(name, ParameterKind::Text { chars_max: 100 }, "a text");
        let whole =
            |name: &str, max: i64| Parameter::new(name, ParameterKind::Integer { min: 1, max }, "a number");
        let media = |name: &str| Parameter::new(name, ParameterKind::Media, "what to work from");
        let heard = || vec![media("audio").required(), text("language")];
        let times = ["none", "segment", "word"].map(str::to_owned).to_vec();
        let times = Parameter::new("timestamps", ParameterKind::Choice(times), "what is told with its time");
        let number = ParameterKind::Number { min: 0.0, max: 1.0 };
        let temperature = Parameter::new("temperature", number, "how freely");
        let speakers = Parameter::new("speakers", ParameterKind::Boolean, "whether speakers are told apart");
        let listening = [heard(), vec![times, temperature, speakers]].concat();
        let sounds = ["mp3", "wav"].map(str::to_owned).to_vec();
        let sound = Parameter::new("format", ParameterKind::Choice(sounds), "the format of the sound");
        let filmed = vec![
            text("prompt").required(),
            whole("seconds", 8).default(4),
            Parameter::new("size", ParameterKind::Size { min: 64, max: 1024, step: 64 }, "how large"),
            media("image"),
        ];
        let spec_of = |vendor_model: &str, modality, parameters| ModelSpec {
            vendor_model: vendor_model.to_owned(),
            modality,
            parameters,
        };
        let vectors = vec![
            Parameter::new("texts", ParameterKind::Texts { max: 100 }, "what to make vectors of").required(),
            Parameter::new("dimensions", ParameterKind::Integer { min: 1, max: 8 }, "how long they are"),
        ];
        let models = vec![
            spec,
            chat,
            spec_of("acme-listen", Modality::Transcription, listening),
            spec_of("acme-skim", Modality::Transcription, heard()),
            spec_of("acme-film", Modality::Video, filmed),
            spec_of("acme-speak", Modality::Speech, vec![text("text").required(), text("voice"), sound]),
            spec_of("acme-vectors", Modality::Embedding, vectors),
        ];
        Self { key: provider("acme"), models, script: Mutex::default() }
    }

    /// The next work is answered so.
    pub(crate) fn will_start(&self, answer: Result<Started, ProviderError>) {
        self.script.lock().unwrap().starts.push_back(answer);
    }

    /// The next chat is answered so at once.
    pub(crate) fn will_chat(&self, answer: Result<ChatResult, ProviderError>) {
        self.script.lock().unwrap().chats.push_back(answer);
    }

    /// The next chat is answered so as it is written.
    pub(crate) fn will_write(&self, stream: ChatStream) {
        self.script.lock().unwrap().streams.push_back(stream);
    }

    /// The next text is spoken so.
    pub(crate) fn will_speak(&self, spoken: Spoken) {
        self.script.lock().unwrap().sounds.push_back(spoken);
    }

    /// The speech that it was asked for.
    pub(crate) fn said(&self) -> Vec<SpeechRequest> {
        self.script.lock().unwrap().said.clone()
    }

    /// The chats that it was asked for.
    pub(crate) fn asked(&self) -> Vec<ChatRequest> {
        self.script.lock().unwrap().asked.clone()
    }

    fn note(&self, request: &GenerationRequest) {
        let GenerationRequest::Chat(chat) = request else { panic!("no chat: {request:?}") };
        self.script.lock().unwrap().asked.push(ChatRequest::clone(chat));
    }

    /// The next poll is answered so.
    pub(crate) fn will_say(&self, answer: Result<Poll, ProviderError>) {
        self.script.lock().unwrap().polls.push_back(answer);
    }
}

impl Provider for Vendor {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        Some(self)
    }

    fn generator(&self) -> Option<&dyn Generator> {
        Some(self)
    }

    fn speaker(&self) -> Option<&dyn Speaker> {
        Some(self)
    }
}

#[async_trait]
impl Speaker for Vendor {
    async fn speak(&self, speech: SpeechRequest, _: AttemptContext) -> Result<Spoken, ProviderError> {
        let mut script = self.script.lock().unwrap();
        script.said.push(speech.clone());
        Ok(script.sounds.pop_front().unwrap_or_else(|| panic!("the script has no sound for {speech:?}")))
    }
}

#[async_trait]
impl Generator for Vendor {
    async fn generate(
        &self,
        request: GenerationRequest,
        _: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        if let GenerationRequest::Embedding(embedding) = request {
            return Ok(GenerationResult::Embedding(vectors(&embedding)));
        }
        self.note(&request);
        let answer = self.script.lock().unwrap().chats.pop_front();
        let answer = answer.unwrap_or_else(|| panic!("the script has no answer to {request:?}"));
        answer.map(GenerationResult::Chat)
    }

    async fn generate_stream(
        &self,
        request: GenerationRequest,
        _: AttemptContext,
    ) -> Result<ChatStream, ProviderError> {
        self.note(&request);
        let stream = self.script.lock().unwrap().streams.pop_front();
        Ok(stream.unwrap_or_else(|| panic!("the script has no stream for {request:?}")))
    }
}

/// For each text its length in bytes and a half.
fn vectors(embedding: &EmbeddingRequest) -> EmbeddingResult {
    let vector = |text: &String| vec![f32::from(u16::try_from(text.len()).unwrap()), 0.5];
    let usage = Usage { input_tokens: 7, ..Usage::default() };
    EmbeddingResult { vectors: embedding.texts.iter().map(vector).collect(), usage, vendor: Map::new() }
}

#[async_trait]
impl MediaMaker for Vendor {
    async fn start(&self, request: MediaRequest, _: AttemptContext) -> Result<Started, ProviderError> {
        let answer = self.script.lock().unwrap().starts.pop_front();
        answer.unwrap_or_else(|| panic!("the script has no answer to {request:?}"))
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        let answer = self.script.lock().unwrap().polls.pop_front();
        answer.unwrap_or_else(|| panic!("the script has no answer to a poll of {task:?}"))
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        panic!("the script has nothing to fetch: {output:?}")
    }

    async fn cancel(&self, task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        panic!("the script has no answer to a cancel of {task:?}")
    }
}

/// These results, each of a media type with its bytes.
pub(crate) fn outputs(results: &[(&str, &str)]) -> Outputs {
    let item = |(media_type, text): &(&str, &str)| Output {
        media_type: (*media_type).to_owned(),
        source: OutputSource::Bytes(Bytes::copy_from_slice(text.as_bytes())),
    };
    Outputs {
        items: results.iter().map(item).collect(),
        quantities: vec![Quantity::new(Unit::Image, results.len() as u64)],
        missing: None,
        vendor: Map::new(),
    }
}

/// A task that is first polled after a second.
pub(crate) fn task() -> Started {
    Started::Task(UpstreamTask {
        id: "task-1".to_owned(),
        vendor_model: "acme-1".to_owned(),
        poll_after: Duration::from_secs(1),
    })
}

pub(crate) fn running(progress: u8) -> Result<Poll, ProviderError> {
    Ok(Poll::Running { progress: Some(progress), poll_after: Duration::from_secs(1) })
}

pub(crate) fn failure(reason: Reason) -> ProviderError {
    ProviderError::new(reason, Effect::NotStarted, "the vendor says no")
}

/// A chat of one answer, which used 10 tokens in and 5 out.
pub(crate) fn said(text: &str) -> ChatResult {
    let answer = ChatAnswer {
        text: text.to_owned(),
        reasoning: None,
        refusal: None,
        tool_calls: Vec::new(),
        finish_reason: FinishReason::Stop,
        extras: Map::new(),
    };
    ChatResult { answers: vec![answer], usage: usage(), vendor: Map::new() }
}

pub(crate) fn usage() -> Usage {
    Usage { input_tokens: 10, output_tokens: 5, ..Usage::default() }
}

/// More of the first answer.
pub(crate) fn piece(piece: AnswerPiece) -> Result<StreamChunk, ProviderError> {
    Ok(StreamChunk::Answer { index: 0, piece })
}

/// A stream of one answer in these pieces, whole.
pub(crate) fn written(words: &[&str]) -> Vec<Result<StreamChunk, ProviderError>> {
    let mut chunks: Vec<_> = words.iter().map(|word| piece(AnswerPiece::Text((*word).to_owned()))).collect();
    chunks.extend([piece(AnswerPiece::Finish(FinishReason::Stop)), Ok(StreamChunk::Usage(usage()))]);
    chunks
}
