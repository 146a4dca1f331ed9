//! The path of a setting in the tree, written `server.cors.origins[0]`.

use std::fmt;

/// The way from the root to one setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SettingPath(Vec<Step>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl SettingPath {
    /// Reads names joined by dots; no indexes.
    pub(super) fn parse(text: &str) -> Self {
        text.split('.').map(|key| Step::Key(key.to_owned())).collect()
    }

    /// This path and one step more.
    pub(super) fn join(&self, step: Step) -> Self {
        self.0.iter().cloned().chain([step]).collect()
    }

    /// The path of the outermost list that ends here, or the path itself.
    pub(super) fn without_last_indexes(&self) -> Self {
        let length = self.0.iter().rposition(|step| matches!(step, Step::Key(_))).map_or(0, |last| last + 1);
        Self(self.0[..length].to_vec())
    }

    /// The steps from the root.
    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromIterator<Step> for SettingPath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for SettingPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{key}"),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}
