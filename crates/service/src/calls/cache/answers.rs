//! The answers that are kept, the ones that weren't asked for the longest making room for others.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use fourfold_domain::{Credits, Model, ProviderKey};
use metrics::Gauge;
use tokio::time::Instant;

use super::{AnswerKey, CacheSettings};

/// About what an answer takes beside its bytes: its key in three places, and what is told of it.
const BESIDE_BYTES: usize = 512;

/// A whole answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::calls) struct KeptAnswer {
    /// Who gave it.
    pub(in crate::calls) provider: ProviderKey,
    /// What it is, where what was asked doesn't say.
    pub(in crate::calls) media_type: Option<String>,
    /// Its bytes in their order.
    pub(in crate::calls) body: Bytes,
    /// What was charged for it.
    pub(in crate::calls) charged: Credits,
}

/// Whole answers of models that have a cache. Clones share them. An answer is given again until its time is over, as
/// long as its model stands in the catalog as it did: with another price, route or parameter it isn't found.
#[derive(Clone)]
pub(in crate::calls) struct AnswerCache {
    settings: CacheSettings,
    /// Held to find or keep an answer, never longer.
    kept: Arc<Mutex<Kept>>,
    bytes: Gauge,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<AnswerKey, Entry>,
    /// The one that wasn't asked for the longest is the first.
    by_use: BTreeMap<u64, AnswerKey>,
    by_end: BTreeSet<(Instant, AnswerKey)>,
    uses: u64,
    bytes: usize,
}

struct Entry {
    answer: KeptAnswer,
    model: Arc<Model>,
    use_number: u64,
    ends_at: Instant,
}

impl AnswerCache {
    pub(in crate::calls) fn new(settings: CacheSettings) -> Self {
        Self { settings, kept: Arc::default(), bytes: metrics::gauge!("fourfold_call_cache_bytes") }
    }

    /// The longest answer that is kept, in bytes.
    pub(in crate::calls) fn answer_bytes_max(&self) -> usize {
        self.settings.answer_bytes_max.min(self.settings.bytes_max.saturating_sub(BESIDE_BYTES))
    }

    /// The answer that is kept under this key, if that was of the model as it is now.
    pub(in crate::calls) fn get(&self, key: AnswerKey, model: &Arc<Model>) -> Option<KeptAnswer> {
        let mut kept = self.lock();
        let entry = kept.entries.get(&key)?;
        if entry.ends_at <= Instant::now() || !is_same(&entry.model, model) {
            return None;
        }
        let answer = entry.answer.clone();
        kept.note_use(key);
        Some(answer)
    }

    /// Keeps an answer of a model that has a cache, unless it is too long.
    pub(in crate::calls) fn put(&self, key: AnswerKey, model: &Arc<Model>, answer: KeptAnswer) {
        let is_too_long =
            answer.body.len() > self.settings.answer_bytes_max || size(&answer) > self.settings.bytes_max;
        let Some(terms) = model.cache.filter(|_| !is_too_long) else { return };
        let now = Instant::now();
        // Its own bytes and no more: what it was gathered in has room to grow.
        let body = Bytes::from(answer.body.to_vec().into_boxed_slice());
        let (answer, ends_at) = (KeptAnswer { body, ..answer }, now + terms.ttl);
        let mut kept = self.lock();
        kept.remove(key);
        kept.remove_ended(now);
        while kept.bytes + size(&answer) > self.settings.bytes_max
            && let Some(least_used) = kept.by_use.values().next().copied()
        {
            kept.remove(least_used);
        }
        kept.add(key, Entry { answer, model: model.clone(), use_number: 0, ends_at });
        self.bytes.set(kept.bytes as f64);
    }

    /// Forgets the answers whose time is over.
    pub(in crate::calls) fn forget_ended(&self) {
        let mut kept = self.lock();
        kept.remove_ended(Instant::now());
        self.bytes.set(kept.bytes as f64);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic under the lock could at worst leave an answer that isn't found, or counted twice.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn add(&mut self, key: AnswerKey, entry: Entry) {
        self.bytes += size(&entry.answer);
        self.by_end.insert((entry.ends_at, key));
        self.entries.insert(key, entry);
        self.note_use(key);
    }

    fn note_use(&mut self, key: AnswerKey) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        self.by_use.remove(&entry.use_number);
        self.uses += 1;
        entry.use_number = self.uses;
        self.by_use.insert(self.uses, key);
    }

    fn remove(&mut self, key: AnswerKey) {
        if let Some(entry) = self.entries.remove(&key) {
            self.by_use.remove(&entry.use_number);
            self.by_end.remove(&(entry.ends_at, key));
            self.bytes -= size(&entry.answer);
        }
    }

    fn remove_ended(&mut self, now: Instant) {
        while let Some((ends_at, key)) = self.by_end.first().copied()
            && ends_at <= now
        {
            self.remove(key);
        }
    }
}

