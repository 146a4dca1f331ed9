//! What an answer says in passing: what it used, how it ends, and how much it is.

use std::collections::BTreeMap;

use fourfold_domain::estimate::Written;
use fourfold_domain::{ProviderError, WireSeen};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::keys::{Key, Keys};
use super::route::{StreamEnd, WireRoute};
use super::words::Words;
use crate::classify::{unreadable, verdict};

/// Looks at an answer of one route.
pub(super) struct Look {
    route: &'static WireRoute,
    words: Words,
    /// What was told of the usage so far. Figures that come later stand for the whole, and need not all be there.
    figures: Map<String, Value>,
    /// How much had been written when they were told.
    told_behind: Written,
    pub(super) seen: WireSeen,
    /// Whether the vendor has said why the answer ends.
    pub(super) is_finished: bool,
}

/// What an event is.
pub(super) enum Said {
    /// Some of the answer.
    More,
    /// What was used, and nothing else.
    Usage,
    /// The answer is whole.
    Last,
    /// The vendor broke off, and says why.
    Broken(ProviderError),
}

impl Look {
    pub(super) fn new(route: &'static WireRoute, words: Words) -> Self {
        let (figures, told_behind) = (Map::new(), Written::default());
        Self { route, words, figures, told_behind, seen: WireSeen::default(), is_finished: false }
    }

    /// Looks at an event of this name.
    pub(super) fn event(&mut self, name: &str, data: &[u8]) -> Said {
        match self.route.end {
            StreamEnd::Done if data == b"[DONE]" => return Said::Last,
            _ if data.starts_with(b"{") && !is_json(data) => {
                return Said::Broken(unreadable("an event of the vendor's answer is no JSON"));
            }
            _ => {}
        }
        let (mut kind, mut has_no_answer, mut has_usage, mut failure) = (None, false, false, None);
        for key in Keys::of(data) {
            match (key.name, key.depth) {
                (b"type", 1) => kind = key.text(),
                (b"choices", 1) => has_no_answer = key.value.starts_with(b"[]"),
                (b"error", 1) if !key.value.starts_with(b"null") => failure = failure.or(Some(key)),
                (b"usage", 1 | 2) => has_usage |= self.usage(&key),
                _ => failure = self.field(&key).then_some(key).or(failure),
            }
        }
        if has_usage {
            self.told_behind = self.seen.written;
        } else if self.told_behind != self.seen.written {
            self.forget_output();
        }
        let kind = if name == "message" { kind.unwrap_or_default() } else { name.as_bytes() };
        if kind == b"error" {
            return Said::Broken(self.broken(data));
        }
        match self.route.end {
            StreamEnd::Done => match failure {
                Some(failure) if failure.name == b"error" => Said::Broken(self.broken(data)),
                Some(failure) => Said::Broken(self.failed(&failure)),
                None if has_usage && has_no_answer => Said::Usage,
                None => Said::More,
            },
            StreamEnd::Types { failed, .. } if failed.iter().any(|one| one.as_bytes() == kind) => {
                Said::Broken(self.broken(data))
            }
            StreamEnd::Types { last, .. } if last.iter().any(|one| one.as_bytes() == kind) => Said::Last,
            StreamEnd::Types { .. } => Said::More,
        }
    }

    /// Looks at an answer that came whole.
    pub(super) fn whole(&mut self, data: &[u8]) -> Result<(), ProviderError> {
        if !data.trim_ascii_start().starts_with(b"{") || !is_json(data) {
            return Err(unreadable("the vendor's answer is no JSON object"));
        }
        let mut failure = None;
        for key in Keys::of(data) {
            match (key.name, key.depth) {
                (b"error", 1) if !key.value.starts_with(b"null") => failure = failure.or(Some(key)),
                (b"usage", 1) => _ = self.usage(&key),
                _ => failure = self.field(&key).then_some(key).or(failure),
            }
        }
        match failure {
            None => Ok(()),
            Some(failure) if failure.name == b"error" => Err(self.broken(data)),
            Some(failure) => Err(self.failed(&failure)),
        }
    }

    /// Looks at a field that any of the vendors' objects may have. Whether it says that the vendor failed.
    fn field(&mut self, key: &Key<'_>) -> bool {
        let Some(text) = key.text() else { return false };
        if key.name == self.route.reason {
            self.is_finished = true;
            let is_filtered = text == self.route.filtered.as_bytes();
            self.seen.is_filtered = Some(self.seen.is_filtered.unwrap_or(true) && is_filtered);
            return self.words.failed.is_some_and(|failed| failed.as_bytes() == text);
        }
        if self.route.said.contains(&key.name) {
            self.seen.written.bytes(text.len(), 0);
        } else if self.route.thought.contains(&key.name) {
            self.seen.written.bytes(0, text.len());
        }
        false
    }

    /// Whether it tells a usage.
    fn usage(&mut self, key: &Key<'_>) -> bool {
        let Some(figures) = figures(key.value) else { return false };
        self.figures.extend(figures.into_iter().filter(|(_name, figure)| !figure.is_null()));
        self.seen.usage = (self.route.usage)(&self.figures).or(self.seen.usage);
        true
    }

    /// More was written than what was told of the output.
    fn forget_output(&mut self) {
        if let Some(usage) = &mut self.seen.usage {
            (usage.output_tokens, usage.reasoning_tokens) = (0, 0);
        }
    }

    /// What a vendor says that broke off: in an `error`, or as one.
    fn broken(&self, data: &[u8]) -> ProviderError {
        let said: Value = serde_json::from_slice(data).unwrap_or_default();
        let said = [&said["error"], &said["response"]["error"]]
            .into_iter()
            .find(|one| one.is_object())
            .unwrap_or(&said);
        let code = said["code"].as_str().or(said["type"].as_str());
        verdict(self.words.codes, code, said["message"].as_str())
    }

    fn failed(&self, reason: &Key<'_>) -> ProviderError {
        let code = reason.text().map(String::from_utf8_lossy);
        verdict(self.words.codes, code.as_deref(), None)
    }
}

/// Whether it is one JSON text to its end, whatever is in it.
fn is_json(data: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(data).is_ok()
}

/// The fields of the object that is at the beginning, if one is.
fn figures(value: &[u8]) -> Option<Map<String, Value>> {
    if !value.starts_with(b"{") {
        return None;
    }
    let mut objects = serde_json::Deserializer::from_slice(value).into_iter();
    if let Some(Ok(figures)) = objects.next() {
        return Some(figures);
    }
    // What no value of ours can hold, such as a number of any size, is none of the figures.
    let mut objects =
        serde_json::Deserializer::from_slice(value).into_iter::<BTreeMap<String, Box<RawValue>>>();
    let figures = objects.next()?.ok()?.into_iter();
    Some(
        figures.filter_map(|(name, figure)| Some((name, serde_json::from_str(figure.get()).ok()?))).collect(),
    )
}
