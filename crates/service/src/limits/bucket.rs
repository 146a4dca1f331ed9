//! One limit of so much a minute, as this process keeps it: alone by the clock, and where processes share it by permits
//! that it takes in blocks. What one permit is for, a request or a token, is for its owner to know.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::gcra::{Gcra, MINUTE};
use crate::BoxError;
use crate::instances::LiveInstances;
use crate::ports::{Permits, Rate, SharedLimits, Taking};

/// How long permits are kept. Others count them for that much longer.
const USED_WITHIN: Duration = Duration::from_secs(3);

/// How long an answer is waited for before a process goes by its share, and how long it then does before it asks again.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where processes keep limits together.
#[derive(Clone)]
pub struct SharedBy {
    /// Who hands out the permits.
    pub limits: Arc<dyn SharedLimits>,
    /// How many processes there are.
    pub live: LiveInstances,
}

/// What is left of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Headroom {
    /// How much there is a minute.
    pub limit: u32,
    /// How much of it may be taken now, as far as this process knows.
    pub remaining: u32,
    /// After how long all of it is there again, if nothing more is taken.
    pub reset: Duration,
}

/// One limit.
pub(super) struct Bucket {
    name: Box<str>,
    state: Mutex<State>,
    /// One asks at a time; the others then find what he got.
    turn: tokio::sync::Mutex<()>,
}

struct State {
    /// All that this process took, whoever let it.
    own: Gcra,
    /// What it has of the permits that are shared; below zero is owed.
    stock: i64,
    good_until: Instant,
    /// How many are taken at a time.
    block: u32,
    /// How many all processes left when it was last told.
    left: u32,
    /// No more than this many are free before then.
    scarce: Option<(u64, Instant)>,
    /// While the others can't be asked.
    alone_until: Option<Instant>,
}

impl Bucket {
    /// A limit by this name among the processes.
    pub(super) fn new(name: Box<str>) -> Self {
        let now = Instant::now();
        let state = State {
            own: Gcra::new(now),
            stock: 0,
            good_until: now,
            block: 1,
            left: u32::MAX,
            scarce: None,
            alone_until: None,
        };
        Self { name, state: Mutex::new(state), turn: tokio::sync::Mutex::default() }
    }

    /// Takes so much at once or not at all; else when there may be as much. Asks others only when its block is used up.
    pub(super) async fn take(
        &self,
        wanted: u64,
        a_minute: u32,
        shared: Option<&SharedBy>,
    ) -> Result<(), Duration> {
        let Some(shared) = shared else {
            return self.state().own.take(wanted, a_minute, Instant::now());
        };
        // More than there ever is would never be there.
        let wanted = wanted.min(a_minute.into());
        if let Some(answer) = self.look(wanted, a_minute, shared) {
            return answer;
        }
        let _turn = self.turn.lock().await;
        loop {
            if let Some(answer) = self.look(wanted, a_minute, shared) {
                return answer;
            }
            self.ask(wanted, a_minute, shared).await;
        }
    }

    /// Takes what was used beyond what was taken before, whether it is there or not. The others hear of it.
    pub(super) async fn owe(&self, used: u64, a_minute: u32, shared: Option<&SharedBy>) {
        {
            let mut state = self.state();
            state.own.owe(used, a_minute, Instant::now());
            if shared.is_some() {
                state.expire(Instant::now());
                state.stock = state.stock.saturating_sub_unsigned(used);
            }
        }
        if let Some(shared) = shared {
            let _turn = self.turn.lock().await;
            if self.state().owes() && !self.is_alone() {
                self.ask(0, a_minute, shared).await;
            }
        }
    }

    /// Gives back what was taken and not used.
    pub(super) async fn give_back(&self, unused: u64, a_minute: u32, shared: Option<&SharedBy>) {
        let owed = {
            let mut state = self.state();
            state.own.give_back(unused, a_minute);
            state.scarce = None;
            // What is owed is paid with it first.
            let owed = if shared.is_some() { state.stock.min(0).unsigned_abs().min(unused) } else { 0 };
            state.stock = state.stock.saturating_add_unsigned(owed);
            owed
        };
        let unused = u32::try_from(unused - owed).unwrap_or(u32::MAX);
        if let Some(shared) = shared.filter(|_| unused > 0 && !self.is_alone()) {
            let given = shared.limits.give_back(&self.name, rate(a_minute), unused);
            match timeout(PATIENCE, given).await {
                Ok(Ok(())) => {
                    let mut state = self.state();
                    state.left = state.left.saturating_add(unused).min(a_minute);
                }
                Ok(Err(error)) => self.go_alone(error.into()),
                Err(_late) => self.go_alone("there is no answer".into()),
            }
        }
    }