fn size(answer: &KeptAnswer) -> usize {
    answer.body.len() + BESIDE_BYTES
}

/// Whether a model is what it was; after a reload that didn't change it, it is another copy of the same.
fn is_same(before: &Arc<Model>, now: &Arc<Model>) -> bool {
    Arc::ptr_eq(before, now) || before == now
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fourfold_domain::{
        CacheTerms, Modality, OnCancel, OnDisconnect, OnUncertain, Price, Route, RouteChoice, TokenCeilings,
    };
    use tokio::time::advance;

    use super::*;
    use crate::testing::{account_subject, provider};

    const TTL: Duration = Duration::from_secs(60);

    fn model(price_version: &str) -> Arc<Model> {
        let choice = RouteChoice {
            provider: provider("acme"),
            vendor_model: "acme-1".to_owned(),
            parameters: Vec::new(),
            rank: 1,
            weight: 1,
            cost: None,
        };
        Arc::new(Model {
            name: "talk".parse().unwrap(),
            modality: Modality::Chat,
            parameters: Vec::new(),
            drop_unsupported: false,
            price: Price::new(price_version, Vec::new()),
            token_ceilings: TokenCeilings::default(),
            default_max_output: None,
            min_output: 16,
            context_tokens: 4096,
            route: Route::new(choice, Vec::new()),
            deadline: TTL,
            attempts_max: 1,
            on_cancel: OnCancel::Full,
            on_uncertain: OnUncertain::Fail,
            on_disconnect: OnDisconnect::Cancel,
            cache: Some(CacheTerms { ttl: TTL, charge_percent: 0 }),
        })
    }

    /// With room for so many answers of ten bytes, the longest of which may have twenty.
    fn cache(answers: usize) -> AnswerCache {
        AnswerCache::new(CacheSettings { bytes_max: answers * (BESIDE_BYTES + 10), answer_bytes_max: 20 })
    }

    fn key(name: &str) -> AnswerKey {
        AnswerKey::new(&account_subject("u1"), "wire", &[], name.as_bytes())
    }

    fn put(cache: &AnswerCache, name: &str, bytes: usize) {
        let body = Bytes::from(vec![0; bytes]);
        let answer =
            KeptAnswer { provider: provider("acme"), media_type: None, body, charged: Credits::ZERO };
        cache.put(key(name), &model("v1"), answer);
    }

    fn has(cache: &AnswerCache, name: &str) -> bool {
        cache.get(key(name), &model("v1")).is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_asked_for_the_longest_makes_room() {
        let cache = cache(3);
        for name in ["a", "b", "c", "c"] {
            put(&cache, name, 10);
        }
        assert!(has(&cache, "a"));
        put(&cache, "d", 10);
        assert_eq!(["a", "b", "c", "d"].map(|name| has(&cache, name)), [true, false, true, true]);
        put(&cache, "e", 11);
        // A byte too many for three: two had to go.
        assert_eq!(["a", "c", "d", "e"].map(|name| has(&cache, name)), [false, false, true, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_long_is_not_kept_and_makes_nothing_go() {
        let cache = cache(3);
        put(&cache, "a", 20);
        put(&cache, "b", 21);
        assert_eq!(["a", "b"].map(|name| has(&cache, name)), [true, false]);
        let off = AnswerCache::new(CacheSettings { bytes_max: 0, answer_bytes_max: 20 });
        put(&off, "a", 0);
        assert!(!has(&off, "a"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_not_found_and_soon_gone() {
        let cache = cache(3);
        put(&cache, "a", 10);
        advance(TTL / 2).await;
        put(&cache, "b", 10);
        advance(TTL / 2).await;
        assert_eq!(["a", "b"].map(|name| has(&cache, name)), [false, true]);
        cache.forget_ended();
        assert_eq!(cache.lock().bytes, BESIDE_BYTES + 10);
        advance(TTL / 2).await;
        cache.forget_ended();
        let kept = cache.lock();
        assert_eq!((kept.bytes, kept.entries.len(), kept.by_use.len(), kept.by_end.len()), (0, 0, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_model_that_changed_has_no_kept_answers() {
        let cache = cache(3);
        put(&cache, "a", 10);
        assert!(cache.get(key("a"), &model("v1")).is_some());
        assert!(cache.get(key("a"), &model("v2")).is_none());
    }
}
