//! What a client of OpenAI's asks of a response, in the words of our chats.

use fourfold_domain::InvalidInput;
use serde_json::{Map, Value, json};

use super::body::Echo;
use super::said;
use crate::openai::request::{check_stream_options, fields};
use crate::text::Placed;

/// Fields that say nothing to a model: they are about what is kept, of which there is nothing, or about what is told
/// beside the answer; of the others only values that ask for nothing come this far.
const OURS: [&str; 7] =
    ["include", "previous_response_id", "conversation", "prompt", "service_tier", "background", "metadata"];

/// What our chats know and this wire has another name for, or nothing.
const FOREIGN: [&str; 7] =
    ["n", "messages", "max_tokens", "stop", "response_format", "reasoning_effort", "verbosity"];

/// What the model is told, by our names, and what its answer repeats. Every field that isn't OpenAI's own is for the
/// model's table of parameters to know or refuse.
pub(super) fn input(body: &[u8]) -> Result<(Map<String, Value>, Echo), InvalidInput> {
    let fields = fields(body)?;
    let given = |name: &str| {
        let value = fields.get(name).filter(|value| !value.is_null())?;
        Some(Placed::new(name, value))
    };
    let mut input = Map::new();
    let mut put = |name: &str, value: Value| _ = input.insert(name.to_owned(), value);
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        let field = Placed::new(name, value);
        match name.as_str() {
            "metadata" | "text" | "reasoning" if !value.is_object() => {
                return Err(field.malformed("must be an object"));
            }
            name if OURS.contains(&name) => {}
            name if FOREIGN.contains(&name) => return Err(field.not_allowed("is not known here")),
            "stream_options" => {
                let options = value.as_object().ok_or_else(|| field.malformed("must be an object"))?;
                check_stream_options(options)?;
            }
            "input" => put("messages", said::messages(given("instructions"), &field)?.into()),
            "max_output_tokens" => put("max_tokens", value.clone()),
            "tools" => put("tools", tools(&field)?.into()),
            "tool_choice" => put("tool_choice", tool_choice(&field)?),
            "text" => {
                field.get("format").map(|format| response_format(&format)).transpose()?.into_iter().for_each(
                    |format| {
                        put("response_format", format);
                    },
                );
                field.get("verbosity").into_iter().for_each(|verbosity| {
                    put("verbosity", verbosity.value.clone());
                });
            }
            "reasoning" => field.get("effort").into_iter().for_each(|effort| {
                put("reasoning_effort", effort.value.clone());
            }),
            // What holds anyway.
            "parallel_tool_calls" if *value == Value::Bool(true) => {}
            "truncation" if value == "disabled" => {}
            "instructions" => {}
            name => put(name, value.clone()),
        }
    }
    Ok((input, Echo::of(&fields)))
}

fn tools(tools: &Placed<'_>) -> Result<Vec<Value>, InvalidInput> {
    let tool = |tool: Placed<'_>| {
        let kind = tool.required("type")?;
        if kind.text()? != "function" {
            return Err(kind.not_allowed("must be function; this model knows no others"));
        }
        let name = tool.required("name")?;
        if name.text()?.is_empty() {
            return Err(name.malformed("is required"));
        }
        let mut function = json!({"name": name.value});
        for same in ["description", "parameters", "strict"] {
            if let Some(field) = tool.get(same) {
                function[same] = field.value.clone();
            }
        }
        Ok(json!({"type": "function", "function": function}))
    };
    tools.list()?.into_iter().map(tool).collect()
}

fn tool_choice(choice: &Placed<'_>) -> Result<Value, InvalidInput> {
    if let Some("none" | "auto" | "required") = choice.value.as_str() {
        return Ok(choice.value.clone());
    }
    match choice.get("type").as_ref().and_then(|kind| kind.value.as_str()) {
        Some("function") => {
            Ok(json!({"type": "function", "function": {"name": choice.required_text("name")?}}))
        }
        _ => Err(choice.not_allowed("must be none, auto, required or an object that names a function")),
    }
}

fn response_format(format: &Placed<'_>) -> Result<Value, InvalidInput> {
    let kind = format.required("type")?;
    match kind.text()? {
        "text" | "json_object" => Ok(json!({"type": kind.value})),
        "json_schema" => {
            let mut named =
                json!({"name": format.required_text("name")?, "schema": format.required("schema")?.value});
            if let Some(strict) = format.get("strict") {
                named["strict"] = strict.flag()?.into();
            }
            Ok(json!({"type": "json_schema", "json_schema": named}))
        }
        _ => Err(kind.not_allowed("must be one of text, json_object, json_schema")),
    }
}
