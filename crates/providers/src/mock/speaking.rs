//! The mock's speech as it is spoken, piece by piece.

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AttemptContext, Effect, MediaRequest, OutputSource, ProviderError, Speaker, SpeechRequest, Spoken,
};
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep_until};

use super::errors::{failed, refused};
use super::models::Manner;
use super::provider::MockProvider;
use super::settings::MockFailure;
use super::work::Work;

/// How much of a sound comes at a time.
const PIECE_BYTES: usize = 8 * 1024;

#[async_trait]
impl Speaker for MockProvider {
    /// Of a slow model it takes the delay in all; of one that fails it breaks off in the middle.
    async fn speak(&self, speech: SpeechRequest, context: AttemptContext) -> Result<Spoken, ProviderError> {
        let (manner, spec) = self.model(&context.vendor_model)?;
        let request = MediaRequest::Speech(speech);
        let work = Work::asked(spec.modality, &request, &*context.media).await?;
        self.available()?;
        if self.settings.fail == MockFailure::Refuse && manner != Manner::Fail {
            return Err(refused(Effect::NotStarted));
        }
        let sound = work.make(0).await?;
        let outputs = work.outputs(|_index| OutputSource::Bytes(Bytes::new()));
        let media_type = outputs.items.into_iter().next().map(|item| item.media_type).unwrap_or_default();
        let mut pieces: Vec<_> =
            (0..sound.len()).step_by(PIECE_BYTES).map(|from| Ok(piece(&sound, from))).collect();
        if manner == Manner::Fail {
            pieces.truncate(pieces.len() / 2);
            pieces.push(Err(failed()));
        }
        let (count, start) = (u32::try_from(pieces.len()).unwrap_or(u32::MAX), Instant::now());
        let delay = if manner == Manner::Slow { self.settings.delay } else { std::time::Duration::ZERO };
        let pieces = stream::iter((1_u32..).zip(pieces));
        let sound = pieces.then(move |(number, piece)| async move {
            sleep_until(start + delay * number / count).await;
            piece
        });
        Ok(Spoken { media_type, sound: Box::pin(sound), vendor: outputs.vendor })
    }
}

fn piece(sound: &Bytes, from: usize) -> Bytes {
    sound.slice(from..sound.len().min(from + PIECE_BYTES))
}
