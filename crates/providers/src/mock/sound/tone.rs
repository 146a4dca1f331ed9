//! An utterance as samples: a tone for each syllable, whose pitch follows from the letter.

use super::utterance::Utterance;
use super::voice::Voice;

/// Samples a second, of 16 bits each, on one channel.
pub(in super::super) const RATE: u32 = 24_000;

const LOUDNESS: f32 = 9000.0;
/// How long a tone takes to come and to go, as a share of it.
const ATTACK: f32 = 0.12;
const RELEASE: f32 = 0.35;

/// The samples, the lower byte first. At a speed of 1000 it takes as long as the utterance does, at 2000 half of it.
pub(in super::super) fn samples(utterance: &Utterance<'_>, voice: Voice, speed_thousandths: u32) -> Vec<u8> {
    let at = |ms: u64| (ms * u64::from(RATE) / u64::from(speed_thousandths)) as usize;
    let mut samples = vec![0; at(utterance.ms) * 2];
    for word in &utterance.words {
        let count = word.syllables.len() as u64;
        for (number, syllable) in (0..).zip(&word.syllables) {
            let moment = |number: u64| at(word.start_ms + (word.end_ms - word.start_ms) * number / count);
            let place = moment(number) * 2..moment(number + 1) * 2;
            sound(&mut samples[place], voice.pitch * step(*syllable), voice.brightness);
        }
    }
    samples
}

/// How far a letter's tone is from the voice's: a scale of five tones.
fn step(letter: char) -> f32 {
    const SCALE: [f32; 5] = [1.0, 9.0 / 8.0, 5.0 / 4.0, 5.0 / 6.0, 3.0 / 4.0];
    match letter {
        'a' => SCALE[0],
        'e' => SCALE[1],
        'i' | 'y' => SCALE[2],
        'o' => SCALE[3],
        'u' => SCALE[4],
        other => SCALE[other as usize % SCALE.len()],
    }
}

/// One tone over all of these samples.
fn sound(samples: &mut [u8], pitch: f32, brightness: f32) {
    let count = (samples.len() / 2) as f32;
    for (number, sample) in samples.chunks_exact_mut(2).enumerate() {
        let share = number as f32 / count;
        let loudness = LOUDNESS * (share / ATTACK).min((1.0 - share) / RELEASE).min(1.0);
        let turns = number as f32 * pitch / RATE as f32;
        let level = (wave(turns) + brightness * wave(turns * 2.0)) / (1.0 + brightness);
        sample.copy_from_slice(&((level * loudness) as i16).to_le_bytes());
    }
}

/// Nearly a sine, from parabolas, which every machine rounds alike.
fn wave(turns: f32) -> f32 {
    let place = 2.0 * (turns - turns.floor()) - 1.0;
    4.0 * place * (1.0 - place.abs())
}

#[cfg(test)]
mod tests {
    use super::super::voice::VOICES;
    use super::*;

    fn loudest(samples: &[u8]) -> u16 {
        let levels = samples.chunks_exact(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]]));
        levels.map(i16::unsigned_abs).max().unwrap()
    }

    #[test]
    fn it_sounds_while_a_word_is_said_and_rests_in_between() {
        let utterance = Utterance::of("fox, fox");
        let samples = samples(&utterance, VOICES[0], 1000);
        assert_eq!(samples.len(), 2 * 24 * utterance.ms as usize);
        let during = |from_ms: usize, to_ms: usize| loudest(&samples[from_ms * 48..to_ms * 48]);
        for (start, end) in [(0, 140), (320, 460)] {
            assert!((6000..=9000).contains(&during(start, end)), "{}", during(start, end));
        }
        assert_eq!((during(140, 320), during(460, 520)), (0, 0));
    }

    #[test]
    fn speed_voice_and_letters_are_heard() {
        let said = |text, voice, speed| samples(&Utterance::of(text), VOICES[voice], speed);
        assert_eq!(said("fox", 0, 2000).len() * 2, said("fox", 0, 1000).len());
        assert_ne!(said("fox", 0, 1000), said("fox", 1, 1000));
        assert_ne!(said("fox", 0, 1000), said("fix", 0, 1000));
    }
}
