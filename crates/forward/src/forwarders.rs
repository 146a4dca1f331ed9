//! Several targets, each by its name.

use std::collections::BTreeMap;
use std::fmt;

use fourfold_clients::http::Body;
use http::Response;

use crate::{ForwardError, ForwardRequest, Forwarder, TargetError};

/// Forwarders by the names of their targets: a request names its target and goes there. Clones share connections,
/// breakers and limits.
#[derive(Clone, Default)]
pub struct Forwarders(BTreeMap<String, Forwarder>);

impl Forwarders {
    /// Takes these. An error if two have the same name.
    pub fn new(forwarders: impl IntoIterator<Item = Forwarder>) -> Result<Self, TargetError> {
        let mut by_name = BTreeMap::new();
        for forwarder in forwarders {
            let name = forwarder.target().name().to_owned();
            if by_name.insert(name.clone(), forwarder).is_some() {
                return Err(TargetError::Duplicate(name));
            }
        }
        Ok(Self(by_name))
    }

    /// The forwarder to the target of this name.
    pub fn get(&self, target: &str) -> Option<&Forwarder> {
        self.0.get(target)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Forwarder> {
        self.0.values()
    }

    /// Passes a request on to the target that it [names](ForwardRequest::target), as [`Forwarder::forward`] does.
    pub async fn forward(&self, request: ForwardRequest) -> Result<Response<Body>, ForwardError> {
        let Some(target) = request.named_target() else {
            return Err(ForwardError::InvalidRequest("no target"));
        };
        let Some(forwarder) = self.0.get(target) else {
            return Err(ForwardError::UnknownTarget(target.to_owned()));
        };
        forwarder.forward(request).await
    }
}

impl fmt::Debug for Forwarders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
