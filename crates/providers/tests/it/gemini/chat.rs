use fourfold_clients::gemini::{GenerateContentResponse, MockGeminiApi};
use fourfold_domain::{
    ChatResult, Effect, FinishReason, GenerationResult, Generator, Modality, ProviderError, Reason, Usage,
};
use serde_json::{Value, json};

use super::{PNG, answer, check_all_rows, context, provider, said, text, wire};

const MODEL: &str = "gemini-3.8-flash";

/// What the client is asked for an input.
pub(super) async fn sent(input: Value) -> Value {
    let mut api = MockGeminiApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_generate_content().times(1).returning(move |request| {
        assert_eq!(request.model, MODEL);
        tx.send(wire(request)).unwrap();
        Ok(said(json!([{"text": "Hm."}])))
    });
    provider(api).generate(text(Modality::Chat, input), context(MODEL)).await.unwrap();
    rx.recv().unwrap()
}

/// What comes of an answer to "Hi".
async fn answered(response: GenerateContentResponse) -> Result<ChatResult, ProviderError> {
    let mut api = MockGeminiApi::new();
    api.expect_generate_content().times(1).returning(move |_| Ok(response.clone()));
    let request = text(Modality::Chat, json!({"messages": [{"role": "user", "content": "Hi"}]}));
    match provider(api).generate(request, context(MODEL)).await? {
        GenerationResult::Chat(chat) => Ok(chat),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_parameter_has_its_place_on_the_wire() {
    let hi = json!([{"role": "user", "content": "Hi"}]);
    let look = json!({"name": "look", "parameters": {"type": "object"}});
    let declared = json!({"name": "look", "parametersJsonSchema": {"type": "object"}});
    let config = |field: &str| format!("/generationConfig/{field}");
    let rows = [
        ("messages", hi.clone(), "/contents".into(), json!([{"role": "user", "parts": [{"text": "Hi"}]}])),
        ("max_tokens", json!(7), config("maxOutputTokens"), json!(7)),
        ("n", json!(2), config("candidateCount"), json!(2)),
        ("temperature", json!(0.5), config("temperature"), json!(0.5)),
        ("top_p", json!(0.5), config("topP"), json!(0.5)),
        ("top_k", json!(40), config("topK"), json!(40)),
        ("seed", json!(3), config("seed"), json!(3)),
        ("stop", json!("END"), config("stopSequences"), json!(["END"])),
        ("presence_penalty", json!(0.5), config("presencePenalty"), json!(0.5)),
        ("frequency_penalty", json!(0.5), config("frequencyPenalty"), json!(0.5)),
        ("reasoning_effort", json!("low"), config("thinkingConfig"), json!({"thinkingLevel": "LOW"})),
        ("thinking_budget", json!(-1), config("thinkingConfig"), json!({"thinkingBudget": -1})),
        ("include_thoughts", json!(true), config("thinkingConfig"), json!({"includeThoughts": true})),
        ("media_resolution", json!("low"), config("mediaResolution"), json!("MEDIA_RESOLUTION_LOW")),
        ("response_format", json!({"type": "text"}), config("responseMimeType"), json!("text/plain")),
        ("tool_choice", json!("none"), "/toolConfig/functionCallingConfig".into(), json!({"mode": "NONE"})),
        (
            "tools",
            json!([{"type": "function", "function": look}]),
            "/tools".into(),
            json!([{"functionDeclarations": [declared]}]),
        ),
        (
            "safety_settings",
            json!({"HARM_CATEGORY_HARASSMENT": "BLOCK_ONLY_HIGH"}),
            "/safetySettings".into(),
            json!([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}]),
        ),
    ];
    check_all_rows(MODEL, &rows.each_ref().map(|(name, ..)| *name));
    for (name, value, at, expected) in rows {
        let at: String = at;
        let mut input = json!({"messages": hi});
        input[name] = value;
        let sent = sent(input).await;
        assert_eq!(sent.pointer(&at), Some(&expected), "{name}: {sent}");
    }
}

#[tokio::test]
async fn a_format_goes_with_its_schema() {
    let schema = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}});
    for (format, schema) in
        [(json!({"type": "json_object"}), None), (schema, Some(json!({"type": "object"})))]
    {
        let input = json!({"messages": [{"role": "user", "content": "Hi"}], "response_format": format});
        let config = sent(input).await["generationConfig"].take();
        assert_eq!(config["responseMimeType"], "application/json");
        assert_eq!(config.get("responseJsonSchema"), schema.as_ref());
    }
}

