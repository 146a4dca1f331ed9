//! Chats.

use std::time::Duration;

use fourfold_domain::{
    AnswerPiece, ChatAnswer, ChatResult, FinishReason, GenerationResult, Generator, ProviderError, Reason,
    StreamChunk, TokenCeilings,
};
use fourfold_providers::mock::{MockFailure, MockProvider, MockSettings};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::{context, failing, generate, generation, mock, mock_at, problem, request};

const MODEL: &str = "mock-chat";

/// A request of these messages with these fields beside.
fn input(messages: Value, more: Value) -> Value {
    let mut input = json!({"messages": messages});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// A request in which the user says this, with these fields beside.
fn said(text: &str, more: Value) -> Value {
    input(json!([{"role": "user", "content": text}]), more)
}

async fn chat_of(mock: &MockProvider, model: &str, input: Value) -> Result<ChatResult, ProviderError> {
    match generate(mock, model, input).await? {
        GenerationResult::Chat(chat) => Ok(chat),
        GenerationResult::Embedding(embedding) => panic!("{embedding:?}"),
    }
}

async fn chat(input: Value) -> ChatResult {
    chat_of(&mock_at(0), MODEL, input).await.unwrap()
}

async fn answer(input: Value) -> ChatAnswer {
    chat(input).await.answers.remove(0)
}

async fn chunks(mock: &MockProvider, model: &str, input: Value) -> Result<Vec<StreamChunk>, ProviderError> {
    mock.generate_stream(generation(mock, model, input), context(model)).await?.try_collect().await
}

/// An answer put together from its pieces.
fn whole(chunks: &[StreamChunk], number: u32) -> ChatAnswer {
    let mut whole = ChatAnswer {
        text: String::new(),
        reasoning: None,
        refusal: None,
        tool_calls: Vec::new(),
        finish_reason: FinishReason::Other("none".to_owned()),
        extras: serde_json::Map::new(),
    };
    for chunk in chunks {
        let StreamChunk::Answer { index, piece } = chunk else { continue };
        if *index != number {
            continue;
        }
        match piece.clone() {
            AnswerPiece::Text(text) => whole.text.push_str(&text),
            AnswerPiece::Reasoning(text) => whole.reasoning.get_or_insert_default().push_str(&text),
            AnswerPiece::ToolCall { id: Some(id), name: Some(name), arguments, .. } => {
                whole.tool_calls.push(fourfold_domain::ToolCall { id, name, arguments });
            }
            AnswerPiece::ToolCall { index, arguments, .. } => {
                whole.tool_calls[index as usize].arguments.push_str(&arguments);
            }
            AnswerPiece::Finish(reason) => whole.finish_reason = reason,
            other => panic!("{other:?}"),
        }
    }
    whole
}

fn weather() -> Value {
    let parameters = json!({"type": "object", "properties": {
        "place": {"type": "string"}, "unit": {"enum": ["celsius", "kelvin"]}, "days": {"type": "integer", "minimum": 2},
    }});
    json!([
        {"type": "function", "function": {"name": "search"}},
        {"type": "function", "function": {"name": "get_weather", "parameters": parameters}},
    ])
}

#[tokio::test]
async fn it_answers_from_what_was_said() {
    let answer = answer(input(
        json!([
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "I have a fox."},
            {"role": "assistant", "content": "You said: I have a fox."},
            {"role": "user", "content": [
                {"type": "text", "text": "What colour is it?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,UE5H"}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE"}},
            ]},
        ]),
        json!({"temperature": 0}),
    ))
    .await;
    let expected = "You said: What colour is it? With it came a picture (image/png, 3 bytes), a sound (audio/wav, 4 \
                    bytes), a document (application/pdf, 3 bytes). Before that you said: I have a fox.";
    assert_eq!((answer.text.as_str(), answer.finish_reason), (expected, FinishReason::Stop));
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_seeds_and_heat_other_words() {
    let with = async |more: Value| answer(said("a fox", more)).await.text;
    assert_eq!(with(json!({"seed": 3})).await, with(json!({"seed": 3})).await);
    let mut by_seed = Vec::new();
    for seed in 0..20 {
        let text = with(json!({"seed": seed})).await;
        assert!(text.ends_with(" a fox"), "{text}");
        for cold in [json!({"seed": seed, "temperature": 0}), json!({"seed": seed, "top_p": 0})] {
            assert_eq!(with(cold).await, "You said: a fox");
        }
        by_seed.push(text);
    }
    by_seed.sort();
    by_seed.dedup();
    assert!(by_seed.len() > 4, "{by_seed:?}");
}

#[tokio::test]
async fn several_answers_are_in_other_words_each() {
    let mut texts: Vec<_> =
        chat(said("a fox", json!({"n": 8}))).await.answers.into_iter().map(|answer| answer.text).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 8);
}

