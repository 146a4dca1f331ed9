//! Embeddings: vectors of length 1 that lie near each other where texts have words in common.

use fourfold_domain::{
    EmbeddingRequest, EmbeddingResult, InvalidInput, Parameter, ParameterKind, ProviderError, Usage,
};
use serde_json::Map;
use sha2::{Digest, Sha256};

use super::blocking::unhurried;
use crate::parameters::whole;
use fourfold_domain::estimate;

const DIMENSIONS_DEFAULT: u64 = 256;
const DIMENSIONS_MAX: u64 = 1536;

/// The longest text, about 8000 tokens.
const TEXT_CHARS_MAX: usize = 32_000;

/// How much three letters of a word count beside the word itself, so that its other forms are near.
const PART_WEIGHT: f32 = 0.3;

/// What the embedding models can be told.
pub(super) fn parameters() -> Vec<Parameter> {
    vec![
        Parameter::new(
            "texts",
            ParameterKind::Texts { max: 2048 },
            "the texts, each at most 32000 characters",
        )
        .required(),
        whole("dimensions", 1, DIMENSIONS_MAX as i64, "how long the vectors are").default(DIMENSIONS_DEFAULT),
    ]
}

/// What the table can't say: how long a text may be.
pub(super) fn check(embedding: &EmbeddingRequest) -> Result<(), InvalidInput> {
    match embedding.texts.iter().any(|text| text.chars().count() > TEXT_CHARS_MAX) {
        true => Err(InvalidInput::not_allowed(
            "input.texts",
            format!("must have only texts of at most {TEXT_CHARS_MAX} characters"),
        )),
        false => Ok(()),
    }
}

/// The vectors of a request.
pub(super) async fn result(embedding: EmbeddingRequest) -> Result<EmbeddingResult, ProviderError> {
    let usage = Usage { input_tokens: estimate::embedding_input(&embedding), ..Usage::default() };
    let dimensions = embedding.dimensions.unwrap_or(DIMENSIONS_DEFAULT).clamp(1, DIMENSIONS_MAX) as usize;
    let bytes: usize = embedding.texts.iter().map(String::len).sum();
    let steps = bytes + dimensions * embedding.texts.len();
    let vectors = unhurried(steps as u64, move || {
        embedding.texts.iter().map(|text| vector(text, dimensions)).collect()
    });
    Ok(EmbeddingResult { vectors: vectors.await?, usage, vendor: Map::new() })
}

/// Each word, and each three letters of it, points somewhere; a text points where they do together.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let text = text.to_lowercase();
    let mut vector = vec![0.0; dimensions];
    let mut words =
        text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or(&text);
    for word in std::iter::once(first).chain(words) {
        point(&mut vector, word, 1.0);
        let letters: Vec<char> = format!("<{word}>").chars().collect();
        for part in letters.windows(3) {
            point(&mut vector, &String::from_iter(part), PART_WEIGHT);
        }
    }
    let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt();
    if length == 0.0 {
        // Two of them that point against each other.
        vector[0] = 1.0;
        return vector;
    }
    vector.iter().map(|part| part / length).collect()
}

/// Adds what points into eight directions, which follow from the hash.
fn point(vector: &mut [f32], feature: &str, weight: f32) {
    let hash = Sha256::digest(feature);
    for four in hash.chunks_exact(4) {
        let place = usize::from(u16::from_le_bytes([four[0], four[1]])) % vector.len();
        vector[place] += if four[2] & 1 == 0 { weight } else { -weight };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearness(first: &str, second: &str) -> f32 {
        let (first, second) = (vector(first, 256), vector(second, 256));
        first.iter().zip(second).map(|(first, second)| first * second).sum()
    }

    #[test]
    fn texts_with_words_in_common_are_near() {
        let same = nearness("A red fox.", "a RED fox!");
        let shared = nearness("a red fox in the snow", "a red fox in the sand");
        let form = nearness("painted foxes", "painting a fox");
        let other = nearness("a red fox in the snow", "quarterly revenue grew by nine percent");
        assert!((same - 1.0).abs() < 1e-5, "{same}");
        assert!(shared > 0.6 && form > 0.15 && other.abs() < 0.15, "{shared} {form} {other}");
        assert!(shared > form && form > other);
    }

    #[test]
    fn every_vector_has_length_one() {
        for text in ["a fox", "!!!", "狐狸", "x"] {
            for dimensions in [1, 2, 3, 256, 1536] {
                let vector = vector(text, dimensions);
                let length: f32 = vector.iter().map(|part| part * part).sum();
                assert_eq!(vector.len(), dimensions);
                assert!((length - 1.0).abs() < 1e-4, "{text} {dimensions}: {length}");
            }
        }
    }
}
