//! `transformers`: what is changed on the way to a target and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::allow::only;
use super::invalid::InvalidSetting;
use super::secret::Secret;
use crate::headers::CALLERS;
use crate::{
    Allow, BODY_PRIORITY, BodyTransformer, HEADER_PRIORITY, HeaderTransformer, InvalidTransformer, OnlyFor,
    PATH_PRIORITY, PathTransformer, RequestTransformer, ResponseTransformer,
};

/// What is changed on the way. Lower priorities go first, equal ones in the order of the list.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TransformerSettings {
    /// What is changed in requests.
    pub request: Vec<RequestTransformerSettings>,
    /// What is changed in answers.
    pub response: Vec<ResponseTransformerSettings>,
}

/// One transformer of requests: one of `path`, `header` and `body`.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RequestTransformerSettings {
    /// Where in the order it comes. Default 50 for `path`, 100 for `header`, 300 for `body`.
    pub priority: Option<i32>,
    /// Which requests it is for, each `METHOD /path` as in `allow`, by the path that the caller gave. Default all.
    pub only_for: Vec<String>,
    /// Rewrites the path.
    pub path: Option<PathSettings>,
    /// Changes headers.
    pub header: Option<HeaderSettings>,
    /// Changes fields of a JSON body.
    pub body: Option<BodySettings>,
}

/// One transformer of answers: one of `header` and `body`.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ResponseTransformerSettings {
    /// Where in the order it comes. Default 100 for `header`, 300 for `body`.
    pub priority: Option<i32>,
    /// Which requests' answers it is for, each `METHOD /path` as in `allow`, by the path that the caller gave. Default
    /// all.
    pub only_for: Vec<String>,
    /// Changes headers.
    pub header: Option<HeaderSettings>,
    /// Changes fields of a JSON body; never of an event stream.
    pub body: Option<BodySettings>,
}

/// Rewrites a path: strips, then rewrites, then adds. What callers may use is settled before that.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PathSettings {
    /// Whole segments that are taken away from the start of a path that begins with them. Default none.
    pub strip_prefix: Option<String>,
    /// Other paths for those of a pattern; the first that fits counts.
    pub rewrite: Vec<RewriteSettings>,
    /// What is put before every path. Default none.
    pub add_prefix: Option<String>,
}

/// Another path for those of a pattern.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RewriteSettings {
    /// The pattern: `*` stands for one segment, `**` at the end for any rest.
    pub from: String,
    /// The other path: `{1}`, `{2}` and so on stand for what the stars stood for.
    pub to: String,
}

/// Changes headers: removes, then replaces, then adds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HeaderSettings {
    /// Headers that are taken out.
    pub remove: Vec<String>,
    /// Headers that get this one value if they are there.
    pub replace: BTreeMap<String, Secret>,
    /// Headers that get this value beside those that they have.
    pub add: BTreeMap<String, Secret>,
}

/// Changes fields of a JSON body. A field in others is written with dots, `stream_options.include_usage`; each may be
/// named once.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BodySettings {
    /// Other names for those in the field `model`.
    pub rename_model: BTreeMap<String, String>,
    /// Fields that get this value.
    pub set: BTreeMap<String, Value>,
    /// Fields that get this value if they are missing or null.
    pub default: BTreeMap<String, Value>,
    /// Fields that are taken out.
    pub drop: Vec<String>,
}

type Requests = Vec<Arc<dyn RequestTransformer>>;
type Responses = Vec<Arc<dyn ResponseTransformer>>;

impl TransformerSettings {
    pub(super) fn resolve(&self) -> Result<(Requests, Responses), InvalidSetting> {
        let requests = self.request.iter().enumerate().map(|(index, one)| {
            one.resolve().map_err(|error| error.within(format_args!("request[{index}]")))
        });
        let responses = self.response.iter().enumerate().map(|(index, one)| {
            one.resolve().map_err(|error| error.within(format_args!("response[{index}]")))
        });
        Ok((requests.collect::<Result<_, _>>()?, responses.collect::<Result<_, _>>()?))
    }
}

impl RequestTransformerSettings {
    fn resolve(&self) -> Result<Arc<dyn RequestTransformer>, InvalidSetting> {
        let calls = calls(&self.only_for)?;
        Ok(match (&self.path, &self.header, &self.body) {
            (Some(path), None, None) => for_requests(calls, path.resolve(self.priority)?),
            (None, Some(header), None) => {
                header.refuse_credentials().map_err(|error| error.within("header"))?;
                for_requests(calls, header.resolve(self.priority)?)
            }
            (None, None, Some(body)) => for_requests(calls, body.resolve(self.priority)?),
            _ => return Err(InvalidSetting::new("", "must have exactly one of path, header and body")),
        })
    }
}

