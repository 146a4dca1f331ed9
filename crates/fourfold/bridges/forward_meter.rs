//! Who pays for forwarded requests: forward's meter over service's calls.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_api::{ForwardCaller, ForwardRefusal};
use fourfold_domain::estimate::Written;
use fourfold_domain::{
    Dialect, Effect, InvalidInput, Modality, ModelName, Price, ProviderKey, Quantity, TokenCeilings, Unit,
    Usage, WireAsked, check_betas,
};
use fourfold_forward::{
    Effect as ForwardEffect, Ended, ForwardEnd, ForwardOutcome, Meter, MeterRequest, Refusal, Ticket,
    Usage as Told,
};
use fourfold_service::ServiceError;
use fourfold_service::calls::{
    CallsService, MeteredCall, MeteredEnd, MeteredHold, MeteredOutcome, MeteredWork, is_priced,
};
use fourfold_service::limits::Admission;
use http::{HeaderMap, Method, StatusCode, header};
use serde::Deserialize;

/// The largest body that can be priced.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Reading more than this is done where it keeps nobody waiting.
const LARGE_BYTES: usize = 256 * 1024;

/// A token by which a request counts until it is known how many it used.
const TOKENS_UNKNOWN: u64 = 1;

/// The bytes of a token of text, where nobody counted.
const TOKEN_BYTES: u64 = 4;

/// The calls that forwarded requests are paid as, filled in once there are any. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct ForwardCalls(Arc<OnceLock<CallsService>>);

impl ForwardCalls {
    /// Fills them in. Only the first time counts.
    pub(crate) fn fill(&self, calls: &CallsService) {
        self.0.get_or_init(|| calls.clone());
    }
}

/// The meter of one target.
pub(crate) struct TargetMeter {
    pub(crate) calls: ForwardCalls,
    pub(crate) model: ModelName,
    pub(crate) provider: ProviderKey,
    /// None where it costs nothing; then only the tokens of those are counted who may use only so many.
    pub(crate) terms: Option<Terms>,
}

/// What a target costs.
pub(crate) struct Terms {
    pub(crate) price: Price,
    pub(crate) default_max_output: u64,
    pub(crate) ceilings: TokenCeilings,
}

/// What is known of a request until its end.
enum Metered {
    Paid(MeteredHold),
    Counted {
        admission: Admission,
        /// Whether an answer that doesn't tell counts by how long it is.
        is_text: bool,
    },
}

#[async_trait]
impl Meter for TargetMeter {
    fn body_bytes_max(&self) -> Option<usize> {
        self.terms.as_ref().map(|_| BODY_BYTES_MAX)
    }

    fn holds_last_bytes(&self) -> bool {
        self.terms.is_some()
    }

    async fn before_send(&self, request: &MeterRequest<'_>) -> Result<Option<Ticket>, Refusal> {
        let caller = request.extensions.get::<ForwardCaller>();
        let metered = match (&self.terms, caller) {
            (Some(terms), caller) => self.pay(terms, request, caller).await,
            (None, Some(caller)) if caller.admission.limits_tokens() && !is_reading(request.method) => {
                let taken = caller.admission.take_tokens(|| TOKENS_UNKNOWN).await;
                let counted = || Metered::Counted {
                    admission: caller.admission.clone(),
                    is_text: writes_text(request),
                };
                taken.map(|()| Some(counted())).map_err(Into::into)
            }
            (None, _) => Ok(None),
        };
        let metered = metered.map_err(|refusal: ForwardRefusal| Refusal(refusal.into()))?;
        Ok(metered.map(Ticket::new))
    }

    fn on_end(&self, ticket: Ticket, end: ForwardEnd) -> Ended {
        match ticket.into_inner() {
            Some(Metered::Paid(hold)) => Box::pin(hold.end(ended(&end))),
            Some(Metered::Counted { admission, is_text }) => {
                admission.used_tokens(tokens_used(&end, is_text));
                Box::pin(std::future::ready(true))
            }
            None => Box::pin(std::future::ready(true)),
        }
    }
}