#[tokio::test]
async fn an_answer_ends_at_its_limit_or_a_stop() {
    let long = said("one two three four", json!({"temperature": 0}));
    assert_eq!(answer(long.clone()).await.text, "You said: one two three four");
    for (more, text, reason) in [
        (json!({"max_tokens": 4}), "You said: one", FinishReason::Length),
        (json!({"max_tokens": 7}), "You said: one two three four", FinishReason::Stop),
        (json!({"stop": "three"}), "You said: one two ", FinishReason::Stop),
        (json!({"stop": ["four", " two"]}), "You said: one", FinishReason::Stop),
        (json!({"stop": ["", "five"]}), "You said: one two three four", FinishReason::Stop),
    ] {
        let mut input = long.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = answer(input).await;
        assert_eq!((answer.text.as_str(), answer.finish_reason), (text, reason), "{more}");
    }
}

#[tokio::test]
async fn it_thinks_as_much_as_it_is_told_to() {
    let mut before = 0;
    for effort in ["none", "minimal", "low", "medium", "high"] {
        let chat = chat(said("one two", json!({"reasoning_effort": effort, "temperature": 0}))).await;
        assert_eq!(chat.answers[0].text, "You said: one two");
        assert_eq!(chat.answers[0].reasoning.is_some(), effort != "none");
        assert!(effort == "none" || chat.usage.reasoning_tokens > before, "{effort}");
        assert_eq!(chat.usage.output_tokens, chat.usage.reasoning_tokens + 5);
        before = chat.usage.reasoning_tokens;
    }
    let cut = answer(said("one two", json!({"reasoning_effort": "high", "max_tokens": 3}))).await;
    assert_eq!((cut.reasoning.as_deref(), cut.text.as_str()), (Some("I read "), ""));
    assert_eq!(cut.finish_reason, FinishReason::Length);
}

#[tokio::test]
async fn a_tool_is_called_where_it_must_or_is_meant() {
    let ask = "How is the weather in Rome?";
    let named = json!({"type": "function", "function": {"name": "search"}});
    for (text, choice, called) in [
        (ask, json!(null), Some("get_weather")),
        (ask, json!("auto"), Some("get_weather")),
        ("How are you?", json!("auto"), None),
        (ask, json!("none"), None),
        ("How are you?", json!("required"), Some("search")),
        (ask, json!("required"), Some("get_weather")),
        (ask, named, Some("search")),
    ] {
        let answer = answer(said(text, json!({"tools": weather(), "tool_choice": choice}))).await;
        let name = answer.tool_calls.first().map(|call| call.name.as_str());
        assert_eq!(name, called, "{text} {choice}");
        let expected = if called.is_some() { FinishReason::ToolCalls } else { FinishReason::Stop };
        assert_eq!((answer.finish_reason, answer.text.is_empty()), (expected, called.is_some()));
    }
}

#[tokio::test]
async fn a_tools_arguments_fit_its_schema() {
    let chat = chat(said("weather in Rome", json!({"tools": weather(), "n": 2}))).await;
    let call = &chat.answers[0].tool_calls[0];
    let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
    assert_eq!(arguments, json!({"place": "weather in Rome", "unit": "celsius", "days": 2}));
    assert!(call.id.starts_with("call_") && call.id != chat.answers[1].tool_calls[0].id, "{}", call.id);
}

