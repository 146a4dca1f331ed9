//! Rules for the table of a model's parameters.

use std::collections::BTreeSet;

use fourfold_domain::{ModelSpec, Parameter, ParameterKind};

use super::suite::{Broken, hold};

pub(super) fn check(model: &ModelSpec) -> Result<(), Broken> {
    let about = &model.vendor_model;
    let names: BTreeSet<_> = model.parameters.iter().map(|parameter| &parameter.name).collect();
    hold(names.len() == model.parameters.len(), about, "each parameter is there once", || {
        format!("{names:?}")
    })?;
    for parameter in &model.parameters {
        let named = !parameter.name.is_empty() && !parameter.about.is_empty();
        hold(named, about, "each parameter has a name and says what it does", || format!("{parameter:?}"))?;
        hold(can_be_met(parameter), about, "each parameter has a value that is allowed", || {
            format!("{parameter:?}")
        })?;
    }
    Ok(())
}

fn can_be_met(parameter: &Parameter) -> bool {
    match &parameter.kind {
        ParameterKind::Text { chars_max } => *chars_max > 0,
        ParameterKind::Integer { min, max } => min <= max,
        ParameterKind::Number { min, max } => min <= max,
        ParameterKind::Choice(choices) => {
            let different: BTreeSet<_> = choices.iter().collect();
            !choices.is_empty() && different.len() == choices.len()
        }
        ParameterKind::Size { min, max, step } => {
            *step > 0 && *min > 0 && min.next_multiple_of(*step) <= *max
        }
        ParameterKind::IntegerChoice(choices) => {
            let different: BTreeSet<_> = choices.iter().collect();
            !choices.is_empty() && different.len() == choices.len()
        }
        ParameterKind::MediaList { max } | ParameterKind::Texts { max } => *max > 0,
        ParameterKind::Boolean
        | ParameterKind::Media
        | ParameterKind::Messages
        | ParameterKind::Tools
        | ParameterKind::Open => true,
    }
}
