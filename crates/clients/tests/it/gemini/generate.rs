use fourfold_clients::gemini::{
    BlockReason, Content, FinishReason, FunctionCall, FunctionCallingMode, FunctionDeclaration, GeminiApi,
    GenerateContentRequest, GenerateContentResponse, GenerationConfig, HarmBlockThreshold, HarmCategory,
    Part, Role, SafetySetting, ThinkingConfig, Tool, ToolConfig,
};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_simulator::FILTERED;
use serde_json::json;

use super::support::{WIRE, client, client_of, hello, said, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const LINE: &str = "POST /v1beta/models/gemini-3.8-flash:generateContent";

fn weather() -> Tool {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let function = FunctionDeclaration::new("get_weather").description("The weather of a city.");
    Tool::of_functions([function.parameters_json_schema(schema)])
}

#[tokio::test]
async fn contents_are_sent_and_read_as_recorded() {
    let recorded = include_str!("wire/generate_content.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let call = FunctionCall::default().id("call_1").name("get_weather").args(json!({"city": "Oslo"}));
    let given =
        Part::of_function_response(Some("call_1".to_owned()), "get_weather", json!({"weather": "rain"}));
    let request = GenerateContentRequest::new(
        "models/gemini-3.8-flash",
        [
            Content::user([
                Part::of_text("What is the weather here?"),
                Part::of_bytes("image/png", "picture"),
                Part::of_file("video/mp4", "https://vendor.test/v1beta/files/abc"),
            ]),
            Content::model([Part::default().function_call(call).thought_signature("c2lnbmVk")]),
            Content::user([given]),
        ],
    )
    .system_instruction("Be brief.")
    .generation_config(
        GenerationConfig::default()
            .max_output_tokens(100_u32)
            .stop_sequences(["END".to_owned()])
            .response_mime_type("application/json")
            .response_json_schema(json!({"type": "object"}))
            .thinking_config(ThinkingConfig::default().include_thoughts(true).thinking_level("LOW")),
    )
    .tools([weather(), Tool::of_search(), Tool::of_code_execution(), Tool::of_url_context()])
    .tool_config(ToolConfig::of_mode(FunctionCallingMode::Auto))
    .safety_settings([SafetySetting::new(HarmCategory::Harassment, HarmBlockThreshold::OnlyHigh)])
    .with("novelSetting", 7);
    let response = client_of(&server).generate_content(&request).await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/generate_content.request.json"));
    check_kept(&response, recorded);
    assert_eq!(
        (response.text().as_str(), response.finish_reason()),
        ("Let me see.", Some(&FinishReason::Stop))
    );
    let called: Vec<_> = response.function_calls().filter_map(|call| call.name.as_deref()).collect();
    assert_eq!(called, ["get_weather"]);
    assert_eq!(response.usage_metadata.as_ref().unwrap().output_tokens(), 34);
    assert_eq!(response.extra["novel"], json!({"kept": true}));
    assert_eq!((response.block_reason(), response.media().count()), (None, 0));
}

#[tokio::test]
async fn a_base_url_has_its_own_version() {
    let recorded = include_str!("wire/generate_content.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    client(&format!("{}/v1/", server.url())).generate_content(&hello()).await.unwrap();
    WIRE.check_asked(&server.only_received(), "POST /v1/models/gemini-3.8-flash:generateContent");
}

#[tokio::test]
async fn a_blocked_prompt_is_an_answer_that_says_so() {
    let recorded = include_str!("wire/generate_content.blocked.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let response = client_of(&server).generate_content(&hello()).await.unwrap();
    check_kept(&response, recorded);
    assert_eq!(response.block_reason(), Some(&BlockReason::Safety));
    assert_eq!((response.text().as_str(), response.finish_reason()), ("", None));
}

#[test]
fn a_blocked_answer_may_have_no_parts() {
    for content in ["", r#""content":{"role":"model"},"#] {
        let text =
            format!(r#"{{"candidates":[{{{content}"finishReason":"SAFETY","finishMessage":"No."}}]}}"#);
        let response: GenerateContentResponse = serde_json::from_str(&text).unwrap();
        assert_eq!(response.finish_reason(), Some(&FinishReason::Safety));
        assert_eq!((response.block_reason(), response.text().as_str()), (None, ""));
        check_kept(&response, &text);
    }
}

#[test]
fn words_that_nobody_knows_are_kept() {
    let text = r#"{"candidates":[{"content":{"role":"oracle","parts":[{"smell":"roses"}]},"finishReason":"BORED",
        "safetyRatings":[{"category":"HARM_CATEGORY_BOREDOM","probability":"CERTAIN"}]}],
        "promptFeedback":{"blockReason":"TOO_DULL"}}"#;
    let response: GenerateContentResponse = serde_json::from_str(text).unwrap();
    assert_eq!(response.finish_reason(), Some(&FinishReason::Other("BORED".to_owned())));
    assert_eq!(response.block_reason(), Some(&BlockReason::Other("TOO_DULL".to_owned())));
    check_kept(&response, text);
}

#[test]
fn no_words_of_a_user_are_shown() {
    assert_eq!(format!("{:?}", hello()), "GenerateContentRequest { .. }");
}

#[tokio::test]
async fn the_simulator_answers_in_both_versions() {
    let (simulator, client) = simulated();
    let response = client.generate_content(&hello()).await.unwrap();
    assert!(!response.text().is_empty());
    assert_eq!(response.finish_reason(), Some(&FinishReason::Stop));
    let stable = super::support::client(&format!("{}/gemini/v1", simulator.url()));
    assert_eq!(stable.generate_content(&hello()).await.unwrap().text(), response.text());
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn the_simulator_calls_a_function_and_goes_on_with_what_it_gave() {
    let (_simulator, client) = simulated();
    let asked = Content::user("What is the weather in Rome?");
    let request =
        |contents: Vec<Content>| GenerateContentRequest::new("gemini-3.8-flash", contents).tools([weather()]);
    let first = request(vec![asked.clone()]).tool_config(ToolConfig::of_mode(FunctionCallingMode::Any));
    let response = client.generate_content(&first).await.unwrap();
    let call = response.function_calls().next().unwrap().clone();
    let given = Part::of_function_response(call.id, call.name.unwrap(), json!({"weather": "rain"}));
    // The content goes back as it came, with the signature of its thoughts.
    let called = response.candidates[0].content.clone().unwrap();
    assert_eq!(called.role, Some(Role::Model));
    let next = request(vec![asked, called, Content::user([given])]);
    assert!(!client.generate_content(&next).await.unwrap().text().is_empty());
}

#[tokio::test]
async fn the_simulators_filter_catches_prompts_and_answers() {
    let (_simulator, client) = simulated();
    let request = GenerateContentRequest::new("gemini-3.8-flash", [Content::user(FILTERED)]);
    let response = client.generate_content(&request).await.unwrap();
    assert_eq!(response.block_reason(), Some(&BlockReason::Safety));
    let off = SafetySetting::new(HarmCategory::DangerousContent, HarmBlockThreshold::Off);
    let response = client.generate_content(&request.safety_settings([off])).await.unwrap();
    assert_eq!(response.block_reason(), None);
    assert_eq!(response.finish_reason(), Some(&FinishReason::ProhibitedContent));
}

#[tokio::test]
async fn a_model_that_is_unknown_is_an_error() {
    let (simulator, client) = simulated();
    let request = GenerateContentRequest::new("gemini-none", [Content::user("Hello.")]);
    let whole = client.generate_content(&request).await.unwrap_err();
    let streamed = client.generate_content_stream(&request).await.err().unwrap();
    for error in [whole, streamed] {
        assert_eq!(said(&error), (404, Some("NOT_FOUND")));
        assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
    }
    assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (2, 0));
}

#[tokio::test]
async fn contents_that_may_have_been_paid_are_not_sent_again() {
    for fault in ["lose", "status=500; accept", "malformed", "cut=20"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.generate_content(&hello()).await);
    }
}

#[tokio::test(start_paused = true)]
async fn contents_that_were_turned_away_are_sent_again() {
    let (simulator, client) = simulated();
    simulator.fault("POST /gemini/v1beta/*", "status=503; times=1").unwrap();
    client.generate_content(&hello()).await.unwrap();
    assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (2, 1));
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_an_error() {
    let server = Server::start([Reply::ok("<html>")]).await;
    let error = client_of(&server).generate_content(&hello()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Decode, Effect::Started));
}
