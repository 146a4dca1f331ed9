//! WAV, and the bare samples of it.

use super::audio::RATE;

pub(super) fn bytes(count: u32) -> Vec<u8> {
    let samples = samples(count);
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(samples.len() + 44);
    file.extend(b"RIFF");
    file.extend((length + 36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    // Plain samples, one channel, samples and bytes a second, bytes and bits a sample.
    file.extend(16_u32.to_le_bytes());
    file.extend([1, 1].map(u16::to_le_bytes).concat());
    file.extend([RATE, RATE * 2].map(u32::to_le_bytes).concat());
    file.extend([2, 16].map(u16::to_le_bytes).concat());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}

/// A soft triangle wave of 240 Hz.
pub(super) fn samples(count: u32) -> Vec<u8> {
    let period = i32::try_from(RATE / 240).unwrap_or(i32::MAX);
    let level = |at: i32| (at - period / 2).abs() * 100 - period * 25;
    let wave: Vec<i16> = (0..period).map(|at| i16::try_from(level(at)).unwrap_or_default()).collect();
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    wave.iter().cycle().take(count).flat_map(|level| level.to_le_bytes()).collect()
}
