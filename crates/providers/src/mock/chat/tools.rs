//! Which tool is called, and with what.

use fourfold_domain::{ChatRequest, ChatRole, Tool, ToolCall, ToolChoice};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::said::Said;
use super::sample::sample;

/// Words of fewer letters, such as `get`, don't tell what a tool is for.
const WORD_CHARS_MIN: usize = 4;

/// The call that the model wants, if it wants one. `number` tells the answers of one request apart.
pub(super) fn call(chat: &ChatRequest, said: &Said, number: u32) -> Option<ToolCall> {
    let is_meant = |tool: &&Tool| is_named(&tool.name, &said.text);
    let tool = match chat.tool_choice.as_ref().unwrap_or(&ToolChoice::Auto) {
        ToolChoice::None => None,
        ToolChoice::Auto if said.role == ChatRole::User => chat.tools.iter().find(is_meant),
        ToolChoice::Auto => None,
        ToolChoice::Required => chat.tools.iter().find(is_meant).or(chat.tools.first()),
        ToolChoice::Tool(name) => chat.tools.iter().find(|tool| tool.name == *name),
    }?;
    let no_parameters = json!({"type": "object"});
    let arguments = sample(tool.parameters.as_ref().unwrap_or(&no_parameters), &said.text).to_string();
    let hash = Sha256::new()
        .chain_update(&tool.name)
        .chain_update(&arguments)
        .chain_update(chat.seed.unwrap_or(0).to_le_bytes())
        .chain_update(number.to_le_bytes());
    let id: String = hash.finalize()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    Some(ToolCall { id: format!("call_{id}"), name: tool.name.clone(), arguments })
}

/// Whether a text has one of the words that a tool's name is made of, such as `weather` of `getWeather`.
fn is_named(tool: &str, text: &str) -> bool {
    let mut spaced = String::with_capacity(tool.len());
    for character in tool.chars() {
        if character.is_uppercase() || !character.is_alphanumeric() {
            spaced.push(' ');
        }
        spaced.extend(character.is_alphanumeric().then_some(character));
    }
    let (spaced, text) = (spaced.to_lowercase(), text.to_lowercase());
    let words: Vec<_> = text.split(|character: char| !character.is_alphanumeric()).collect();
    spaced.split(' ').filter(|word| word.chars().count() >= WORD_CHARS_MIN).any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_meant_by_the_words_of_its_name() {
        for (tool, text, expected) in [
            ("get_weather", "What is the Weather like?", true),
            ("getWeather", "the weather, please", true),
            ("get_weather", "Get me a fox", false),
            ("get_weather", "weatherproof", false),
            ("weather", "weather", true),
        ] {
            assert_eq!(is_named(tool, text), expected, "{tool} {text}");
        }
    }
}
