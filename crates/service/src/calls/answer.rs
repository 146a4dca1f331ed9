//! The way from the task that works on a call to the caller who listens.
//!
//! ```text
//! task ── Begin(who, what) ── Bytes … ── End(the last bytes, after the settle) ──► CallReply
//! ```

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::{CallId, Effect, GenerationResult, InvalidInput, ProviderKey, StreamChunk};
use futures_util::Stream;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::timeout;

use super::FromCache;
use crate::{ServiceError, Timestamp};

/// How many parts of an answer may wait for their reader.
const PARTS_WAITING: usize = 32;

/// Offers a wire that callers speak, to vendors who don't: what was asked in our words, and the answer in its own.
pub trait Interpreter: PartWriter {
    /// What a body asks, by our names. A mistake names the field as the caller does, behind `input.`.
    fn input(&mut self, body: &Bytes) -> Result<Map<String, Value>, InvalidInput>;

    /// A whole answer, for a caller who wants it at once.
    fn whole(&mut self, result: GenerationResult) -> Bytes;
}

/// Writes an answer while it comes. The task that works on the call uses it, so that what was sent can be kept and sent
/// again.
pub trait PartWriter: Send + Sync {
    /// Which call the answer is of. Said before anything of it.
    fn begin(&mut self, call: &CallHead);

    /// A vendor is asked, perhaps not the first: nothing of what others said was handed on.
    fn asked(&mut self) {}

    /// The next part of a stream; empty where this says nothing in that wire.
    fn part(&mut self, chunk: &StreamChunk) -> Bytes;

    /// All parts so far have gone out to the caller, the last one just now.
    fn handed_on(&mut self) {}

    /// What comes last in a stream, by which its reader knows that it was whole.
    fn last(&mut self) -> Bytes;
}

/// Who writes an answer of text.
pub(super) enum Writer {
    /// In the wire that its caller speaks.
    Wire(Box<dyn Interpreter>),
    /// As the turn of a conversation, which is never had at once from its vendor.
    Turn(Box<dyn PartWriter>),
}

impl Writer {
    pub(super) fn parts(&mut self) -> &mut dyn PartWriter {
        match self {
            Self::Wire(interpreter) => interpreter.as_mut(),
            Self::Turn(writer) => writer.as_mut(),
        }
    }
}

/// What an answer says of its call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallHead {
    /// Its id.
    pub id: CallId,
    /// When it began.
    pub created_at: Timestamp,
}

/// An answer on its way. Dropping it before its end tells that its caller has left.
#[derive(Debug)]
pub struct CallReply {
    /// Who serves it.
    pub provider: ProviderKey,
    /// What it is, such as `audio/mpeg`; nothing where whoever asks knows it by the wire that he speaks.
    pub media_type: Option<String>,
    /// Whether it was kept, where its model has a cache.
    pub from_cache: Option<FromCache>,
    /// The answer as it comes.
    pub body: AnswerBody,
}

/// The bytes of an answer as they come. What comes last comes after the call was settled; an error ends it, and then
/// the answer isn't whole.
#[derive(Debug)]
pub struct AnswerBody {
    parts: mpsc::Receiver<Part>,
    is_over: bool,
}

/// The task's end of an answer.
pub(crate) struct Outlet {
    parts: mpsc::Sender<Part>,
    patience: Duration,
}

/// What is told of an answer. Small, since there is room for many of them for each call.
#[derive(Debug)]
pub(super) enum Part {
    /// It begins.
    Begin(Box<Begun>),
    /// More of it.
    More(Bytes),
    /// The last of it.
    End(Bytes),
    /// It breaks off.
    Failed(Box<ServiceError>),
}

/// What is told before an answer.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    /// Who serves it.
    pub(super) provider: ProviderKey,
    /// As [`CallReply::media_type`].
    pub(super) media_type: Option<String>,
    /// Whether it was kept, where its model has a cache.
    pub(super) from_cache: Option<FromCache>,
}

