//! What a call asks for, and what it may come to: the hold is for its price at the limit of its output, and where an
//! account can't pay for that the limit is lowered to what it can pay for.

use std::sync::Arc;

use bytes::Bytes;
use fourfold_domain::{
    CallId, ChatMessage, ChatRequest, ChatRole, Credits, Dialect, GenerationRequest, InvalidInput,
    MediaRequest, Modality, Model, Parameter, Quantity, Request, SpeechRequest, Subject, Unit, Unpriced,
    WireAsked, estimate,
};
use serde_json::{Map, Value};

use super::answer::Interpreter;
use super::cache::AnswerKey;
use crate::ServiceError;
use crate::catalog::{CatalogService, MAX_TOKENS, Offer};
use crate::chats::cut;
use crate::jobs::Terms;
use crate::routing::{Candidates, Routing, Spoken, Wish};

/// Text or speech that its model takes and that somebody can make.
pub(crate) struct Order {
    pub(crate) model: Arc<Model>,
    /// What the caller asked, in his own bytes, where somebody speaks them.
    pub(super) wire: Option<WireOrder>,
    /// The same in our words, where somebody doesn't.
    pub(super) typed: Option<Typed>,
    /// The most tokens of an answer.
    pub(super) limit: u64,
    /// The most that it can cost.
    pub(crate) amount: Credits,
    /// The most that it can cost with the least output that is worth asking for.
    pub(crate) amount_min: Credits,
    /// What tells it from other requests, where its model has a cache or speaks.
    pub(super) key: Option<AnswerKey>,
    /// Whether its caller said how long the answer may be.
    is_bounded: bool,
}

/// A request in its caller's own bytes.
pub(super) struct WireOrder {
    pub(super) asked: WireAsked,
    pub(super) body: Bytes,
    pub(super) headers: Vec<(String, String)>,
}

/// A request in our words.
pub(super) struct Typed {
    /// All that is asked for, with what holds for the parameters that were left out.
    input: Map<String, Value>,
    request: Request,
}

impl Order {
    /// Checks what is asked against its model and prices it.
    pub(super) fn new(
        catalog: &CatalogService,
        routing: &Routing,
        subject: &Subject,
        wire: WireOrder,
        interpreter: &mut dyn Interpreter,
    ) -> Result<Self, ServiceError> {
        let model = catalog.current().model(&wire.asked.model)?.clone();
        check_modality(wire.asked.dialect, model.modality)?;
        let spoken = match wire.asked.names_files() {
            true => Spoken::Nowhere,
            false => routing.spoken(&model.route, wire.asked.dialect),
        };
        if spoken != Spoken::Nowhere && wire.asked.writes_cache() {
            check_cache_writes(&model)?;
        }
        let mut typed = || Typed::new(catalog, routing, &wire, interpreter);
        let typed = match spoken {
            Spoken::Nowhere => Some(typed()?),
            // Who can't be told in our words what is asked isn't asked.
            Spoken::Here => typed().ok(),
            Spoken::Everywhere => None,
        };
        let limit = match &typed {
            Some(typed) if spoken == Spoken::Nowhere => typed.limit(),
            _ => limit(&model, &wire.asked)?,
        };
        let key = || AnswerKey::new(subject, wire.asked.dialect, &wire.headers, &wire.body);
        let (is_bounded, key) = (wire.asked.limit.is_some(), model.cache.map(|_| key()));
        let wire = (spoken != Spoken::Nowhere).then_some(wire);
        let (amount, amount_min) = (Credits::ZERO, Credits::ZERO);
        let mut order = Self { model, wire, typed, limit, amount, amount_min, key, is_bounded };
        order.amount = order.price(limit)?;
        order.amount_min = order.price(limit.min(order.model.min_output))?;
        Ok(order)
    }

    /// The same of a chat in our words, for a caller whose wire no vendor speaks.
    pub(crate) fn of_chat(
        catalog: &CatalogService,
        routing: &Routing,
        model: &str,
        input: &Map<String, Value>,
    ) -> Result<Self, ServiceError> {
        check_modality(Dialect::OpenAiChat, catalog.current().model(model)?.modality)?;
        let (model, typed) = Typed::offered(catalog, routing, model, input)?;
        let (limit, is_bounded) = (typed.limit(), false);
        let (amount, amount_min) = (Credits::ZERO, Credits::ZERO);
        let (wire, typed, key) = (None, Some(typed), None);
        let mut order = Self { model, wire, typed, limit, amount, amount_min, key, is_bounded };
        order.limit = order.limit.min(order.room());
        if let Some(typed) = &mut order.typed {
            typed.lower_to(order.limit);
        }
        order.amount = order.price(order.limit)?;
        order.amount_min = order.price(order.limit.min(order.model.min_output))?;
        Ok(order)
    }

    /// What the model's context has left for an answer behind what goes in, by our estimate. Vendors refuse what asks for
    /// more together.
    fn room(&self) -> u64 {
        let Model { context_tokens, min_output, .. } = *self.model;
        context_tokens.saturating_sub(self.input_tokens()).max(min_output)
    }

