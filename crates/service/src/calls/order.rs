//! What a call asks for, and what it may come to: the hold is for its price at the limit of its output, and where an
//! account can't pay for that the limit is lowered to what it can pay for.

use std::sync::Arc;

use fourfold_domain::{
    CallId, ChatRequest, Credits, GenerationRequest, InvalidInput, Modality, Model, Quantity, Request, Unit,
    Unpriced, estimate,
};
use serde_json::{Map, Value};

use crate::ServiceError;
use crate::catalog::{CatalogService, MAX_TOKENS, Offer};
use crate::jobs::Terms;
use crate::routing::Routing;

/// A chat that its model takes and that somebody can do.
pub(super) struct Order {
    pub(super) model: Arc<Model>,
    /// All that is asked for, with what holds for the parameters that were left out.
    pub(super) input: Map<String, Value>,
    chat: Box<ChatRequest>,
    /// The most that it can cost.
    pub(super) amount: Credits,
    /// The most that it can cost with the least output that is worth asking for.
    pub(super) amount_min: Credits,
    /// Whether its caller said how long the answer may be.
    is_bounded: bool,
}

impl Order {
    /// Checks a chat against its model and prices it.
    pub(super) fn chat(
        catalog: &CatalogService,
        routing: &Routing,
        model: &str,
        input: &Map<String, Value>,
    ) -> Result<Self, ServiceError> {
        if catalog.current().model(model)?.modality != Modality::Chat {
            return Err(InvalidInput::not_allowed("model", "must be a model that chats").into());
        }
        let Offer { model, mut input, defaults, request, quote, .. } = catalog.offer(model, input)?;
        let is_bounded = input.contains_key(MAX_TOKENS);
        input.extend(defaults);
        routing.check(&model.route, &input, &request)?;
        let Request::Generation(GenerationRequest::Chat(chat)) = request else {
            return Err(InvalidInput::not_allowed("model", "must be a model that chats").into());
        };
        let amount = quote.credits;
        let mut order = Self { model, input, chat, amount, amount_min: amount, is_bounded };
        let least = order.chat.max_tokens.min(order.model.min_output);
        order.amount_min = order.price(&mut order.quantities_max(), least)?;
        Ok(order)
    }

    /// Lowers the limit of the output to what these credits pay for, where they don't pay for all of it.
    pub(super) fn lower_to(&mut self, held: Credits) -> Result<(), Unpriced> {
        if held >= self.amount {
            return Ok(());
        }
        // What the least costs was held at least.
        let (mut paid, mut unpaid) = (self.chat.max_tokens.min(self.model.min_output), self.chat.max_tokens);
        let mut quantities = self.quantities_max();
        while unpaid - paid > 1 {
            let middle = paid + (unpaid - paid) / 2;
            if self.price(&mut quantities, middle)? <= held {
                paid = middle;
            } else {
                unpaid = middle;
            }
        }
        self.chat.max_tokens = paid;
        self.input.insert(MAX_TOKENS.to_owned(), paid.into());
        Ok(())
    }

    /// What is asked of a vendor.
    pub(super) fn request(&self) -> Request {
        Request::Generation(GenerationRequest::Chat(self.chat.clone()))
    }

    /// The most that it can come to.
    pub(super) fn quantities_max(&self) -> Vec<Quantity> {
        self.chat.quantities_max(&self.model.token_ceilings)
    }

    /// The most that the vendor who is asked first charges for it, where the catalog says.
    pub(super) fn cost_max(&self, routing: &Routing, id: CallId) -> Option<Credits> {
        let candidates = routing.candidates(&self.model.route, id.uuid(), &self.input, &self.request());
        let cost = candidates.first()?.choice.cost.as_ref()?;
        cost.quote_max(&self.quantities_max()).ok().map(|quote| quote.credits)
    }

    /// How many tokens go in, by our estimate.
    pub(super) fn input_tokens(&self) -> u64 {
        estimate::chat_input(&self.chat)
    }

    /// How many tokens go in and out, by our estimate: at most as many as its caller said, else as go in.
    pub(super) fn tokens_expected(&self) -> u64 {
        let output = self.chat.max_tokens.saturating_mul(u64::from(self.chat.n));
        self.input_tokens().saturating_add(if self.is_bounded { output } else { 0 })
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

    /// The most that it can cost with this limit of its output, which the quantities then have.
    fn price(&self, quantities: &mut [Quantity], max_tokens: u64) -> Result<Credits, Unpriced> {
        for output in quantities.iter_mut().filter(|quantity| quantity.unit == Unit::OutputToken) {
            output.count = max_tokens.saturating_mul(u64::from(self.chat.n));
        }
        Ok(self.model.price.quote_max(quantities)?.credits)
    }
}
