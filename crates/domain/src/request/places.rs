//! Where an `input` names media, before it is parsed: what is in the request itself can be put elsewhere and its
//! place be taken by a name.

use serde_json::{Map, Value};

use super::MediaInput;
use crate::{FileId, Parameter, ParameterKind};

/// A place of an `input` that names a medium.
#[derive(Debug)]
pub struct MediaPlace<'i> {
    field: String,
    value: &'i mut Value,
}

impl<'i> MediaPlace<'i> {
    /// Every place of an `input` of a model with these parameters that names a medium, whatever stands there.
    pub fn all(table: &[Parameter], input: &'i mut Map<String, Value>) -> Vec<Self> {
        let mut places = Vec::new();
        for (name, value) in input {
            let field = format!("input.{name}");
            match table.iter().find(|known| known.name == *name).map(|known| &known.kind) {
                Some(ParameterKind::Media) => places.push(Self { field, value }),
                Some(ParameterKind::MediaList { .. }) => match value {
                    Value::Array(items) => {
                        let item = |(index, value)| Self { field: format!("{field}[{index}]"), value };
                        places.extend(items.iter_mut().enumerate().map(item));
                    }
                    one => places.push(Self { field, value: one }),
                },
                Some(ParameterKind::Messages) => in_messages(&field, value, &mut places),
                _ => {}
            }
        }
        places
    }

    /// The path of the place, such as `input.messages[0].content[1].image_url`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The file that is named here, by a whole name; what else stands here is for the parser to judge.
    pub fn file(&self) -> Option<FileId> {
        self.value.as_str()?.strip_prefix("file:")?.parse().ok()
    }

    /// The https URL that is named here, if it is one as far as its beginning tells.
    pub fn url(&self) -> Option<&str> {
        let text = self.value.as_str()?;
        matches!(text.parse(), Ok(MediaInput::Url(_))).then_some(text)
    }

    /// Takes the data URI that stands here, and names this file in its place. Nothing happens where there is none.
    pub fn take_data(&mut self, file: FileId) -> Option<MediaInput> {
        let uri = match self.value {
            Value::String(text) if MediaInput::is_data(text) => std::mem::take(text),
            // OpenAI's audio, of which the bytes and the format stand apart.
            Value::Object(audio) => {
                let format = audio.get("format")?.as_str()?.to_owned();
                let Some(Value::String(data)) = audio.get_mut("data") else { return None };
                let mut uri = std::mem::take(data);
                uri.insert_str(0, &format!("data:audio/{format};base64,"));
                uri
            }
            _ => return None,
        };
        *self.value = Value::String(MediaInput::File(file).to_string());
        Some(MediaInput::Data(uri))
    }
}

