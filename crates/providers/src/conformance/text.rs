//! Rules for text: asked for the least, the provider answers whole and in pieces alike, or says what is known.

use std::sync::Arc;

use fourfold_domain::{
    AnswerPiece, AttemptContext, Effect, GenerationRequest, GenerationResult, Generator, InlineMedia,
    Modality, ModelSpec, Provider, ProviderError, Request, StreamChunk,
};
use futures_util::TryStreamExt;

use super::minimal;
use super::suite::{Broken, hold};

pub(super) async fn check(provider: &dyn Provider, model: &ModelSpec) -> Result<(), Broken> {
    const STRANGER: &str = "no-such-model";
    let about = model.vendor_model.as_str();
    // A provider of a dialect's own bytes alone has nothing typed to check.
    let Some(generator) = provider.generator() else { return Ok(()) };
    let request = || -> Result<GenerationRequest, Broken> {
        match minimal::request(model) {
            Ok(Request::Generation(request)) => Ok(request),
            other => Err(Broken {
                about: about.to_owned(),
                rule: "its required parameters make a request",
                found: format!("{other:?}"),
            }),
        }
    };
    let asked = generator.generate(request()?, context(STRANGER)).await;
    let refused = matches!(&asked, Err(error) if error.effect == Effect::NotStarted);
    hold(refused, about, "an unknown model begins nothing", || format!("{asked:?}"))?;
    let whole = match generator.generate(request()?, context(about)).await {
        Ok(whole) => whole,
        Err(error) => return check_error(about, &error),
    };
    hold(whole.usage().input_tokens > 0, about, "an answer says what it used", || format!("{whole:?}"))?;
    match &whole {
        GenerationResult::Chat(chat) => {
            hold(!chat.answers.is_empty(), about, "a chat has an answer", || format!("{chat:?}"))?;
        }
        GenerationResult::Embedding(embedding) => {
            let vectors = embedding.vectors.iter().all(|vector| !vector.is_empty());
            hold(vectors && embedding.vectors.len() == 1, about, "each text has a vector", || {
                format!("{embedding:?}")
            })?;
        }
    }
    if model.modality == Modality::Chat { check_stream(generator, about, request()?).await } else { Ok(()) }
}

/// A stream tells once why it ends and once, last, what it used.
async fn check_stream(
    generator: &dyn Generator,
    about: &str,
    request: GenerationRequest,
) -> Result<(), Broken> {
    let chunks = match generator.generate_stream(request, context(about)).await {
        Ok(stream) => stream.try_collect::<Vec<_>>().await,
        Err(error) => Err(error),
    };
    let chunks = match chunks {
        Ok(chunks) => chunks,
        Err(error) => return check_error(about, &error),
    };
    let is_end =
        |chunk: &&StreamChunk| matches!(chunk, StreamChunk::Answer { piece: AnswerPiece::Finish(_), .. });
    let ends = chunks.iter().filter(is_end).count();
    hold(ends == 1, about, "a stream says once why it ends", || format!("{chunks:?}"))?;
    let last_is_usage = matches!(chunks.last(), Some(StreamChunk::Usage(usage)) if usage.input_tokens > 0);
    hold(last_is_usage, about, "a stream says last what it used", || format!("{chunks:?}"))
}

/// An error is classified by its type; its words must be there, and fit for a caller.
pub(super) fn check_error(about: &str, error: &ProviderError) -> Result<(), Broken> {
    let fit = !error.message.is_empty() && !error.message.contains("://");
    hold(fit, about, "an error has words, and no URL among them", || format!("{error:?}"))
}

fn context(vendor_model: &str) -> AttemptContext {
    AttemptContext {
        owner: "conformance".to_owned(),
        number: 1,
        vendor_model: vendor_model.to_owned(),
        media: Arc::new(InlineMedia),
    }
}
