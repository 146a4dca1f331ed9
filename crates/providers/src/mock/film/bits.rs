//! Bits in a row, the highest first, as H.264 has them.

/// Bytes under way, and the bits that don't make up a byte yet.
#[derive(Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    pending: u64,
    pending_bits: u32,
}

impl Bits {
    /// Writes the lowest so many bits of a number, at most 32.
    pub(super) fn push(&mut self, number: u32, bits: u32) {
        self.pending = self.pending << bits | u64::from(number) & ((1 << bits) - 1);
        self.pending_bits += bits;
        while self.pending_bits >= 8 {
            self.pending_bits -= 8;
            self.bytes.push((self.pending >> self.pending_bits) as u8);
        }
    }

    /// Writes a number of any size, `ue(v)`: as many zeros as it has bits but one, then it, plus one.
    pub(super) fn push_unsigned(&mut self, number: u32) {
        let bits = u32::BITS - (number + 1).leading_zeros();
        self.push(0, bits - 1);
        self.push(number + 1, bits);
    }

    /// Writes a number with its sign, `se(v)`: 0, 1, -1, 2, -2 and so on are 0, 1, 2, 3, 4.
    pub(super) fn push_signed(&mut self, number: i32) {
        let positive = number > 0;
        self.push_unsigned(number.unsigned_abs() * 2 - u32::from(positive));
    }

    /// Fills the last byte up with zeros.
    pub(super) fn align(&mut self) {
        self.push(0, (8 - self.pending_bits % 8) % 8);
    }

    /// Writes whole bytes, after the last byte was filled up.
    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        debug_assert_eq!(self.pending_bits, 0);
        self.bytes.extend_from_slice(bytes);
    }

    /// Ends them as a unit of the stream: a header, the bits, a one, and nothing in between that looks like a
    /// start code.
    pub(super) fn into_unit(mut self, header: u8) -> Vec<u8> {
        self.push(1, 1);
        self.align();
        let mut unit = Vec::with_capacity(self.bytes.len() + 16);
        unit.push(header);
        let mut zeros = 0;
        for byte in self.bytes {
            if zeros >= 2 && byte <= 3 {
                unit.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            unit.push(byte);
        }
        unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(push: impl FnOnce(&mut Bits), expected: &[u8]) {
        let mut bits = Bits::default();
        push(&mut bits);
        bits.align();
        assert_eq!(bits.bytes, expected);
    }

    #[test]
    fn the_highest_bit_comes_first() {
        check(
            |bits| {
                bits.push(0b101, 3);
                bits.push(0x3ff, 10);
            },
            &[0b1011_1111, 0b1111_1000],
        );
        check(|bits| bits.push(u32::MAX, 32), &[0xff; 4]);
    }

    #[test]
    fn numbers_have_the_codes_of_the_standard() {
        for (number, expected) in [(0, 0b1000_0000), (1, 0b0100_0000), (2, 0b0110_0000), (7, 0b0001_0000)] {
            check(|bits| bits.push_unsigned(number), &[expected]);
        }
        for (number, code) in [(0, 0), (1, 1), (-1, 2), (2, 3), (-2, 4)] {
            let mut plain = Bits::default();
            plain.push_unsigned(code);
            plain.align();
            check(|bits| bits.push_signed(number), &plain.bytes);
        }
    }

    #[test]
    fn no_unit_looks_like_a_start_code() {
        let mut bits = Bits::default();
        bits.push_bytes(&[0, 0, 1, 0, 0, 0]);
        assert_eq!(bits.into_unit(0x65), [0x65, 0, 0, 3, 1, 0, 0, 3, 0, 0x80]);
    }
}
