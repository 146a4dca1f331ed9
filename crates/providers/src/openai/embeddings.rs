//! Embeddings on OpenAI's wire.

use fourfold_clients::openai as wire;
use fourfold_domain::{EmbeddingRequest, EmbeddingResult, ProviderError, Usage};

use crate::classify::{Codes, classify, unreadable};
use crate::facts::facts;
use fourfold_domain::estimate::{self, Written};

/// The request on the wire.
pub(crate) fn request(embedding: &EmbeddingRequest, vendor_model: &str) -> wire::EmbeddingRequest {
    let mut request = wire::EmbeddingRequest::new(vendor_model, embedding.texts.clone());
    request.dimensions = embedding.dimensions.and_then(|dimensions| u32::try_from(dimensions).ok());
    request.extra.extend(embedding.extras.clone());
    request
}

/// What an answer says in our words: a vector for each text, in the order of the texts. What it used is estimated
/// where the vendor doesn't tell.
pub(crate) fn result(
    codes: Codes,
    embedding: &EmbeddingRequest,
    mut embeddings: wire::Embeddings,
) -> Result<EmbeddingResult, ProviderError> {
    let texts = embedding.texts.len();
    if embeddings.data.len() != texts {
        let message = format!("the vendor gave {} vectors for {texts} texts", embeddings.data.len());
        return Err(unreadable(message));
    }
    embeddings.data.sort_by_key(|embedding| embedding.index);
    let vectors = embeddings.data.into_iter().map(|embedding| embedding.embedding.into_numbers());
    let tokens = embeddings.usage.and_then(|usage| usage.prompt_tokens).unwrap_or_default();
    let told = Usage { input_tokens: tokens, ..Usage::default() };
    let (usage, is_estimated) =
        estimate::complete(told, estimate::embedding_input(embedding), Written::default());
    let mut vendor = facts([("model", embeddings.model)]);
    if is_estimated {
        vendor.extend(estimate::fact());
    }
    let vectors = vectors.collect::<Result<_, _>>().map_err(|error| classify(codes, error))?;
    Ok(EmbeddingResult { vectors, usage, vendor })
}