    /// Leaves the older half of a chat out; false where it is short of its model's context, or has nothing to be left out.
    pub(super) fn shorten(&mut self) -> bool {
        let is_long = self.input_tokens() >= self.model.context_tokens / 4;
        is_long && self.typed.as_mut().is_some_and(Typed::shorten)
    }

    /// The most tokens of an answer of this model where nobody asks for fewer.
    pub(crate) fn output_max(model: &Model) -> u64 {
        let known = model.parameters.iter().find(|known| known.name == MAX_TOKENS);
        let usual = known.and_then(|known| known.default.as_ref()).and_then(Value::as_u64);
        model.default_max_output.or(usual).unwrap_or(ChatRequest::MAX_TOKENS_DEFAULT)
    }

    /// The same of speech, which costs what goes in, however much comes out.
    pub(super) fn of_speech(
        catalog: &CatalogService,
        routing: &Routing,
        key: AnswerKey,
        model: &str,
        input: &Map<String, Value>,
    ) -> Result<Self, ServiceError> {
        if catalog.current().model(model)?.modality != Modality::Speech {
            return Err(InvalidInput::not_allowed("model", "must be a model that speaks").into());
        }
        let (model, typed) = Typed::offered(catalog, routing, model, input)?;
        let (wire, typed, limit, key, is_bounded) = (None, Some(typed), 0, Some(key), false);
        let (amount, amount_min) = (Credits::ZERO, Credits::ZERO);
        let mut order = Self { model, wire, typed, limit, amount, amount_min, key, is_bounded };
        order.amount = order.price(0)?;
        order.amount_min = order.amount;
        Ok(order)
    }

    /// Sets what it costs, whatever of it is done.
    pub(super) fn cost(&mut self, credits: Credits) {
        (self.amount, self.amount_min) = (credits, credits);
    }

    /// What is to be said, if anything is.
    pub(super) fn speech(&self) -> Option<SpeechRequest> {
        match self.typed.as_ref().map(|typed| &typed.request) {
            Some(Request::Media(MediaRequest::Speech(speech))) => Some(speech.clone()),
            _ => None,
        }
    }

    /// Lowers the limit of the output to what these credits pay for, where they don't pay for all of it.
    pub(super) fn lower_to(&mut self, held: Credits) -> Result<(), Unpriced> {
        if held >= self.amount {
            return Ok(());
        }
        // What the least costs was held at least.
        let (mut paid, mut unpaid) = (self.limit.min(self.model.min_output), self.limit);
        while unpaid - paid > 1 {
            let middle = paid + (unpaid - paid) / 2;
            if self.price(middle)? <= held {
                paid = middle;
            } else {
                unpaid = middle;
            }
        }
        self.limit = paid;
        if let Some(typed) = &mut self.typed {
            typed.lower_to(paid);
        }
        Ok(())
    }

    /// Whether nothing is to be read or written in our words, and no more bytes than these passed on.
    pub(super) fn is_only_passed_on(&self, bytes_max: usize) -> bool {
        self.typed.is_none() && self.wire.as_ref().is_some_and(|wire| wire.body.len() <= bytes_max)
    }

    /// Who may do it, in their order.
    pub(crate) fn candidates(&self, routing: &Routing, id: CallId) -> Candidates {
        let wish = Wish {
            dialect: self.wire.as_ref().map(|wire| wire.asked.dialect),
            typed: self.typed.as_ref().map(|typed| (&typed.input, &typed.request)),
        };
        routing.candidates(&self.model.route, id.uuid(), wish)
    }

    /// The most that it can come to.
    pub(super) fn quantities_max(&self) -> Vec<Quantity> {
        self.quantities_at(self.limit)
    }

    /// The most that the vendor who is asked first charges for it, where the catalog says.
    pub(crate) fn cost_max(&self, candidates: &Candidates) -> Option<Credits> {
        let cost = candidates.first()?.choice.cost.as_ref()?;
        cost.credits_max(&self.quantities_max()).ok()
    }

    /// How many tokens go in, by our estimate.
    pub(super) fn input_tokens(&self) -> u64 {
        match (&self.wire, &self.typed) {
            (Some(wire), _) => wire.asked.input_tokens(),
            (None, Some(typed)) => typed.input_tokens(),
            (None, None) => 0,
        }
    }

    /// How many tokens go in and out, by our estimate: at most as many as its caller said, else as go in.
    pub(crate) fn tokens_expected(&self) -> u64 {
        let outputs = self.quantities_max();
        let outputs = outputs.iter().filter(|quantity| self.is_bounded && quantity.unit == Unit::OutputToken);
        outputs.map(|output| output.count).fold(self.input_tokens(), u64::saturating_add)
    }

