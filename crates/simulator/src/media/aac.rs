//! AAC of silence, each frame with its own header.

use super::bits::Bits;

const FRAME_SAMPLES: u32 = 1024;

pub(super) fn bytes(samples: u32) -> Vec<u8> {
    // One channel without any band, then the end: all zeros but for the last three bits.
    let silence = [0, 0, 0, 7];
    let frame_bytes = 7 + u32::try_from(silence.len()).unwrap_or_default();
    let mut bits = Bits::default();
    // Sync, MPEG-4, no checksum; low complexity; 24 kHz; one channel.
    bits.push(0xfff1, 16);
    bits.push(0b01, 2);
    bits.push(6, 4);
    bits.push(0, 1);
    bits.push(1, 3);
    bits.push(0, 4);
    bits.push(frame_bytes, 13);
    // Variable rate, one block.
    bits.push(0x7ff, 11);
    bits.push(0, 2);
    bits.push_bytes(silence);
    bits.into_bytes().repeat(usize::try_from(samples.div_ceil(FRAME_SAMPLES)).unwrap_or(usize::MAX))
}
