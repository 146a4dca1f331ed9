//! What is kept of an answer: in the database for the same request that comes again with its key of idempotency, in
//! memory for whoever asks the same where the model has a cache; and of a sound that broke off, that it did.

use fourfold_domain::{Credits, Modality};

use super::cache::{CacheTurn, KeptAnswer};
use super::ending::Outcome;
use super::spool::Spool;
use super::task::CallTask;
use super::{CallAnswer, FromCache};

impl CallTask {
    /// Where its answer comes from, where its model has a cache.
    pub(super) fn answered_from(&self) -> Option<FromCache> {
        self.cache.as_ref().map(CacheTurn::answered_from)
    }

    /// Takes what its caller is sent, as far as any of it is kept.
    pub(super) fn spool(&self, is_replayed: bool) -> Spool {
        let replayed = is_replayed.then_some(self.service.parts().settings.replay_bytes_max);
        let given_again = match self.cache {
            Some(CacheTurn::Asked(Some(_))) => Some(self.service.cache().answer_bytes_max()),
            _ => None,
        };
        replayed.max(given_again).map_or_else(Spool::off, Spool::new)
    }

    /// An answer as the database keeps it.
    pub(super) fn replayed(&self, answer: &CallAnswer) -> CallAnswer {
        let bytes_max = self.service.parts().settings.replay_bytes_max;
        let body = answer.body.clone().filter(|body| body.len() <= bytes_max);
        CallAnswer { body, ..answer.clone() }
    }

    /// Remembers a sound that broke off, until it comes whole.
    pub(super) fn note_sound(&self, outcome: &Outcome) {
        let is_speech = self.order.model.modality == Modality::Speech;
        let Some(key) = self.order.key.filter(|_| is_speech) else { return };
        match outcome {
            Outcome::Broken { .. } => self.service.broken().add(key),
            Outcome::Whole { .. } => self.service.broken().remove(key),
            _ => {}
        }
    }

    /// Keeps a whole answer in memory, where its model has a cache.
    pub(super) fn keep(&self, answer: CallAnswer, charged: Credits) {
        let Some(CacheTurn::Asked(Some(key))) = self.cache else { return };
        let CallAnswer { provider, media_type, body: Some(body), .. } = answer else { return };
        let kept = KeptAnswer { provider, media_type, body, charged };
        self.service.cache().put(key, &self.order.model, kept);
    }
}
