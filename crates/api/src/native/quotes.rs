//! What a request could cost.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use fourfold_domain::{Factor, Quote};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::AppState;
use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Body, Caller, Object};

/// A request for a quote.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewQuote {
    /// The model's name.
    #[schema(min_length = 1)]
    model: String,
    /// What to make.
    #[schema(value_type = Object)]
    input: Map<String, Value>,
}

/// What a request could cost at most.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuoteBody {
    model: String,
    credits: String,
    factors: Vec<FactorBody>,
    /// Names the price that was used.
    price_version: String,
}

/// One line of a quote.
#[derive(Serialize, ToSchema)]
struct FactorBody {
    /// What is counted.
    unit: &'static str,
    /// How many.
    count: u64,
    /// What the rate depends on, such as the size.
    traits: BTreeMap<String, String>,
    /// The price of `per` pieces.
    rate: String,
    per: u64,
    /// What this line comes to.
    credits: String,
}

/// Tells what a request could cost at most. Free, and holds nothing.
#[utoipa::path(post, path = "/api/v1/quotes", tag = "jobs", operation_id = "quote", request_body = NewQuote,
    responses((status = 200, body = QuoteBody, description = "the quote"), KeyErrors, BodyErrors,
        (status = 404, body = ErrorBody, description = "no such model")))]
pub(crate) async fn quote(
    State(state): State<AppState>,
    caller: Caller,
    body: Body,
) -> Result<Json<QuoteBody>, ApiError> {
    let mut object = body.object;
    let model = object.required_text("model")?;
    let input = Object::required("input", object.object("input")?)?;
    object.nothing_else("model and input")?;
    caller.check_model(&model)?;
    let quote = state.jobs.quote(&model, input)?;
    Ok(Json(QuoteBody::new(model, &quote)))
}

impl QuoteBody {
    fn new(model: String, quote: &Quote) -> Self {
        let factor = |factor: &Factor| FactorBody {
            unit: factor.quantity.unit.as_str(),
            count: factor.quantity.count,
            traits: factor.quantity.traits.clone(),
            rate: factor.rate.to_string(),
            per: factor.per,
            credits: factor.credits.to_string(),
        };
        Self {
            model,
            credits: quote.credits.to_string(),
            factors: quote.factors.iter().map(factor).collect(),
            price_version: quote.price_version.clone(),
        }
    }
}