    /// The rules by which its attempts go on.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            attempts_max: self.model.attempts_max,
            on_cancel: self.model.on_cancel,
            on_uncertain: self.model.on_uncertain,
            dropped: Vec::new(),
            defaults: Map::new(),
        }
    }

    /// The most that it can cost with this limit of its output.
    fn price(&self, limit: u64) -> Result<Credits, Unpriced> {
        self.model.price.credits_max(&self.quantities_at(limit))
    }

    fn quantities_at(&self, limit: u64) -> Vec<Quantity> {
        match (&self.wire, &self.typed) {
            (Some(wire), _) => wire.asked.quantities_max(&self.model.token_ceilings, limit),
            (None, Some(typed)) => typed.quantities_max(&self.model, limit),
            (None, None) => Vec::new(),
        }
    }
}

impl Typed {
    fn new(
        catalog: &CatalogService,
        routing: &Routing,
        wire: &WireOrder,
        interpreter: &mut dyn Interpreter,
    ) -> Result<Self, ServiceError> {
        let input = interpreter.input(&wire.body)?;
        Ok(Self::offered(catalog, routing, &wire.asked.model, &input)?.1)
    }

    fn offered(
        catalog: &CatalogService,
        routing: &Routing,
        model: &str,
        input: &Map<String, Value>,
    ) -> Result<(Arc<Model>, Self), ServiceError> {
        let Offer { model, mut input, defaults, request, .. } = catalog.offer(model, input)?;
        input.extend(defaults);
        routing.check(&model.route, Wish::typed(&input, &request))?;
        Ok((model, Self { input, request }))
    }

    /// What is asked of a vendor who writes.
    pub(super) fn generation(&self) -> Option<GenerationRequest> {
        match &self.request {
            Request::Generation(generation) => Some(generation.clone()),
            Request::Media(_) => None,
        }
    }

    fn chat(&self) -> Option<&ChatRequest> {
        match &self.request {
            Request::Generation(GenerationRequest::Chat(chat)) => Some(chat),
            _ => None,
        }
    }

    fn limit(&self) -> u64 {
        self.chat().map_or(0, |chat| chat.max_tokens)
    }

    fn lower_to(&mut self, limit: u64) {
        if let Request::Generation(GenerationRequest::Chat(chat)) = &mut self.request {
            chat.max_tokens = limit;
            self.input.insert(MAX_TOKENS.to_owned(), limit.into());
        }
    }

    fn shorten(&mut self) -> bool {
        let Request::Generation(GenerationRequest::Chat(chat)) = &mut self.request else { return false };
        let is_told = |message: &ChatMessage| message.role == ChatRole::System;
        let (told, said): (Vec<_>, Vec<_>) = chat.messages.drain(..).partition(is_told);
        let (count, tokens) = (said.len(), said.iter().map(estimate::message_input).sum::<u64>());
        let said = cut(said, tokens / 2);
        let is_shorter = said.len() < count;
        chat.messages.extend(told.into_iter().chain(said));
        is_shorter
    }

    fn quantities_max(&self, model: &Model, limit: u64) -> Vec<Quantity> {
        let mut quantities = self.request.quantities_max(&model.token_ceilings);
        let answers = self.chat().map_or(1, |chat| u64::from(chat.n));
        for output in quantities.iter_mut().filter(|quantity| quantity.unit == Unit::OutputToken) {
            output.count = limit.saturating_mul(answers);
        }
        quantities
    }

    fn input_tokens(&self) -> u64 {
        match &self.request {
            Request::Generation(GenerationRequest::Chat(chat)) => estimate::chat_input(chat),
            Request::Generation(GenerationRequest::Embedding(embedding)) => {
                estimate::embedding_input(embedding)
            }
            Request::Media(_) => 0,
        }
    }
}

fn check_modality(dialect: Dialect, modality: Modality) -> Result<(), InvalidInput> {
    let (wanted, allowed) = match dialect {
        Dialect::OpenAiEmbeddings => (Modality::Embedding, "must be a model that makes embeddings"),
        _ => (Modality::Chat, "must be a model that chats"),
    };
    if modality == wanted { Ok(()) } else { Err(InvalidInput::not_allowed("model", allowed)) }
}

/// What a vendor writes to its cache costs more than what it only reads, so that a price must say how much.
fn check_cache_writes(model: &Model) -> Result<(), InvalidInput> {
    match model.price.rates.iter().any(|rate| rate.unit == Unit::CacheWriteToken) {
        true => Ok(()),
        false => Err(InvalidInput::unpriced("cache_control", "isn't priced, so it can't be asked for")),
    }
}

/// The most tokens of an answer: what was asked for, as far as the model's table allows it, else what its operator or
/// its table says.
fn limit(model: &Model, asked: &WireAsked) -> Result<u64, InvalidInput> {
    if asked.dialect == Dialect::OpenAiEmbeddings {
        return Ok(0);
    }
    let known = model.parameters.iter().find(|known| known.name == MAX_TOKENS);
    match (asked.limit, known) {
        (Some(limit), Some(known)) => {
            let given = Map::from_iter([(MAX_TOKENS.to_owned(), Value::from(limit))]);
            Parameter::check_all(std::slice::from_ref(known), &given)?;
            Ok(limit)
        }
        (Some(limit), None) => Ok(limit),
        (None, _) => Ok(Order::output_max(model)),
    }
}
