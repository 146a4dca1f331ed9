//! What a decoder has to know before the first frame: the sets of parameters of H.264.

use super::bits::Bits;

/// How many bits a frame's number has; after the last it begins again.
pub(super) const FRAME_NUMBER_BITS: u32 = 4;

/// The parameters of the whole stream, for frames of so many blocks across and down.
pub(super) fn sequence([columns, rows]: [u32; 2]) -> Vec<u8> {
    // The level by the blocks of a frame, at no more than 30 frames a second: table A-1 of the standard.
    let level = match columns * rows {
        0..=1620 => 30,
        1621..=3600 => 31,
        _ => 40,
    };
    let mut bits = Bits::default();
    // Constrained baseline.
    bits.push_bytes(&[66, 0xc0, level]);
    // Set 0, the size of frame numbers, frames in the order of decoding, one reference, no gaps.
    for number in [0, FRAME_NUMBER_BITS - 4, 2, 1] {
        bits.push_unsigned(number);
    }
    bits.push(0, 1);
    bits.push_unsigned(columns - 1);
    bits.push_unsigned(rows - 1);
    // Whole frames, inference as required, not cropped; facts for display follow.
    bits.push(0b1101, 4);
    // No shape of pixels, no overscan; a video of no known kind in the narrow scale, with its colours: BT.709
    // thrice. No place of colour, no times, no rates twice, no structure.
    bits.push(0b0011_0101, 8);
    for _ in 0..3 {
        bits.push(1, 8);
    }
    bits.push(0b0_0000, 5);
    // Limits: vectors may lead out of the picture, sizes open, long vectors, nothing reordered, one frame kept.
    bits.push(0b11, 2);
    for number in [0, 0, 16, 16, 0, 1] {
        bits.push_unsigned(number);
    }
    bits.into_unit(0x67)
}

/// The parameters of every picture.
pub(super) fn picture() -> Vec<u8> {
    let mut bits = Bits::default();
    // Sets 0 and 0; no arithmetic coding, no field order.
    bits.push(0b1100, 4);
    // One group of slices, one reference each way.
    bits.push(0b111, 3);
    // No weights; no offsets of quality thrice; the filter is controlled; nothing constrained or redundant.
    bits.push(0b000, 3);
    bits.push(0b111, 3);
    bits.push(0b100, 3);
    bits.into_unit(0x68)
}
