//! What each model costs, in credits of a cent: estimates, near enough to the vendor's to be of their size.

/// What is counted.
#[derive(Clone, Copy, Debug)]
enum Price {
    /// Each second that was begun: with sound, and without.
    Second(u64, u64),
    /// Each picture.
    Picture(u64),
    /// Each so many characters of the prompt that were begun.
    Characters(u64),
}

use Price::{Characters, Picture, Second};

/// All models, and nothing else about them: which route takes them is for the routes' tables.
const PRICES: &[(&str, Price)] = &[
    ("gen4.5", Second(12, 12)),
    ("gen4_turbo", Second(5, 5)),
    ("aleph2", Second(15, 15)),
    ("act_two", Second(5, 5)),
    ("veo3.1", Second(40, 20)),
    ("veo3.1_fast", Second(15, 10)),
    ("kling2.5_turbo_pro", Second(7, 7)),
    ("kling3.0_standard", Second(13, 9)),
    ("kling3.0_pro", Second(17, 12)),
    ("kling3.0_4k", Second(42, 42)),
    ("klingO3_standard", Second(13, 9)),
    ("klingO3_pro", Second(17, 12)),
    ("klingO3_4k", Second(42, 42)),
    ("kling_4", Second(20, 20)),
    ("seedance2", Second(36, 36)),
    ("seedance2_fast", Second(29, 29)),
    ("seedance2_mini", Second(15, 15)),
    ("seedance2_5", Second(40, 40)),
    ("hailuo3", Second(12, 12)),
    ("h3_max", Second(10, 10)),
    ("happyhorse_1_0", Second(15, 15)),
    ("wan3", Second(12, 10)),
    ("wan3_prime", Second(18, 15)),
    ("grok_imagine_1_5", Second(10, 10)),
    ("grok_imagine_1_5_lite", Second(6, 6)),
    ("gemini_omni_flash", Second(15, 15)),
    ("gemini_omni_flash_1.1", Second(18, 18)),
    ("gen4_image", Picture(8)),
    ("gen4_image_turbo", Picture(2)),
    ("gpt_image_2", Picture(20)),
    ("gpt_image_2_5_flare", Picture(10)),
    ("gpt_image_2_5_sunburst", Picture(25)),
    ("gemini_2.5_flash", Picture(5)),
    ("gemini_image3_pro", Picture(20)),
    ("gemini_image3.1_flash", Picture(8)),
    ("gemini_image3.1_flash_lite", Picture(5)),
    ("nano_banana_2.1", Picture(10)),
    ("seedream5_pro", Picture(8)),
    ("seedream5_lite", Picture(4)),
    ("seedream5_flash", Picture(3)),
    ("grok_imagine_image_2", Picture(6)),
    ("ideogram_4_0", Picture(7)),
    ("ideogram_4_5", Picture(25)),
    ("bria_fibo_1_5", Picture(10)),
    ("bria_fibo_edit_1_5", Picture(5)),
    ("muse_image", Picture(1)),
    ("recraft_v4_1_flash", Picture(4)),
    ("recraft_v4_1_vector", Picture(8)),
    ("eleven_multilingual_v2", Characters(50)),
    ("eleven_v3", Characters(50)),
    ("eleven_v4", Characters(50)),
    ("seed_audio", Characters(100)),
    ("eleven_text_to_sound_v2", Second(1, 1)),
    ("mirelo_sfx_2_0", Second(1, 1)),
    ("eleven_multilingual_sts_v2", Second(1, 1)),
    ("eleven_voice_isolation", Second(1, 1)),
    ("eleven_voice_dubbing", Second(1, 1)),
    ("magnific_video_upscaler_creative", Second(10, 10)),
    ("enhance_frame_rate", Second(2, 2)),
    ("magnific_precision_upscaler_v2", Picture(20)),
    ("ruby", Second(20, 20)),
];

/// What one of the settings' own models costs.
const OTHERS: Price = Second(10, 10);

/// How much is asked of a model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount<'a> {
    pub(super) seconds: f64,
    /// How many results.
    pub(super) pieces: u64,
    pub(super) prompt: &'a str,
    pub(super) is_silent: bool,
}

/// What this much costs in credits.
pub(super) fn credits(model: &str, amount: Amount<'_>) -> u64 {
    let price = PRICES.iter().find(|(name, _)| *name == model).map_or(OTHERS, |(_, price)| *price);
    // From none to a few hundred, so nothing is lost.
    let seconds = amount.seconds.ceil() as u64;
    let credits = match price {
        Second(_, silent) if amount.is_silent => silent * seconds,
        Second(sounding, _) => sounding * seconds,
        Picture(credits) => credits,
        Characters(each) => u64::try_from(amount.prompt.chars().count()).unwrap_or(u64::MAX).div_ceil(each),
    };
    credits.saturating_mul(amount.pieces)
}

/// The names of all models.
pub(super) fn models() -> impl Iterator<Item = &'static str> {
    PRICES.iter().map(|(model, _)| *model)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::models;
    use super::*;

    #[track_caller]
    fn check(model: &str, amount: Amount<'_>, expected: u64) {
        assert_eq!(credits(model, amount), expected, "{model} {amount:?}");
    }

    #[test]
    fn work_costs_by_second_picture_or_character() {
        let amount = Amount { seconds: 5.0, pieces: 1, prompt: "", is_silent: false };
        check("gen4_turbo", amount, 25);
        check("gen4_turbo", Amount { seconds: 4.2, ..amount }, 25);
        check("veo3.1", Amount { seconds: 8.0, ..amount }, 320);
        check("veo3.1", Amount { seconds: 8.0, is_silent: true, ..amount }, 160);
        check("gpt_image_2", Amount { pieces: 4, ..amount }, 80);
        check("eleven_v3", Amount { prompt: &"a".repeat(51), ..amount }, 2);
        check("mine", amount, 50);
    }

    #[test]
    fn each_model_of_a_route_has_a_price_and_the_other_way_round() {
        let priced: BTreeSet<_> = super::models().collect();
        let served = models::ALL.iter().copied().flatten().map(|variant| variant.model);
        assert_eq!(priced, served.collect());
    }
}
