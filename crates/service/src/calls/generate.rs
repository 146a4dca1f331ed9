//! How an answer comes from one vendor: at once, or as it is written.

use std::pin::{Pin, pin};

use bytes::{Bytes, BytesMut};
use fourfold_domain::estimate::{self, Written};
use fourfold_domain::{
    AnswerPiece, AttemptContext, BoxStream, Effect, FinishReason, GenerationRequest, GenerationResult,
    Generator, ProviderError, Quantity, Reason, StreamChunk, Usage,
};
use futures_util::StreamExt as _;
use serde_json::{Map, Value};
use tokio::time::Sleep;

use super::answer::{Interpreter, Left, Outlet, PartWriter};
use super::ending::{Outcome, Used};
use super::work::{Tried, Work};
use crate::failpoint;
use crate::jobs::is_filtered;

type Chunk = Result<StreamChunk, ProviderError>;

impl Work<'_> {
    /// An answer at once.
    pub(super) async fn whole(
        &mut self,
        generator: &dyn Generator,
        request: GenerationRequest,
        context: AttemptContext,
        interpreter: &mut dyn Interpreter,
    ) -> Tried {
        let is_cancelled = self.is_cancelled_when_left();
        let input_tokens = self.task.order.input_tokens();
        let generated = generator.generate(request, context);
        let deadline = pin!(self.deadline());
        let result = match before(generated, deadline, &self.task.outlet, is_cancelled).await {
            Ok(result) => result,
            Err(Stop::Late) => Err(too_late()),
            Err(Stop::Left) => {
                let used = Used::until_left(Usage::default(), input_tokens, Written::default());
                let worked = Some(used.quantities.clone());
                return Tried { outcome: Outcome::Left(used), vendor: Map::new(), worked };
            }
        };
        failpoint::reach("after_call_sent");
        let (mut result, mut written) = match result {
            Ok(result) => (result, Written::default()),
            Err(error) => return Tried::failed(error),
        };
        let (told, vendor) = match &result {
            GenerationResult::Chat(chat) => {
                if !chat.answers.is_empty() && chat.answers.iter().all(is_filtered) {
                    let words = chat.answers.iter().find_map(|answer| answer.refusal.clone());
                    return Tried { vendor: chat.vendor.clone(), ..Tried::failed(refused(words)) };
                }
                chat.answers.iter().for_each(|answer| written.answer(answer));
                (chat.usage, chat.vendor.clone())
            }
            GenerationResult::Embedding(embedding) => (embedding.usage, embedding.vendor.clone()),
        };
        let used = Used::whole(told, estimate::is_estimated(&vendor), input_tokens, written);
        match &mut result {
            GenerationResult::Chat(chat) => chat.usage = used.usage,
            GenerationResult::Embedding(embedding) => embedding.usage = used.usage,
        }
        let (last, worked) = (interpreter.whole(result), Some(used.quantities.clone()));
        Tried { outcome: Outcome::Whole { used, last }, vendor, worked }
    }

    /// An answer as it is written.
    pub(super) async fn stream(
        &mut self,
        generator: &dyn Generator,
        request: GenerationRequest,
        context: AttemptContext,
        writer: &mut dyn PartWriter,
    ) -> Tried {
        let (is_cancelled, mut deadline) = (self.is_cancelled_when_left(), pin!(self.deadline()));
        let seen = Seen { input_tokens: self.task.order.input_tokens(), ..Seen::default() };
        let opened = generator.generate_stream(request, context);
        let stream = match before(opened, deadline.as_mut(), &self.task.outlet, is_cancelled).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Tried::failed(error),
            Err(Stop::Late) => return Tried::failed(too_late()),
            Err(Stop::Left) => return seen.left(),
        };
        failpoint::reach("after_call_sent");
        self.read(stream, seen, writer, deadline).await
    }

    async fn read(
        &mut self,
        mut stream: BoxStream<Chunk>,
        mut seen: Seen,
        writer: &mut dyn PartWriter,
        mut deadline: Pin<&mut Sleep>,
    ) -> Tried {
        let is_cancelled = self.is_cancelled_when_left();
        loop {
            let next =
                before(stream.next(), deadline.as_mut(), &self.task.outlet, is_cancelled && !seen.is_left);
            let chunk = match next.await {
                Ok(None) => break,
                Ok(Some(Ok(chunk))) => chunk,
                Ok(Some(Err(error))) => return seen.broken(error),
                Err(Stop::Late) => return seen.broken(too_late()),
                Err(Stop::Left) => return seen.left(),
            };
            seen.take(&chunk);
            match self.deliver(&chunk, &mut seen, writer.part(&chunk)).await {
                Ok(Delivered::HandedOn) => writer.handed_on(),
                Ok(Delivered::NotYet) => {}
                Err(Left) if is_cancelled => return seen.left(),
                Err(Left) => seen.is_left = true,
            }
        }
        self.ended(seen, writer)
    }

    /// Hands a chunk on. That the vendor's filter ends an answer is held back as long as there is nothing of it.
    async fn deliver(
        &mut self,
        chunk: &StreamChunk,
        seen: &mut Seen,
        bytes: Bytes,
    ) -> Result<Delivered, Left> {
        if bytes.is_empty() {
            return Ok(Delivered::NotYet);
        }
        if self.begun.is_none() && !seen.is_left && seen.is_filtered() {
            seen.held_back.extend_from_slice(&bytes);
            return Ok(Delivered::NotYet);
        }
        self.hand_on(bytes, seen).await?;
        if seen.is_left {
            return Ok(Delivered::NotYet);
        }
        if let StreamChunk::Answer { piece, .. } = chunk {
            seen.delivered.piece(piece);
        }
        Ok(Delivered::HandedOn)
    }

    async fn hand_on(&mut self, bytes: Bytes, seen: &mut Seen) -> Result<(), Left> {
        let bytes = match seen.held_back.is_empty() {
            true => bytes,
            false => {
                seen.held_back.extend_from_slice(&bytes);
                std::mem::take(&mut seen.held_back).freeze()
            }
        };
        let sent = if seen.is_left { Ok(()) } else { self.send(bytes.clone()).await };
        if sent.is_ok() || !self.is_cancelled_when_left() {
            self.spool.add(&bytes);
        }
        sent
    }

    /// The vendor has said all.
    fn ended(&self, mut seen: Seen, writer: &mut dyn PartWriter) -> Tried {
        if seen.is_filtered() {
            if self.begun.is_none() {
                return Tried { vendor: seen.vendor, ..Tried::failed(refused(seen.refusal)) };
            }
            let (last, worked) = (writer.last(), Some(seen.worked()));
            return Tried { outcome: Outcome::Filtered(last), vendor: seen.vendor, worked };
        }
        let vendor_estimates = estimate::is_estimated(&seen.vendor);
        let used = Used::whole(seen.told, vendor_estimates, seen.input_tokens, seen.received);
        let mut last = std::mem::take(&mut seen.held_back);
        if !seen.is_told {
            last.extend_from_slice(&writer.part(&StreamChunk::Usage(used.usage)));
        }
        last.extend_from_slice(&writer.last());
        let worked = Some(used.quantities.clone());
        Tried { outcome: Outcome::Whole { used, last: last.freeze() }, vendor: seen.vendor, worked }
    }
}

