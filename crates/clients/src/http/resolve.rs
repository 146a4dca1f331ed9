//! Name look-up, the same for both transports, with the address policy at its end.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns;

use super::address::AddressPolicy;
use super::error::BoxError;
use super::proxy::ProxyUrl;

/// A look-up under way.
pub type Resolving = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a host name.
pub trait Resolver: Send + Sync {
    /// The addresses of the name, in the order in which they should be tried.
    fn resolve(&self, name: &str) -> Resolving;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, name: &str) -> Resolving {
        let name = name.to_owned();
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }
}

/// A resolver that refuses names that lead where the policy forbids.
#[derive(Clone)]
pub(crate) struct PolicyResolver {
    resolver: Arc<dyn Resolver>,
    policy: AddressPolicy,
    /// The outbound proxy's own name, which is configured and may be anywhere.
    proxy_host: Option<Arc<str>>,
}

type Addresses = std::vec::IntoIter<SocketAddr>;

impl PolicyResolver {
    pub(crate) fn new(resolver: &Arc<dyn Resolver>, policy: AddressPolicy, proxy: Option<&ProxyUrl>) -> Self {
        Self { resolver: Arc::clone(resolver), policy, proxy_host: proxy.map(|proxy| proxy.host().into()) }
    }

    fn look_up(&self, name: &str) -> impl Future<Output = Result<Addresses, BoxError>> + Send + use<> {
        let policy = match &self.proxy_host {
            Some(proxy_host) if proxy_host.eq_ignore_ascii_case(name) => AddressPolicy::Any,
            _ => self.policy,
        };
        let resolving = self.resolver.resolve(name);
        async move {
            let addresses = resolving.await?;
            // One forbidden address refuses the name: such a mix is an attack or a mistake.
            addresses.iter().try_for_each(|address| policy.check(*address))?;
            let addresses: Vec<_> = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect();
            Ok(addresses.into_iter())
        }
    }
}

impl fmt::Debug for PolicyResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyResolver").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl reqwest::dns::Resolve for PolicyResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let addresses = self.look_up(name.as_str());
        Box::pin(async move { Ok(Box::new(addresses.await?) as reqwest::dns::Addrs) })
    }
}

impl tower_service::Service<dns::Name> for PolicyResolver {
    type Response = Addresses;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Addresses, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: dns::Name) -> Self::Future {
        Box::pin(self.look_up(name.as_str()))
    }
}
