//! Numbers that look like chance and aren't.

/// A number that follows from a text: FNV-1a.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A number that follows from another, never the same from two: splitmix64.
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// So many hexadecimal digits that follow from a number; from 16 digits on, never the same from two.
pub(crate) fn hex(number: u64, digits: usize) -> String {
    let mut text = String::with_capacity(digits + 16);
    let mut word = number;
    while text.len() < digits {
        word = mix(word);
        text.push_str(&format!("{word:016x}"));
    }
    text.truncate(digits);
    text
}

/// The first 32 of some hexadecimal digits as a UUID is written.
pub(crate) fn as_uuid(digits: &str) -> String {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_follow_from_the_number() {
        assert_eq!(hex(1, 64), hex(1, 64));
        assert_eq!(hex(1, 24).len(), 24);
        assert_ne!(hex(1, 24), hex(2, 24));
        assert!(hex(1, 64).starts_with(&hex(1, 24)));
    }
}
