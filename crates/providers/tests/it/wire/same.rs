//! A request in our words and one in the caller's bytes mean the same.

use fourfold_domain::{
    AttemptContext, ChatAnswer, Dialect, FinishReason, GenerationRequest, GenerationResult, InlineMedia,
    Modality, Request, ToolCall, Usage,
};
use fourfold_simulator::{Simulator, Vendor};
use serde_json::{Value, json};

use super::{CLAUDE, GPT, call, made, read_seen, send, simulator};

/// What came of a chat, by whichever way.
#[derive(PartialEq, Debug, Default)]
struct Said {
    text: String,
    calls: Vec<ToolCall>,
    finish: String,
    usage: Usage,
}

async fn typed(simulator: &Simulator, vendor: Vendor, model: &str, input: &Value) -> Said {
    simulator.reset();
    let input = input.as_object().unwrap().clone();
    let Request::Generation(request) = Request::parse(Modality::Chat, input).unwrap() else { panic!() };
    let context = AttemptContext {
        owner: "call".to_owned(),
        number: 1,
        vendor_model: model.to_owned(),
        media: std::sync::Arc::new(InlineMedia),
    };
    let provider = made(simulator, vendor, json!({}));
    let request: GenerationRequest = request;
    let result = provider.generator().unwrap().generate(request, context).await.unwrap();
    let GenerationResult::Chat(mut chat) = result else { panic!("{result:?}") };
    let ChatAnswer { text, tool_calls, finish_reason, .. } = chat.answers.remove(0);
    let finish = match finish_reason {
        FinishReason::ToolCalls => "calls".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    Said { text, calls: tool_calls, finish, usage: chat.usage }
}

/// Sends the body; what the answer says, read from its bytes by `read_said`, with the usage that was seen.
async fn in_bytes(
    simulator: &Simulator,
    vendor: Vendor,
    dialect: Dialect,
    model: &str,
    body: &Value,
    read_said: fn(&[Value]) -> Said,
) -> Said {
    simulator.reset();
    let provider = made(simulator, vendor, json!({}));
    let reply = send(&provider, call(dialect, model, body.to_string())).await.unwrap();
    let (answer, usage, end) = read_seen(reply).await;
    end.unwrap();
    let text = std::str::from_utf8(&answer).unwrap();
    let events: Vec<Value> = if body["stream"] == true {
        text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect()
    } else {
        vec![serde_json::from_str(text).unwrap()]
    };
    Said { usage: usage.unwrap(), ..read_said(&events) }
}

fn openai_said(events: &[Value]) -> Said {
    let mut said = Said::default();
    for choice in events.iter().filter_map(|event| event["choices"].get(0)) {
        let message = choice.get("delta").unwrap_or(&choice["message"]);
        said.text.push_str(message["content"].as_str().unwrap_or_default());
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            add_call(&mut said, call["id"].as_str(), call["function"]["name"].as_str());
            let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
            said.calls.last_mut().unwrap().arguments.push_str(arguments);
        }
        match choice["finish_reason"].as_str() {
            Some("tool_calls") => said.finish = "calls".to_owned(),
            Some(reason) => said.finish = reason.to_owned(),
            None => {}
        }
    }
    said
}

fn anthropic_said(events: &[Value]) -> Said {
    let mut said = Said::default();
    let block = |said: &mut Said, block: &Value, is_whole: bool| {
        said.text.push_str(block["text"].as_str().unwrap_or_default());
        if block["type"] == "tool_use" {
            add_call(said, block["id"].as_str(), block["name"].as_str());
            let arguments = if is_whole { block["input"].to_string() } else { String::new() };
            said.calls.last_mut().unwrap().arguments = arguments;
        }
    };
    for event in events {
        for whole in event["content"].as_array().into_iter().flatten() {
            block(&mut said, whole, true);
        }
        block(&mut said, &event["content_block"], false);
        said.text.push_str(event["delta"]["text"].as_str().unwrap_or_default());
        if let Some(more) = event["delta"]["partial_json"].as_str() {
            said.calls.last_mut().unwrap().arguments.push_str(more);
        }
        match event["stop_reason"].as_str().or(event["delta"]["stop_reason"].as_str()) {
            Some("tool_use") => said.finish = "calls".to_owned(),
            Some("end_turn") => said.finish = "stop".to_owned(),
            Some("max_tokens") => said.finish = "length".to_owned(),
            Some(other) => said.finish = other.to_owned(),
            None => {}
        }
    }
    said
}

