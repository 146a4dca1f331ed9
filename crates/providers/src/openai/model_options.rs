//! Models of this wire that the configuration names, and what it says that they can be told.
//!
//! ```yaml
//! models:
//!   llama-3.3-70b:
//!     modality: chat
//!     limit_field: max_tokens
//!     without: [seed, n]
//!     parameters:
//!       max_tokens: {max: 32768, default: 8192}
//!       top_k: {kind: integer, min: 1, max: 200, about: "how many words are drawn from"}
//!   kokoro:
//!     modality: speech
//!     parameters:
//!       voice: {choices: [bella, adam]}
//! ```

use std::collections::BTreeMap;

use fourfold_domain::{Modality, ModelSpec, Parameter, ParameterKind, Size};
use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::chat::Limit;
use crate::SettingsError;

/// A model that the configuration names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelOptions {
    /// What it makes.
    pub(crate) modality: Modality,
    /// The field that the limit of a chat goes into, where it isn't the provider's.
    #[serde(default)]
    limit_field: Option<Limit>,
    /// Parameters that models of this modality usually have and this one hasn't.
    #[serde(default)]
    without: Vec<String>,
    /// Parameters with bounds other than the usual, and parameters that it has beside the usual ones.
    #[serde(default)]
    parameters: BTreeMap<String, ParameterOptions>,
}

/// What the configuration says of a parameter. What it leaves out is as usual.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ParameterOptions {
    /// What it is, for one that isn't usual. It goes to the vendor under its own name.
    kind: Option<Kind>,
    /// What it does, in one line.
    about: Option<String>,
    /// Whether a request must have it.
    required: Option<bool>,
    /// What holds where it is left out. A usual default that the bounds don't allow moves within them.
    default: Option<Value>,
    /// The least number, or the shortest side of a size.
    min: Option<Number>,
    /// The most: of numbers, of a text's characters, of a list, or the longest side of a size.
    max: Option<Number>,
    /// What each side of a size must be a multiple of.
    step: Option<u32>,
    /// All that is allowed: texts (voices, sizes, qualities) or whole numbers (seconds).
    choices: Option<Vec<Value>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
}

/// The fields that the limits of chats go into, of the models that name one.
pub(crate) fn limits(models: &BTreeMap<String, ModelOptions>) -> BTreeMap<String, Limit> {
    models.iter().filter_map(|(name, model)| Some((name.clone(), model.limit_field?))).collect()
}

impl ModelOptions {
    /// The model with its table: the usual one of its modality, as far as nothing else is said.
    pub(crate) fn spec(&self, name: &str, usual: Vec<Parameter>) -> Result<ModelSpec, SettingsError> {
        let place = format!("models.{name}");
        let mut parameters = usual;
        for left_out in &self.without {
            let wrong = |problem| Err(SettingsError::new(format!("{place}.without"), problem));
            match parameters.iter().position(|parameter| parameter.name == *left_out) {
                Some(at) if parameters[at].required => return wrong(format!("{left_out} can't be left out")),
                Some(at) => drop(parameters.remove(at)),
                None => return wrong(format!("{left_out} isn't usual; there is {}", names(&parameters))),
            }
        }
        for (parameter, options) in &self.parameters {
            let place = format!("{place}.parameters.{parameter}");
            match parameters.iter_mut().find(|usual| usual.name == *parameter) {
                Some(usual) => options.change(&place, usual)?,
                None => parameters.push(options.beside(&place, parameter)?),
            }
        }
        Ok(ModelSpec { vendor_model: name.to_owned(), modality: self.modality, parameters })
    }
}

impl ParameterOptions {
    /// A usual parameter, changed so.
    fn change(&self, place: &str, parameter: &mut Parameter) -> Result<(), SettingsError> {
        if self.kind.is_some() {
            return Err(SettingsError::new(format!("{place}.kind"), "is that of the usual parameter"));
        }
        self.bound(place, &mut parameter.kind)?;
        self.finish(place, parameter)
    }

    /// A parameter beside the usual ones.
    fn beside(&self, place: &str, name: &str) -> Result<Parameter, SettingsError> {
        const CHARS_MAX: usize = 32_000;
        let mut kind = match (self.kind, &self.choices) {
            (Some(Kind::Text), _) | (None, Some(_)) => ParameterKind::Text { chars_max: CHARS_MAX },
            (Some(Kind::Integer), _) => ParameterKind::Integer { min: 0, max: i64::MAX },
            (Some(Kind::Number), _) => ParameterKind::Number { min: 0.0, max: f64::MAX },
            (Some(Kind::Boolean), _) => ParameterKind::Boolean,
            (None, None) => {
                let problem =
                    "must have a kind (text, integer, number, boolean) or choices, since it isn't usual";
                return Err(SettingsError::new(place, problem));
            }
        };
        self.bound(place, &mut kind)?;
        let mut parameter = Parameter::new(name, kind, "as the vendor says");
        self.finish(place, &mut parameter)?;
        Ok(parameter)
    }

    fn bound(&self, place: &str, kind: &mut ParameterKind) -> Result<(), SettingsError> {
        if let Some(choices) = &self.choices {
            *kind = chosen(kind, choices)
                .map_err(|problem| SettingsError::new(format!("{place}.choices"), problem))?;
        }
        for (field, bound) in [("min", &self.min), ("max", &self.max)] {
            if let Some(bound) = bound {
                set_bound(kind, field, bound)
                    .map_err(|problem| SettingsError::new(format!("{place}.{field}"), problem))?;
            }
        }
        if let Some(new) = self.step {
            match kind {
                ParameterKind::Size { step, .. } if new > 0 => *step = new,
                _ => {
                    let problem = "must be 1 or more, and is for sizes only";
                    return Err(SettingsError::new(format!("{place}.step"), problem));
                }
            }
        }
        if can_be_met(kind) { Ok(()) } else { Err(SettingsError::new(place, "allows nothing")) }
    }

