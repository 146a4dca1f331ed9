//! The usage that a vendor tells, put together from wherever it tells it.

use fourfold_domain::{Usage, UsageWatch};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What was told so far. Figures that come later stand for the whole, and need not all be there.
pub(super) struct Told {
    meaning: fn(Value) -> Option<Usage>,
    figures: Map<String, Value>,
    watch: UsageWatch,
}

/// An event, as far as usage is in it: beside its type, in the message that it begins, or in the response that it ends.
#[derive(Deserialize)]
struct Telling {
    usage: Option<Map<String, Value>>,
    message: Option<Within>,
    response: Option<Within>,
}

#[derive(Deserialize)]
struct Within {
    usage: Option<Map<String, Value>>,
}

impl Told {
    pub(super) fn new(meaning: fn(Value) -> Option<Usage>, watch: UsageWatch) -> Self {
        Self { meaning, figures: Map::new(), watch }
    }

    /// Takes the usage out of an event that has some. One that can't be read tells nothing.
    pub(super) fn event(&mut self, data: &[u8]) {
        let Ok(telling) = serde_json::from_slice::<Telling>(data) else { return };
        let within = [telling.message, telling.response].into_iter().flatten();
        for figures in within.filter_map(|within| within.usage).chain(telling.usage) {
            self.add(figures);
        }
    }

    /// Takes the object of usage itself.
    pub(super) fn object(&mut self, object: &[u8]) {
        if let Ok(figures) = serde_json::from_slice(object) {
            self.add(figures);
        }
    }

    fn add(&mut self, figures: Map<String, Value>) {
        self.figures.extend(figures.into_iter().filter(|(_, figure)| !figure.is_null()));
        if let Some(usage) = (self.meaning)(Value::Object(self.figures.clone())) {
            self.watch.report(usage);
        }
    }
}
