//! How speech comes from one vendor: as it is spoken, or from those who don't give it so once it is whole.
//!
//! Speech is priced by what is said, so what it costs is known before it is sent. Of a sound that breaks off nobody can
//! tell what share came, since its length isn't known before its end.

use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use fourfold_domain::{
    AttemptContext, Cancelled, Effect, MediaMaker, MediaRequest, Outputs, Poll, Provider, ProviderError,
    Quantity, Reason, SpeechRequest, Spoken, Started, UpstreamTask,
};
use futures_util::{StreamExt as _, stream};
use serde_json::Map;
use tokio::time::{Sleep, sleep, timeout};

use super::ending::{Outcome, Used};
use super::generate::{Stop, before, too_late};
use super::work::{Tried, Work, unsupported};
use crate::failpoint;
use crate::jobs::poll_backoff;

/// How long a vendor may take to say how a task stands, or to stop it.
const VENDOR_PATIENCE: Duration = Duration::from_secs(30);

/// The shortest and the longest pause between two polls, whatever a provider says.
const POLL_AFTER_MIN: Duration = Duration::from_millis(20);
const POLL_AFTER_MAX: Duration = Duration::from_secs(5);

impl Work<'_> {
    /// Has it said, by whoever can.
    pub(super) async fn speak(
        &mut self,
        provider: &dyn Provider,
        speech: SpeechRequest,
        context: AttemptContext,
    ) -> Tried {
        let said = speech.quantities_max();
        let (is_cancelled, mut deadline) = (self.is_cancelled_when_left(), pin!(self.deadline()));
        let mut task = None;
        let spoken = async {
            match (provider.speaker(), provider.media()) {
                (Some(speaker), _) => speaker.speak(speech, context).await,
                (None, Some(media)) => made(media, speech, context, &mut task).await,
                (None, None) => Err(unsupported("speech")),
            }
        };
        let spoken = match before(spoken, deadline.as_mut(), &self.task.outlet, is_cancelled).await {
            Ok(spoken) => spoken,
            Err(Stop::Late) => Err(too_late()),
            Err(Stop::Left) => {
                if let (Some(task), Some(media)) = (&task, provider.media()) {
                    stop(media, task).await;
                }
                return left(said);
            }
        };
        failpoint::reach("after_call_sent");
        match spoken {
            Ok(spoken) => self.hear(spoken, said, deadline).await,
            Err(error) => Tried::failed(error),
        }
    }

    /// Hands the sound on as it comes, but for its last byte, which is sent once the call is settled.
    async fn hear(&mut self, spoken: Spoken, said: Vec<Quantity>, mut deadline: Pin<&mut Sleep>) -> Tried {
        let is_cancelled = self.is_cancelled_when_left();
        let Spoken { media_type, mut sound, vendor } = spoken;
        self.media_type = Some(media_type);
        let (mut last, mut is_left) = (Bytes::new(), false);
        loop {
            let next = before(sound.next(), deadline.as_mut(), &self.task.outlet, is_cancelled && !is_left);
            let piece = match next.await {
                Ok(Some(Ok(piece))) if piece.is_empty() => continue,
                Ok(Some(Ok(piece))) => piece,
                Ok(None) if last.is_empty() => return Tried { vendor, ..Tried::failed(silent()) },
                Ok(None) => {
                    let used = Used::counted(said);
                    let worked = Some(used.quantities.clone());
                    return Tried { outcome: Outcome::Whole { used, last }, vendor, worked };
                }
                Ok(Some(Err(error))) => return broken(error, said),
                Err(Stop::Late) => return broken(too_late(), said),
                Err(Stop::Left) => return Tried { vendor, ..left(said) },
            };
            let (more, held_back) = all_but_the_last(last, piece);
            last = held_back;
            if more.is_empty() {
                continue;
            }
            if self.pass_on(more, is_left).await.is_err() {
                if is_cancelled {
                    return Tried { vendor, ..left(said) };
                }
                is_left = true;
            }
        }
    }
}

/// Speech of a vendor who gives it once it is whole. A task that was begun is told, for it to be stopped.
async fn made(
    media: &dyn MediaMaker,
    speech: SpeechRequest,
    context: AttemptContext,
    begun: &mut Option<UpstreamTask>,
) -> Result<Spoken, ProviderError> {
    let outputs = match media.start(MediaRequest::Speech(speech), context).await? {
        Started::Done(outputs) => outputs,
        Started::Task(task) => {
            let task = begun.insert(task);
            ended(media, task).await?
        }
    };
    *begun = None;
    let Outputs { items, vendor, .. } = outputs;
    let output = items.into_iter().next().ok_or_else(silent)?;
    // What was made and can't be had breaks off where it begins.
    let sound = media.fetch(&output).await;
    let sound = sound.unwrap_or_else(|error| Box::pin(stream::iter([Err(error)])));
    Ok(Spoken { media_type: output.media_type, sound, vendor })
}

/// Polls a task to its end; a poll that fails says nothing about it.
async fn ended(media: &dyn MediaMaker, task: &UpstreamTask) -> Result<Outputs, ProviderError> {
    let (mut pause, mut failed_polls) = (task.poll_after, 0);
    loop {
        sleep(pause.clamp(POLL_AFTER_MIN, POLL_AFTER_MAX)).await;
        pause = match timeout(VENDOR_PATIENCE, media.poll(task)).await {
            Ok(Ok(Poll::Done(outputs))) => return Ok(outputs),
            // A verdict is certain: the vendor had taken the work.
            Ok(Ok(Poll::Failed(verdict))) => {
                return Err(ProviderError { effect: Effect::Started, ..verdict });
            }
            Ok(Ok(Poll::Running { poll_after, .. })) => {
                failed_polls = 0;
                poll_after
            }
            Ok(Err(_)) | Err(_) => {
                failed_polls += 1;
                tracing::warn!(failed_polls, "a vendor didn't say how the speech of a call stands");
                poll_backoff(failed_polls)
            }
        };
    }
}

async fn stop(media: &dyn MediaMaker, task: &UpstreamTask) {
    match timeout(VENDOR_PATIENCE, media.cancel(task)).await {
        Ok(Ok(Cancelled::Stopped { .. } | Cancelled::Unsupported | Cancelled::TooLate)) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a vendor couldn't be told to stop");
        }
        Err(_late) => tracing::warn!("a vendor didn't answer when it was told to stop"),
    }
}

/// What was held back with what came, but for the last byte.
fn all_but_the_last(held_back: Bytes, mut piece: Bytes) -> (Bytes, Bytes) {
    let last = piece.split_off(piece.len() - 1);
    if held_back.is_empty() {
        return (piece, last);
    }
    let mut more = BytesMut::with_capacity(held_back.len() + piece.len());
    more.extend_from_slice(&held_back);
    more.extend_from_slice(&piece);
    (more.freeze(), last)
}

fn left(said: Vec<Quantity>) -> Tried {
    let used = Used::counted(said);
    let worked = Some(used.quantities.clone());
    Tried { outcome: Outcome::Left(used), vendor: Map::new(), worked }
}

/// The vendor may want to be paid for all of it.
fn broken(error: ProviderError, said: Vec<Quantity>) -> Tried {
    let vendor = error.vendor.clone();
    let error = ProviderError { effect: Effect::Started, ..error };
    Tried { outcome: Outcome::Broken { error, used: None }, vendor, worked: Some(said) }
}

fn silent() -> ProviderError {
    ProviderError::new(Reason::Failed, Effect::Started, "the vendor answered without a sound")
}
