//! What a body asks, as far as that decides who serves it and what it may cost. The rest is nobody's business.

use serde_json::Value;

use super::contents::Contents;
use super::{Dialect, Edit, WireFields, unpriced};
use crate::{InvalidInput, Quantity, TokenCeilings, Unit};

/// The most answers that may be asked for at once, which is OpenAI's own bound.
const ANSWERS_MAX: u64 = 128;

/// What a body in one of our dialects asks.
///
/// ```
/// use fourfold_domain::{Dialect, WireAsked};
///
/// let body = br#"{"model": "fox", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 7}"#;
/// let asked = WireAsked::read(Dialect::OpenAiChat, body)?;
/// assert_eq!((asked.model.as_str(), asked.limit), ("fox", Some(7)));
/// # Ok::<(), fourfold_domain::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct WireAsked {
    /// The wire that the body is in.
    pub dialect: Dialect,
    /// The catalog's name of the model.
    pub model: String,
    /// Whether the answer is to come as events.
    pub is_stream: bool,
    /// The most tokens of an answer, where the caller says.
    pub limit: Option<u64>,
    /// The field in which he says so.
    pub limit_field: Option<&'static str>,
    /// How many answers.
    pub answers: u64,
    /// Whether the caller wants to be told what was used: only OpenAI's chats leave it open.
    pub includes_usage: bool,
    /// What the body may not be sent on with as it is: nothing of it may be stored at a vendor whose credential others
    /// share, and a stream must tell its usage.
    pub edits: Vec<Edit>,
    contents: Contents,
}

impl WireAsked {
    /// Reads a body. Nothing but its top-level fields is looked at, as long as it is plain text that goes in.
    ///
    /// A body that isn't a JSON object, that has a field twice or one of a wrong type is a mistake; so is what would
    /// cost more than tokens, or reach what others have stored at the vendor.
    pub fn read(dialect: Dialect, body: &[u8]) -> Result<Self, InvalidInput> {
        let fields = WireFields::scan(body)?;
        let model: String = read(&fields, "model", "a text")?
            .filter(|model: &String| !model.is_empty())
            .ok_or_else(|| InvalidInput::malformed("model", "is required"))?;
        let is_stream = match dialect {
            Dialect::OpenAiEmbeddings => false,
            _ => read(&fields, "stream", "true or false")?.unwrap_or(false),
        };
        unpriced::check(dialect, &fields)?;
        let (includes_usage, mut edits) = usage_options(dialect, &fields, is_stream)?;
        match (dialect, fields.get("store")) {
            (Dialect::OpenAiResponses, stored) if stored != Some("false") => {
                edits.push(Edit::Set("store", Value::Bool(false)));
            }
            (Dialect::OpenAiChat, Some(stored)) if !matches!(stored, "false" | "null") => {
                edits.push(Edit::Set("store", Value::Bool(false)));
            }
            _ => {}
        }
        let limit = limit(dialect, &fields)?;
        Ok(Self {
            dialect,
            model,
            is_stream,
            limit: limit.map(|(_, limit)| limit),
            limit_field: limit.map(|(name, _)| name),
            answers: answers(dialect, &fields)?,
            includes_usage,
            edits,
            contents: Contents::read(dialect, &fields)?,
        })
    }

    /// Whether it names media that only we can read, so that its own bytes say nothing to a vendor.
    pub fn names_files(&self) -> bool {
        self.contents.names_files
    }

    /// Whether any of it is to be written to the vendor's cache, which costs more than to be read.
    pub fn writes_cache(&self) -> bool {
        self.contents.marks_cache
    }

    /// The most that it can come to with this limit of an answer: every byte of text in, a ceiling for everything else
    /// in, the limit out.
    pub fn quantities_max(&self, ceilings: &TokenCeilings, limit: u64) -> Vec<Quantity> {
        let input = if self.writes_cache() { Unit::CacheWriteToken } else { Unit::InputToken };
        let mut quantities = vec![Quantity::new(input, self.contents.tokens_max(ceilings))];
        if self.dialect != Dialect::OpenAiEmbeddings {
            quantities.push(Quantity::new(Unit::OutputToken, limit.saturating_mul(self.answers)));
        }
        quantities
    }

    /// How many tokens go in, by our estimate.
    pub fn input_tokens(&self) -> u64 {
        self.contents.tokens()
    }
}

/// The value of a field, if it has one.
pub(super) fn read<'b, T: serde::Deserialize<'b>>(
    fields: &WireFields<'b>,
    name: &'static str,
    allowed: &str,
) -> Result<Option<T>, InvalidInput> {
    let Some(value) = fields.get(name) else { return Ok(None) };
    serde_json::from_str(value).map_err(|_| InvalidInput::malformed(name, format!("must be {allowed}")))
}

