//! Bodies, and what may be changed in them.

use fourfold_domain::Dialect;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::value::RawValue;

use super::json::{just, known, object, space, text, unknown_fields, value};

/// What may be changed: who is asked, how much it may say, whether it tells its usage, and that nothing is stored.
const CHANGED: [&str; 6] =
    ["model", "max_tokens", "max_completion_tokens", "max_output_tokens", "stream_options", "store"];

/// A body.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    before: String,
    fields: Vec<String>,
    after: String,
    pub(super) is_stream: bool,
    /// Whether the caller is to be told what was used.
    pub(super) wants_usage: bool,
    /// Whether nothing but the model has to be changed.
    is_complete: bool,
}

/// What a caller may say of what we may change.
#[derive(Clone, Debug)]
struct Options {
    fields: Vec<String>,
    wants_usage: bool,
    is_complete: bool,
}

/// Where the model's name goes.
const MODEL: &str = "\u{1}";

pub(super) fn asked(dialect: Dialect, is_stream: bool) -> impl Strategy<Value = Asked> {
    let mut always = vec![known("model", just(MODEL)), said(dialect)];
    if is_stream {
        always.push(known("stream", just("true")));
    }
    // Nobody's business either.
    let names = select(vec!["temperature", "top_p", "metadata", "logit_bias", "stop", "user", "seed"]);
    let usual = names.prop_flat_map(|name| known(name, value()));
    let fields = (always, options(dialect, is_stream), option::of(usual), unknown_fields());
    (space(), fields, space()).prop_flat_map(move |(before, (always, options, usual, unknown), after)| {
        let Options { fields, wants_usage, is_complete } = options;
        let all = [always, fields, usual.into_iter().collect(), unknown].concat();
        Just(all).prop_shuffle().prop_map(move |fields| Asked {
            before: before.clone(),
            fields,
            after: after.clone(),
            is_stream,
            wants_usage,
            is_complete,
        })
    })
}

/// What is said to the model, with fields that nobody knows in it.
fn said(dialect: Dialect) -> BoxedStrategy<String> {
    let message = object(vec![known("role", just("\"user\"")), known("content", text())]);
    let messages = vec(message, 1..3).prop_map(|messages| format!("[{}]", messages.join(",")));
    match dialect {
        Dialect::OpenAiResponses => known("input", prop_oneof![text(), messages]),
        _ => known("messages", messages),
    }
}

fn options(dialect: Dialect, is_stream: bool) -> BoxedStrategy<Options> {
    match dialect {
        Dialect::AnthropicMessages => known("max_tokens", just("50"))
            .prop_map(|limit| Options { fields: vec![limit], wants_usage: true, is_complete: true })
            .boxed(),
        Dialect::OpenAiResponses => {
            let limit = option::of(known("max_output_tokens", just("50")));
            let store = option::of(select(vec!["false", "true", "null"]).prop_flat_map(|stored| {
                known("store", just(stored)).prop_map(move |field| (stored == "false", field))
            }));
            (limit, store)
                .prop_map(|(limit, store)| Options {
                    wants_usage: true,
                    is_complete: limit.is_some() && store.as_ref().is_some_and(|(is_off, _)| *is_off),
                    fields: limit.into_iter().chain(store.map(|(_, field)| field)).collect(),
                })
                .boxed()
        }
        _ => {
            let limits = vec!["max_completion_tokens", "max_tokens"];
            let limit = option::of(select(limits).prop_flat_map(|name| {
                known(name, just("50")).prop_map(move |field| (name == "max_completion_tokens", field))
            }));
            let usage = select(vec!["true", "false", "null"]).prop_flat_map(|wanted| {
                let options = object(vec![known("include_usage", just(wanted))]);
                known("stream_options", options).prop_map(move |field| (wanted == "true", field))
            });
            let usage = if is_stream { option::of(usage).boxed() } else { Just(None).boxed() };
            (limit, usage)
                .prop_map(move |(limit, usage)| Options {
                    wants_usage: !is_stream || usage.as_ref().is_some_and(|(is_wanted, _)| *is_wanted),
                    is_complete: limit.as_ref().is_some_and(|(is_its_own, _)| *is_its_own)
                        && (!is_stream || usage.as_ref().is_some_and(|(is_wanted, _)| *is_wanted)),
                    fields: limit.into_iter().chain(usage).map(|(_, field)| field).collect(),
                })
                .boxed()
        }
    }
}

impl Asked {
    /// The body that asks this model.
    pub(super) fn written(&self, model: &str) -> String {
        let body = format!("{}{{{}}}{}", self.before, self.fields.join(","), self.after);
        body.replace(MODEL, &format!("\"{model}\""))
    }

    /// Checks what the vendor received.
    pub(super) fn check(&self, received: &str, vendor_model: &str) {
        let expected = self.written(vendor_model);
        if self.is_complete {
            assert!(received == expected, "sent {expected}\nfound {received}");
        }
        let sent = outermost(&expected);
        let found = outermost(received);
        let unchanged = |fields: &[(String, String)]| -> Vec<_> {
            fields.iter().filter(|(name, _)| !CHANGED.contains(&name.as_str())).cloned().collect()
        };
        assert_eq!(unchanged(&found), unchanged(&sent), "sent {expected}\nfound {received}");
        // As they are written, names and all that lies about them included.
        for field in self.fields.iter().filter(|field| !CHANGED.iter().any(|name| field.contains(name))) {
            assert!(received.contains(field.trim()), "{field} isn't in {received}");
        }
        let read =
            |name: &str| found.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
        assert_eq!(read("model"), Some(format!("\"{vendor_model}\"").as_str()));
        let options = |fields: &[(String, String)]| {
            let options = fields.iter().find(|(name, _)| name == "stream_options");
            let mut options = options.map(|(_, options)| outermost(options)).unwrap_or_default();
            options.retain(|(name, _)| name != "include_usage");
            options
        };
        assert_eq!(options(&found), options(&sent), "sent {expected}\nfound {received}");
    }
}

/// The outermost fields of an object: names as they are meant, values as they are written.
fn outermost(object: &str) -> Vec<(String, String)> {
    struct Fields(Vec<(String, String)>);
    impl<'de> serde::Deserialize<'de> for Fields {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Fields;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                    let mut fields = Vec::new();
                    while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                        fields.push((name, value.get().to_owned()));
                    }
                    Ok(Fields(fields))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    let Fields(fields) = serde_json::from_str(object).unwrap_or_else(|error| panic!("{error}: {object}"));
    fields
}
