use fourfold_clients::aihubmix::AihubmixApi;
use fourfold_clients::openai::EmbeddingRequest;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn cat() -> EmbeddingRequest {
    EmbeddingRequest::new("text-embedding-3-small", "a cat")
}

#[tokio::test]
async fn embeddings_are_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/embeddings.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let embeddings = client_of(&server).embeddings(&cat().dimensions(2_u32)).await.unwrap();
    let sent = include_str!("wire/embeddings.request.json");
    WIRE.check_sent(&server.only_received(), "POST /v1/embeddings", sent);
    check_kept(&embeddings, recorded);
}

#[tokio::test]
async fn the_simulator_has_as_many_numbers_as_were_asked_for() {
    let (simulator, client) = simulated();
    let embedding = client.embeddings(&cat().dimensions(8_u32)).await.unwrap().data.remove(0);
    assert_eq!(embedding.embedding.into_numbers().unwrap().len(), 8);
    let error = client.embeddings(&cat().dimensions(9999_u32)).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (400, false));
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn embeddings_that_may_have_been_paid_are_not_asked_for_again() {
    let (simulator, client) = simulated();
    simulator.fault("POST /aihubmix/v1/embeddings", "lose").unwrap();
    check_paid_once(&simulator, client.embeddings(&cat()).await);
}
