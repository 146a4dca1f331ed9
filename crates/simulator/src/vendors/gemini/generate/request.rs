//! What a model is asked to generate.

use serde_json::{Value, json};

use super::super::models::{self, Method};
use super::super::shape::{self, texts};
use super::super::sizes;
use super::super::tokens::Tokens;
use super::super::turn::{Asked, Output};
use super::{conversation, functions, shapes, speech};
use crate::call::Call;
use crate::content::Prompt;
use crate::media::{AudioFormat, PictureFormat};
use crate::refusal::{Problem, Refusal};
use crate::vendors::ModelKind;

/// A request that keeps to the rules.
pub(super) struct GenerateRequest {
    /// Its name, without `models/`.
    pub(super) model: String,
    pub(super) asked: Asked,
    pub(super) prompt_tokens: Tokens,
    /// Whether the answer has the model's thoughts in it.
    pub(super) shows_thoughts: bool,
    pub(super) candidates: i64,
}

impl GenerateRequest {
    pub(super) fn read(call: &Call<'_>, is_streamed: bool) -> Result<Self, Refusal> {
        let model = call.params.get("model");
        let kind = models::known(call, model, Method::Generate)?.unwrap_or(ModelKind::Chat);
        let body = shape::body(call, shapes::GENERATE)?;
        if let Some(cached) = body["cachedContent"].as_str() {
            return Err(Refusal::NotFound { what: "cached content", id: cached.to_owned() });
        }
        let conversation = conversation::read(call, &body, "", kind == ModelKind::Chat)?;
        let config = &body["generationConfig"];
        let output = output(model, kind, config, is_streamed)?;
        let candidates = config["candidateCount"].as_i64().unwrap_or(1);
        if candidates > 1 && output != Output::Text {
            let reason = "Multiple candidates is not enabled for this model";
            return Err(Refusal::unsupported("generation_config.candidate_count", reason));
        }
        let tools = functions::declared(&body)?;
        let prompt = Prompt {
            text: conversation.asked,
            tool_use: functions::tool_use(&body, &tools)?,
            tools,
            has_tool_result: conversation.has_function_response,
            schema: schema(config)?,
            tokens_max: config["maxOutputTokens"].as_i64(),
        };
        let asked = Asked {
            prompt,
            thinks: thinks(config)?,
            stops: stops(config)?,
            output,
            lets_pass: lets_pass(&body["safetySettings"]),
        };
        Ok(Self {
            model: model.to_owned(),
            asked,
            prompt_tokens: conversation.tokens,
            shows_thoughts: config["thinkingConfig"]["includeThoughts"] == true,
            candidates,
        })
    }
}

/// What the model makes, where it can make what is asked for.
fn output(model: &str, kind: ModelKind, config: &Value, is_streamed: bool) -> Result<Output, Refusal> {
    let (possible, usual): (&[&str], &[&str]) = match kind {
        ModelKind::Image => (&["TEXT", "IMAGE"], &["TEXT", "IMAGE"]),
        ModelKind::Speech => (&["AUDIO"], &["TEXT"]),
        _ => (&["TEXT"], &["TEXT"]),
    };
    let asked = texts(&config["responseModalities"]);
    let asked: Vec<&str> =
        if asked.is_empty() { usual.to_vec() } else { asked.iter().map(String::as_str).collect() };
    if !asked.iter().all(|modality| possible.contains(modality)) {
        let reason = format!(
            "The requested combination of response modalities ({}) is not supported by the model. \
             models/{model} accepts the following combination of response modalities: {}",
            asked.join(", "),
            possible.join(", ")
        );
        return Err(Refusal::unsupported("generation_config.response_modalities", reason));
    }
    match kind {
        ModelKind::Speech => {
            speech::check(model, &config["speechConfig"], is_streamed)?;
            Ok(Output::Sound(AudioFormat::Pcm))
        }
        ModelKind::Image if asked.contains(&"IMAGE") => {
            let of_picture = |field: &str| config["imageConfig"][field].as_str().unwrap_or_default();
            let size = sizes::picture(of_picture("aspectRatio"), of_picture("imageSize"));
            Ok(Output::Picture { size, format: PictureFormat::Png, with_text: asked.contains(&"TEXT") })
        }
        _ => Ok(Output::Text),
    }
}

fn thinks(config: &Value) -> Result<bool, Refusal> {
    let thinking = &config["thinkingConfig"];
    if thinking.get("thinkingBudget").is_some() && thinking.get("thinkingLevel").is_some() {
        let reason = "You can only set one of thinking budget and thinking level.";
        return Err(Refusal::unsupported("generation_config.thinking_config", reason));
    }
    Ok(thinking["thinkingBudget"] != 0)
}

/// The schema that the answer must fit; it goes with JSON only.
fn schema(config: &Value) -> Result<Option<Value>, Refusal> {
    let (plain, json_schema) = (config.get("responseSchema"), config.get("responseJsonSchema"));
    if plain.is_some() && json_schema.is_some() {
        let reason = "response_schema and response_json_schema can not be set together.";
        return Err(Refusal::unsupported("generation_config.response_json_schema", reason));
    }
    let schema = plain.or(json_schema);
    match config["responseMimeType"].as_str().unwrap_or("text/plain") {
        "text/plain" if schema.is_some() => {
            let reason = "A response schema is only supported with response_mime_type application/json.";
            Err(Refusal::unsupported("generation_config.response_schema", reason))
        }
        "text/plain" => Ok(None),
        "application/json" => {
            Ok(Some(schema.cloned().unwrap_or_else(|| json!({"properties": {"answer": {"type": "string"}}}))))
        }
        other => {
            let allowed = "one of text/plain, application/json";
            Err(Refusal::not_allowed("generation_config.response_mime_type", other, allowed))
        }
    }
}

fn stops(config: &Value) -> Result<Vec<String>, Refusal> {
    const STOPS_MAX: usize = 5;
    let stops = texts(&config["stopSequences"]);
    if stops.len() > STOPS_MAX {
        let problem = Problem::TooLong { length: stops.len(), length_max: STOPS_MAX };
        return Err(Refusal::Field("generation_config.stop_sequences".into(), problem));
    }
    Ok(stops)
}

/// Whether the caller turned the filter off for what it catches here.
fn lets_pass(settings: &Value) -> bool {
    settings.as_array().into_iter().flatten().any(|setting| {
        setting["category"] == "HARM_CATEGORY_DANGEROUS_CONTENT"
            && (setting["threshold"] == "BLOCK_NONE" || setting["threshold"] == "OFF")
    })
}
