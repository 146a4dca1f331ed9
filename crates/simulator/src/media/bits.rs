//! Bits in a row, the highest first.

/// Bytes under way, of which the last may be unfinished.
#[derive(Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    /// How many bits there are.
    len: usize,
}

impl Bits {
    /// Writes the lowest so many bits of a number.
    pub(super) fn push(&mut self, number: u32, bits: u32) {
        for place in (0..bits).rev() {
            if self.len.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if number >> place & 1 == 1
                && let Some(last) = self.bytes.last_mut()
            {
                *last |= 0x80 >> (self.len % 8);
            }
            self.len += 1;
        }
    }

    /// Writes a number of any size as video does: as many zeros as it has bits but one, then it, plus one.
    pub(super) fn push_golomb(&mut self, number: u32) {
        let bits = u32::BITS - (number + 1).leading_zeros();
        self.push(0, bits - 1);
        self.push(number + 1, bits);
    }

    /// Fills the last byte up with this bit.
    pub(super) fn align(&mut self, bit: u32) {
        while !self.len.is_multiple_of(8) {
            self.push(bit, 1);
        }
    }

    /// Writes whole bytes, after the last byte was filled up.
    pub(super) fn push_bytes(&mut self, bytes: impl IntoIterator<Item = u8>) {
        for byte in bytes {
            self.push(byte.into(), 8);
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bit_comes_first() {
        let mut bits = Bits::default();
        bits.push(0b101, 3);
        bits.push(0x3ff, 10);
        bits.align(0);
        assert_eq!(bits.into_bytes(), [0b1011_1111, 0b1111_1000]);
    }

    #[test]
    fn numbers_of_any_size_are_written_as_in_video() {
        for (number, expected) in [(0, 0b1000_0000), (1, 0b0100_0000), (2, 0b0110_0000), (7, 0b0001_0000)] {
            let mut bits = Bits::default();
            bits.push_golomb(number);
            bits.align(0);
            assert_eq!(bits.into_bytes(), [expected], "{number}");
        }
    }
}