#[tokio::test]
async fn tools_are_called_as_they_must_be() {
    let only_look = json!({"type": "function", "function": {"name": "look"}});
    for (choice, is_strict, expected) in [
        (json!(null), false, None),
        (json!(null), true, Some(json!({"mode": "VALIDATED"}))),
        (json!("auto"), false, Some(json!({"mode": "AUTO"}))),
        (json!("auto"), true, Some(json!({"mode": "VALIDATED"}))),
        (json!("required"), true, Some(json!({"mode": "ANY"}))),
        (only_look, false, Some(json!({"mode": "ANY", "allowedFunctionNames": ["look"]}))),
    ] {
        let look = json!({"name": "look", "description": "Looks.", "strict": is_strict});
        let tools = json!([{"type": "function", "function": look}]);
        let messages = json!([{"role": "user", "content": "Hi"}]);
        let sent = sent(json!({"messages": messages, "tools": tools, "tool_choice": choice})).await;
        let declared = json!([{"name": "look", "description": "Looks."}]);
        assert_eq!(sent["tools"][0]["functionDeclarations"], declared);
        assert_eq!(sent.pointer("/toolConfig/functionCallingConfig"), expected.as_ref(), "{choice}");
    }
}

#[tokio::test]
async fn it_looks_as_closely_as_at_the_picture_that_wants_it_most() {
    let image = |detail: &str| json!({"type": "image_url", "image_url": {"url": PNG, "detail": detail}});
    for (images, told, expected) in [
        (json!([image("auto")]), json!(null), None),
        (json!([image("low"), image("high"), image("auto")]), json!(null), Some("MEDIA_RESOLUTION_HIGH")),
        (json!([image("high")]), json!("medium"), Some("MEDIA_RESOLUTION_MEDIUM")),
    ] {
        let input = json!({"messages": [{"role": "user", "content": images}], "media_resolution": told});
        assert_eq!(sent(input).await["generationConfig"]["mediaResolution"].as_str(), expected);
    }
}

