//! Speaks a text in tones, one a syllable: who knows the text hears its words, and nobody takes it for a
//! person. The same text gives the same bytes, on every machine.
//!
//! ```text
//! text → utterance (which word when) ─┬→ tones in a voice → samples → WAV, with the text in it
//!                                     └→ the times of a transcript
//! ```

mod tone;
mod utterance;
mod voice;
mod wav;

pub(super) use tone::{RATE, samples};
pub(super) use utterance::{Utterance, Word};
pub(super) use voice::{VOICES, Voice};
pub(super) use wav::Wav;
