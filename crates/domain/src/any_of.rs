//! What a trait may be: one text, or any of several.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One text, or any of several, written as a text or as a list of texts. `true`, `false` and whole numbers are read as
/// texts too, since traits such as `audio` are written so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(!from, description = "", extend("x-type" = "text or list of text")))]
#[serde(untagged, from = "Written")]
pub enum AnyOf {
    /// This text.
    One(String),
    /// Any of these.
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    One(Scalar),
    Several(Vec<Scalar>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Flag(bool),
    Number(i64),
}

impl AnyOf {
    /// Whether nothing is one of them.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Several(several) if several.is_empty())
    }

    /// Whether this text is one of them.
    pub fn has(&self, text: &str) -> bool {
        match self {
            Self::One(one) => one == text,
            Self::Several(several) => several.iter().any(|one| one == text),
        }
    }
}

impl From<Written> for AnyOf {
    fn from(written: Written) -> Self {
        let text = |scalar| match scalar {
            Scalar::Text(text) => text,
            Scalar::Flag(flag) => flag.to_string(),
            Scalar::Number(number) => number.to_string(),
        };
        match written {
            Written::One(one) => Self::One(text(one)),
            Written::Several(several) => Self::Several(several.into_iter().map(text).collect()),
        }
    }
}

impl From<&str> for AnyOf {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl<'a> FromIterator<&'a str> for AnyOf {
    fn from_iter<T: IntoIterator<Item = &'a str>>(texts: T) -> Self {
        Self::Several(texts.into_iter().map(str::to_owned).collect())
    }
}

impl fmt::Display for AnyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(one) => f.write_str(one),
            Self::Several(several) => f.write_str(&several.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_and_a_list_are_read_back_as_they_were_written() {
        for (json, shown) in [(r#""high""#, "high"), (r#"["low","medium"]"#, "low, medium")] {
            let any: AnyOf = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&any).unwrap(), json);
            assert_eq!(any.to_string(), shown);
        }
        for (json, text) in [("false", "false"), ("[2]", "2")] {
            assert!(serde_json::from_str::<AnyOf>(json).unwrap().has(text), "{json}");
        }
        assert!(serde_json::from_str::<AnyOf>("{}").is_err());
    }
}