fn limit(dialect: Dialect, fields: &WireFields<'_>) -> Result<Option<(&'static str, u64)>, InvalidInput> {
    let names: &[&'static str] = match dialect {
        Dialect::OpenAiChat => &["max_completion_tokens", "max_tokens"],
        Dialect::OpenAiResponses => &["max_output_tokens"],
        Dialect::OpenAiEmbeddings => &[],
        Dialect::AnthropicMessages => &["max_tokens"],
    };
    let mut limit = None;
    for name in names {
        let given: Option<u64> = read(fields, name, "a whole number")?;
        match given {
            Some(0) => return Err(InvalidInput::not_allowed(*name, "must be 1 or more")),
            Some(_) if limit.is_some() => {
                let problem = "is the older name of max_completion_tokens; send one of them";
                return Err(InvalidInput::not_allowed(*name, problem));
            }
            given => limit = limit.or(given.map(|given| (*name, given))),
        }
    }
    Ok(limit)
}

fn answers(dialect: Dialect, fields: &WireFields<'_>) -> Result<u64, InvalidInput> {
    if dialect != Dialect::OpenAiChat {
        return Ok(1);
    }
    let answers: u64 = read(fields, "n", "a whole number")?.unwrap_or(1);
    match answers {
        1..=ANSWERS_MAX => Ok(answers),
        _ => Err(InvalidInput::not_allowed("n", format!("must be from 1 to {ANSWERS_MAX}"))),
    }
}