impl TargetMeter {
    /// Sets aside what a request may cost; nothing for one that costs nothing.
    async fn pay(
        &self,
        terms: &Terms,
        request: &MeterRequest<'_>,
        caller: Option<&ForwardCaller>,
    ) -> Result<Option<Metered>, ForwardRefusal> {
        // A WebSocket begins with reading, and generates whatever its caller likes.
        let paid = match request.headers.contains_key(header::UPGRADE) {
            true => Paid::Unknown,
            false => Paid::of(request.method, request.path),
        };
        if let Paid::Nothing = paid {
            return Ok(None);
        }
        let subject = caller.and_then(|caller| caller.subject.clone());
        let (Some(caller), Some(subject)) = (caller, subject) else {
            return Err(ForwardRefusal::MissingUser);
        };
        let work = terms.work(paid, request).await?;
        let Some(calls) = self.calls.0.get() else { return Err(ServiceError::Stopping.into()) };
        let metered = MeteredCall {
            subject,
            key: caller.key,
            model: self.model.clone(),
            provider: self.provider.clone(),
            price: terms.price.clone(),
            work,
            admission: caller.admission.clone(),
        };
        Ok(Some(Metered::Paid(calls.open_metered(metered).await?)))
    }
}

/// What of a request is paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Paid {
    /// Nothing: it reads, or counts, or judges.
    Nothing,
    Text(Dialect),
    Pictures,
    Speech,
    /// Something that has no unit here.
    Unknown,
}

impl Paid {
    /// By the end of the path, as it is about to be sent: a target may have its own beginning.
    fn of(method: &Method, path: &str) -> Self {
        if is_reading(method) || *method == Method::DELETE {
            return Self::Nothing;
        }
        let table = [
            ("/chat/completions", Self::Text(Dialect::OpenAiChat)),
            ("/responses", Self::Text(Dialect::OpenAiResponses)),
            ("/embeddings", Self::Text(Dialect::OpenAiEmbeddings)),
            ("/messages", Self::Text(Dialect::AnthropicMessages)),
            ("/images/generations", Self::Pictures),
            ("/audio/speech", Self::Speech),
            ("/moderations", Self::Nothing),
            ("/messages/count_tokens", Self::Nothing),
        ];
        let known = table.into_iter().find(|(end, _)| *method == Method::POST && path.ends_with(end));
        known.map_or(Self::Unknown, |(_, paid)| paid)
    }
}

