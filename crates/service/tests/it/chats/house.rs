//! A service for conversations around the user `u1` with ten credits, and the model `talk` at 0.001 credits a token in
//! and 0.002 out, of which 4096 and 50 of those out find room.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AttemptContext, BoxStream, GenerationRequest, GenerationResult, Generator, Modality, ModelSpec,
    OnDisconnect, Parameter, ParameterKind, Provider, ProviderError, ProviderKey,
};
use fourfold_service::calls::{CallParts, CallReply, CallSettings, CallsService};
use fourfold_service::chats::{
    Answered, Ask, ChatParts, ChatSettings, ChatsService, Conversation, Finish, Message, NewTurn, TurnWriter,
};
use fourfold_service::limits::Admission;
use fourfold_service::ports::{AccountStore as _, ChatStore as _, MessagePage};
use fourfold_service::testing::{account_subject, conversation_name, credits, provider};
use fourfold_service::{Idempotency, ServiceError};
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::calls::house::{self, Chunk, text, used};

/// How long a turn is kept for a process that says nothing.
pub(super) const LEASE: Duration = Duration::from_secs(20);

const ALL: MessagePage =
    MessagePage { after: None, is_newest_first: true, limit: 100, bytes_max: usize::MAX };

/// One answer that the test writes.
pub(super) type Pen = mpsc::UnboundedSender<Chunk>;

type Paper = Result<mpsc::UnboundedReceiver<Chunk>, ProviderError>;

/// A vendor that writes what it is told to, one answer after the other, and remembers what it was asked.
pub(super) struct Author {
    key: ProviderKey,
    models: Vec<ModelSpec>,
    papers: Mutex<Vec<Paper>>,
    asked: Mutex<Vec<String>>,
    /// The most tokens that each answer may have.
    limits: Mutex<Vec<u64>>,
}

pub(super) struct House {
    pub(super) calls: house::House,
    pub(super) chats: ChatsService,
    pub(super) author: Arc<Author>,
}

/// What is sent, changed where a test says so.
pub(super) struct Sent {
    pub(super) conversation: &'static str,
    pub(super) user: &'static str,
    pub(super) ask: Ask,
    pub(super) is_stream: bool,
    pub(super) may_wait: bool,
    pub(super) system: Option<&'static str>,
    pub(super) key: Option<&'static str>,
}

/// Writes an answer as it is, and behind it `|tokens in+out|credits`, with why it ended where it wasn't done.
struct Plain {
    is_stream: bool,
}

impl House {
    pub(super) async fn new() -> Self {
        Self::with(OnDisconnect::Cancel, ChatSettings::default()).await
    }

    pub(super) async fn with(on_disconnect: OnDisconnect, settings: ChatSettings) -> Self {
        let author = Arc::new(Author::new());
        let calls = house::House::new(on_disconnect, [author.clone() as Arc<dyn Provider>]).await;
        let settings = ChatSettings { default_model: "talk".to_owned(), ..settings };
        // Wide enough for a line.
        let of_calls = CallSettings { in_flight_max: 8, replay_bytes_max: 1000, ..CallSettings::default() };
        let parts = CallParts { settings: of_calls, ..calls.parts.clone() };
        let chats = ChatsService::new(ChatParts { calls: CallsService::new(parts), settings, lease: LEASE });
        Self { calls, chats, author }
    }

    pub(super) async fn send(&self, sent: Sent) -> Result<CallReply, ServiceError> {
        let idempotency = sent.key.map(|key| Idempotency {
            method: "POST".to_owned(),
            path: "/api/chat/c1".to_owned(),
            key: key.to_owned(),
            fingerprint: [1; 32],
        });
        let turn = NewTurn {
            subject: account_subject(sent.user),
            key: None,
            conversation: sent.conversation.parse().unwrap(),
            ask: sent.ask,
            model: None,
            system: sent.system.map(str::to_owned),
            metadata: None,
            may_wait: sent.may_wait,
            idempotency,
            admission: Admission::unlimited(),
        };
        self.chats.take_turn(turn, Box::new(Plain { is_stream: sent.is_stream })).await
    }

    /// Has a message answered with this text.
    pub(super) async fn said(&self, sent: Sent, answer: &str) -> String {
        self.author.answers(answer, 10, 5);
        house::read(self.send(sent).await.unwrap()).await.0
    }

    /// The conversation `c1` with its messages, the oldest first.
    pub(super) async fn known(&self) -> (Conversation, Vec<Message>) {
        let (known, mut messages) =
            self.calls.store.conversation(&conversation_name("c1"), ALL).await.unwrap().unwrap();
        messages.reverse();
        (known, messages)
    }

