//! JPEG of one colour: each block says "as the one before".

use super::Size;
use super::bits::Bits;

pub(super) fn bytes(size: Size, color: [u8; 3]) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    segment(&mut file, 0xe0, b"JFIF\0\x01\x01\x00\x00\x01\x00\x01\x00\x00");
    // All steps are eight, so a block's first number is its colour.
    segment(&mut file, 0xdb, &[&[0][..], &[8; 64]].concat());
    let [height_high, height_low] = size.height.to_be_bytes();
    let [width_high, width_low] = size.width.to_be_bytes();
    let sides = [8, height_high, height_low, width_high, width_low, 3];
    segment(&mut file, 0xc0, &[&sides[..], &[1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]].concat());
    // Differences: none is one bit, those of one to eight bits are five. Other numbers: only "no more".
    segment(&mut file, 0xc4, &table(0x00, &[(1, &[0]), (5, &[1, 2, 3, 4, 5, 6, 7, 8])]));
    segment(&mut file, 0xc4, &table(0x10, &[(1, &[0])]));
    segment(&mut file, 0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    for byte in blocks(size, color) {
        file.push(byte);
        if byte == 0xff {
            file.push(0);
        }
    }
    file.extend([0xff, 0xd9]);
    file
}

fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    file.extend([0xff, marker]);
    file.extend(u16::try_from(content.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
    file.extend(content);
}

/// A table of codes: how long they are, and what they mean.
fn table(class: u8, codes: &[(usize, &[u8])]) -> Vec<u8> {
    let mut counts = [0; 16];
    for (bits, meanings) in codes {
        counts[bits - 1] = u8::try_from(meanings.len()).unwrap_or(u8::MAX);
    }
    let meanings = codes.iter().flat_map(|(_, meanings)| meanings.iter().copied());
    [class].into_iter().chain(counts).chain(meanings).collect()
}

fn blocks(size: Size, color: [u8; 3]) -> Vec<u8> {
    let mut bits = Bits::default();
    for level in luma_and_chroma(color) {
        first_block(&mut bits, i32::from(level) - 128);
    }
    let blocks = usize::from(size.width).div_ceil(8) * usize::from(size.height).div_ceil(8);
    for _ in 0..(blocks - 1) * 3 {
        bits.push(0b00, 2);
    }
    bits.align(1);
    bits.into_bytes()
}

fn first_block(bits: &mut Bits, level: i32) {
    let length = u32::BITS - level.unsigned_abs().leading_zeros();
    match length {
        0 => bits.push(0, 1),
        _ => {
            bits.push(0b10000 + length - 1, 5);
            let below_zero = if level < 0 { (1 << length) - 1 } else { 0 };
            bits.push(level.wrapping_add(below_zero).unsigned_abs(), length);
        }
    }
    bits.push(0, 1);
}

/// How bright a colour is, how blue and how red.
pub(super) fn luma_and_chroma([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let [red, green, blue] = [red, green, blue].map(i32::from);
    let level = |thousandths: i32, base: i32| u8::try_from(base + thousandths / 1000).unwrap_or(u8::MAX);
    [
        level(299 * red + 587 * green + 114 * blue, 0),
        level(500 * blue - 169 * red - 331 * green, 128),
        level(500 * red - 419 * green - 81 * blue, 128),
    ]
}
