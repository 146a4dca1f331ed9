use fourfold_clients::gemini::{EmbedContentRequest, GeminiApi, TaskType};
use fourfold_clients::http::{Effect, ErrorKind};

use super::support::{WIRE, client_of, said, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn fox() -> EmbedContentRequest {
    EmbedContentRequest::new("gemini-embedding-2", "a fox")
}

#[tokio::test]
async fn a_content_is_embedded_as_recorded() {
    let recorded = include_str!("wire/embed_content.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = fox().task_type(TaskType::RetrievalDocument).title("Foxes").output_dimensionality(2_u32);
    let response = client_of(&server).embed_content(&request).await.unwrap();
    WIRE.check_sent(
        &server.only_received(),
        "POST /v1beta/models/gemini-embedding-2:embedContent",
        include_str!("wire/embed_content.request.json"),
    );
    check_kept(&response, recorded);
    assert_eq!(response.embedding.values, [0.5, -0.25]);
}

#[tokio::test]
async fn several_contents_are_embedded_as_recorded() {
    let recorded = include_str!("wire/batch_embed_contents.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let hen = EmbedContentRequest::new("models/gemini-embedding-2", "a hen");
    let requests = [fox().task_type(TaskType::SemanticSimilarity), hen];
    let response = client_of(&server).batch_embed_contents(&requests).await.unwrap();
    WIRE.check_sent(
        &server.only_received(),
        "POST /v1beta/models/gemini-embedding-2:batchEmbedContents",
        include_str!("wire/batch_embed_contents.request.json"),
    );
    check_kept(&response, recorded);
    assert_eq!(response.embeddings[1].values, [1.0, 0.0]);
}

#[tokio::test]
async fn nothing_to_embed_is_no_request() {
    let server = Server::start([]).await;
    let error = client_of(&server).batch_embed_contents(&[]).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::InvalidRequest, Effect::NotStarted));
}

#[tokio::test]
async fn the_simulator_embeds_alone_and_together_alike() {
    let (simulator, client) = simulated();
    let alone = client.embed_content(&fox().output_dimensionality(8_u32)).await.unwrap();
    assert_eq!(alone.embedding.values.len(), 8);
    let requests =
        [fox().output_dimensionality(8_u32), EmbedContentRequest::new("gemini-embedding-2", "a hen")];
    let together = client.batch_embed_contents(&requests).await.unwrap();
    assert_eq!(together.embeddings[0], alone.embedding);
    assert_eq!(together.embeddings[1].values.len(), 3072);
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn what_can_not_be_embedded_is_an_error() {
    let (simulator, client) = simulated();
    let long = fox().output_dimensionality(9999_u32);
    let alone = client.embed_content(&long).await.unwrap_err();
    let together = client.batch_embed_contents(&[long]).await.unwrap_err();
    let two_models = [fox(), EmbedContentRequest::new("gemini-embedding-001", "a hen")];
    let mixed = client.batch_embed_contents(&two_models).await.unwrap_err();
    for error in [alone, together, mixed] {
        assert_eq!(said(&error), (400, Some("INVALID_ARGUMENT")));
    }
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn vectors_that_may_have_been_paid_are_not_asked_for_again() {
    for fault in ["lose", "status=500; accept", "malformed", "cut=20"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.embed_content(&fox()).await);
        simulator.reset();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.batch_embed_contents(&[fox()]).await);
    }
}