    /// What is left.
    pub(super) fn headroom(&self, a_minute: u32, shared: Option<&SharedBy>) -> Headroom {
        let now = Instant::now();
        let mut state = self.state();
        let own = state.own.left(a_minute, now);
        let (remaining, reset) = match shared {
            None => (own, state.own.whole_after(now)),
            Some(_) => {
                state.expire(now);
                let is_scarce = state.scarce.is_some_and(|(_least, until)| until > now);
                let left = if is_scarce { 0 } else { i64::from(state.left) };
                let left = left.saturating_add(state.stock).clamp(0, i64::from(own));
                let remaining = u32::try_from(left).unwrap_or_default();
                let used = u64::from(a_minute - remaining.min(a_minute));
                (remaining, MINUTE.mul_f64(used as f64 / f64::from(a_minute.max(1))))
            }
        };
        Headroom { limit: a_minute, remaining, reset }
    }

    /// Whether nothing would be forgotten with it.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.state();
        state.own.whole_after(Instant::now()).is_zero() && !state.owes()
    }

    /// What can be said without asking anybody.
    fn look(&self, wanted: u64, a_minute: u32, shared: &SharedBy) -> Option<Result<(), Duration>> {
        let now = Instant::now();
        let mut state = self.state();
        if state.alone_until.is_some_and(|until| until > now) {
            let share = (a_minute / shared.live.count()).max(1);
            return Some(state.own.take(wanted, share, now));
        }
        state.expire(now);
        if i64::try_from(wanted).is_ok_and(|wanted| state.stock >= wanted) {
            state.stock = state.stock.saturating_sub_unsigned(wanted);
            state.own.owe(wanted, a_minute, now);
            return Some(Ok(()));
        }
        match state.scarce {
            Some((least, until)) if until > now && wanted >= least => Some(Err(until - now)),
            _ => None,
        }
    }

    /// Asks the others for a block, and for what is owed.
    async fn ask(&self, wanted: u64, a_minute: u32, shared: &SharedBy) {
        let (began_at, least, most) = {
            let state = self.state();
            let owed = state.stock.min(0).unsigned_abs();
            let need = u32::try_from(wanted + owed).unwrap_or(u32::MAX).max(1);
            let least = if wanted == 0 { 1 } else { need };
            // A tenth at most, so that none of the processes sits on what another needs.
            let block = state.block.min((a_minute / 10).max(1));
            (Instant::now(), least, if wanted == 0 { need } else { need.max(block) })
        };
        let taking = Taking { rate: rate(a_minute), least, most, used_within: USED_WITHIN };
        match timeout(PATIENCE, shared.limits.take(&self.name, taking)).await {
            Ok(Ok(Permits::Granted { count, left })) => {
                let mut state = self.state();
                // Used up before they were no longer good: more at a time.
                let is_soon = began_at <= state.good_until;
                state.block = if is_soon {
                    state.block.saturating_mul(2).min(a_minute)
                } else {
                    (state.block / 2).max(1)
                };
                state.expire(Instant::now());
                state.stock = state.stock.saturating_add(count.into());
                state.good_until = began_at + USED_WITHIN;
                state.left = left;
                state.scarce = None;
                if state.alone_until.take().is_some() {
                    tracing::info!(limit = &*self.name, "a limit is shared again");
                }
            }
            Ok(Ok(Permits::After(wait))) => {
                let mut state = self.state();
                state.scarce = Some((wanted.max(1), began_at + wait));
                state.alone_until = None;
            }
            Ok(Err(error)) => self.go_alone(error.into()),
            Err(_late) => self.go_alone("there is no answer".into()),
        }
    }

    fn go_alone(&self, error: BoxError) {
        let before = self.state().alone_until.replace(Instant::now() + PATIENCE);
        if before.is_none() {
            tracing::warn!(
                limit = &*self.name,
                error = &*error as &(dyn std::error::Error + 'static),
                "a limit can't be shared; until it can, this process keeps to its share"
            );
        }
    }

    fn is_alone(&self) -> bool {
        self.state().alone_until.is_some_and(|until| until > Instant::now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Drops permits that others no longer count as to be used.
    fn expire(&mut self, now: Instant) {
        if self.stock > 0 && now > self.good_until {
            self.stock = 0;
        }
    }

    fn owes(&self) -> bool {
        self.stock < 0
    }
}

fn rate(a_minute: u32) -> Rate {
    Rate { count: a_minute, per: MINUTE }
}
