use fourfold_clients::gemini::{Content, GeminiApi, GenerateContentRequest};

use super::support::{WIRE, client_of, hello, said, simulated};
use crate::support::{Reply, Server, check_kept};

const LINE: &str = "POST /v1beta/models/gemini-3.8-flash:countTokens";

#[tokio::test]
async fn tokens_are_counted_as_recorded() {
    let recorded = include_str!("wire/count_tokens.response.json");
    let server = Server::start([recorded, recorded].map(Reply::ok)).await;
    let client = client_of(&server);
    let tokens = client.count_tokens(&hello().system_instruction("Be brief.")).await.unwrap();
    check_kept(&tokens, recorded);
    assert_eq!(tokens.total_tokens, 8);
    // Contents alone need no request around them.
    client.count_tokens(&hello()).await.unwrap();
    let received = server.received();
    WIRE.check_sent(&received[0], LINE, include_str!("wire/count_tokens.request.json"));
    WIRE.check_sent(&received[1], LINE, include_str!("wire/generate_content.stream.request.json"));
}

#[tokio::test]
async fn the_simulator_counts_and_nothing_is_paid() {
    let (simulator, client) = simulated();
    let contents = client.count_tokens(&hello()).await.unwrap().total_tokens;
    let instructed = hello().system_instruction("Be brief.");
    let whole = client.count_tokens(&instructed).await.unwrap().total_tokens;
    assert!(0 < contents && contents < whole, "{contents} {whole}");
    let answer = client.generate_content(&instructed).await.unwrap();
    assert_eq!(answer.usage_metadata.unwrap().prompt_token_count, Some(whole));
    let unknown = GenerateContentRequest::new("gemini-none", [Content::user("Hello.")]);
    assert_eq!(said(&client.count_tokens(&unknown).await.unwrap_err()), (404, Some("NOT_FOUND")));
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_count_costs_nothing_and_is_asked_for_again() {
    let (simulator, client) = simulated();
    simulator.fault("POST /gemini/v1beta/*", "lose; times=1").unwrap();
    client.count_tokens(&hello()).await.unwrap();
    assert_eq!(simulator.received().len(), 2);
}
