//! AIHubMix's answers where they aren't OpenAI's.
#![no_main]

use fourfold_clients::aihubmix::{Catalog, Prediction, Video};
use fourfold_clients_fuzz::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(catalog) = read::<Catalog>(data) {
        for model in catalog.data {
            let words = [model.types, model.features, model.input_modalities];
            assert!(words.iter().flatten().flat_map(|words| words.iter()).all(|word| !word.is_empty()));
            let numbers = [model.max_output, model.context_length];
            numbers.iter().flatten().for_each(|number| _ = (number.as_f64(), number.as_u64()));
        }
    }
    if let Some(prediction) = read::<Prediction>(data) {
        prediction.images().iter().for_each(|image| _ = image.bytes());
        assert!(prediction.tasks().iter().all(|task| !task.polling_url.is_empty()));
    }
    if let Some(video) = read::<Video>(data) {
        assert!(video.link().is_none_or(|link| !link.is_empty()));
        assert!(video.failure_code().is_none_or(|code| !code.is_empty()));
        assert!(video.failure_message().is_none_or(|message| !message.is_empty()));
    }
});