impl ResponseTransformerSettings {
    fn resolve(&self) -> Result<Arc<dyn ResponseTransformer>, InvalidSetting> {
        let calls = calls(&self.only_for)?;
        Ok(match (&self.header, &self.body) {
            (Some(header), None) => for_responses(calls, header.resolve(self.priority)?),
            (None, Some(body)) => for_responses(calls, body.resolve(self.priority)?),
            _ => return Err(InvalidSetting::new("", "must have exactly one of header and body")),
        })
    }
}

impl PathSettings {
    fn resolve(&self, priority: Option<i32>) -> Result<PathTransformer, InvalidSetting> {
        refuse_nothing("path", self, "strip_prefix, rewrite and add_prefix")?;
        let path = placed("path", self.transformer())?;
        Ok(path.priority(priority.unwrap_or(PATH_PRIORITY)))
    }

    fn transformer(&self) -> Result<PathTransformer, InvalidTransformer> {
        let mut path = PathTransformer::new()
            .strip_prefix(self.strip_prefix.as_deref().unwrap_or_default())?
            .add_prefix(self.add_prefix.as_deref().unwrap_or_default())?;
        for (index, RewriteSettings { from, to }) in self.rewrite.iter().enumerate() {
            path = path.rewrite(from, to).map_err(|error| {
                let part = error.part.replacen("rewrite", &format!("rewrite[{index}]"), 1);
                InvalidTransformer { part, ..error }
            })?;
        }
        Ok(path)
    }
}

impl HeaderSettings {
    fn resolve(&self, priority: Option<i32>) -> Result<HeaderTransformer, InvalidSetting> {
        refuse_nothing("header", self, "remove, replace and add")?;
        let header = placed("header", self.transformer())?;
        Ok(header.priority(priority.unwrap_or(HEADER_PRIORITY)))
    }

    fn transformer(&self) -> Result<HeaderTransformer, InvalidTransformer> {
        let mut header = HeaderTransformer::new();
        for name in &self.remove {
            header = header.remove(name)?;
        }
        for (name, value) in &self.replace {
            header = header.replace(name, value.expose())?;
        }
        for (name, value) in &self.add {
            header = header.add(name, value.expose())?;
        }
        Ok(header)
    }

    fn refuse_credentials(&self) -> Result<(), InvalidSetting> {
        let replaced = self.replace.keys().map(|name| ("replace", name));
        let added = self.add.keys().map(|name| ("add", name));
        replaced
            .chain(added)
            .try_for_each(|(part, name)| refuse_credential(name).map_err(|error| error.within(part)))
    }
}

impl BodySettings {
    fn resolve(&self, priority: Option<i32>) -> Result<BodyTransformer, InvalidSetting> {
        refuse_nothing("body", self, "rename_model, set, default and drop")?;
        let body = placed("body", self.transformer())?;
        Ok(body.priority(priority.unwrap_or(BODY_PRIORITY)))
    }

    fn transformer(&self) -> Result<BodyTransformer, InvalidTransformer> {
        let mut body = BodyTransformer::new();
        for (from, to) in &self.rename_model {
            body = body.rename_model(from, to)?;
        }
        for (field, value) in &self.set {
            body = body.set(field, value.clone())?;
        }
        for (field, value) in &self.default {
            body = body.default_value(field, value.clone())?;
        }
        for field in &self.drop {
            body = body.drop(field)?;
        }
        Ok(body)
    }
}

/// Credentials are `auth`: that goes in last, is checked as a whole and never shown.
pub(super) fn refuse_credential(name: &str) -> Result<(), InvalidSetting> {
    match CALLERS.iter().any(|callers| callers.as_str().eq_ignore_ascii_case(name)) {
        true => Err(InvalidSetting::new(name, "carries a credential: write it as the target's auth")),
        false => Ok(()),
    }
}

/// The calls that a transformer is for; none if it is for all.
fn calls(only_for: &[String]) -> Result<Option<Allow>, InvalidSetting> {
    match only_for {
        [] => Ok(None),
        rules => only(rules).map(Some).map_err(|error| error.within("only_for")),
    }
}

fn for_requests<T: RequestTransformer + 'static>(
    calls: Option<Allow>,
    one: T,
) -> Arc<dyn RequestTransformer> {
    match calls {
        Some(calls) => Arc::new(OnlyFor::new(calls, one)),
        None => Arc::new(one),
    }
}

fn for_responses<T: ResponseTransformer + 'static>(
    calls: Option<Allow>,
    one: T,
) -> Arc<dyn ResponseTransformer> {
    match calls {
        Some(calls) => Arc::new(OnlyFor::new(calls, one)),
        None => Arc::new(one),
    }
}

/// An error for a transformer that changes nothing.
fn refuse_nothing<T: Default + PartialEq>(
    section: &str,
    written: &T,
    parts: &str,
) -> Result<(), InvalidSetting> {
    match *written == T::default() {
        true => Err(InvalidSetting::new(section, format!("must have at least one of {parts}"))),
        false => Ok(()),
    }
}

fn placed<T>(section: &str, made: Result<T, InvalidTransformer>) -> Result<T, InvalidSetting> {
    made.map_err(|error| InvalidSetting::from(error).within(section))
}
