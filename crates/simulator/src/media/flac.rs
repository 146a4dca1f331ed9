//! FLAC of silence: each frame has one sample that stands for all.

use super::audio::RATE;
use super::bits::Bits;

const FRAME_SAMPLES: u32 = 4096;

pub(super) fn bytes(samples: u32) -> Vec<u8> {
    let frames = samples.div_ceil(FRAME_SAMPLES);
    let mut bits = Bits::default();
    bits.push_bytes(*b"fLaC");
    // The last block of metadata, which describes the stream, in 34 bytes.
    bits.push(0x8000_0022, 32);
    bits.push(FRAME_SAMPLES << 16 | FRAME_SAMPLES, 32);
    bits.push_bytes([0; 6]);
    // One channel of 16 bits.
    bits.push(RATE, 20);
    bits.push(0, 3);
    bits.push(15, 5);
    bits.push(0, 4);
    bits.push(frames * FRAME_SAMPLES, 32);
    bits.push_bytes([0; 16]);
    let mut file = bits.into_bytes();
    for number in 0..frames {
        file.extend(frame(number));
    }
    file
}

fn frame(number: u32) -> Vec<u8> {
    // Sync; 4096 samples, the stream's rate; one channel, 16 bits.
    let mut frame = vec![0xff, 0xf8, 0xc0, 0x08];
    let number = char::from_u32(number).unwrap_or_default();
    frame.extend(number.encode_utf8(&mut [0; 4]).bytes());
    frame.push(u8::try_from(checksum(&frame, 0x07, 8)).unwrap_or_default());
    // One sample for all, and it is zero.
    frame.extend([0, 0, 0]);
    frame.extend(u16::try_from(checksum(&frame, 0x8005, 16)).unwrap_or_default().to_be_bytes());
    frame
}

/// The rest of a division, in so many bits.
fn checksum(bytes: &[u8], divisor: u32, bits: u32) -> u32 {
    let mut rest = 0;
    for byte in bytes {
        rest ^= u32::from(*byte) << (bits - 8);
        for _ in 0..8 {
            let is_over = rest >> (bits - 1) & 1 == 1;
            rest = rest << 1 & ((1 << bits) - 1);
            if is_over {
                rest ^= divisor;
            }
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_catalogue() {
        assert_eq!(checksum(b"123456789", 0x07, 8), 0xf4);
        assert_eq!(checksum(b"123456789", 0x8005, 16), 0xfee8);
    }
}
