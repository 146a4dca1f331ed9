//! Rules for media: asked for the least, the provider gives a result, a task that outlives it, or an error
//! that says what is known.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use fourfold_domain::{
    AttemptContext, Cancelled, Effect, InlineMedia, MediaMaker, MediaRequest, ModelSpec, Outputs, Poll,
    Provider, ProviderError, Reason, Request, Started, UpstreamTask,
};
use futures_util::TryStreamExt;

use super::suite::{Broken, hold};
use super::text::check_error;
use super::{magic, minimal};

/// A task that takes more polls than this isn't going to end.
const POLLS_MAX: usize = 1000;

pub(super) async fn check(build: &impl Fn() -> Arc<dyn Provider>, model: &ModelSpec) -> Result<(), Broken> {
    let first = build();
    check_strangers(&*first, model).await?;
    let about = model.vendor_model.as_str();
    let request = request(model)?;
    let outputs = match media(&*first, about)?.start(request, context(about)).await {
        Err(error) => return check_error(about, &error),
        Ok(Started::Done(outputs)) => outputs,
        Ok(Started::Task(task)) => match ended(build, about, &task).await? {
            Ok(outputs) => outputs,
            Err(verdict) => return check_error(about, &verdict),
        },
    };
    check_outputs(&*build(), about, &outputs).await
}

/// What the provider doesn't know, it says so, and nothing is begun.
async fn check_strangers(provider: &dyn Provider, model: &ModelSpec) -> Result<(), Broken> {
    const STRANGER: &str = "no-such-model";
    let about = model.vendor_model.as_str();
    let media = media(provider, about)?;
    if let Ok(request) = request(model) {
        let started = media.start(request, context(STRANGER)).await;
        let refused = matches!(&started, Err(error) if error.effect == Effect::NotStarted);
        hold(refused, about, "an unknown model begins nothing", || format!("{started:?}"))?;
    }
    for id in ["no-such-task", "", "../../x", "\0"] {
        let task =
            UpstreamTask { id: id.to_owned(), vendor_model: about.to_owned(), poll_after: Duration::ZERO };
        let polled = media.poll(&task).await;
        let unknown = matches!(&polled, Err(error) if error.reason == Reason::NotFound);
        hold(unknown, about, "an unknown task is not found", || format!("{id:?}: {polled:?}"))?;
    }
    Ok(())
}

/// Polls to the end, each time as if after a restart. The vendor's own verdict is the inner error.
async fn ended(
    build: &impl Fn() -> Arc<dyn Provider>,
    about: &str,
    task: &UpstreamTask,
) -> Result<Result<Outputs, ProviderError>, Broken> {
    let stored = serde_json::to_string(task).and_then(|json| serde_json::from_str(&json)).ok();
    hold(stored.as_ref() == Some(task), about, "a task is the same after it was stored", || {
        format!("{stored:?}")
    })?;
    for _ in 0..POLLS_MAX {
        let provider = build();
        let media = media(&*provider, about)?;
        match media.poll(task).await {
            Ok(Poll::Running { progress, poll_after }) => {
                let sane = progress.is_none_or(|progress| progress <= 100);
                hold(sane, about, "progress is 0 to 100", || format!("{progress:?}"))?;
                tokio::time::sleep(poll_after).await;
            }
            Ok(Poll::Failed(verdict)) => return Ok(Err(verdict)),
            Ok(Poll::Done(outputs)) => {
                let cancelled = media.cancel(task).await;
                let late = !matches!(cancelled, Ok(Cancelled::Stopped { .. }));
                hold(late, about, "what is done can't be stopped", || format!("{cancelled:?}"))?;
                return Ok(Ok(outputs));
            }
            Err(error) => hold(false, about, "a restart still answers for a task", || format!("{error:?}"))?,
        }
    }
    hold(false, about, "a task ends", || format!("it still running after {POLLS_MAX} polls"))?;
    Ok(Ok(Outputs::default()))
}

async fn check_outputs(provider: &dyn Provider, about: &str, outputs: &Outputs) -> Result<(), Broken> {
    let media = media(provider, about)?;
    hold(!outputs.items.is_empty(), about, "what is done has a result", || format!("{outputs:?}"))?;
    hold(!outputs.quantities.is_empty(), about, "what is done says what it comes to", || {
        format!("{outputs:?}")
    })?;
    for output in &outputs.items {
        let bytes = match media.fetch(output).await {
            Ok(stream) => stream.try_collect::<BytesMut>().await,
            Err(error) => Err(error),
        };
        let bytes = bytes.map_err(|error| Broken {
            about: about.to_owned(),
            rule: "each result can be fetched",
            found: format!("{error:?}"),
        })?;
        hold(!bytes.is_empty(), about, "each result has bytes", || format!("{output:?}"))?;
        hold(magic::agrees(&output.media_type, &bytes), about, "bytes are what their type says", || {
            format!("{} that begins {:?}", output.media_type, &bytes[..bytes.len().min(16)])
        })?;
    }
    Ok(())
}

/// The least that can be asked of it.
pub(super) fn request(model: &ModelSpec) -> Result<MediaRequest, Broken> {
    let broken = |found| Broken {
        about: model.vendor_model.clone(),
        rule: "its required parameters make a request",
        found,
    };
    match minimal::request(model).map_err(broken)? {
        Request::Media(request) => Ok(request),
        Request::Generation(_) => Err(broken("a request for text".to_owned())),
    }
}

fn media<'a>(provider: &'a dyn Provider, about: &str) -> Result<&'a dyn MediaMaker, Broken> {
    provider.media().ok_or_else(|| Broken {
        about: about.to_owned(),
        rule: "every instance offers the same traits",
        found: "one without media".to_owned(),
    })
}

pub(super) fn context(vendor_model: &str) -> AttemptContext {
    AttemptContext {
        owner: "conformance".to_owned(),
        number: 1,
        vendor_model: vendor_model.to_owned(),
        media: Arc::new(InlineMedia),
    }
}