/// Whether the answer is a text, of a kind that has a price or not.
fn writes_text(request: &MeterRequest<'_>) -> bool {
    match Paid::of(request.method, request.path) {
        Paid::Text(dialect) => dialect != Dialect::OpenAiEmbeddings,
        Paid::Unknown => request.path.ends_with("/completions"),
        Paid::Nothing | Paid::Pictures | Paid::Speech => false,
    }
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

impl Terms {
    /// What is asked, as far as it is priced.
    async fn work(&self, paid: Paid, request: &MeterRequest<'_>) -> Result<MeteredWork, ForwardRefusal> {
        let unseen = "a target with a price takes what is paid as plain JSON of at most 32 MiB, so that its price can be told";
        let body = || request.body.ok_or(ForwardRefusal::Unpriced(unseen));
        match paid {
            Paid::Text(dialect) => {
                if dialect == Dialect::AnthropicMessages {
                    check_versions(request.headers).map_err(ServiceError::from)?;
                }
                let asked = aside(body()?, move |body| WireAsked::read(dialect, body)).await?;
                let asked = asked.map_err(ServiceError::from)?;
                self.check_text(&asked)?;
                let limit = asked.limit.unwrap_or(self.default_max_output);
                Ok(MeteredWork::Text { asked: Box::new(asked), limit, ceilings: self.ceilings })
            }
            Paid::Pictures => {
                self.check(Unit::Image)?;
                let asked: AskedPictures = aside(body()?, read).await??;
                if asked.partial_images.as_ref().is_some_and(|count| *count != 0 && *count != "0") {
                    return Err(ForwardRefusal::Unpriced(
                        "parts of pictures have no price: leave partial_images out",
                    ));
                }
                Ok(MeteredWork::Counted(Modality::Image, vec![asked.quantity()]))
            }
            Paid::Speech => {
                self.check(Unit::Character)?;
                let asked: AskedSpeech = aside(body()?, read).await??;
                let said = Quantity::new(Unit::Character, asked.input.chars().count() as u64);
                Ok(MeteredWork::Counted(Modality::Speech, vec![said.with("model", asked.model)]))
            }
            Paid::Nothing | Paid::Unknown => {
                Err(ForwardRefusal::Unpriced("this target has a price, and what is asked has none in it"))
            }
        }
    }

    fn check_text(&self, asked: &WireAsked) -> Result<(), ForwardRefusal> {
        self.check(Unit::InputToken)?;
        if asked.dialect != Dialect::OpenAiEmbeddings {
            self.check(Unit::OutputToken)?;
        }
        if asked.writes_cache() { self.check(Unit::CacheWriteToken) } else { Ok(()) }
    }

    fn check(&self, unit: Unit) -> Result<(), ForwardRefusal> {
        match is_priced(&self.price, unit) {
            true => Ok(()),
            false => Err(ForwardRefusal::Unpriced("this target's price doesn't have what is asked")),
        }
    }
}

/// Refuses what headers of Anthropic's wire ask for beside tokens.
fn check_versions(headers: &HeaderMap) -> Result<(), InvalidInput> {
    for said in headers.get_all("anthropic-beta") {
        let said = said.to_str();
        check_betas(said.map_err(|_| InvalidInput::malformed("anthropic-beta", "must be visible ASCII"))?)?;
    }
    Ok(())
}

/// What a request for pictures says of its price.
#[derive(Deserialize)]
struct AskedPictures {
    #[serde(default)]
    n: Option<u64>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    size: Option<String>,
    #[serde(default)]
    quality: Option<String>,
    #[serde(default)]
    partial_images: Option<serde_json::Value>,
}

impl AskedPictures {
    fn quantity(self) -> Quantity {
        let traits = [("model", self.model), ("size", self.size), ("quality", self.quality)];
        let pictures = Quantity::new(Unit::Image, self.n.unwrap_or(1).max(1));
        traits.into_iter().fold(pictures, |pictures, (name, value)| match value {
            Some(value) => pictures.with(name, value),
            None => pictures,
        })
    }
}

/// What a request for speech says of its price.
#[derive(Deserialize)]
struct AskedSpeech {
    input: String,
    model: String,
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, ForwardRefusal> {
    serde_json::from_slice(body).map_err(|_| {
        ForwardRefusal::Unpriced("what is asked must be a JSON object whose fields say what it may cost")
    })
}

/// Reads a body: here where it is small, else aside.
async fn aside<T: Send + 'static>(
    body: &Bytes,
    read: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, ForwardRefusal> {
    if body.len() <= LARGE_BYTES {
        return Ok(read(body));
    }
    let body = body.clone();
    tokio::task::spawn_blocking(move || read(&body)).await.map_err(|error| {
        let what = "the reading of a large request broke off";
        ServiceError::Internal { what, effect: Effect::NotStarted, source: error.into() }.into()
    })
}

/// The tokens that a request has used as far as that can be told from its answer.
fn tokens_used(end: &ForwardEnd, is_text: bool) -> u64 {
    let told = end.usage.filter(|usage| is_counted(usage) || !is_text);
    match told {
        Some(usage) => usage.input_tokens.saturating_add(usage.output_tokens.unwrap_or(0)),
        None => {
            let usage = end.usage;
            let is_delivered = is_text && end.status.is_some_and(|status| status.is_success());
            let output_tokens = if is_delivered { delivered_bytes(end).div_ceil(TOKEN_BYTES) } else { 0 };
            usage.map_or(0, |usage| usage.input_tokens).saturating_add(output_tokens)
        }
    }
}

/// Whether the target counted what came out. Some tell a zero where they don't count, for what went in too.
fn is_counted(usage: &Told) -> bool {
    match usage.output_tokens {
        Some(0) => usage.input_tokens > 0,
        Some(_) => true,
        None => false,
    }
}

/// What was handed on of an answer, as bytes of text.
fn delivered_bytes(end: &ForwardEnd) -> u64 {
    // An event of a stream has about a token, and far more around it.
    end.events.map_or(end.received_bytes, |events| events.saturating_mul(TOKEN_BYTES))
}

/// How a forwarded request ended, in service's words.
fn ended(end: &ForwardEnd) -> MeteredEnd {
    let is_well = end.status.is_some_and(|status: StatusCode| status.is_success());
    let effect = match end.effect {
        ForwardEffect::NotStarted => Effect::NotStarted,
        ForwardEffect::MayHaveStarted => Effect::MayHaveStarted,
        ForwardEffect::Started => Effect::Started,
    };
    let outcome = match (end.outcome, effect) {
        (ForwardOutcome::Answered, _) if is_well => MeteredOutcome::Whole,
        // Of an answer that comes whole or not at all, nothing is of use.
        (ForwardOutcome::Failed, _) if is_well && end.events.is_some() => MeteredOutcome::Broken,
        (ForwardOutcome::Refused, _) | (ForwardOutcome::Left, Effect::NotStarted) => MeteredOutcome::NotSent,
        (ForwardOutcome::Left, _) if is_well || end.status.is_none() => MeteredOutcome::Left,
        _ => MeteredOutcome::Failed(effect),
    };
    let usage = end.usage.map_or_else(Usage::default, |usage| Usage {
        input_tokens: usage.input_tokens,
        cached_input_tokens: usage.cached_tokens,
        cache_write_tokens: usage.cache_write_tokens,
        output_tokens: usage.output_tokens.unwrap_or(0),
        ..Usage::default()
    });
    let mut delivered = Written::default();
    // An answer in which the target counted nothing isn't estimated by what is around it.
    let is_empty = |usage: &Told| usage.output_tokens == Some(0) && is_counted(usage);
    if !end.usage.as_ref().is_some_and(is_empty) {
        delivered.bytes(usize::try_from(delivered_bytes(end)).unwrap_or(usize::MAX), 0);
    }
    MeteredEnd { outcome, usage, delivered }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_generates_is_paid_or_refused_and_reading_is_free() {
        let post = Method::POST;
        for (method, path, paid) in [
            (&post, "/v1/chat/completions", Paid::Text(Dialect::OpenAiChat)),
            (&post, "/chat/completions", Paid::Text(Dialect::OpenAiChat)),
            (&post, "/v1/embeddings", Paid::Text(Dialect::OpenAiEmbeddings)),
            (&post, "/v1/responses", Paid::Text(Dialect::OpenAiResponses)),
            (&post, "/v1/messages", Paid::Text(Dialect::AnthropicMessages)),
            (&post, "/v1/messages/count_tokens", Paid::Nothing),
            (&post, "/v1/images/generations", Paid::Pictures),
            (&post, "/v1/audio/speech", Paid::Speech),
            (&post, "/v1/moderations", Paid::Nothing),
            (&post, "/v1/images/edits", Paid::Unknown),
            (&post, "/v1/completions", Paid::Unknown),
            (&post, "/v1/videos", Paid::Unknown),
            (&Method::PUT, "/v1/chat/completions", Paid::Unknown),
            (&Method::GET, "/v1/models", Paid::Nothing),
            (&Method::DELETE, "/v1/files/a", Paid::Nothing),
        ] {
            assert_eq!(Paid::of(method, path), paid, "{method} {path}");
        }
    }
}
