//! A chat provider from outside, good until a test spoils it.

use async_trait::async_trait;
use fourfold_domain::{
    AnswerPiece, AttemptContext, BoxStream, ChatAnswer, ChatResult, Effect, FinishReason, GenerationRequest,
    GenerationResult, Generator, Modality, ModelSpec, Parameter, ParameterKind, Provider, ProviderError,
    ProviderKey, Reason, StreamChunk, Usage,
};
use futures_util::{StreamExt, stream};

#[derive(Clone)]
pub(crate) struct TextStub {
    key: ProviderKey,
    models: Vec<ModelSpec>,
    pub(crate) usage: Usage,
    pub(crate) answers: usize,
    pub(crate) finishes: usize,
    pub(crate) takes_strangers: bool,
}

impl TextStub {
    pub(crate) fn new() -> Self {
        let messages = Parameter::new("messages", ParameterKind::Messages, "what was said").required();
        Self {
            key: "text-stub".parse().unwrap(),
            models: vec![ModelSpec {
                vendor_model: "parrot".to_owned(),
                modality: Modality::Chat,
                parameters: vec![messages],
            }],
            usage: Usage { input_tokens: 1, output_tokens: 1, ..Usage::default() },
            answers: 1,
            finishes: 1,
            takes_strangers: false,
        }
    }

    fn known(&self, vendor_model: &str) -> Result<(), ProviderError> {
        if self.takes_strangers || vendor_model == "parrot" {
            return Ok(());
        }
        Err(ProviderError::new(Reason::NotFound, Effect::NotStarted, "there is only a parrot"))
    }
}

impl Provider for TextStub {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    fn generator(&self) -> Option<&dyn Generator> {
        Some(self)
    }
}

#[async_trait]
impl Generator for TextStub {
    async fn generate(
        &self,
        _: GenerationRequest,
        context: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        self.known(&context.vendor_model)?;
        let answer = ChatAnswer {
            text: "x".to_owned(),
            reasoning: None,
            refusal: None,
            tool_calls: Vec::new(),
            finish_reason: FinishReason::Stop,
            extras: serde_json::Map::new(),
        };
        let answers = vec![answer; self.answers];
        Ok(GenerationResult::Chat(ChatResult { answers, usage: self.usage, ..ChatResult::default() }))
    }

    async fn generate_stream(
        &self,
        _: GenerationRequest,
        context: AttemptContext,
    ) -> Result<BoxStream<Result<StreamChunk, ProviderError>>, ProviderError> {
        self.known(&context.vendor_model)?;
        let finish = StreamChunk::Answer { index: 0, piece: AnswerPiece::Finish(FinishReason::Stop) };
        let chunks = std::iter::repeat_n(finish, self.finishes).chain([StreamChunk::Usage(self.usage)]);
        Ok(stream::iter(chunks.map(Ok).collect::<Vec<_>>()).boxed())
    }
}