#[tokio::test]
async fn a_call_beyond_the_limit_has_broken_arguments_or_is_missing() {
    let called = async |max_tokens: u64| {
        let answer = answer(said("weather", json!({"tools": weather(), "max_tokens": max_tokens}))).await;
        let call = answer.tool_calls.into_iter().next().map(|call| (call.name, call.arguments));
        (call, answer.finish_reason)
    };
    let broken = ("get_weather".to_owned(), "{\"days".to_owned());
    assert_eq!(called(6).await, (Some(broken), FinishReason::Length));
    assert_eq!(called(2).await, (None, FinishReason::Length));
}

#[tokio::test]
async fn what_a_tool_says_is_told() {
    let answer = answer(input(
        json!([
            {"role": "user", "content": "weather in Rome?"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "Sunny weather."},
        ]),
        json!({"tools": weather()}),
    ))
    .await;
    assert_eq!(answer.text, "The tool says: Sunny weather. Before that you said: weather in Rome?");
}

#[tokio::test]
async fn an_answer_has_the_shape_that_was_asked_for() {
    let shaped = async |format: Value| -> Value {
        let answer = answer(said("a fox", json!({"response_format": format, "temperature": 0}))).await;
        serde_json::from_str(&answer.text).unwrap()
    };
    assert_eq!(shaped(json!({"type": "json_object"})).await, json!({"answer": "You said: a fox"}));
    let schema = json!({"type": "object", "properties": {"animal": {"type": "string"}}});
    let format = json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}});
    assert_eq!(shaped(format).await, json!({"animal": "a fox"}));
    let plain = answer(said("a fox", json!({"response_format": {"type": "text"}, "temperature": 0}))).await;
    assert_eq!(plain.text, "You said: a fox");
}

