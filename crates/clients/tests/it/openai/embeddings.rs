use fourfold_clients::http::ErrorKind;
use fourfold_clients::openai::{EmbeddingRequest, OpenAiApi, Vector};

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const MODEL: &str = "text-embedding-3-small";

#[tokio::test]
async fn embeddings_are_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/embeddings.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let texts = vec!["a cat".to_owned(), "a dog".to_owned()];
    let request = EmbeddingRequest::new(MODEL, texts).dimensions(2_u32).encoding_format("float");
    let embeddings = client_of(&server).embeddings(&request).await.unwrap();
    WIRE.check_sent(
        &server.only_received(),
        "POST /v1/embeddings",
        include_str!("wire/embeddings.request.json"),
    );
    check_kept(&embeddings, recorded);
    assert_eq!(embeddings.data[1].embedding.clone().into_numbers().unwrap(), [0.5, 0.25]);
}

#[test]
fn packed_numbers_are_unpacked() {
    let packed = |text: &str| Vector::Packed(text.to_owned()).into_numbers();
    assert_eq!(packed("AAAAPwAAgD4=").unwrap(), [0.5, 0.25]);
    for wrong in ["AAAA", "not base64"] {
        assert_eq!(packed(wrong).unwrap_err().kind(), ErrorKind::Decode, "{wrong}");
    }
}

#[tokio::test]
async fn the_simulator_packs_the_same_numbers() {
    let (_simulator, client) = simulated();
    let plain = EmbeddingRequest::new(MODEL, "a cat").dimensions(8_u32);
    let packed = plain.clone().encoding_format("base64");
    let mut numbers = Vec::new();
    for request in [plain, packed] {
        let embedding = client.embeddings(&request).await.unwrap().data.remove(0);
        numbers.push(embedding.embedding.into_numbers().unwrap());
    }
    assert_eq!(numbers[0].len(), 8);
    let far = numbers[0].iter().zip(&numbers[1]).map(|(one, other)| (one - other).abs());
    assert!(far.sum::<f32>() < 0.001);
}

#[tokio::test]
async fn too_many_dimensions_are_an_error() {
    let (_simulator, client) = simulated();
    let request = EmbeddingRequest::new(MODEL, "a cat").dimensions(9999_u32);
    let error = client.embeddings(&request).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (400, false));
}

#[tokio::test]
async fn embeddings_that_may_have_been_paid_are_not_asked_for_again() {
    let (simulator, client) = simulated();
    simulator.fault("POST /openai/v1/embeddings", "lose").unwrap();
    check_paid_once(&simulator, client.embeddings(&EmbeddingRequest::new(MODEL, "a cat")).await);
}