/// Whether a stream is to tell its usage to the caller, and what to change so that it tells us.
fn usage_options(
    dialect: Dialect,
    fields: &WireFields<'_>,
    is_stream: bool,
) -> Result<(bool, Vec<Edit>), InvalidInput> {
    if dialect != Dialect::OpenAiChat {
        return Ok((true, Vec::new()));
    }
    let given = fields.get("stream_options").filter(|options| *options != "null");
    let options = given.map(|options| WireFields::scan(options.as_bytes())).transpose();
    let options = options.map_err(|mistake| match given.is_some_and(|given| given.starts_with('{')) {
        true => InvalidInput::malformed(format!("stream_options.{}", mistake.field), mistake.allowed),
        false => InvalidInput::malformed("stream_options", "must be an object"),
    })?;
    if !is_stream {
        return match options {
            None => Ok((true, Vec::new())),
            Some(_) => Err(InvalidInput::not_allowed("stream_options", "is for streams; send stream: true")),
        };
    }
    match options.as_ref().and_then(|options| options.get("include_usage")) {
        Some("true") => Ok((true, Vec::new())),
        None | Some("null" | "false") => {
            Ok((false, vec![Edit::SetWithin("stream_options", "include_usage", Value::Bool(true))]))
        }
        Some(_) => Err(InvalidInput::malformed("stream_options.include_usage", "must be true or false")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Problem;

    const ALL: [Dialect; 4] = [
        Dialect::OpenAiChat,
        Dialect::OpenAiResponses,
        Dialect::OpenAiEmbeddings,
        Dialect::AnthropicMessages,
    ];

    /// A body with nothing but what each dialect must have, and this.
    fn body(dialect: Dialect, more: Value) -> Value {
        let said = json!([{"role": "user", "content": "Hi"}]);
        let mut body = match dialect {
            Dialect::OpenAiChat | Dialect::AnthropicMessages => json!({"model": "fox", "messages": said}),
            Dialect::OpenAiResponses | Dialect::OpenAiEmbeddings => json!({"model": "fox", "input": "Hi"}),
        };
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    fn asked(dialect: Dialect, more: Value) -> Result<WireAsked, InvalidInput> {
        WireAsked::read(dialect, body(dialect, more).to_string().as_bytes())
    }

    #[test]
    fn each_dialect_has_its_own_name_for_the_limit() {
        for (dialect, more, limit) in [
            (Dialect::OpenAiChat, json!({"max_tokens": 5}), Some(5)),
            (Dialect::OpenAiChat, json!({"max_completion_tokens": 5, "max_tokens": null}), Some(5)),
            (Dialect::OpenAiChat, json!({"max_output_tokens": 5}), None),
            (Dialect::OpenAiResponses, json!({"max_output_tokens": 5, "max_tokens": 6}), Some(5)),
            (Dialect::AnthropicMessages, json!({"max_tokens": 5}), Some(5)),
            (Dialect::OpenAiEmbeddings, json!({"max_tokens": 5}), None),
        ] {
            assert_eq!(asked(dialect, more.clone()).unwrap().limit, limit, "{dialect:?} {more}");
        }
    }

    #[test]
    fn mistakes_name_their_field() {
        let chat = Dialect::OpenAiChat;
        for (dialect, more, field, problem) in [
            (chat, json!({"model": null}), "model", Problem::Malformed),
            (chat, json!({"model": ""}), "model", Problem::Malformed),
            (chat, json!({"model": 5}), "model", Problem::Malformed),
            (chat, json!({"stream": "yes"}), "stream", Problem::Malformed),
            (chat, json!({"max_tokens": "5"}), "max_tokens", Problem::Malformed),
            (chat, json!({"max_tokens": -5}), "max_tokens", Problem::Malformed),
            (chat, json!({"max_tokens": 0}), "max_tokens", Problem::NotAllowed),
            (chat, json!({"max_tokens": 5, "max_completion_tokens": 5}), "max_tokens", Problem::NotAllowed),
            (chat, json!({"n": 0}), "n", Problem::NotAllowed),
            (chat, json!({"n": 129}), "n", Problem::NotAllowed),
            (chat, json!({"stream_options": {}}), "stream_options", Problem::NotAllowed),
            (chat, json!({"stream": true, "stream_options": 1}), "stream_options", Problem::Malformed),
            (
                chat,
                json!({"stream": true, "stream_options": {"include_usage": 1}}),
                "stream_options.include_usage",
                Problem::Malformed,
            ),
            (Dialect::AnthropicMessages, json!({"max_tokens": 1.5}), "max_tokens", Problem::Malformed),
        ] {
            let error = asked(dialect, more.clone()).unwrap_err();
            assert_eq!((error.field.as_ref(), error.problem), (field, problem), "{more}");
        }
        for dialect in ALL {
            let twice = br#"{"model": "a", "model": "b"}"#;
            assert_eq!(WireAsked::read(dialect, twice).unwrap_err().field, "model");
            assert_eq!(WireAsked::read(dialect, b"[]").unwrap_err().field, "body");
        }
    }

    #[test]
    fn a_stream_tells_its_usage_to_us_at_least() {
        let asked = |options: Value| {
            let asked =
                asked(Dialect::OpenAiChat, json!({"stream": true, "stream_options": options})).unwrap();
            (asked.includes_usage, asked.edits)
        };
        let told = (false, vec![Edit::SetWithin("stream_options", "include_usage", Value::Bool(true))]);
        assert_eq!(asked(json!({"include_usage": true, "novel": 1})), (true, Vec::new()));
        assert_eq!(asked(Value::Null), told);
        assert_eq!(asked(json!({"include_usage": false, "novel": 1})), told);
    }

    #[test]
    fn nothing_is_stored_where_others_could_find_it() {
        let off = vec![Edit::Set("store", json!(false))];
        for (dialect, more, edits) in [
            (Dialect::OpenAiResponses, json!({}), off.clone()),
            (Dialect::OpenAiResponses, json!({"store": true}), off.clone()),
            (Dialect::OpenAiResponses, json!({"store": false}), Vec::new()),
            (Dialect::OpenAiChat, json!({"store": true}), off),
            (Dialect::OpenAiChat, json!({"store": null}), Vec::new()),
            (Dialect::OpenAiChat, json!({}), Vec::new()),
        ] {
            assert_eq!(asked(dialect, more.clone()).unwrap().edits, edits, "{dialect:?} {more}");
        }
    }

    #[test]
    fn what_is_marked_to_be_cached_may_all_be_written_there() {
        let mark = json!({"type": "ephemeral"});
        let marked = json!({"type": "text", "text": "Hi", "cache_control": mark});
        let said = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
        for (more, unit) in [
            (json!({}), Unit::InputToken),
            (said(json!("say \"cache_control\": 1")), Unit::InputToken),
            (json!({"cache_control": null}), Unit::InputToken),
            (said(json!([{"type": "text", "text": "Hi", "cache_control": null}])), Unit::InputToken),
            (said(json!([{"type": "text", "text": "cache_control"}])), Unit::InputToken),
            (
                json!({"tools": [{"name": "a", "cache_control": null,
                    "input_schema": {"properties": {"header": {"enum": ["cache_control"]}}}}]}),
                Unit::InputToken,
            ),
            (json!({"cache_control": mark}), Unit::CacheWriteToken),
            (json!({"system": [marked]}), Unit::CacheWriteToken),
            (said(json!([marked])), Unit::CacheWriteToken),
            (
                json!({"tools": [{"name": "a", "input_schema": {}, "cache_control": mark}]}),
                Unit::CacheWriteToken,
            ),
        ] {
            let asked = asked(Dialect::AnthropicMessages, more.clone()).unwrap();
            let quantities = asked.quantities_max(&TokenCeilings::default(), 10);
            assert_eq!((quantities[0].unit, quantities[1].unit), (unit, Unit::OutputToken), "{more}");
        }
        let escaped =
            br#"{"model": "fox", "system": [{"type": "text", "text": "Hi", "cache_c\u006fntrol": {}}]}"#;
        assert!(WireAsked::read(Dialect::AnthropicMessages, escaped).unwrap().writes_cache());
        assert!(!asked(Dialect::OpenAiChat, json!({"cache_control": mark})).unwrap().writes_cache());
    }

    #[test]
    fn answers_multiply_the_output() {
        let asked = asked(Dialect::OpenAiChat, json!({"n": 3})).unwrap();
        let quantities = asked.quantities_max(&TokenCeilings::default(), 10);
        assert_eq!((quantities[1].unit, quantities[1].count), (Unit::OutputToken, 30));
    }
}
