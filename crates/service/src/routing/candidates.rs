//! Everyone who could do a piece of work, and whose turn it is.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Circuit, Provider, ProviderKey, Route, RouteChoice};
use uuid::Uuid;

use super::credentials::{CredentialState, CredentialStates};
use super::order::{first_of, in_order};
use super::{Routing, Wish, can_do};

/// When an open breaker is looked at again.
const BREAKER_LOOK_AGAIN: Duration = Duration::from_secs(5);

/// A choice of the route with one credential of its provider.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) choice: Arc<RouteChoice>,
    pub(crate) credential: Arc<str>,
    pub(crate) provider: Arc<dyn Provider>,
    standing: Standing,
}

/// Whether a candidate can be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Ready,
    Waits(Wait),
}

/// When somebody can be asked who can't be now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wait {
    /// Not before this long.
    pub(crate) lasts: Duration,
    /// A credential is set aside: the operator may mend that before.
    pub(crate) may_be_mended: bool,
}

/// All candidates in their order.
pub(crate) struct Candidates {
    all: Vec<Candidate>,
    credentials: CredentialStates,
}

/// Who was asked last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) provider: &'a ProviderKey,
    pub(crate) vendor_model: &'a str,
    pub(crate) credential: &'a str,
    /// It is known not to have begun, so that the next one may be asked.
    pub(crate) is_refused: bool,
    /// What it said goes for every credential of that choice, so that only another choice may be asked.
    pub(crate) is_of_the_choice: bool,
}

/// Whose turn it is.
pub(crate) enum Turn {
    /// This one's.
    Ask(Candidate),
    /// Nobody's for so long.
    Wait(Wait),
    /// Nobody's, and waiting doesn't help; a sentence for the caller says why.
    Nobody(&'static str),
}

/// Who is left after a candidate that didn't begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Elsewhere {
    /// Somebody who comes later in the order is ready.
    pub(crate) is_next_ready: bool,
    /// One of them is another choice of the route.
    pub(crate) is_other_choice_ready: bool,
    /// There is somebody else, however they stand now.
    pub(crate) has_others: bool,
}

impl Candidates {
    pub(super) fn new(routing: &Routing, route: &Route, lot: Uuid, wish: Wish<'_>) -> Self {
        let mut all = Vec::new();
        for choice in in_order(route, lot) {
            let mut credentials = routing.providers.of(&choice.provider);
            let first = first_of(lot, credentials.len());
            credentials.rotate_left(first);
            for credentialed in credentials {
                if can_do(choice, credentialed.provider.as_ref(), wish).is_ok() {
                    let state = routing.credentials.of(&choice.provider, &credentialed.credential);
                    all.push(Candidate {
                        choice: choice.clone(),
                        standing: standing(&state, credentialed.provider.circuit(), &routing.credentials),
                        credential: credentialed.credential,
                        provider: credentialed.provider,
                    });
                }
            }
        }
        Self { all, credentials: routing.credentials.clone() }
    }

    /// Who comes first, however it stands now.
    pub(crate) fn first(&self) -> Option<&Candidate> {
        self.all.first()
    }

    /// Whose turn it is after this one, or at first. One that was set aside is tried by one piece of work at a time:
    /// whoever is told to ask it, does.
    pub(crate) fn turn(&self, asked: Option<Asked<'_>>) -> Turn {
        let position = asked.and_then(|asked| Some((self.position(asked)?, asked.is_refused)));
        let first = position.map_or(0, |(position, is_refused)| position + usize::from(is_refused));
        let is_spent = |candidate: &&Candidate| {
            asked.is_some_and(|asked| asked.is_of_the_choice && candidate.is_of_choice(asked))
        };
        let mut waits: Vec<Wait> = self.all.iter().filter_map(Candidate::wait).collect();
        let in_turn = self.all.iter().cycle().skip(first).take(self.all.len());
        for ready in in_turn.filter(|candidate| candidate.wait().is_none() && !is_spent(candidate)) {
            match self.credentials.take(&ready.choice.provider, &ready.credential) {
                None => return Turn::Ask(ready.clone()),
                Some(state) => waits.extend(wait(&state, &self.credentials)),
            }
        }
        let may_be_mended = waits.iter().any(|wait| wait.may_be_mended);
        match waits.iter().map(|wait| wait.lasts).min() {
            Some(lasts) => Turn::Wait(Wait { lasts, may_be_mended }),
            None if self.all.is_empty() => {
                Turn::Nobody("every provider of the model is off, or can't do what is asked")
            }
            None => Turn::Nobody("no provider of the model can be asked now"),
        }
    }

    /// Who is left after this one. What it is itself like by now doesn't count.
    pub(crate) fn elsewhere(&self, asked: Asked<'_>) -> Elsewhere {
        let position = self.position(asked);
        let others = || self.all.iter().enumerate().filter(|(index, _)| Some(*index) != position);
        let mut elsewhere = Elsewhere { has_others: others().next().is_some(), ..Elsewhere::default() };
        for (index, candidate) in others() {
            let is_next_ready =
                candidate.standing == Standing::Ready && position.is_none_or(|position| index > position);
            elsewhere.is_next_ready |= is_next_ready;
            elsewhere.is_other_choice_ready |= is_next_ready && !candidate.is_of_choice(asked);
        }
        elsewhere
    }

    fn position(&self, asked: Asked<'_>) -> Option<usize> {
        self.all
            .iter()
            .position(|candidate| candidate.is_of_choice(asked) && *candidate.credential == *asked.credential)
    }
}

impl Candidate {
    /// How long it can't be asked yet.
    fn wait(&self) -> Option<Wait> {
        match self.standing {
            Standing::Ready => None,
            Standing::Waits(wait) => Some(wait),
        }
    }

    fn is_of_choice(&self, asked: Asked<'_>) -> bool {
        self.choice.provider == *asked.provider && self.choice.vendor_model == asked.vendor_model
    }
}

fn standing(state: &CredentialState, circuit: Circuit, credentials: &CredentialStates) -> Standing {
    match (wait(state, credentials), circuit) {
        (Some(wait), _) => Standing::Waits(wait),
        (None, Circuit::Open) => Standing::Waits(Wait { lasts: BREAKER_LOOK_AGAIN, may_be_mended: false }),
        (None, Circuit::Closed | Circuit::HalfOpen) => Standing::Ready,
    }
}

/// How long a credential in this state can't be used.
fn wait(state: &CredentialState, credentials: &CredentialStates) -> Option<Wait> {
    let may_be_mended = match state {
        CredentialState::Ready => return None,
        CredentialState::Resting { .. } => false,
        CredentialState::SetAside { .. } => true,
    };
    let lasts = state.until().since(credentials.now()).max(Duration::from_millis(1));
    Some(Wait { lasts, may_be_mended })
}
