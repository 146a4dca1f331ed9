//! The permits that a process has taken for one credential and not yet used.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout_at};

use super::RateLimitSettings;
use super::shared::{Permits, PermitsOnTheirWay, SharedRateLimit, TakenPermits, WantedPermits};
use super::window::Window;
use crate::http::error::BoxError;

/// How long the first in the line waits for an answer before it goes by its process's share.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// How long nobody asks again after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest that permits are kept. Others count them for that much longer, so it isn't long.
const USED_WITHIN_MAX: Duration = Duration::from_secs(1);

/// After so many answers in a row that came too late to be of use, the process goes by its share.
const LATE_MAX: u32 = 3;

/// What the first in the line has to do.
pub(super) enum Look {
    /// Go.
    Pass,
    /// Ask for permits.
    Ask,
    /// Wait: nobody passes before `free_at`, and so many in a span after it. Look again at `look_at`.
    Wait { free_at: Instant, look_at: Instant, calls: u32 },
}

/// The permits of one credential.
pub(super) struct Stock {
    settings: RateLimitSettings,
    credential: String,
    /// The vendor's, for logs.
    host: String,
    permits: u32,
    /// What is left then is lost.
    good_until: Instant,
    /// How many are taken at a time: more where they are used up soon, fewer where some are left over.
    block: u32,
    /// None is free before.
    free_at: Instant,
    asking: Option<Asking>,
    late: u32,
    /// How long an answer takes: the longest of late, forgotten step by step.
    answers_take: Duration,
    /// While the others can't be asked: when to try again.
    alone_until: Option<Instant>,
    /// The calls of this process, whoever let them pass.
    window: Window,
}

/// A taking under way.
struct Asking {
    taking: PermitsOnTheirWay,
    began_at: Instant,
    wanted: u32,
    used_within: Duration,
}

impl Stock {
    pub(super) fn new(settings: RateLimitSettings, credential: String, host: String) -> Self {
        let now = Instant::now();
        Self {
            settings,
            credential,
            host,
            permits: 0,
            good_until: now,
            block: 1,
            free_at: now,
            asking: None,
            late: 0,
            answers_take: Duration::ZERO,
            alone_until: None,
            window: Window::default(),
        }
    }

    /// What the first in the line has to do now.
    pub(super) fn look(&mut self, shared: &dyn SharedRateLimit, now: Instant) -> Look {
        let per = self.settings.per;
        if self.permits > 0 && now > self.good_until {
            self.block = self.block.saturating_sub(self.permits).max(1);
            self.permits = 0;
        }
        if self.permits > 0 {
            self.permits -= 1;
            self.window.forget(now, per);
            self.window.push(now);
            return Look::Pass;
        }
        if self.is_alone(shared, now) {
            let calls = (self.settings.calls / shared.processes().max(1)).max(1);
            let free_at = self.window.next(now, calls, per);
            if free_at > now {
                return Look::Wait { free_at, look_at: free_at.min(now + PAUSE), calls };
            }
            self.window.push(now);
            return Look::Pass;
        }
        // The share isn't needed any more.
        if self.permits > 0 {
            return self.look(shared, now);
        }
        if self.free_at > now {
            return Look::Wait { free_at: self.free_at, look_at: self.free_at, calls: self.settings.calls };
        }
        Look::Ask
    }

    /// Asks for permits, or goes on waiting for what somebody before asked for. The answer is in the next look.
    pub(super) async fn ask(&mut self, shared: &dyn SharedRateLimit, waiting: u32) {
        // More would have been used while they were good.
        if Instant::now() < self.good_until {
            self.block = self.block.saturating_mul(2);
        }
        let wanted = self.block.max(waiting).min(self.block_max());
        if self.asking.is_none() {
            self.asking = Some(self.start_asking(shared, wanted));
        }
        let Some(asking) = &mut self.asking else { return };
        match timeout_at(asking.began_at + PATIENCE, &mut asking.taking).await {
            Ok(answer) => self.learn(answer),
            // It goes on, and whoever comes looks whether it has been answered.
            Err(_elapsed) => self.go_alone("there is no answer".into()),
        }
    }

    /// Whether permits may be left, or calls are still in the window.
    pub(super) fn is_live(&self, now: Instant) -> bool {
        self.permits > 0 || self.free_at > now || self.window.is_live(now, self.settings.per)
    }

    /// Whether the process goes by its share; if so, looks whether it still has to, and never waits for that.
    fn is_alone(&mut self, shared: &dyn SharedRateLimit, now: Instant) -> bool {
        let Some(again_at) = self.alone_until else { return false };
        if self.asking.is_none() && now >= again_at {
            self.asking = Some(self.start_asking(shared, 1));
        }
        if let Some(asking) = &mut self.asking
            && let Some(answer) = (&mut asking.taking).now_or_never()
        {
            self.learn(answer);
        }
        self.alone_until.is_some()
    }

    fn start_asking(&self, shared: &dyn SharedRateLimit, wanted: u32) -> Asking {
        let RateLimitSettings { calls, per, .. } = self.settings;
        let (began_at, used_within) = (Instant::now(), self.used_within());
        let wanted_permits = WantedPermits { calls, per, most: wanted, used_within };
        Asking { taking: shared.take(&self.credential, wanted_permits), began_at, wanted, used_within }
    }

    fn learn(&mut self, answer: Result<TakenPermits, BoxError>) {
        let Some(Asking { began_at, wanted, used_within, .. }) = self.asking.take() else { return };
        let TakenPermits { permits, took } = match answer {
            Ok(taken) => taken,
            Err(error) => return self.go_alone(error),
        };
        self.answers_take = took.max(self.answers_take - self.answers_take / 8);
        let now = Instant::now();
        if self.alone_until.is_some() {
            // Well within what is of use, so that it doesn't go to and fro.
            if took > self.used_within_max() / 2 {
                self.alone_until = Some(now + PAUSE);
                return;
            }
            self.alone_until = None;
            tracing::info!(vendor.host = self.host, "a vendor's rate limit is shared again");
        }
        match permits {
            Permits::After(wait) => self.free_at = began_at + took + wait,
            Permits::Granted(granted) if now <= began_at + used_within => {
                self.late = 0;
                (self.permits, self.block) = (granted.min(wanted), granted.min(wanted).max(1));
                self.good_until = began_at + used_within;
            }
            Permits::Granted(_) if took > used_within => {
                self.late += 1;
                if self.late >= LATE_MAX {
                    self.go_alone("the answers come too late".into());
                }
            }
            // They came in time, and nobody was there to use them.
            Permits::Granted(_) => {}
        }
    }

    /// Goes by the share for a while.
    fn go_alone(&mut self, error: BoxError) {
        if self.alone_until.is_none() {
            tracing::warn!(
                vendor.host = self.host,
                error = &*error as &(dyn std::error::Error + 'static),
                "a vendor's rate limit can't be shared; until it can, this process keeps to its share"
            );
        }
        self.late = 0;
        self.alone_until = Some(Instant::now() + PAUSE);
    }

    /// Few, so that none of the processes sits on what another needs.
    fn block_max(&self) -> u32 {
        (self.settings.calls / 10).max(1)
    }

    /// How long permits are kept. Those that are older than an answer takes are of no use, so it isn't too short.
    fn used_within(&self) -> Duration {
        let short = (self.settings.per / 20).max(Duration::from_millis(50));
        short.max(self.answers_take * 2).min(self.used_within_max())
    }

    fn used_within_max(&self) -> Duration {
        USED_WITHIN_MAX.min(self.settings.per)
    }
}
