//! One H.264 picture of one colour: the first macroblock brings it, all others are predicted from it.

use super::Size;
use super::bits::Bits;

/// What a decoder has to know, and the picture.
pub(super) struct H264 {
    pub(super) sequence_parameters: Vec<u8>,
    pub(super) picture_parameters: Vec<u8>,
    pub(super) picture: Vec<u8>,
}

impl H264 {
    /// The sides must be even.
    pub(super) fn new(size: Size, [luma, blue, red]: [u8; 3]) -> Self {
        let blocks = [size.width, size.height].map(|side| u32::from(side).div_ceil(16));
        Self {
            sequence_parameters: sequence_parameters(size, blocks),
            picture_parameters: picture_parameters(),
            picture: picture(blocks, [luma, blue, red]),
        }
    }
}

fn sequence_parameters(size: Size, [columns, rows]: [u32; 2]) -> Vec<u8> {
    let mut bits = Bits::default();
    // Baseline profile, level 5.1.
    bits.push_bytes([66, 0xc0, 51]);
    // Id 0, frame numbers of four bits, pictures in the order of decoding, one reference, no gaps.
    for number in [0, 0, 2, 1] {
        bits.push_golomb(number);
    }
    bits.push(0, 1);
    bits.push_golomb(columns - 1);
    bits.push_golomb(rows - 1);
    // Whole frames, inference as required, cropped.
    bits.push(0b111, 3);
    let right = (columns * 16 - u32::from(size.width)) / 2;
    let bottom = (rows * 16 - u32::from(size.height)) / 2;
    for crop in [0, right, 0, bottom] {
        bits.push_golomb(crop);
    }
    bits.push(0, 1);
    unit(0x67, bits)
}

fn picture_parameters() -> Vec<u8> {
    let mut bits = Bits::default();
    // Ids 0 and 0; no arithmetic coding, no field order.
    bits.push(0b1100, 4);
    // One slice group, one reference each way.
    bits.push(0b111, 3);
    // No weights, no offsets of quality; deblocking is controlled; nothing constrained or redundant.
    bits.push(0b000, 3);
    bits.push(0b111, 3);
    bits.push(0b100, 3);
    unit(0x68, bits)
}

fn picture([columns, rows]: [u32; 2], [luma, blue, red]: [u8; 3]) -> Vec<u8> {
    let mut bits = Bits::default();
    // The first block is number 0, all slices are intra, parameters 0, frame 0, picture 0.
    for number in [0, 7, 0] {
        bits.push_golomb(number);
    }
    bits.push(0, 4);
    bits.push_golomb(0);
    // No marking, the usual quality, no deblocking.
    bits.push(0b00, 2);
    bits.push_golomb(0);
    bits.push_golomb(1);
    // Samples as they are.
    bits.push_golomb(25);
    bits.align(0);
    let samples = [(luma, 256), (blue, 64), (red, 64)];
    bits.push_bytes(samples.into_iter().flat_map(|(level, count)| std::iter::repeat_n(level, count)));
    for place in 1..columns * rows {
        // 16x16 from the mean of the neighbours, colours likewise, the same quality.
        bits.push_golomb(3);
        bits.push(0b11, 2);
        // No coefficients: the code is longer beside the block of samples.
        if place == 1 && columns > 1 || place == columns {
            bits.push(0b00_0011, 6);
        } else {
            bits.push(1, 1);
        }
    }
    unit(0x65, bits)
}

/// Ends the bits, and keeps them from looking like a start code.
fn unit(header: u8, mut bits: Bits) -> Vec<u8> {
    bits.push(1, 1);
    bits.align(0);
    let mut unit = vec![header];
    let mut zeros = 0;
    for byte in bits.into_bytes() {
        if zeros >= 2 && byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        unit.push(byte);
    }
    unit
}