#[tokio::test]
async fn what_is_used_is_within_what_was_held() {
    let all = input(
        json!([{"role": "user", "content": [
            {"type": "text", "text": "weather in Rome"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,UE5H"}},
        ]}]),
        json!({"tools": weather(), "n": 3, "max_tokens": 9, "reasoning_effort": "low"}),
    );
    for input in
        [all, said("a", json!({"max_tokens": 1})), said("", json!({})), said("狐狸", json!({"n": 2}))]
    {
        let mock = mock_at(0);
        let held = request(&mock, MODEL, input.clone()).unwrap().quantities_max(&TokenCeilings::default());
        let usage = chat(input.clone()).await.usage;
        assert!(usage.input_tokens > 0 && usage.input_tokens <= held[0].count, "{input} {usage:?}");
        assert!(usage.output_tokens > 0 && usage.output_tokens <= held[1].count, "{input} {usage:?}");
    }
}

#[tokio::test]
async fn a_stream_is_the_answer_in_pieces() {
    let mock = mock_at(0);
    for input in [
        said("a fox in the snow", json!({})),
        said("a fox", json!({"n": 3, "reasoning_effort": "low", "max_tokens": 20})),
        said("weather in Rome", json!({"tools": weather()})),
    ] {
        let chunks = chunks(&mock, MODEL, input.clone()).await.unwrap();
        let chat = chat(input).await;
        for (number, answer) in (0..).zip(&chat.answers) {
            assert_eq!(&whole(&chunks, number), answer);
        }
        let [.., StreamChunk::Vendor(vendor), StreamChunk::Usage(usage)] = chunks.as_slice() else {
            panic!("{chunks:?}");
        };
        assert_eq!((vendor, usage), (&chat.vendor, &chat.usage));
        assert!(chunks.len() as u64 > usage.output_tokens, "{chunks:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_models_take_the_delay_and_streams_are_spread_over_it() {
    let mock = mock(MockSettings { delay: Duration::from_secs(9), ..MockSettings::default() });
    let input = said("a fox in the snow", json!({}));
    let start = tokio::time::Instant::now();
    let slow = chat_of(&mock, "mock-chat-slow", input.clone()).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(9));
    assert_eq!(slow, chat(input.clone()).await);

    let request = generation(&mock, "mock-chat-slow", input);
    let start = tokio::time::Instant::now();
    let mut stream = mock.generate_stream(request, context("mock-chat-slow")).await.unwrap();
    let mut times = Vec::new();
    while stream.try_next().await.unwrap().is_some() {
        times.push(start.elapsed());
    }
    let first = Duration::from_secs(9) / times.len() as u32;
    assert!(times[0] >= first && times[0] <= first + Duration::from_millis(2), "{times:?}");
    assert!(times.is_sorted_by(|before, after| before < after), "{times:?}");
    assert_eq!(times.last().unwrap().as_secs(), 9);
}

#[tokio::test]
async fn a_stream_that_fails_breaks_off_in_the_middle() {
    let mock = mock_at(0);
    let input = said("a fox in the snow", json!({}));
    let error = chat_of(&mock, "mock-chat-fail", input.clone()).await.unwrap_err();
    assert_eq!(error.reason, Reason::Failed);
    let request = generation(&mock, "mock-chat-fail", input);
    let mut stream = mock.generate_stream(request, context("mock-chat-fail")).await.unwrap();
    let mut pieces = 0;
    let error = loop {
        match stream.try_next().await {
            Ok(Some(chunk)) => {
                assert!(
                    matches!(chunk, StreamChunk::Answer { piece: AnswerPiece::Text(_), .. }),
                    "{chunk:?}"
                );
                pieces += 1;
            }
            Ok(None) => panic!("it ends well"),
            Err(error) => break error,
        }
    };
    assert!(pieces > 2 && error.reason == Reason::Failed, "{pieces} {error:?}");
}

#[tokio::test]
async fn partial_leaves_one_of_several_answers_out() {
    let mock = failing(MockFailure::Partial);
    let partial = chat_of(&mock, MODEL, said("a fox", json!({"n": 3}))).await.unwrap();
    assert_eq!(partial.answers.len(), 2);
    assert_eq!(partial.vendor["missing"], "the mock was told to leave out 1 of 3 answers");
    let two = chat(said("a fox", json!({"n": 2}))).await;
    assert_eq!((&partial.answers, partial.usage), (&two.answers, two.usage));
    let single = chat_of(&mock, MODEL, said("a fox", json!({}))).await.unwrap();
    assert_eq!((single.answers.len(), single.vendor.get("missing")), (1, None));
}

#[tokio::test]
async fn media_that_cannot_be_read_begin_nothing() {
    let input = input(
        json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]}]),
        json!({}),
    );
    let error = chat_of(&mock_at(0), MODEL, input).await.unwrap_err();
    assert_eq!(error.reason, Reason::InvalidRequest);
}

#[test]
fn a_mistake_names_its_field() {
    let with = |more: Value| said("a fox", more);
    let named = json!({"type": "function", "function": {"name": "look"}});
    for (input, words) in [
        (json!({}), "input.messages is required"),
        (with(json!({"max_tokens": 16_385})), "input.max_tokens must be from 1 to 16384"),
        (with(json!({"n": 9})), "input.n must be from 1 to 8"),
        (with(json!({"temperature": 2.1})), "input.temperature must be from 0 to 2"),
        (with(json!({"top_p": 1.1})), "input.top_p must be from 0 to 1"),
        (with(json!({"stop": ["a", "b", "c", "d", "e"]})), "input.stop must be at most 4 texts"),
        (with(json!({"reasoning_effort": "max"})), "input.reasoning_effort must be one of none, minimal"),
        (with(json!({"tool_choice": "required"})), "input.tool_choice must not be required"),
        (with(json!({"tools": weather(), "tool_choice": named})), "input.tool_choice names look"),
        (with(json!({"logprobs": true})), "input.logprobs is not a parameter"),
    ] {
        let said = problem(MODEL, input);
        assert!(said.starts_with(words), "{said}");
    }
}
