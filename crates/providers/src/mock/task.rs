//! A slow task: its id is its whole memory, so that any process can answer for it.
//!
//! An id is `mock1.` and the task as base64url of JSON; the handle of a result is the id, a dot and the
//! result's index. The number is the version: a later shape gets the next one, and ids of this one are still
//! read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::image::Pictures;

/// Work that takes a while.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    started_at_ms: u64,
    delay_ms: u64,
    refuse: bool,
    work: Work,
}

/// What is worked on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Work {
    Pictures(Pictures),
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
    Done(Pictures),
}

const PREFIX: &str = "mock1.";
const POLL_AFTER_MIN: Duration = Duration::from_millis(20);
const POLL_AFTER_MAX: Duration = Duration::from_millis(500);

impl Task {
    /// A task that starts now and takes this long.
    pub(super) fn new(now: SystemTime, delay: Duration, refuse: bool, pictures: Pictures) -> Self {
        Self {
            started_at_ms: since_epoch_ms(now),
            delay_ms: whole_ms(delay),
            refuse,
            work: Work::Pictures(pictures),
        }
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
        let Work::Pictures(pictures) = &task.work;
        pictures.are_allowed().then_some(task)
    }

    /// The handle of one result of the task with this id.
    pub(super) fn handle(id: &str, index: u32) -> String {
        format!("{id}.{index}")
    }

    /// The task and the index of this handle, or none if no mock ever gave it.
    pub(super) fn parse_handle(handle: &str) -> Option<(Self, u32)> {
        let (id, index) = handle.rsplit_once('.')?;
        let (task, index) = (Self::parse(id)?, index.parse().ok()?);
        let Work::Pictures(pictures) = &task.work;
        pictures.indices().contains(&index).then_some((task, index))
    }

    /// How it stands at this time. A clock that was set back only makes it take longer.
    pub(super) fn stand(self, now: SystemTime) -> Stand {
        match self.elapsed_ms(now) {
            elapsed if elapsed < self.delay_ms => {
                let hundredths = u128::from(elapsed) * 100 / u128::from(self.delay_ms);
                let progress = u8::try_from(hundredths).unwrap_or(99);
                Stand::Running { progress, poll_after: self.poll_after(now) }
            }
            _ if self.refuse => Stand::Refused,
            _ => match self.work {
                Work::Pictures(pictures) => Stand::Done(pictures),
            },
        }
    }

    /// When to ask again: when it ends, but neither at once nor too late to show progress.
    pub(super) fn poll_after(&self, now: SystemTime) -> Duration {
        let remaining = Duration::from_millis(self.delay_ms.saturating_sub(self.elapsed_ms(now)));
        remaining.clamp(POLL_AFTER_MIN, POLL_AFTER_MAX)
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
    use fourfold_domain::{MediaRequest, Size};
    use fourfold_domain::{Modality, Request};
    use serde_json::json;

    use super::super::image::parameters;
    use super::*;

    const DELAY: Duration = Duration::from_secs(2);

    fn at(ms: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_000_000 + ms)
    }

    fn pictures(size: Size) -> Pictures {
        let input = json!({"prompt": "a fox", "size": size.to_string(), "n": 2});
        let input = input.as_object().unwrap().clone();
        match Request::parse(Modality::Image, input).unwrap() {
            Request::Media(MediaRequest::Image(request)) => Pictures::asked(&request, &parameters()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn task() -> Task {
        Task::new(at(0), DELAY, false, pictures(Size { width: 64, height: 64 }))
    }

    #[track_caller]
    fn check_progress(now: SystemTime, expected: u8) {
        match task().stand(now) {
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
        let long = json!({"prompt": "\u{1f98a}".repeat(4000), "seed": u32::MAX, "n": 4, "quality": "high"});
        let Ok(Request::Media(MediaRequest::Image(request))) =
            Request::parse(Modality::Image, long.as_object().unwrap().clone())
        else {
            panic!("not a picture");
        };
        let pictures = Pictures::asked(&request, &parameters()).unwrap();
        assert!(Task::new(at(0), DELAY, false, pictures).id().len() < 1000);
    }

    #[test]
    fn garbage_is_no_task() {
        let of_json = |json: &str| format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(json));
        let id = task().id();
        let too_large =
            Task { work: Work::Pictures(pictures(Size { width: 64, height: 64 }).sized(1 << 20)), ..task() };
        for garbage in [
            "",
            "mock1.",
            "mock2.e30",
            "../../x",
            "\0",
            &id[1..],
            &id[..id.len() - 3],
            &of_json("{}"),
            &too_large.id(),
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
        assert!(matches!(task().stand(at(2000)), Stand::Done(_)));
        check_progress(UNIX_EPOCH, 0);
    }

    #[test]
    fn polls_come_by_the_end_but_not_at_once() {
        for (ms, poll_after) in [(0, 500), (1500, 500), (1700, 300), (1999, 20), (9000, 20)] {
            assert_eq!(task().poll_after(at(ms)), Duration::from_millis(poll_after), "{ms}");
        }
    }
}