    fn finish(&self, place: &str, parameter: &mut Parameter) -> Result<(), SettingsError> {
        if let Some(about) = &self.about {
            parameter.about.clone_from(about);
        }
        parameter.required = self.required.unwrap_or(parameter.required);
        if let Some(default) = &self.default {
            parameter.default = Some(default.clone());
            return allowed(parameter, default)
                .map_err(|problem| SettingsError::new(format!("{place}.default"), problem));
        }
        if parameter.default.as_ref().is_some_and(|default| allowed(parameter, default).is_err()) {
            parameter.default =
                parameter.default.take().and_then(|default| within(&parameter.kind, &default));
        }
        Ok(())
    }
}

/// A choice of these, where the kind has values like them.
fn chosen(kind: &ParameterKind, choices: &[Value]) -> Result<ParameterKind, String> {
    let texts: Option<Vec<_>> = choices.iter().map(|choice| choice.as_str().map(str::to_owned)).collect();
    let numbers: Option<Vec<_>> = choices.iter().map(Value::as_i64).collect();
    let takes_texts =
        matches!(kind, ParameterKind::Text { .. } | ParameterKind::Choice(_) | ParameterKind::Size { .. });
    let takes_numbers = matches!(kind, ParameterKind::Integer { .. } | ParameterKind::IntegerChoice(_));
    match (texts, numbers) {
        (Some(texts), _) if takes_texts && !texts.is_empty() => {
            let is_size = matches!(kind, ParameterKind::Size { .. });
            match texts.iter().find(|text| is_size && text.parse::<Size>().is_err()) {
                Some(text) => Err(format!("{text:?} must be WIDTHxHEIGHT such as 1024x1024")),
                None => Ok(ParameterKind::Choice(texts)),
            }
        }
        (_, Some(numbers)) if takes_numbers && !numbers.is_empty() => {
            Ok(ParameterKind::IntegerChoice(numbers))
        }
        _ if takes_texts => Err("must be a list of at least one text".to_owned()),
        _ if takes_numbers => Err("must be a list of at least one whole number".to_owned()),
        _ => Err("can't be given for this parameter".to_owned()),
    }
}

fn set_bound(kind: &mut ParameterKind, field: &str, bound: &Number) -> Result<(), &'static str> {
    const WHOLE: &str = "must be a whole number";
    let is_min = field == "min";
    match kind {
        ParameterKind::Integer { min, max } => {
            *(if is_min { min } else { max }) = bound.as_i64().ok_or(WHOLE)?;
        }
        ParameterKind::Number { min, max } => {
            *(if is_min { min } else { max }) = bound.as_f64().ok_or("must be a number")?;
        }
        ParameterKind::Size { min, max, .. } => {
            let side = bound.as_u64().and_then(|side| u32::try_from(side).ok()).ok_or(WHOLE)?;
            *(if is_min { min } else { max }) = side;
        }
        ParameterKind::Text { chars_max: max }
        | ParameterKind::Texts { max }
        | ParameterKind::MediaList { max }
            if !is_min =>
        {
            *max = bound.as_u64().and_then(|max| usize::try_from(max).ok()).ok_or(WHOLE)?;
        }
        _ => return Err("can't be given for this parameter"),
    }
    Ok(())
}

fn can_be_met(kind: &ParameterKind) -> bool {
    match kind {
        ParameterKind::Integer { min, max } => min <= max,
        ParameterKind::Number { min, max } => min <= max,
        ParameterKind::Size { min, max, step } => *min > 0 && min.next_multiple_of(*step) <= *max,
        ParameterKind::Text { chars_max: max }
        | ParameterKind::Texts { max }
        | ParameterKind::MediaList { max } => *max > 0,
        _ => true,
    }
}

/// Whether a table would take it, or what is allowed.
fn allowed(parameter: &Parameter, value: &Value) -> Result<(), String> {
    let input = Map::from_iter([(parameter.name.clone(), value.clone())]);
    Parameter::check_all(std::slice::from_ref(parameter), &input).map_err(|error| error.allowed)
}

/// The allowed value that is nearest to a default, if there is one.
fn within(kind: &ParameterKind, default: &Value) -> Option<Value> {
    match kind {
        ParameterKind::Integer { min, max } => Some(default.as_i64()?.clamp(*min, *max).into()),
        ParameterKind::Number { min, max } => Some(default.as_f64()?.clamp(*min, *max).into()),
        ParameterKind::Choice(choices) => choices.first().map(|choice| choice.as_str().into()),
        ParameterKind::IntegerChoice(choices) => choices.first().map(|choice| (*choice).into()),
        ParameterKind::Size { min, max, step } => {
            let default: Size = default.as_str()?.parse().ok()?;
            let most = max - max % step;
            let side = |side: u32| side.clamp(*min, *max).next_multiple_of(*step).min(most);
            Some(Size { width: side(default.width), height: side(default.height) }.to_string().into())
        }
        _ => None,
    }
}

fn names(parameters: &[Parameter]) -> String {
    parameters.iter().map(|parameter| parameter.name.as_str()).collect::<Vec<_>>().join(", ")
}
