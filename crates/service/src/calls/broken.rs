//! Sounds that broke off, remembered for as long as clients repeat a request by themselves.
//!
//! Of a sound that flows already nobody can say any more that it isn't to be asked for again. Some clients do so where it
//! breaks off; it is free, but its vendor wants to be paid each time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fourfold_domain::{Effect, Reason};
use tokio::time::Instant;

use super::cache::AnswerKey;
use crate::ServiceError;

/// Clients wait for at most 8 s before they ask again, and the sound may take its time to break off again.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The most that are remembered; past that, the first is forgotten.
const SOUNDS_MAX: usize = 1024;

/// The sounds that broke off lately. Clones share them.
#[derive(Clone, Default)]
pub(super) struct BrokenSounds {
    /// The first is the oldest. Held to look or to add, never longer.
    sounds: Arc<Mutex<VecDeque<(Instant, AnswerKey)>>>,
}

impl BrokenSounds {
    pub(super) fn add(&self, key: AnswerKey) {
        let mut sounds = self.sounds();
        if sounds.len() >= SOUNDS_MAX {
            sounds.pop_front();
        }
        sounds.push_back((Instant::now(), key));
    }

    /// The sound came whole after all.
    pub(super) fn remove(&self, key: AnswerKey) {
        self.sounds().retain(|(_, broken)| *broken != key);
    }

    /// Refuses to ask for a sound again that broke off lately.
    pub(super) fn check(&self, key: AnswerKey) -> Result<(), ServiceError> {
        let is_broken =
            self.sounds().iter().any(|(broke_at, broken)| *broken == key && broke_at.elapsed() < REMEMBERED);
        if !is_broken {
            return Ok(());
        }
        let message = "the sound broke off, and its vendor may want to be paid for it all the same; \
                       to have it spoken once more, send it as a new request";
        Err(ServiceError::Vendor {
            reason: Reason::Unavailable,
            effect: Effect::Started,
            message: message.to_owned(),
            retry_after: None,
            passed_on: None,
        })
    }

    fn sounds(&self) -> MutexGuard<'_, VecDeque<(Instant, AnswerKey)>> {
        self.sounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::testing::account_subject;

    fn key(number: usize) -> AnswerKey {
        AnswerKey::new(&account_subject("u1"), "speech", &[], &number.to_be_bytes())
    }

    #[tokio::test(start_paused = true)]
    async fn a_sound_is_remembered_for_a_minute_unless_it_comes_whole() {
        let broken = BrokenSounds::default();
        for number in [1, 2] {
            broken.add(key(number));
        }
        broken.remove(key(2));
        assert_eq!([1, 2, 3].map(|number| broken.check(key(number)).is_ok()), [false, true, true]);
        advance(REMEMBERED).await;
        assert!(broken.check(key(1)).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_is_forgotten_where_there_are_many() {
        let broken = BrokenSounds::default();
        for number in 0..=SOUNDS_MAX {
            broken.add(key(number));
        }
        assert_eq!([0, 1, SOUNDS_MAX].map(|number| broken.check(key(number)).is_ok()), [true, false, false]);
        assert_eq!(broken.sounds().len(), SOUNDS_MAX);
    }
}