/// The media parts of messages, in the shapes that a chat is parsed from.
fn in_messages<'i>(field: &str, messages: &'i mut Value, places: &mut Vec<MediaPlace<'i>>) {
    let Value::Array(messages) = messages else { return };
    for (message_index, message) in messages.iter_mut().enumerate() {
        let Some(Value::Array(parts)) = message.get_mut("content") else { continue };
        for (part_index, part) in parts.iter_mut().enumerate() {
            let (kind, inner) = match part.get("type").and_then(Value::as_str) {
                Some("image_url") => ("image_url", Some("url")),
                Some("input_audio") => ("input_audio", None),
                Some("file") => ("file", Some("file_data")),
                _ => continue,
            };
            let Some(value) = part.get_mut(kind) else { continue };
            let value = match inner {
                Some(inner) if value.get(inner).is_some() => &mut value[inner],
                _ => value,
            };
            let field = format!("{field}[{message_index}].content[{part_index}].{kind}");
            places.push(MediaPlace { field, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::{ChatPart, Modality, Request};

    const PNG: &str = "data:image/png;base64,UE5H";

    fn table() -> Vec<Parameter> {
        let text = ParameterKind::Text { chars_max: 100 };
        vec![
            Parameter::new("prompt", text, ""),
            Parameter::new("image", ParameterKind::Media, ""),
            Parameter::new("references", ParameterKind::MediaList { max: 9 }, ""),
            Parameter::new("messages", ParameterKind::Messages, ""),
        ]
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn media_are_found_by_the_models_table_and_nowhere_else() {
        let mut input = object(json!({
            "prompt": PNG,
            "mask": PNG,
            "image": PNG,
            "references": [PNG, "https://a.test/b.png", 7],
            "messages": [
                {"role": "user", "content": PNG},
                {"role": "user", "content": [
                    {"type": "text", "text": PNG},
                    {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
                    {"type": "image_url", "image_url": PNG},
                    {"type": "input_audio", "input_audio": {"data": "UE5H", "format": "mp3"}},
                    {"type": "file", "file": {"file_data": PNG, "filename": "a.pdf"}},
                    {"type": "file"},
                ]},
            ],
        }));
        let file = FileId::new(Uuid::now_v7());
        let name = format!("file:{file}");
        let mut taken = Vec::new();
        for mut place in MediaPlace::all(&table(), &mut input) {
            let data = place.take_data(file).map(|media| media.data().unwrap().unwrap().media_type);
            assert_eq!(place.file().is_some(), data.is_some());
            taken.push((place.field().to_owned(), data));
        }
        taken.sort();
        let png = || Some("image/png".to_owned());
        let part = |number: u8, kind: &str| format!("input.messages[1].content[{number}].{kind}");
        let expected = [
            ("input.image".to_owned(), png()),
            (part(1, "image_url"), png()),
            (part(2, "image_url"), png()),
            (part(3, "input_audio"), Some("audio/mp3".to_owned())),
            (part(4, "file"), png()),
            ("input.references[0]".to_owned(), png()),
            ("input.references[1]".to_owned(), None),
            ("input.references[2]".to_owned(), None),
        ];
        assert_eq!(taken, expected);
        let expected = object(json!({
            "prompt": PNG,
            "mask": PNG,
            "image": name,
            "references": [name, "https://a.test/b.png", 7],
            "messages": [
                {"role": "user", "content": PNG},
                {"role": "user", "content": [
                    {"type": "text", "text": PNG},
                    {"type": "image_url", "image_url": {"url": name, "detail": "low"}},
                    {"type": "image_url", "image_url": name},
                    {"type": "input_audio", "input_audio": name},
                    {"type": "file", "file": {"file_data": name, "filename": "a.pdf"}},
                    {"type": "file"},
                ]},
            ],
        }));
        assert_eq!(input, expected);
    }

    #[test]
    fn what_names_a_file_is_parsed_as_the_data_would_have_been() {
        let mut input = object(json!({"messages": [{"role": "user", "content": [
            {"type": "input_audio", "input_audio": {"data": "UE5H", "format": "wav"}},
            {"type": "image_url", "image_url": {"url": PNG}},
            {"type": "file", "file": {"file_data": PNG}},
        ]}]}));
        let file = FileId::new(Uuid::now_v7());
        for mut place in MediaPlace::all(&table(), &mut input) {
            assert!(place.take_data(file).is_some());
        }
        let Ok(Request::Generation(request)) = Request::parse(Modality::Chat, input) else { panic!() };
        assert_eq!(request.media(), [&MediaInput::File(file); 3]);
        let crate::GenerationRequest::Chat(chat) = &request else { panic!() };
        assert!(matches!(chat.messages[0].parts[0], ChatPart::Audio(_)));
    }

    #[test]
    fn files_are_read_where_their_names_are_whole() {
        let id = FileId::new(Uuid::now_v7());
        let mut input = object(json!({"references": [format!("file:{id}"), "file:x", "file:", PNG]}));
        let places = MediaPlace::all(&table(), &mut input);
        let files: Vec<_> = places.iter().map(MediaPlace::file).collect();
        assert_eq!(files, [Some(id), None, None, None]);
    }
}
