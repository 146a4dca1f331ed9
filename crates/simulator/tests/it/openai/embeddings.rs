//! Embeddings.

use serde_json::{Value, json};

use crate::support::{decoded, post, simulator};

const EMBEDDINGS: &str = "/openai/v1/embeddings";

fn asked(input: Value, extra: Value) -> Value {
    let mut asked = json!({"model": "text-embedding-3-small", "input": input});
    asked.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    asked
}

#[tokio::test]
async fn numbers_and_base64_say_the_same() {
    let simulator = simulator();
    let plain = post(&simulator, EMBEDDINGS, &asked(json!("a fox"), json!({"dimensions": 8}))).await.json();
    let packed = json!({"dimensions": 8, "encoding_format": "base64"});
    let packed = post(&simulator, EMBEDDINGS, &asked(json!("a fox"), packed)).await.json();
    let bytes = decoded(&packed["data"][0]["embedding"]);
    let unpacked: Vec<f32> =
        bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
    let numbers: Vec<f32> = serde_json::from_value(plain["data"][0]["embedding"].clone()).unwrap();
    assert_eq!(numbers, unpacked);
    assert_eq!(unpacked.len(), 8);
    assert_eq!(plain["usage"], json!({"prompt_tokens": 2, "total_tokens": 2}));
}

#[tokio::test]
async fn each_input_gets_its_own_vector() {
    let simulator = simulator();
    for (input, vectors) in [(json!(["a", "b"]), 2), (json!([1, 2, 3]), 1), (json!([[1, 2], [3]]), 2)] {
        let answer = post(&simulator, EMBEDDINGS, &asked(input, json!({}))).await.json();
        let data = answer["data"].as_array().unwrap();
        assert_eq!(data.len(), vectors);
        assert_eq!(data.last().unwrap()["index"], json!(vectors - 1));
        assert_eq!(data[0]["embedding"].as_array().unwrap().len(), 1536);
    }
}

#[tokio::test]
async fn an_input_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (asked, param) in [
        (json!({"model": "text-embedding-3-small"}), "input"),
        (asked(json!([]), json!({})), "input"),
        (asked(json!(""), json!({})), "input"),
        (asked(json!({"a": 1}), json!({})), "input"),
        (asked(json!(vec!["a"; 2049]), json!({})), "input"),
        (asked(json!("a ".repeat(8193)), json!({})), "input"),
        (asked(json!("a"), json!({"dimensions": 1537})), "dimensions"),
        (asked(json!("a"), json!({"encoding_format": "hex"})), "encoding_format"),
    ] {
        let error = post(&simulator, EMBEDDINGS, &asked).await.refusal(400);
        assert_eq!(error["error"]["param"], param, "{error}");
    }
}
