//! Work that is asked for: held to the rules of its model, and accepted as a task.

use serde_json::{Value, json};

use super::models::Variant;
use super::outputs::{Seconds, described, pieces};
use super::prices::{Amount, credits};
use super::rules::{self, Rule};
use super::{account, combinations, version};
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::content::{as_uuid, is_filtered};
use crate::refusal::Refusal;
use crate::world::Outcome;

/// What a route makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Makes {
    Video,
    Picture,
    /// Sound for as long as it takes to say the prompt.
    Speech,
    Sound,
}

/// `POST` of any kind of work by one of these models: answers with the task, and what it costs at most.
pub(super) fn start(call: &Call<'_>, makes: Makes, variants: &[Variant]) -> Result<Answer, Refusal> {
    version::check(call)?;
    let fields = call.json_fields()?;
    let model = fields.required_text("model")?;
    rules::check(call, &fields, rules_of(call, model, variants)?)?;
    combinations::check(model, &fields)?;
    let words = words(&fields);
    let cost = |seconds| {
        let is_silent = fields.value("audio") == Some(&Value::Bool(false));
        credits(model, Amount { seconds, pieces: pieces(&fields), prompt: &words, is_silent })
    };
    let Seconds { at_most, really } = Seconds::of(makes, model, &fields);
    let details = json!({
        "model": model,
        "words": words,
        "output": described(call, makes, model, &fields)?,
        "estimated": cost(at_most),
        "credits": cost(really),
    });
    let mut task = call.new_task(as_uuid(&call.new_id("", 32)), details);
    if is_filtered(&words) {
        task.outcome = Outcome::Failed { code: Some("SAFETY.INPUT.TEXT".into()), message: None };
    }
    let task = account::accept(call, task)?;
    let accepted = json!({"id": task.id, "estimatedCost": {"credits": task.details["estimated"]}});
    Ok(Answer::json(&accepted).with_task_id(task.id))
}

/// What this model takes; of one of the settings' own nothing is known, so it takes anything.
fn rules_of<'v>(call: &Call<'_>, model: &str, variants: &'v [Variant]) -> Result<&'v [Rule], Refusal> {
    let known = variants.iter().find(|variant| variant.model == model).map(|variant| variant.rules);
    let own = call.world.settings.extra_models.iter().any(|extra| extra == model).then_some(&[][..]);
    known.or(own).ok_or_else(|| Refusal::UnknownModel(model.to_owned()))
}

/// All words that say what is wanted: the prompt, and those of each shot.
fn words(fields: &Fields) -> String {
    let prompt = fields.value("promptText").and_then(Value::as_str);
    let shots = fields.value("providerSettings").and_then(|settings| settings["multiPrompt"].as_array());
    let shots = shots.into_iter().flatten().filter_map(|shot| shot["prompt"].as_str());
    prompt.into_iter().chain(shots).collect::<Vec<_>>().join(" ")
}
