//! Who is asked next: the choices of a route in their order, each with the credentials that its provider has,
//! less those that can't be asked now.
//!
//! ```text
//! route ──► order (rank, then lot by weight) ──► candidates (choice × credential) ──► turn
//!                                                   ▲ breaker, rests, set aside
//! ```

mod candidates;
mod credentials;
mod order;

use std::sync::Arc;

use fourfold_domain::{
    Dialect, InvalidInput, Parameter, Provider, ProviderError, ProviderKey, Request, Route, RouteChoice,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Clock;
use crate::ports::Providers;

pub(crate) use candidates::{Asked, Candidate, Candidates, Elsewhere, Turn, Wait};
pub use credentials::{CredentialState, CredentialStates};
pub(crate) use order::spread;

/// Chooses who is asked. Clones share what is known of the credentials.
#[derive(Clone)]
pub struct Routing {
    providers: Arc<dyn Providers>,
    credentials: CredentialStates,
}

/// What is wanted of a provider.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// In the caller's own bytes, of those who speak this.
    pub(crate) dialect: Option<Dialect>,
    /// In our words, of the others; without them they aren't asked.
    pub(crate) typed: Option<(&'a Map<String, Value>, &'a Request)>,
}

/// Which choices of a route speak a dialect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spoken {
    /// None does.
    Nowhere,
    /// Some do.
    Here,
    /// All do.
    Everywhere,
}

impl<'a> Wish<'a> {
    /// In our words.
    pub(crate) fn typed(input: &'a Map<String, Value>, request: &'a Request) -> Self {
        Self { dialect: None, typed: Some((input, request)) }
    }
}

impl Routing {
    /// Among these providers.
    pub fn new(providers: Arc<dyn Providers>, clock: Arc<dyn Clock>) -> Self {
        Self { providers, credentials: CredentialStates::new(clock) }
    }

    /// What is known of the credentials.
    pub fn credentials(&self) -> &CredentialStates {
        &self.credentials
    }

    /// The vendors.
    pub fn providers(&self) -> &dyn Providers {
        self.providers.as_ref()
    }

    /// Everyone who could do a request, in the order in which they are asked. The same `lot` draws the same
    /// order, so that whoever comes back to a piece of work knows where it stands.
    pub(crate) fn candidates(&self, route: &Route, lot: Uuid, wish: Wish<'_>) -> Candidates {
        Candidates::new(self, route, lot, wish)
    }

    /// Which of the choices that are on speak a dialect.
    pub(crate) fn spoken(&self, route: &Route, dialect: Dialect) -> Spoken {
        let (mut speak, mut others) = (false, false);
        for choice in route.choices() {
            let credentialed = self.providers.of(&choice.provider);
            let Some(provider) = credentialed.first().map(|one| &one.provider) else { continue };
            match speaks(provider.as_ref(), dialect) {
                true => speak = true,
                false => others = true,
            }
        }
        match (speak, others) {
            (true, false) => Spoken::Everywhere,
            (true, true) => Spoken::Here,
            (false, _) => Spoken::Nowhere,
        }
    }

    /// Whether any choice that is on could do a request, however it stands now; else what the first of them has
    /// against it.
    pub(crate) fn check(&self, route: &Route, wish: Wish<'_>) -> Result<(), InvalidInput> {
        let mut first = None;
        for choice in route.choices() {
            let credentialed = self.providers.of(&choice.provider);
            let Some(provider) = credentialed.first().map(|one| &one.provider) else { continue };
            match can_do(choice, provider.as_ref(), wish) {
                Ok(()) => return Ok(()),
                Err(mistake) => first = first.or(Some(mistake)),
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The provider with the credential that began a piece of work, retired or not.
    pub(crate) fn provider(&self, key: &ProviderKey, credential: &str) -> Option<Arc<dyn Provider>> {
        self.providers.get(key, credential)
    }

    /// Learns from what came of an attempt.
    pub(crate) fn learn(&self, key: &ProviderKey, credential: &str, failure: Option<&ProviderError>) {
        match failure {
            None => self.credentials.worked(key, credential),
            Some(failure) => self.credentials.failed(key, credential, failure),
        }
    }
}

/// Whether a choice could do a request: in the caller's own bytes, else by its table and by what depends on several
/// fields at once.
fn can_do(choice: &RouteChoice, provider: &dyn Provider, wish: Wish<'_>) -> Result<(), InvalidInput> {
    if wish.dialect.is_some_and(|dialect| speaks(provider, dialect)) {
        return Ok(());
    }
    let Some((input, request)) = wish.typed else {
        return Err(InvalidInput::not_allowed("model", "must be one whose provider speaks this wire"));
    };
    Parameter::check_all(&choice.parameters, input)?;
    provider.check(&choice.vendor_model, request)
}

/// Whether a provider takes a caller's own bytes of this dialect.
pub(crate) fn speaks(provider: &dyn Provider, dialect: Dialect) -> bool {
    provider.wire().is_some_and(|wire| wire.speaks(dialect))
}
