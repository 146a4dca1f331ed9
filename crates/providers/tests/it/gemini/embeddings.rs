use fourfold_clients::gemini::MockGeminiApi;
use fourfold_domain::{EmbeddingResult, GenerationResult, Generator, Modality, ProviderError, Reason};
use serde_json::{Value, json};

use super::{check_all_rows, context, provider, text, wire};

/// What comes of an input and an answer, and what the client was asked.
async fn embedded(
    model: &str,
    input: Value,
    answer: Value,
) -> (Result<EmbeddingResult, ProviderError>, Vec<Value>) {
    let mut api = MockGeminiApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_batch_embed_contents().times(1).returning(move |requests| {
        tx.send(requests.iter().map(wire).collect()).unwrap();
        Ok(serde_json::from_value(answer.clone()).unwrap())
    });
    let made = provider(api).generate(text(Modality::Embedding, input), context(model)).await;
    let embedding = made.map(|made| match made {
        GenerationResult::Embedding(embedding) => embedding,
        other => panic!("{other:?}"),
    });
    (embedding, rx.recv().unwrap())
}

fn vectors(vectors: &[[f32; 2]], usage: Value) -> Value {
    let vectors: Vec<_> = vectors.iter().map(|vector| json!({"values": vector})).collect();
    json!({"embeddings": vectors, "usageMetadata": usage})
}

#[tokio::test]
async fn each_text_goes_with_all_parameters_and_has_its_vector() {
    check_all_rows("gemini-embedding-2", &["texts", "dimensions", "task_type", "title"]);
    let more = json!({"dimensions": 2, "task_type": "RETRIEVAL_DOCUMENT", "title": "T", "texts": ["a", "b"]});
    let answer = vectors(&[[3.0, 4.0], [1.0, 0.0]], json!({"promptTokenCount": 5}));
    let (embedding, sent) = embedded("gemini-embedding-2", more, answer).await;
    let request = |text: &str| {
        json!({"content": {"parts": [{"text": text}]}, "outputDimensionality": 2,
            "taskType": "RETRIEVAL_DOCUMENT", "title": "T"})
    };
    assert_eq!(sent, [request("a"), request("b")]);
    let embedding = embedding.unwrap();
    assert_eq!(embedding.vectors, [[3.0, 4.0], [1.0, 0.0]]);
    assert_eq!((embedding.usage.input_tokens, embedding.vendor.len()), (5, 0));
}

#[tokio::test]
async fn shortened_vectors_have_the_length_of_whole_ones() {
    let answer = vectors(&[[3.0, 4.0], [0.0, 0.0]], json!({"promptTokenCount": 5}));
    let input = |dimensions| json!({"texts": ["a", "b"], "dimensions": dimensions});
    let (shortened, _) = embedded("gemini-embedding-001", input(json!(2)), answer.clone()).await;
    assert_eq!(shortened.unwrap().vectors, [[0.6, 0.8], [0.0, 0.0]]);
    let (whole, _) = embedded("gemini-embedding-001", input(json!(null)), answer).await;
    assert_eq!(whole.unwrap().vectors[0], [3.0, 4.0], "what isn't shortened is left as it is");
}

#[tokio::test]
async fn vectors_must_be_as_many_as_texts() {
    let answer = vectors(&[[1.0, 0.0]], json!({}));
    let (embedding, _) = embedded("gemini-embedding-2", json!({"texts": ["a", "b"]}), answer).await;
    let error = embedding.unwrap_err();
    assert_eq!(error.reason, Reason::Unreadable);
    assert_eq!(error.message, "the vendor gave 1 vectors for 2 texts");
}

#[tokio::test]
async fn what_is_estimated_says_so() {
    let answer = vectors(&[[1.0, 0.0]], json!({}));
    let (embedding, _) = embedded("gemini-embedding-2", json!({"texts": "foxes"}), answer).await;
    let embedding = embedding.unwrap();
    assert_eq!((embedding.usage.input_tokens, &embedding.vendor["usage"]), (2, &json!("estimated")));
}