fn add_call(said: &mut Said, id: Option<&str>, name: Option<&str>) {
    if let (Some(id), Some(name)) = (id, name) {
        said.calls.push(ToolCall { id: id.to_owned(), name: name.to_owned(), arguments: String::new() });
    }
}

#[tokio::test]
async fn openais_chats_are_the_same_both_ways() {
    let simulator = simulator();
    let messages =
        json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is a fox?"}]);
    let tools = json!([{"type": "function", "function": {"name": "look",
        "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}}}]);
    for (input, finish) in [
        (json!({"messages": messages, "max_tokens": 500}), "stop"),
        (json!({"messages": messages, "max_tokens": 2}), "length"),
        (
            json!({"messages": messages, "max_tokens": 500, "tools": tools, "tool_choice": "required"}),
            "calls",
        ),
    ] {
        let typed = typed(&simulator, Vendor::OpenAi, GPT, &input).await;
        assert_eq!(typed.finish, finish);
        let mut body = input;
        body["model"] = json!(GPT);
        let limit = body.as_object_mut().unwrap().remove("max_tokens");
        body["max_completion_tokens"] = limit.unwrap();
        for stream in [false, true] {
            if stream {
                body["stream"] = json!(true);
                body["stream_options"] = json!({"include_usage": true});
            }
            let dialect = Dialect::OpenAiChat;
            let said = in_bytes(&simulator, Vendor::OpenAi, dialect, GPT, &body, openai_said).await;
            assert_eq!(said, typed, "{body}");
        }
    }
}

#[tokio::test]
async fn anthropics_messages_are_the_same_both_ways() {
    let simulator = simulator();
    let user = json!({"role": "user", "content": "What is a fox?"});
    let schema = json!({"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]});
    for (limit, tool_choice, finish) in [(500, None, "stop"), (2, None, "length"), (500, Some(()), "calls")] {
        let mut input =
            json!({"messages": [{"role": "system", "content": "Be brief."}, user], "max_tokens": limit});
        let mut body =
            json!({"model": CLAUDE, "system": "Be brief.", "messages": [user], "max_tokens": limit});
        if tool_choice.is_some() {
            input["tools"] =
                json!([{"type": "function", "function": {"name": "look", "parameters": schema}}]);
            input["tool_choice"] = json!("required");
            body["tools"] = json!([{"name": "look", "input_schema": schema}]);
            body["tool_choice"] = json!({"type": "any"});
        }
        let typed = typed(&simulator, Vendor::Anthropic, CLAUDE, &input).await;
        assert_eq!(typed.finish, finish);
        for stream in [false, true] {
            body["stream"] = json!(stream);
            let dialect = Dialect::AnthropicMessages;
            let said = in_bytes(&simulator, Vendor::Anthropic, dialect, CLAUDE, &body, anthropic_said).await;
            assert_eq!(said, typed, "{body}");
        }
    }
}

#[tokio::test]
async fn what_embeddings_and_responses_use_is_seen() {
    let simulator = simulator();
    let provider = made(&simulator, Vendor::OpenAi, json!({}));
    let embedding =
        json!({"model": "text-embedding-3-small", "input": ["a red fox", "b"], "encoding_format": "base64"});
    let reply =
        send(&provider, call(Dialect::OpenAiEmbeddings, "text-embedding-3-small", embedding.to_string()))
            .await;
    let reply = reply.unwrap();
    let (answer, usage, end) = read_seen(reply).await;
    end.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert!(answer["data"][0]["embedding"].is_string());
    assert_eq!(usage.map(|usage| usage.input_tokens), answer["usage"]["prompt_tokens"].as_u64());

    let mut figures = Vec::new();
    for stream in [false, true] {
        let body = json!({"model": GPT, "input": "What is a fox?", "store": false, "stream": stream});
        let reply = send(&provider, call(Dialect::OpenAiResponses, GPT, body.to_string())).await.unwrap();
        let (answer, usage, end) = read_seen(reply).await;
        end.unwrap();
        let usage = usage.unwrap();
        assert!(usage.input_tokens > 0 && usage.output_tokens > 0, "{usage:?}");
        if !stream {
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(answer["usage"]["input_tokens"], usage.input_tokens);
            assert_eq!(answer["usage"]["output_tokens"], usage.output_tokens);
        }
        figures.push(usage);
    }
    assert_eq!(figures[0], figures[1]);
}
