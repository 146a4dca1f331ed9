//! The messages of a chat.

use serde_json::{Map, Value};

use super::tool::ToolCall;
use crate::request::tokens_max;
use crate::{InvalidInput, MediaInput, TokenCeilings};

/// One message.
#[derive(Clone, PartialEq, Debug)]
pub struct ChatMessage {
    /// Who says it.
    pub role: ChatRole,
    /// What is said, in its order.
    pub parts: Vec<ChatPart>,
    /// The tools that the model wanted called.
    pub tool_calls: Vec<ToolCall>,
    /// Which call this is the answer to.
    pub tool_call_id: Option<String>,
    /// Tells speakers of one role apart.
    pub name: Option<String>,
    /// What single models know beside it, such as `reasoning_content`.
    pub extras: Map<String, Value>,
}

/// Who says a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChatRole {
    /// Who made the product; also read from `developer`.
    System,
    /// Who uses it.
    User,
    /// The model.
    Assistant,
    /// A tool that the model wanted called.
    Tool,
}

/// A part of a message.
#[derive(Clone, PartialEq, Debug)]
pub enum ChatPart {
    /// A text.
    Text(String),
    /// A picture.
    Image {
        /// The picture.
        media: MediaInput,
        /// How closely the model looks, in its own words.
        detail: Option<String>,
    },
    /// A sound.
    Audio(MediaInput),
    /// A document.
    File {
        /// The document.
        media: MediaInput,
        /// Its name.
        name: Option<String>,
    },
}

impl ChatMessage {
    /// A message of one text.
    pub fn new(role: ChatRole, text: impl Into<String>) -> Self {
        Self {
            role,
            parts: vec![ChatPart::Text(text.into())],
            tool_calls: Vec::new(),
            tool_call_id: None,
            name: None,
            extras: Map::new(),
        }
    }

    /// Its texts, joined.
    pub fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            ChatPart::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().concat()
    }

    pub(super) fn tokens_max(&self, ceilings: &TokenCeilings) -> u64 {
        let parts: u64 = self.parts.iter().map(|part| part.tokens_max(ceilings)).sum();
        let calls: u64 =
            self.tool_calls.iter().map(|call| tokens_max(&call.name) + tokens_max(&call.arguments)).sum();
        let extras: u64 = self.extras.values().map(|value| tokens_max(&value.to_string())).sum();
        let name = self.name.as_deref().map_or(0, tokens_max);
        ceilings.per_message + parts + calls + extras + name
    }
}

impl ChatPart {
    fn tokens_max(&self, ceilings: &TokenCeilings) -> u64 {
        match self {
            Self::Text(text) => tokens_max(text),
            Self::Image { .. } => ceilings.per_image,
            Self::Audio(_) => ceilings.per_audio,
            Self::File { .. } => ceilings.per_file,
        }
    }
}

/// Reads the list of messages.
pub(super) fn parse_all(value: Option<Value>) -> Result<Vec<ChatMessage>, InvalidInput> {
    let messages = match value {
        Some(Value::Array(messages)) if !messages.is_empty() => messages,
        Some(_) => return Err(InvalidInput::malformed(PLACE, "must be a list with at least one message")),
        None => return Err(InvalidInput::malformed(PLACE, "is required")),
    };
    let place = |index| format!("{PLACE}[{index}]");
    messages.into_iter().enumerate().map(|(index, message)| parse(&place(index), message)).collect()
}

const PLACE: &str = "input.messages";

fn parse(place: &str, message: Value) -> Result<ChatMessage, InvalidInput> {
    let Value::Object(mut fields) = message else {
        return Err(InvalidInput::malformed(place.to_owned(), "must be an object with role and content"));
    };
    let at = |field: &str| format!("{place}.{field}");
    let role = match fields.remove("role") {
        Some(Value::String(role)) => parse_role(&at("role"), &role)?,
        _ => return Err(InvalidInput::malformed(at("role"), "is required")),
    };
    let tool_calls = super::tool::parse_calls(&at("tool_calls"), fields.remove("tool_calls"))?;
    let content = fields.remove("content").filter(|content| !content.is_null());
    if content.is_none() && tool_calls.is_empty() {
        return Err(InvalidInput::malformed(at("content"), "is required"));
    }
    let text = |fields: &mut Map<String, Value>, field: &str| match fields.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(InvalidInput::malformed(at(field), "must be a text")),
    };
    let tool_call_id = text(&mut fields, "tool_call_id")?;
    if role == ChatRole::Tool && tool_call_id.is_none() {
        return Err(InvalidInput::malformed(at("tool_call_id"), "is required where the role is tool"));
    }
    let name = text(&mut fields, "name")?;
    let parts = parse_content(&at("content"), content)?;
    Ok(ChatMessage { role, parts, tool_calls, tool_call_id, name, extras: fields })
}

fn parse_role(place: &str, role: &str) -> Result<ChatRole, InvalidInput> {
    match role {
        "system" | "developer" => Ok(ChatRole::System),
        "user" => Ok(ChatRole::User),
        "assistant" => Ok(ChatRole::Assistant),
        "tool" => Ok(ChatRole::Tool),
        _ => {
            let allowed = "must be one of system, developer, user, assistant, tool";
            Err(InvalidInput::not_allowed(place.to_owned(), allowed))
        }
    }
}

fn parse_content(place: &str, content: Option<Value>) -> Result<Vec<ChatPart>, InvalidInput> {
    match content {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![ChatPart::Text(text)]),
        Some(Value::Array(parts)) => {
            let place = |index| format!("{place}[{index}]");
            parts.iter().enumerate().map(|(index, part)| parse_part(&place(index), part)).collect()
        }
        Some(_) => Err(InvalidInput::malformed(place.to_owned(), "must be a text or a list of parts")),
    }
}

fn parse_part(place: &str, part: &Value) -> Result<ChatPart, InvalidInput> {
    let at = |field: &str| format!("{place}.{field}");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let media = |field: &str, given: Option<String>| {
        let given = given.ok_or_else(|| InvalidInput::malformed(at(field), "must name a medium"))?;
        given.parse().map_err(|allowed| InvalidInput::not_allowed(at(field), format!("must be {allowed}")))
    };
    match part["type"].as_str() {
        Some("text") => match part["text"].as_str() {
            Some(said) => Ok(ChatPart::Text(said.to_owned())),
            None => Err(InvalidInput::malformed(at("text"), "must be a text")),
        },
        Some("image_url") => {
            let image = &part["image_url"];
            let media = media("image_url", text(&image["url"]).or_else(|| text(image)))?;
            Ok(ChatPart::Image { media, detail: text(&image["detail"]) })
        }
        Some("input_audio") => {
            let audio = &part["input_audio"];
            let packed = audio["data"].as_str().zip(audio["format"].as_str());
            // Beyond OpenAI's shape: any medium, as a text.
            let given = packed.map(|(data, format)| format!("data:audio/{format};base64,{data}"));
            Ok(ChatPart::Audio(media("input_audio", given.or_else(|| text(audio)))?))
        }
        Some("file") => {
            let file = &part["file"];
            let media = media("file", text(&file["file_data"]).or_else(|| text(file)))?;
            Ok(ChatPart::File { media, name: text(&file["filename"]) })
        }
        _ => {
            let allowed = "must be one of text, image_url, input_audio, file";
            Err(InvalidInput::not_allowed(at("type"), allowed))
        }
    }
}