/// Whether a chunk went out to the caller.
enum Delivered {
    HandedOn,
    /// Nothing is said of it, it is held back, or nobody listens.
    NotYet,
}

/// What was seen of a stream.
#[derive(Default)]
struct Seen {
    input_tokens: u64,
    told: Usage,
    is_told: bool,
    vendor: Map<String, Value>,
    received: Written,
    /// What was handed on before the caller left.
    delivered: Written,
    is_left: bool,
    /// Whether an answer or the call of a tool came.
    is_said: bool,
    /// Whether some answer ended by the vendor's filter, and none otherwise.
    ended_by_filter: Option<bool>,
    refusal: Option<String>,
    held_back: BytesMut,
}

impl Seen {
    fn take(&mut self, chunk: &StreamChunk) {
        match chunk {
            StreamChunk::Usage(usage) => (self.told, self.is_told) = (*usage, true),
            StreamChunk::Vendor(facts) => self.vendor.extend(facts.clone()),
            StreamChunk::Answer { piece, .. } => {
                self.received.piece(piece);
                match piece {
                    AnswerPiece::Text(_) | AnswerPiece::ToolCall { .. } => self.is_said = true,
                    AnswerPiece::Refusal(words) => {
                        self.refusal.get_or_insert_default().push_str(words);
                    }
                    AnswerPiece::Finish(reason) => {
                        let by_filter = *reason == FinishReason::ContentFilter;
                        self.ended_by_filter = Some(self.ended_by_filter.unwrap_or(true) && by_filter);
                    }
                    AnswerPiece::Reasoning(_) | AnswerPiece::Extras(_) => {}
                }
            }
        }
    }

    /// Whether the vendor's filter left nothing of the answers.
    fn is_filtered(&self) -> bool {
        self.ended_by_filter == Some(true) && !self.is_said
    }

    /// What the vendor worked for until now.
    fn worked(&self) -> Vec<Quantity> {
        Used::whole(self.told, false, self.input_tokens, self.received).quantities
    }

    fn left(self) -> Tried {
        let used = Used::until_left(self.told, self.input_tokens, self.delivered);
        let worked = Some(self.worked());
        Tried { outcome: Outcome::Left(used), vendor: self.vendor, worked }
    }

    fn broken(mut self, error: ProviderError) -> Tried {
        self.vendor.extend(error.vendor.clone());
        if self.delivered.is_nothing() {
            return Tried { vendor: self.vendor, ..Tried::failed(error) };
        }
        let used = Some(Used::until_broken(self.told, self.delivered));
        let worked = Some(self.worked());
        Tried { outcome: Outcome::Broken { error, used }, vendor: self.vendor, worked }
    }
}

/// Why a vendor isn't waited for any longer.
pub(super) enum Stop {
    Late,
    Left,
}

/// Waits for a vendor until its time is over, and where the caller is waited for too until he has left.
pub(super) async fn before<T>(
    work: impl Future<Output = T>,
    deadline: Pin<&mut Sleep>,
    outlet: &Outlet,
    is_cancelled: bool,
) -> Result<T, Stop> {
    tokio::select! {
        done = work => Ok(done),
        () = outlet.left(), if is_cancelled => Err(Stop::Left),
        () = deadline => Err(Stop::Late),
    }
}

pub(super) fn too_late() -> ProviderError {
    let message = "the vendor took longer than the model's deadline";
    ProviderError::new(Reason::Timeout, Effect::MayHaveStarted, message)
}

pub(super) fn refused(words: Option<String>) -> ProviderError {
    let message = words.unwrap_or_else(|| "the vendor refuses this content".to_owned());
    ProviderError::new(Reason::Refused, Effect::Started, message)
}
