//! Values of a body with their places in it, by which mistakes are named.

use fourfold_domain::InvalidInput;
use serde_json::Value;

/// A value of a body and where it is.
pub(crate) struct Placed<'b> {
    pub(crate) place: String,
    pub(crate) value: &'b Value,
}

impl<'b> Placed<'b> {
    pub(crate) fn new(place: impl Into<String>, value: &'b Value) -> Self {
        Self { place: place.into(), value }
    }

    /// A field of it, unless that is left out or null.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Self::new(format!("{}.{name}", self.place), value))
    }

    pub(crate) fn required(&self, name: &str) -> Result<Self, InvalidInput> {
        let place = || format!("{}.{name}", self.place);
        self.get(name).ok_or_else(|| InvalidInput::malformed(place(), "is required"))
    }

    pub(crate) fn required_text(&self, name: &str) -> Result<&'b str, InvalidInput> {
        self.required(name)?.text()
    }

    pub(crate) fn text(&self) -> Result<&'b str, InvalidInput> {
        self.value.as_str().ok_or_else(|| self.malformed("must be a text"))
    }

    pub(crate) fn flag(&self) -> Result<bool, InvalidInput> {
        self.value.as_bool().ok_or_else(|| self.malformed("must be true or false"))
    }

    pub(crate) fn list(&self) -> Result<Vec<Self>, InvalidInput> {
        let values = self.value.as_array().ok_or_else(|| self.malformed("must be a list"))?;
        let placed = |(index, value)| Self::new(format!("{}[{index}]", self.place), value);
        Ok(values.iter().enumerate().map(placed).collect())
    }

    pub(crate) fn malformed(&self, allowed: &str) -> InvalidInput {
        InvalidInput::malformed(self.place.clone(), allowed)
    }

    pub(crate) fn not_allowed(&self, allowed: &str) -> InvalidInput {
        InvalidInput::not_allowed(self.place.clone(), allowed)
    }

    /// This text, if it names a medium.
    pub(crate) fn medium(&self, text: String) -> Result<String, InvalidInput> {
        match text.parse::<fourfold_domain::MediaInput>() {
            Ok(_) => Ok(text),
            Err(allowed) => Err(self.not_allowed(&format!("must be {allowed}"))),
        }
    }
}
