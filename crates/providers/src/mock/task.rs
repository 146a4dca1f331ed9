//! A slow task: its id is its whole memory, so that any process can answer for it.
//!
//! An id is `mock1.` and the task as base64url of JSON; the handle of a result is the id, a dot and the
//! result's index. The number is the version: a later shape gets the next one, and ids of this one are still
//! read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::work::Work;

/// Work that takes a while.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    started_at_ms: u64,
    delay_ms: u64,
    refuse: bool,
    work: Work,
}

/// How a task stands.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Stand {
    /// Its time isn't over.
    Running {
        /// 0 to 99.
        progress: u8,
        /// How long until it is worth another look.
        poll_after: Duration,
    },
    /// Its time is over, and its content was refused.
    Refused,
    /// Its time is over.
    Done(Work),
}

const PREFIX: &str = "mock1.";
const POLL_AFTER_MIN: Duration = Duration::from_millis(20);

impl Task {
    /// A task that starts now and takes this long.
    pub(super) fn new(now: SystemTime, delay: Duration, refuse: bool, work: Work) -> Self {
        Self { started_at_ms: since_epoch_ms(now), delay_ms: whole_ms(delay), refuse, work }
    }

    /// The id that it is read back from.
    pub(super) fn id(&self) -> String {
        let json = serde_json::to_vec(self).expect("a task has only text keys and finite numbers");
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(json))
    }

    /// The task of this id, or none if no mock ever gave it.
    pub(super) fn parse(id: &str) -> Option<Self> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(id.strip_prefix(PREFIX)?).ok()?;
        let task: Self = serde_json::from_slice(&json).ok()?;
        task.work.is_allowed().then_some(task)
    }

    /// The handle of one result of the task with this id.
    pub(super) fn handle(id: &str, index: u32) -> String {
        format!("{id}.{index}")
    }

    /// The task and the index of this handle, or none if no mock ever gave it.
    pub(super) fn parse_handle(handle: &str) -> Option<(Self, u32)> {
        let (id, index) = handle.rsplit_once('.')?;
        let (task, index) = (Self::parse(id)?, index.parse().ok()?);
        task.work.indices().contains(&index).then_some((task, index))
    }

    /// How it stands at this time. A clock that was set back only makes it take longer.
    pub(super) fn stand(self, now: SystemTime, poll_every: Duration) -> Stand {
        match self.elapsed_ms(now) {
            elapsed if elapsed < self.delay_ms => {
                let hundredths = u128::from(elapsed) * 100 / u128::from(self.delay_ms);
                let progress = u8::try_from(hundredths).unwrap_or(99);
                Stand::Running { progress, poll_after: self.poll_after(now, poll_every) }
            }
            _ if self.refuse => Stand::Refused,
            _ => Stand::Done(self.work),
        }
    }

    /// When to ask again: when it ends, but neither at once nor after longer than this, to show progress.
    pub(super) fn poll_after(&self, now: SystemTime, poll_every: Duration) -> Duration {
        let remaining = Duration::from_millis(self.delay_ms.saturating_sub(self.elapsed_ms(now)));
        remaining.clamp(POLL_AFTER_MIN, poll_every.max(POLL_AFTER_MIN))
    }

    fn elapsed_ms(&self, now: SystemTime) -> u64 {
        since_epoch_ms(now).saturating_sub(self.started_at_ms)
    }
}

fn since_epoch_ms(time: SystemTime) -> u64 {
    whole_ms(time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO))
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use fourfold_domain::{InlineMedia, Modality, Request};
    use futures_util::FutureExt;
    use serde_json::{Value, json};

    use super::*;

    const EVERY: Duration = Duration::from_millis(500);

    const DELAY: Duration = Duration::from_secs(2);

    fn at(ms: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_000_000 + ms)
    }

    fn work(modality: Modality, input: Value) -> Work {
        let Ok(Request::Media(request)) = Request::parse(modality, input.as_object().unwrap().clone()) else {
            panic!("{input}");
        };
        // Nothing in it has to be waited for.
        Work::asked(modality, &request, &InlineMedia).now_or_never().unwrap().unwrap()
    }

    fn task_of(modality: Modality, input: Value) -> Task {
        Task::new(at(0), DELAY, false, work(modality, input))
    }

    fn task() -> Task {
        task_of(Modality::Image, json!({"prompt": "a fox", "size": "64x64", "n": 2}))
    }

    /// The id of a task whose JSON was changed.
    fn forged(task: &Task, pointer: &str, value: Value) -> String {
        let mut json = serde_json::to_value(task).unwrap();
        *json.pointer_mut(pointer).unwrap() = value;
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(json.to_string()))
    }

    #[track_caller]
    fn check_progress(now: SystemTime, expected: u8) {
        match task().stand(now, EVERY) {
            Stand::Running { progress, .. } => assert_eq!(progress, expected),
            over => panic!("{over:?}"),
        }
    }

    #[test]
    fn an_id_is_read_back() {
        assert_eq!(Task::parse(&task().id()), Some(task()));
        assert_eq!(Task::parse_handle(&Task::handle(&task().id(), 1)), Some((task(), 1)));
    }

    #[test]
    fn an_id_is_short_whatever_was_asked() {
        let long = json!({"prompt": "\u{1f98a}".repeat(32_000), "seed": u32::MAX, "n": 4, "quality": "high"});
        assert!(task_of(Modality::Image, long).id().len() < 1000);
    }

    #[test]
    fn garbage_is_no_task() {
        let of_json = |json: &str| format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(json));
        let id = task().id();
        let too_large = forged(&task(), "/work/pictures/width", json!(1 << 20));
        let video = task_of(Modality::Video, json!({"prompt": "a fox", "size": "64x64"}));
        let too_long = forged(&video, "/work/video/seconds", json!(4000));
        for garbage in [
            "",
            "mock1.",
            "mock2.e30",
            "../../x",
            "\0",
            &id[1..],
            &id[..id.len() - 3],
            &of_json("{}"),
            &too_large,
            &too_long,
        ] {
            assert_eq!(Task::parse(garbage), None, "{garbage:?}");
        }
        for garbage in ["", ".", &id, &format!("{id}."), &format!("{id}.2"), &format!("{id}.-1")] {
            assert_eq!(Task::parse_handle(garbage), None, "{garbage:?}");
        }
    }

    #[test]
    fn progress_follows_the_clock() {
        for (ms, progress) in [(0, 0), (500, 25), (1000, 50), (1999, 99)] {
            check_progress(at(ms), progress);
        }
        assert!(matches!(task().stand(at(2000), EVERY), Stand::Done(_)));
        check_progress(UNIX_EPOCH, 0);
    }

    #[test]
    fn polls_come_by_the_end_but_not_at_once() {
        for (ms, poll_after) in [(0, 500), (1500, 500), (1700, 300), (1999, 20), (9000, 20)] {
            assert_eq!(task().poll_after(at(ms), EVERY), Duration::from_millis(poll_after), "{ms}");
        }
    }
}
