//! Vectors of texts.

use fourfold_clients::gemini as wire;
use fourfold_domain::{EmbeddingRequest, EmbeddingResult, InvalidInput, ProviderError, Usage};
use serde_json::{Map, Value};

use super::models::{DIMENSIONS_MAX, EMBEDDING_001};
use crate::classify::{invalid, unreadable};
use fourfold_domain::estimate::{self, Written};

/// What the table can't say.
pub(super) fn check(embedding: &EmbeddingRequest) -> Result<(), InvalidInput> {
    let is_document = embedding.extras.get("task_type").is_some_and(|task| task == "RETRIEVAL_DOCUMENT");
    if embedding.extras.contains_key("title") && !is_document {
        let allowed = "can be given only where task_type is RETRIEVAL_DOCUMENT";
        return Err(InvalidInput::not_allowed("input.title", allowed));
    }
    Ok(())
}

/// The requests on the wire, one for each text.
pub(super) fn requests(
    embedding: &EmbeddingRequest,
    vendor_model: &str,
) -> Result<Vec<wire::EmbedContentRequest>, ProviderError> {
    let text = |name: &str| embedding.extras.get(name).and_then(Value::as_str);
    let dimensions = embedding.dimensions.map(u32::try_from).transpose();
    let dimensions = dimensions.map_err(|_| invalid("input.dimensions is too large"))?;
    let request = |content: &String| {
        let mut request = wire::EmbedContentRequest::new(vendor_model, content.as_str());
        request.output_dimensionality = dimensions;
        request.task_type = text("task_type").map(wire::TaskType::from);
        request.title = text("title").map(str::to_owned);
        request
    };
    Ok(embedding.texts.iter().map(request).collect())
}

/// What an answer says in our words: a vector for each text, in the order of the texts. What it used is estimated
/// where the vendor doesn't tell.
pub(super) fn result(
    embedding: &EmbeddingRequest,
    vendor_model: &str,
    answer: wire::BatchEmbedContentsResponse,
) -> Result<EmbeddingResult, ProviderError> {
    let (texts, given) = (embedding.texts.len(), answer.embeddings.len());
    if given != texts {
        return Err(unreadable(format!("the vendor gave {given} vectors for {texts} texts")));
    }
    let mut vectors: Vec<_> = answer.embeddings.into_iter().map(|embedding| embedding.values).collect();
    // This model gives shortened vectors that aren't of length 1, as all others are.
    if vendor_model == EMBEDDING_001 && embedding.dimensions.is_some_and(|given| given < DIMENSIONS_MAX) {
        vectors.iter_mut().for_each(|vector| normalize(vector));
    }
    let tokens = answer.usage_metadata.and_then(|usage| usage.prompt_token_count).unwrap_or_default();
    let told = Usage { input_tokens: tokens, ..Usage::default() };
    let (usage, is_estimated) =
        estimate::complete(told, estimate::embedding_input(embedding), Written::default());
    let vendor = if is_estimated { estimate::fact() } else { Map::new() };
    Ok(EmbeddingResult { vectors, usage, vendor })
}

fn normalize(vector: &mut [f32]) {
    let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|number| *number = (f64::from(*number) / length) as f32);
    }
}
