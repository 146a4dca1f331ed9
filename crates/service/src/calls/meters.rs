//! What is counted of calls. Each handle is made when it is first needed and found again by a look-up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use fourfold_domain::{Credits, ModelName, ProviderKey, Usage};
use metrics::{Counter, Histogram};

use super::{CallState, FromCache};

/// The states in which calls end.
const STATES: [CallState; 3] = [CallState::Charged, CallState::Released, CallState::Interrupted];

/// The metrics of calls. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Meters {
    models: Handles<ModelName, ModelMeters>,
    vendors: Handles<(ProviderKey, &'static str), Histogram>,
}

/// The metrics of one model.
pub(super) struct ModelMeters {
    name: String,
    pub(super) held: Counter,
    charged: Counter,
    input_tokens: Counter,
    output_tokens: Counter,
    pub(super) first_part: Histogram,
    /// One for answers that were kept, and one for others, of models that have a cache.
    answered: [OnceLock<Counter>; 2],
    /// One for each state, and one for those that couldn't be settled.
    ended: [OnceLock<Ended>; STATES.len() + 1],
}

/// Calls that ended alike.
struct Ended {
    count: Counter,
    seconds: Histogram,
}

impl Meters {
    /// Of a model that the catalog has.
    pub(super) fn of(&self, model: &ModelName) -> Arc<ModelMeters> {
        self.models.get(model, || ModelMeters::new(model))
    }

    /// How long such a call of a vendor took.
    pub(super) fn vendor_call(&self, provider: &ProviderKey, call: &'static str, took: Duration) {
        let key = (provider.clone(), call);
        let seconds = self.vendors.get(&key, || {
            let labels = [("provider", provider.to_string()), ("call", call.to_owned())];
            metrics::histogram!("fourfold_vendor_call_seconds", &labels)
        });
        seconds.record(took);
    }
}

impl ModelMeters {
    fn new(model: &ModelName) -> Self {
        let name = model.to_string();
        let counter = |metric: &'static str| metrics::counter!(metric, "model" => name.clone());
        let tokens = |direction: &'static str| metrics::counter!("fourfold_tokens_total", "model" => name.clone(), "direction" => direction);
        Self {
            held: counter("fourfold_credits_held_micros_total"),
            charged: counter("fourfold_credits_charged_micros_total"),
            input_tokens: tokens("input"),
            output_tokens: tokens("output"),
            first_part: metrics::histogram!("fourfold_call_first_part_seconds", "model" => name.clone()),
            answered: Default::default(),
            ended: Default::default(),
            name,
        }
    }

    /// Of answers that came from there, of a model that has a cache.
    pub(super) fn answered(&self, from_cache: FromCache) -> &Counter {
        let (place, answered) = match from_cache {
            FromCache::Hit => (0, "hit"),
            FromCache::Miss => (1, "miss"),
        };
        self.answered[place].get_or_init(|| {
            metrics::counter!("fourfold_call_cache_total", "model" => self.name.clone(), "answered" => answered)
        })
    }

    /// A call ended in this state, or couldn't be settled.
    pub(super) fn ended(
        &self,
        state: Option<CallState>,
        usage: &Usage,
        charged: Option<Credits>,
        took: Duration,
    ) {
        let place = STATES.iter().position(|known| Some(*known) == state).unwrap_or(STATES.len());
        let ended = self.ended[place].get_or_init(|| {
            let name = state.map_or("unsettled", CallState::as_str);
            let labels = [("model", self.name.clone()), ("state", name.to_owned())];
            Ended {
                count: metrics::counter!("fourfold_calls_ended_total", &labels),
                seconds: metrics::histogram!("fourfold_call_seconds", &labels),
            }
        });
        ended.count.increment(1);
        ended.seconds.record(took);
        self.input_tokens.increment(usage.input_tokens);
        self.output_tokens.increment(usage.output_tokens);
        self.charged.increment(charged.unwrap_or_default().micros().unsigned_abs());
    }
}

/// Handles by what they count. As many as models and vendors are configured, so that none is ever dropped.
struct Handles<K, V>(Arc<RwLock<HashMap<K, Arc<V>>>>);

impl<K: Eq + Hash + Clone, V> Handles<K, V> {
    fn get(&self, key: &K, make: impl FnOnce() -> V) -> Arc<V> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return known.clone();
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(key.clone()).or_insert_with(|| Arc::new(make())).clone()
    }
}

impl<K, V> Clone for Handles<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Default for Handles<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}
