use fourfold_clients::anthropic::{
    AnthropicApi, Message, Thinking, TokenCountRequest, Tool, ToolChoice, ToolChoiceKind,
};

use super::support::{WIRE, client_of, hello, simulated};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn tokens_are_counted_as_recorded() {
    let recorded = include_str!("wire/count_tokens.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = hello()
        .system("Be brief.")
        .tools([Tool::new("web_search").kind("web_search_20250305")])
        .tool_choice(ToolChoice::from(ToolChoiceKind::Auto))
        .thinking(Thinking::within(2048))
        .service_tier("auto");
    let count = client_of(&server).count_tokens(&TokenCountRequest::from(&request)).await.unwrap();
    let sent = include_str!("wire/count_tokens.request.json");
    WIRE.check_sent(&server.only_received(), "POST /v1/messages/count_tokens", sent);
    check_kept(&count, recorded);
    assert_eq!(count.input_tokens, 14);
}

#[tokio::test]
async fn the_simulator_counts_what_it_charges_for_and_charges_nothing() {
    let (simulator, client) = simulated();
    let count = client.count_tokens(&TokenCountRequest::from(&hello())).await.unwrap();
    assert!(simulator.paid_tasks().is_empty());
    let answer = client.create_message(&hello()).await.unwrap();
    assert_eq!(answer.usage.unwrap().input_tokens, Some(count.input_tokens));
    let unknown = TokenCountRequest::new("claude-none", [Message::user("Hello.")]);
    let error = client.count_tokens(&unknown).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (404, Some("not_found_error")));
}

#[tokio::test(start_paused = true)]
async fn counting_costs_nothing_and_is_tried_again() {
    let answer = include_str!("wire/count_tokens.response.json");
    let server = Server::start([Reply::status(500, &[], ""), Reply::ok(answer)]).await;
    client_of(&server).count_tokens(&TokenCountRequest::from(&hello())).await.unwrap();
    assert_eq!(server.received().len(), 2);
}
