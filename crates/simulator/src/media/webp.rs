//! Lossless WebP of one colour: codes of one symbol take no bits, so every size is as short.

use super::Size;

pub(super) fn bytes(size: Size, [red, green, blue]: [u8; 3]) -> Vec<u8> {
    let mut bits = LowFirst::default();
    bits.push(u128::from(size.width - 1), 14);
    bits.push(u128::from(size.height - 1), 14);
    // No transparency, version 0, no transforms, no colour cache, one group of codes.
    bits.push(0, 1 + 3 + 1 + 1 + 1);
    for symbol in [green, red, blue, 0xff] {
        // A simple code, of one symbol, of eight bits.
        bits.push(0b101, 3);
        bits.push(symbol.into(), 8);
    }
    // Distances: a simple code, of one symbol, of one bit.
    bits.push(0b0001, 4);
    let stream = [&[0x2f][..], &bits.0.to_le_bytes()[..bits.1.div_ceil(8)]].concat();
    let padding = stream.len() % 2;
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let chunk = [b"VP8L", &length(stream.len())[..], &stream, &[0][..padding]].concat();
    [b"RIFF", &length(4 + chunk.len())[..], b"WEBP", &chunk].concat()
}

/// At most 128 bits, the lowest first.
#[derive(Default)]
struct LowFirst(u128, usize);

impl LowFirst {
    fn push(&mut self, number: u128, bits: usize) {
        self.0 |= number << self.1;
        self.1 += bits;
    }
}
