//! Short ways to write the rows of a model's table.

use fourfold_domain::{Parameter, ParameterKind};

pub(crate) fn text(name: &str, chars_max: usize, about: &str) -> Parameter {
    Parameter::new(name, ParameterKind::Text { chars_max }, about)
}

pub(crate) fn whole(name: &str, min: i64, max: i64, about: &str) -> Parameter {
    Parameter::new(name, ParameterKind::Integer { min, max }, about)
}

pub(crate) fn number(name: &str, min: f64, max: f64, about: &str) -> Parameter {
    Parameter::new(name, ParameterKind::Number { min, max }, about)
}

pub(crate) fn choice(name: &str, choices: &[&str], about: &str) -> Parameter {
    Parameter::new(name, ParameterKind::Choice(choices.iter().map(ToString::to_string).collect()), about)
}
