//! A chat model's turn: text, or calls of the tools that it was given.

use serde_json::Value;

use super::sample;
use super::text::{count_tokens, is_filtered, reply, thought, truncated};

/// What a chat model is asked, in no vendor's words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prompt {
    /// The newest text of the user.
    pub(crate) text: String,
    pub(crate) tools: Vec<Tool>,
    pub(crate) tool_use: ToolUse,
    /// Whether the newest message brings what a tool gave.
    pub(crate) has_tool_result: bool,
    /// The schema that the answer must fit.
    pub(crate) schema: Option<Value>,
    /// How long the answer may become.
    pub(crate) tokens_max: Option<i64>,
}

/// A tool that the model may call.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub(crate) name: String,
    /// The schema of its arguments.
    pub(crate) schema: Value,
}

/// Whether the model calls a tool.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum ToolUse {
    Never,
    /// It calls the first tool, unless it has the result of one already.
    #[default]
    Auto,
    /// It calls the first tool.
    Always,
    /// It calls this tool.
    Named(String),
}

/// What the model does.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Turn {
    /// The vendor's filter says nothing instead.
    Filtered,
    /// It says this; the flag tells that it was cut at the limit.
    Text(String, bool),
    /// It calls the tool of this name with these arguments.
    Call(String, Value),
}

impl Prompt {
    /// What the model thinks before its turn; it counts against the limit. Nothing where the filter comes first.
    pub(crate) fn think(&mut self) -> Option<String> {
        if is_filtered(&self.text) {
            return None;
        }
        let (thought, _is_cut) = truncated(thought(&self.text), self.tokens_max);
        let tokens = i64::try_from(count_tokens(&thought)).unwrap_or(i64::MAX);
        self.tokens_max = self.tokens_max.map(|tokens_max| tokens_max.saturating_sub(tokens));
        Some(thought)
    }

    /// What the model does with it. The same prompt always gets the same turn.
    pub(crate) fn turn(&self) -> Turn {
        if is_filtered(&self.text) {
            return Turn::Filtered;
        }
        if let Some(tool) = self.tool() {
            return Turn::Call(tool.name.clone(), sample(&tool.schema, &self.text));
        }
        let text = match &self.schema {
            Some(schema) => sample(schema, &self.text).to_string(),
            None => reply(&self.text),
        };
        let (text, is_cut) = truncated(text, self.tokens_max);
        Turn::Text(text, is_cut)
    }

    fn tool(&self) -> Option<&Tool> {
        match &self.tool_use {
            ToolUse::Never => None,
            ToolUse::Auto if self.has_tool_result => None,
            ToolUse::Auto | ToolUse::Always => self.tools.first(),
            ToolUse::Named(name) => self.tools.iter().find(|tool| tool.name == *name),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn prompt(tool_use: ToolUse, has_tool_result: bool) -> Prompt {
        let tool = |name: &str| Tool { name: name.into(), schema: json!({"properties": {"c": {}}}) };
        Prompt {
            text: "Rome".into(),
            tools: vec![tool("one"), tool("two")],
            tool_use,
            has_tool_result,
            ..Prompt::default()
        }
    }

    #[track_caller]
    fn check(tool_use: ToolUse, has_tool_result: bool, called: Option<&str>) {
        let expected = match called {
            Some(name) => Turn::Call(name.into(), json!({"c": "Rome"})),
            None => Turn::Text(reply("Rome"), false),
        };
        assert_eq!(prompt(tool_use, has_tool_result).turn(), expected);
    }

    #[test]
    fn a_tool_is_called_where_the_caller_lets() {
        check(ToolUse::Auto, false, Some("one"));
        check(ToolUse::Auto, true, None);
        check(ToolUse::Never, false, None);
        check(ToolUse::Always, true, Some("one"));
        check(ToolUse::Named("two".into()), false, Some("two"));
    }

    #[test]
    fn an_answer_fits_its_schema() {
        let schema = Some(json!({"type": "object", "properties": {"ok": {"type": "boolean"}}}));
        let prompt = Prompt { schema, ..Prompt::default() };
        assert_eq!(prompt.turn(), Turn::Text(r#"{"ok":true}"#.into(), false));
    }
}