#[tokio::test]
async fn an_answer_loses_nothing() {
    let rating = json!({"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"});
    let chat = answered(answer(json!({
        "candidates": [{
            "index": 0, "finishReason": "STOP", "safetyRatings": [rating],
            "citationMetadata": {"citationSources": []},
            "content": {"role": "model", "parts": [
                {"text": "A fox?", "thought": true},
                {"text": "Hm.", "thoughtSignature": "c2F5"},
                {"functionCall": {"id": "c1", "name": "look", "args": {"at": 1}}, "thoughtSignature": "Y2FsbA=="},
                {"functionCall": {"name": "nod"}},
            ]},
        }],
        "usageMetadata": {"promptTokenCount": 12, "cachedContentTokenCount": 4, "candidatesTokenCount": 5,
            "thoughtsTokenCount": 2, "toolUsePromptTokenCount": 1, "totalTokenCount": 20},
        "modelVersion": "gemini-3.8-flash-001", "responseId": "r1",
    })))
    .await
    .unwrap();
    let answer = &chat.answers[0];
    assert_eq!((answer.text.as_str(), answer.reasoning.as_deref()), ("Hm.", Some("A fox?")));
    assert_eq!((&answer.finish_reason, &answer.refusal), (&FinishReason::ToolCalls, &None));
    let calls = answer.tool_calls.iter().map(|call| [&*call.id, &*call.name, &*call.arguments]);
    let calls: Vec<_> = calls.collect();
    assert_eq!(calls, [["c1", "look", r#"{"at":1}"#], ["fourfold-r1-1", "nod", "{}"]]);
    let extras = json!({
        "thought_signature": "c2F5",
        "thought_signatures": {"c1": "Y2FsbA=="},
        "citations": {"citationSources": []},
    });
    assert_eq!(json!(answer.extras), extras);
    let usage = Usage {
        input_tokens: 13,
        cached_input_tokens: 4,
        output_tokens: 7,
        reasoning_tokens: 2,
        ..Usage::default()
    };
    assert_eq!(chat.usage, usage);
    let vendor = json!({
        "id": "r1", "model": "gemini-3.8-flash-001", "finish_reasons": ["STOP"], "safety_ratings": [[rating]],
    });
    assert_eq!(json!(chat.vendor), vendor);
}

#[tokio::test]
async fn each_end_has_its_reason_and_is_kept_as_a_fact() {
    let other = |word: &str| FinishReason::Other(word.to_owned());
    for (word, reason) in [
        ("STOP", FinishReason::Stop),
        ("MAX_TOKENS", FinishReason::Length),
        ("SAFETY", FinishReason::ContentFilter),
        ("RECITATION", FinishReason::ContentFilter),
        ("BLOCKLIST", FinishReason::ContentFilter),
        ("PROHIBITED_CONTENT", FinishReason::ContentFilter),
        ("SPII", FinishReason::ContentFilter),
        ("MODEL_ARMOR", FinishReason::ContentFilter),
        ("MALFORMED_FUNCTION_CALL", other("MALFORMED_FUNCTION_CALL")),
        ("NOVEL", other("NOVEL")),
    ] {
        let refusal = (reason == FinishReason::ContentFilter).then_some("So.");
        let ended = json!({"candidates": [{"finishReason": word, "finishMessage": "So."}]});
        let chat = answered(answer(ended)).await.unwrap();
        let told = &chat.answers[0];
        assert_eq!((&told.finish_reason, told.refusal.as_deref()), (&reason, refusal), "{word}");
        assert_eq!(chat.vendor["finish_reasons"], json!([word]));
        assert_eq!(chat.vendor["finish_messages"], json!(["So."]));
    }
}

#[tokio::test]
async fn several_answers_come_apart() {
    let candidate = |index, text: &str| json!({"index": index, "content": {"parts": [{"text": text}]}});
    let chat = answered(answer(json!({"candidates": [candidate(0, "One."), candidate(1, "Two.")]})));
    let texts: Vec<_> = chat.await.unwrap().answers.into_iter().map(|answer| answer.text).collect();
    assert_eq!(texts, ["One.", "Two."]);
}

#[tokio::test]
async fn a_blocked_prompt_is_refused() {
    let rating =
        json!({"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": true});
    let feedback = json!({"blockReason": "SAFETY", "safetyRatings": [rating]});
    let error = answered(answer(json!({"promptFeedback": feedback}))).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Refused, Effect::Started));
    assert_eq!(error.message, "the vendor's filter blocked the prompt: SAFETY");
    assert_eq!((&error.vendor["code"], &error.vendor["prompt_feedback"]), (&json!("SAFETY"), &feedback));
    let feedback = json!({"blockReason": "NOVEL", "blockReasonMessage": "No, see https://x.test/?key=1"});
    let error = answered(answer(json!({"promptFeedback": feedback}))).await.unwrap_err();
    assert_eq!((error.reason, error.message.as_str()), (Reason::Refused, "No, see"));
}

#[tokio::test]
async fn an_answer_without_an_answer_is_a_failure() {
    let error = answered(answer(json!({}))).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Failed, Effect::Started));
}

#[tokio::test]
async fn what_is_estimated_says_so() {
    let said =
        json!({"candidates": [{"content": {"parts": [{"text": "Hm, a fox."}]}, "finishReason": "STOP"}]});
    let chat = answered(answer(said)).await.unwrap();
    assert_eq!(chat.vendor["usage"], "estimated");
    assert_eq!((chat.usage.input_tokens, chat.usage.output_tokens), (5, 3));
}