/// The caller doesn't listen any more.
#[derive(Debug)]
pub(super) struct Left;

/// Both ends of an answer; a caller who doesn't read on for so long counts as gone.
pub(crate) fn answer(patience: Duration) -> (Outlet, AnswerBody) {
    let (sender, receiver) = mpsc::channel(PARTS_WAITING);
    (Outlet { parts: sender, patience }, AnswerBody { parts: receiver, is_over: false })
}

impl Outlet {
    /// Hands a part over; waits where many wait to be read.
    pub(super) async fn send(&self, part: Part) -> Result<(), Left> {
        let part = match self.parts.try_send(part) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Closed(_)) => return Err(Left),
            Err(TrySendError::Full(part)) => part,
        };
        match timeout(self.patience, self.parts.send(part)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Left),
        }
    }

    /// Ends the answer with an error. Who has left doesn't hear it.
    pub(crate) async fn fail(&self, error: ServiceError) {
        if self.send(Part::Failed(Box::new(error))).await.is_err() {
            tracing::debug!("a caller left before an error");
        }
    }

    /// Ends the answer with what comes last; it begins with that too where nothing came before. Who has left doesn't
    /// hear it.
    pub(super) async fn end(&self, begin: Option<Begun>, last: Bytes) {
        self.send_all(begin.map(Part::begin).into_iter().chain([Part::End(last)])).await;
    }

    /// Hands on an answer that was given before.
    pub(crate) async fn pass_on(&self, reply: CallReply) {
        let CallReply { provider, media_type, from_cache, body: AnswerBody { mut parts, .. } } = reply;
        let mut all = vec![Part::begin(Begun { provider, media_type, from_cache })];
        while let Some(part) = parts.recv().await {
            all.push(part);
        }
        self.send_all(all).await;
    }

    /// Hands over what there is to the end of it, as long as somebody listens.
    pub(super) async fn send_all(&self, parts: impl IntoIterator<Item = Part>) {
        for part in parts {
            if self.send(part).await.is_err() {
                tracing::debug!("a caller left before the end of an answer");
                return;
            }
        }
    }

    pub(super) fn is_left(&self) -> bool {
        self.parts.is_closed()
    }

    /// Ends once nobody listens any more.
    pub(crate) async fn left(&self) {
        self.parts.closed().await;
    }
}

impl Part {
    pub(super) fn begin(begun: Begun) -> Self {
        Self::Begin(Box::new(begun))
    }
}

impl AnswerBody {
    /// Waits until it is known who serves it, or why nobody does.
    pub(crate) async fn begun(mut self) -> Result<CallReply, ServiceError> {
        match self.parts.recv().await {
            Some(Part::Begin(begun)) => {
                let Begun { provider, media_type, from_cache } = *begun;
                Ok(CallReply { provider, media_type, from_cache, body: self })
            }
            Some(Part::Failed(error)) => Err(*error),
            Some(Part::More(_) | Part::End(_)) | None => Err(broken_off()),
        }
    }
}

impl Stream for AnswerBody {
    type Item = Result<Bytes, ServiceError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.is_over {
                return Poll::Ready(None);
            }
            let Poll::Ready(part) = self.parts.poll_recv(context) else { return Poll::Pending };
            return Poll::Ready(Some(match part {
                Some(Part::Begin(_)) => continue,
                Some(Part::More(bytes)) => Ok(bytes),
                Some(Part::End(bytes)) => {
                    self.is_over = true;
                    Ok(bytes)
                }
                Some(Part::Failed(error)) => {
                    self.is_over = true;
                    Err(*error)
                }
                None => {
                    self.is_over = true;
                    Err(broken_off())
                }
            }));
        }
    }
}

/// The task is gone without a word.
fn broken_off() -> ServiceError {
    ServiceError::Internal {
        what: "the task of a call broke off",
        effect: Effect::MayHaveStarted,
        source: "it said neither an end nor an error".into(),
    }
}
