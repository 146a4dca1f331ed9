//! Embeddings.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::seed::{hash, mix};

/// A vector of length one that follows from a text.
pub(crate) fn unit_vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut state = hash(text);
    let mut component = || {
        state = mix(state);
        // Sixteen bits are exact in a float and spread over [-1, 1).
        f32::from(u16::try_from(state >> 48).unwrap_or_default()) / 32768.0 - 1.0
    };
    let vector: Vec<f32> = (0..dimensions).map(|_| component()).collect();
    let length = vector.iter().map(|component| component * component).sum::<f32>().sqrt();
    if length == 0.0 {
        return vector;
    }
    vector.into_iter().map(|component| component / length).collect()
}

/// The vector as vendors pack it: 32-bit floats, the least byte first, in base64.
pub(crate) fn base64_of(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|component| component.to_le_bytes()).collect();
    BASE64_STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_length_one_and_follows_from_its_text() {
        let vector = unit_vector("a fox", 256);
        let length: f32 = vector.iter().map(|component| component * component).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
        assert_eq!(vector, unit_vector("a fox", 256));
        assert_ne!(vector, unit_vector("an ox", 256));
    }

    #[test]
    fn packed_vectors_are_little_endian() {
        assert_eq!(base64_of(&[1.0, -2.0]), "AACAPwAAAMA=");
    }
}
