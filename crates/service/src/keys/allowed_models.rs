//! Which models a key may use.

use fourfold_domain::InvalidName;

/// The most patterns of one key.
const PATTERNS_MAX: usize = 100;

/// The longest pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 200;

/// Names of models, or beginnings of names with `*` after them. None is no limit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowedModels(Box<[Box<str>]>);

impl AllowedModels {
    /// From patterns, of which none is no limit.
    ///
    /// # Errors
    ///
    /// More than 100 patterns, an empty one, one of more than 200 bytes, or one with a `*` that isn't its end.
    pub fn parse<T: AsRef<str>>(patterns: &[T]) -> Result<Self, InvalidName> {
        let is_right = |pattern: &T| {
            let pattern = pattern.as_ref();
            let name = pattern.strip_suffix('*').unwrap_or(pattern);
            !pattern.is_empty() && pattern.len() <= PATTERN_BYTES_MAX && !name.contains('*')
        };
        if patterns.len() <= PATTERNS_MAX && patterns.iter().all(is_right) {
            Ok(Self(patterns.iter().map(|pattern| pattern.as_ref().into()).collect()))
        } else {
            let allowed = "at most 100 names of models, or beginnings of names such as gpt-*";
            Err(InvalidName::new("models", allowed))
        }
    }

    /// As they were stored.
    pub(crate) fn stored(patterns: Vec<Box<str>>) -> Self {
        Self(patterns.into())
    }

    /// Whether this model may be used.
    pub fn allow(&self, model: &str) -> bool {
        let is_it = |pattern: &str| match pattern.strip_suffix('*') {
            Some(beginning) => model.starts_with(beginning),
            None => model == pattern,
        };
        self.0.is_empty() || self.0.iter().any(|pattern| is_it(pattern))
    }

    /// The patterns; none where there is no limit.
    pub fn patterns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(Box::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patterns: &[&str], model: &str, expected: bool) {
        let models = AllowedModels::parse(patterns).unwrap();
        assert_eq!(models.allow(model), expected, "{patterns:?} {model}");
    }

    #[test]
    fn a_model_is_allowed_by_its_name_or_its_beginning() {
        check(&[], "gpt-4.1", true);
        check(&["gpt-4.1"], "gpt-4.1", true);
        check(&["gpt-4.1"], "gpt-4.1-mini", false);
        check(&["gpt-4.1*"], "gpt-4.1-mini", true);
        check(&["gpt-*"], "claude", false);
        check(&["gpt-*", "claude"], "claude", true);
        check(&["*"], "anything", true);
    }

    #[test]
    fn a_pattern_that_would_mean_something_else_is_refused() {
        for wrong in ["", "a*b", "**"] {
            assert!(AllowedModels::parse(&[wrong]).is_err(), "{wrong}");
        }
        assert!(AllowedModels::parse(&["x".repeat(201)]).is_err());
        assert!(AllowedModels::parse(&["x"; 101]).is_err());
    }
}
