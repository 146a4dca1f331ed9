//! What all that a model writes is asked with: how much is left to chance, where it ends, how it comes.

use serde_json::Value;

use crate::call::Fields;
use crate::refusal::{Problem, Refusal};

const STOPS_MAX: usize = 16;

/// Where a stream has its usage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StreamUsage {
    /// In the last chunk that has a choice.
    WithLastChoice,
    /// In a chunk of its own.
    Apart,
}

pub(super) fn check_chance(fields: &Fields) -> Result<(), Refusal> {
    fields.number("temperature", 0.0..=2.0)?;
    fields.number("top_p", 0.0..=1.0)?;
    fields.number("presence_penalty", -2.0..=2.0)?;
    fields.number("frequency_penalty", -2.0..=2.0)?;
    Ok(())
}

/// Texts at which what is written ends.
pub(super) fn stops(fields: &Fields) -> Result<Vec<String>, Refusal> {
    match fields.value("stop") {
        None => Ok(Vec::new()),
        Some(Value::String(stop)) => Ok(vec![stop.clone()]),
        Some(Value::Array(stops)) if stops.len() > STOPS_MAX => {
            let problem = Problem::TooLong { length: stops.len(), length_max: STOPS_MAX };
            Err(Refusal::Field("stop".into(), problem))
        }
        Some(Value::Array(stops)) if stops.iter().all(Value::is_string) => Ok(fields.texts("stop")),
        Some(other) => Err(Refusal::wrong_type("stop", "a string or an array of strings", other)),
    }
}

/// None where the answer comes whole.
pub(super) fn stream(fields: &Fields) -> Result<Option<StreamUsage>, Refusal> {
    let options = fields.value("stream_options");
    match (fields.flag("stream")?, options) {
        (true, Some(options)) if options["include_usage"] == true => Ok(Some(StreamUsage::Apart)),
        (true, _) => Ok(Some(StreamUsage::WithLastChoice)),
        (false, None) => Ok(None),
        (false, Some(_)) => {
            let reason = "stream_options should be set along with stream = true";
            Err(Refusal::unsupported("stream_options", reason))
        }
    }
}
