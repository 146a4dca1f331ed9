//! Rules for speech as it is spoken: it is the sound that the same words make as media, or an error that says what is
//! known.

use bytes::BytesMut;
use fourfold_domain::{Effect, MediaRequest, ModelSpec, Provider, Spoken};
use futures_util::TryStreamExt;

use super::magic;
use super::media::{context, request};
use super::suite::{Broken, hold};
use super::text::check_error;

/// Of a provider that gives its speech so, and a model that speaks.
pub(super) async fn check(provider: &dyn Provider, model: &ModelSpec) -> Result<(), Broken> {
    let (Some(speaker), MediaRequest::Speech(speech)) = (provider.speaker(), request(model)?) else {
        return Ok(());
    };
    let about = model.vendor_model.as_str();
    let stranger = speaker.speak(speech.clone(), context("no-such-model")).await;
    let refused = matches!(&stranger, Err(error) if error.effect == Effect::NotStarted);
    hold(refused, about, "an unknown model begins nothing", || format!("{stranger:?}"))?;
    match speaker.speak(speech, context(about)).await {
        Ok(spoken) => check_sound(about, spoken).await,
        Err(error) => check_error(about, &error),
    }
}

async fn check_sound(about: &str, spoken: Spoken) -> Result<(), Broken> {
    let Spoken { media_type, sound, .. } = spoken;
    let bytes = match sound.try_collect::<BytesMut>().await {
        Ok(bytes) => bytes,
        Err(error) => return check_error(about, &error),
    };
    hold(!bytes.is_empty(), about, "speech has bytes", || media_type.clone())?;
    hold(media_type.starts_with("audio/"), about, "speech is a sound", || media_type.clone())?;
    hold(magic::agrees(&media_type, &bytes), about, "bytes are what their type says", || {
        format!("{media_type} that begins {:?}", &bytes[..bytes.len().min(16)])
    })
}
