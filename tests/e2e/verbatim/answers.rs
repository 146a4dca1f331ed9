//! What vendors say, and in which pieces.

use fourfold_domain::Dialect;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::json::{just, known, object, space, text};

/// An answer as it comes.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) pieces: Vec<Vec<u8>>,
    /// Where in it stands what only callers get who want it.
    usage: Option<std::ops::Range<usize>>,
}

impl Said {
    /// What its caller is to get.
    pub(super) fn to(&self, wants_usage: bool) -> Vec<u8> {
        let mut whole = self.pieces.concat();
        if let Some(usage) = self.usage.clone().filter(|_| !wants_usage) {
            whole.drain(usage);
        }
        whole
    }
}

/// An answer that comes whole.
pub(super) fn plain(dialect: Dialect) -> impl Strategy<Value = Said> {
    let text_part = |kind: &'static str| {
        object(vec![known("type", just(kind)), known("text", text())]).prop_map(|part| format!("[{part}]"))
    };
    let fields = match dialect {
        Dialect::AnthropicMessages => vec![
            known("type", just("\"message\"")),
            known("content", text_part("\"text\"")),
            known("stop_reason", just("\"end_turn\"")),
        ],
        Dialect::OpenAiResponses => {
            let item = object(vec![
                known("type", just("\"message\"")),
                known("content", text_part("\"output_text\"")),
            ]);
            vec![
                known("status", just("\"completed\"")),
                known("output", item.prop_map(|item| format!("[{item}]"))),
            ]
        }
        _ => {
            let message = object(vec![known("role", just("\"assistant\"")), known("content", text())]);
            vec![known("choices", choice(known("message", message), "\"stop\""))]
        }
    };
    let whole = object([fields, vec![known("usage", usage(dialect))]].concat());
    (space(), whole, space()).prop_map(|(before, whole, after)| Said {
        pieces: vec![format!("{before}{whole}{after}").into_bytes()],
        usage: None,
    })
}

/// An answer as it is written: events that nobody knows among those that somebody does, comments, lines that end in any
/// way, and pieces that end anywhere.
pub(super) fn stream(dialect: Dialect) -> impl Strategy<Value = Said> {
    let end = select(vec!["\n", "\r\n", "\r"]);
    let novel = || event(select(vec!["", "novel"]).prop_map(str::to_owned), object(vec![]));
    let beside = move || vec(prop_oneof![novel(), silence()], 0..3);
    let before = (beside(), vec(delta(dialect), 0..4), beside());
    let events = (before, usage_event(dialect), last(dialect));
    (end, events, vec(any::<Index>(), 0..8)).prop_map(|(end, (before, usage, last), cuts)| {
        let (first, deltas, beside) = before;
        let before: String = [first, deltas, beside].concat().concat();
        let usage_at = before.len()..before.len() + usage.as_ref().map_or(0, String::len);
        let whole = before.clone() + usage.as_deref().unwrap_or_default() + &last;
        let in_lines = |text: &str| text.replace('\n', end).into_bytes();
        let at = |at: usize| in_lines(&whole[..at]).len();
        let written = in_lines(&whole);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(written.len())).collect();
        // An event that ends or is taken out is over with its CR; whether an LF follows isn't waited for.
        cuts.retain(|cut| ![at(usage_at.end), written.len()].contains(&(cut + 1)));
        cuts.extend([0, written.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        let pieces = cuts.windows(2).map(|ends| written[ends[0]..ends[1]].to_vec()).collect();
        Said { pieces, usage: usage.map(|_| at(usage_at.start)..at(usage_at.end)) }
    })
}

/// What is no event.
fn silence() -> impl Strategy<Value = String> {
    select(vec![": still here\n", ": still here\n\n", ":\n\n", "\n", "id: 7\n\n"]).prop_map(str::to_owned)
}

/// An event with lines around it that say nothing to anybody, and its data in as many lines as it has.
fn event(
    name: impl Strategy<Value = String>,
    data: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    let around = select(vec!["", "", "id: 7\n", "retry: 10\n", "novel: x\n"]);
    let data_field = select(vec!["data: ", "data:"]);
    (around, name, data_field, data).prop_map(|(around, name, field, data)| {
        let name = if name.is_empty() { name } else { format!("event: {name}\n") };
        let lines: String = data.split('\n').map(|line| format!("{field}{line}\n")).collect();
        format!("{around}{name}{lines}\n")
    })
}

fn delta(dialect: Dialect) -> BoxedStrategy<String> {
    match dialect {
        Dialect::AnthropicMessages => {
            let delta = object(vec![known("type", just("\"text_delta\"")), known("text", text())]);
            named("content_block_delta", vec![known("delta", delta)]).boxed()
        }
        Dialect::OpenAiResponses => named("response.output_text.delta", vec![known("delta", text())]).boxed(),
        _ => {
            let delta = known("delta", object(vec![known("content", text())]));
            event(just(""), object(vec![known("choices", choice(delta, "null"))])).boxed()
        }
    }
}

/// What tells the usage, where that is an event of its own.
fn usage_event(dialect: Dialect) -> BoxedStrategy<Option<String>> {
    if dialect != Dialect::OpenAiChat {
        return Just(None).boxed();
    }
    let chunk = object(vec![known("choices", just("[]")), known("usage", usage(dialect))]);
    event(just(""), chunk).prop_map(Some).boxed()
}

/// What ends it.
fn last(dialect: Dialect) -> BoxedStrategy<String> {
    match dialect {
        Dialect::AnthropicMessages => {
            let delta = object(vec![known("stop_reason", just("\"end_turn\""))]);
            let counted = named("message_delta", vec![known("delta", delta), known("usage", usage(dialect))]);
            (counted, named("message_stop", vec![])).prop_map(|(counted, stop)| counted + &stop).boxed()
        }
        Dialect::OpenAiResponses => {
            let response = object(vec![known("usage", usage(dialect))]);
            named("response.completed", vec![known("response", response)]).boxed()
        }
        _ => event(just(""), just("[DONE]")).boxed(),
    }
}

fn named(name: &'static str, fields: Vec<BoxedStrategy<String>>) -> impl Strategy<Value = String> {
    let kind = known("type", Just(format!("\"{name}\"")));
    event(just(name), object([vec![kind], fields].concat()))
}

fn choice(said: BoxedStrategy<String>, finish_reason: &str) -> impl Strategy<Value = String> + 'static {
    let choice = object(vec![said, known("finish_reason", just(finish_reason))]);
    choice.prop_map(|choice| format!("[{choice}]"))
}

fn usage(dialect: Dialect) -> impl Strategy<Value = String> + 'static {
    let (input, output) = match dialect {
        Dialect::OpenAiChat => ("prompt_tokens", "completion_tokens"),
        _ => ("input_tokens", "output_tokens"),
    };
    object(vec![known(input, just("7")), known(output, just("3"))])
}
