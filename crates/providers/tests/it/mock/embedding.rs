//! Embeddings.

use std::time::Duration;

use fourfold_domain::{EmbeddingResult, GenerationResult, TokenCeilings};
use fourfold_providers::mock::MockSettings;
use serde_json::{Value, json};

use super::{generate, mock, mock_at, problem, request};

const MODEL: &str = "mock-embedding";

async fn embedded(input: Value) -> EmbeddingResult {
    match generate(&mock_at(0), MODEL, input).await.unwrap() {
        GenerationResult::Embedding(embedding) => embedding,
        GenerationResult::Chat(chat) => panic!("{chat:?}"),
    }
}

fn nearness(first: &[f32], second: &[f32]) -> f32 {
    first.iter().zip(second).map(|(first, second)| first * second).sum()
}

#[tokio::test]
async fn each_text_has_a_vector_that_follows_from_it_alone() {
    let texts = ["a red fox", "the red fox", "quarterly revenue"];
    let all = embedded(json!({"texts": texts})).await.vectors;
    for (text, vector) in texts.iter().zip(&all) {
        assert_eq!(vector.len(), 256);
        assert!((nearness(vector, vector) - 1.0).abs() < 1e-4);
        assert_eq!(embedded(json!({"texts": text})).await.vectors, std::slice::from_ref(vector));
    }
    assert!(nearness(&all[0], &all[1]) > 0.5 && nearness(&all[0], &all[2]) < 0.2, "{all:?}");
}

#[tokio::test]
async fn vectors_are_as_long_as_was_asked() {
    for dimensions in [1, 64, 1536] {
        let vectors = embedded(json!({"texts": ["a fox"], "dimensions": dimensions})).await.vectors;
        assert_eq!(vectors[0].len(), dimensions);
    }
}

#[tokio::test]
async fn many_texts_come_in_their_order() {
    let texts: Vec<_> = (0..400).map(|number| format!("fox {number}")).collect();
    let many = embedded(json!({"texts": texts})).await;
    assert_eq!(many.vectors.len(), 400);
    assert_eq!(many.vectors[399], embedded(json!({"texts": "fox 399"})).await.vectors[0]);
}

#[tokio::test]
async fn what_is_used_is_within_what_was_held() {
    let input = json!({"texts": ["a red fox in the snow", "x"]});
    let held = request(&mock_at(0), MODEL, input.clone()).unwrap();
    let held = held.quantities_max(&TokenCeilings::default());
    let usage = embedded(input).await.usage;
    assert!((3..=held[0].count).contains(&usage.input_tokens) && usage.output_tokens == 0, "{usage:?}");
}

#[tokio::test(start_paused = true)]
async fn the_slow_model_takes_the_delay() {
    let start = tokio::time::Instant::now();
    let slow =
        generate(&mock(MockSettings::default()), "mock-embedding-slow", json!({"texts": "a fox"})).await;
    assert_eq!(start.elapsed(), Duration::from_secs(3));
    assert_eq!(slow, Ok(GenerationResult::Embedding(embedded(json!({"texts": "a fox"})).await)));
}

#[test]
fn a_mistake_names_its_field() {
    for (input, words) in [
        (json!({}), "input.texts is required"),
        (json!({"texts": vec!["x"; 2049]}), "input.texts must be at most 2048 texts"),
        (json!({"texts": ["x", "x".repeat(32_001)]}), "input.texts must have only texts of at most 32000"),
        (json!({"texts": "x", "dimensions": 1537}), "input.dimensions must be from 1 to 1536"),
        (json!({"texts": "x", "format": "base64"}), "input.format is not a parameter"),
    ] {
        let said = problem(MODEL, input);
        assert!(said.starts_with(words), "{said}");
    }
}