    /// What was said in it; of what is partial, that it is.
    pub(super) async fn history(&self) -> Vec<String> {
        let told =
            |message: Message| format!("{}{}", message.content, if message.is_partial { "…" } else { "" });
        self.known().await.1.into_iter().map(told).collect()
    }

    /// Waits until so much was said in it.
    pub(super) async fn has_messages(&self, count: usize) {
        while self.known().await.1.len() < count || !self.known().await.0.line.places.is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until nobody writes.
    pub(super) async fn is_idle(&self) {
        while !self.known().await.0.line.places.is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// What was spent so far; nothing is held, and the books are clean.
    pub(super) async fn spent(&self) -> String {
        let account = self.calls.store.account(&account_subject("u1")).await.unwrap().unwrap();
        assert_eq!(account.held, credits("0"));
        assert_eq!(self.calls.store.audit().await.unwrap().findings, Vec::new());
        credits("10").checked_sub(account.available).unwrap().to_string()
    }
}

/// A message of `u1` to `c1`.
pub(super) fn message(text: &str) -> Sent {
    Sent {
        conversation: "c1",
        user: "u1",
        ask: Ask::Message(text.to_owned()),
        is_stream: false,
        may_wait: true,
        system: None,
        key: None,
    }
}

impl Author {
    fn new() -> Self {
        let parameters = vec![
            Parameter::new("messages", ParameterKind::Messages, "what was said").required(),
            Parameter::new("max_tokens", ParameterKind::Integer { min: 1, max: 1000 }, "how much")
                .default(100),
        ];
        let spec = ModelSpec { vendor_model: "a-1".to_owned(), modality: Modality::Chat, parameters };
        Self {
            key: provider("author"),
            models: vec![spec],
            papers: Mutex::default(),
            asked: Mutex::default(),
            limits: Mutex::default(),
        }
    }

    /// The next answer is what the test writes.
    pub(super) fn writes(&self) -> Pen {
        let (pen, paper) = mpsc::unbounded_channel();
        self.papers.lock().unwrap().push(Ok(paper));
        pen
    }

    /// The next answer is this text, of so many tokens in and out.
    pub(super) fn answers(&self, answer: &str, input_tokens: u64, output_tokens: u64) {
        let pen = self.writes();
        pen.send(text(answer)).unwrap();
        pen.send(used(input_tokens, output_tokens)).unwrap();
    }

    /// The next answer fails.
    pub(super) fn fails(&self, error: ProviderError) {
        self.papers.lock().unwrap().push(Err(error));
    }

    /// What it was asked last: `role: text` for each message.
    pub(super) fn asked(&self) -> String {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    /// How many tokens the last answer could have.
    pub(super) fn longest_answer(&self) -> u64 {
        *self.limits.lock().unwrap().last().unwrap()
    }

    pub(super) fn times_asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Provider for Author {
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
impl Generator for Author {
    async fn generate(
        &self,
        _: GenerationRequest,
        _: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        panic!("a turn is written as a stream")
    }

    async fn generate_stream(
        &self,
        request: GenerationRequest,
        _: AttemptContext,
    ) -> Result<BoxStream<Chunk>, ProviderError> {
        let GenerationRequest::Chat(chat) = request else { panic!("{request:?}") };
        let told = chat.messages.iter().map(|message| format!("{:?}: {}\n", message.role, message.text()));
        self.asked.lock().unwrap().push(told.collect());
        self.limits.lock().unwrap().push(chat.max_tokens);
        let paper = self.papers.lock().unwrap().remove(0)?;
        let next = async |mut paper: mpsc::UnboundedReceiver<Chunk>| Some((paper.recv().await?, paper));
        Ok(Box::pin(stream::unfold(paper, next)))
    }
}

impl TurnWriter for Plain {
    fn media_type(&self) -> &'static str {
        if self.is_stream { "text/x-stream" } else { "text/x-whole" }
    }

    fn is_stream(&self) -> bool {
        self.is_stream
    }

    fn more(&mut self, text: &str) -> Bytes {
        if self.is_stream { text.to_owned().into() } else { Bytes::new() }
    }

    fn last(&mut self, answered: &Answered) -> Bytes {
        let Answered { text, finish, usage, credits, .. } = answered;
        let text = if self.is_stream { "" } else { text };
        let finish = if *finish == Finish::Stop { String::new() } else { format!("|{}", finish.as_str()) };
        format!("{text}|{}+{}|{credits}{finish}", usage.input_tokens, usage.output_tokens).into()
    }
}
