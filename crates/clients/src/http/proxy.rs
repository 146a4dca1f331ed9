//! The outbound proxy, and the connector of `exchange` that knows it.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderValue, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize, Serializer};
use tokio::net::TcpStream;
use tower_service::Service;
use url::Url;

use super::error::BoxError;
use super::redact::Redacted;
use super::resolve::PolicyResolver;

/// An HTTP proxy for every connection: `http://host:port`, with `user:password@` where it asks for that.
///
/// Names are then resolved by the proxy, so it is the proxy that has to keep callers' URLs from leading inside.
/// Neither `Debug` nor `Serialize` shows the user or the password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String")]
pub struct ProxyUrl(#[cfg_attr(feature = "schema", schemars(with = "String"))] Url);

impl TryFrom<String> for ProxyUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match Url::parse(&text) {
            Ok(url) if url.scheme() == "http" && url.host_str().is_some() => Ok(Self(url)),
            _ => Err("a proxy is given as http://host:port"),
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Redacted(&self.0))
    }
}

impl Serialize for ProxyUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Redacted(&self.0))
    }
}

impl ProxyUrl {
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub(crate) fn for_reqwest(&self) -> reqwest::Result<reqwest::Proxy> {
        reqwest::Proxy::all(self.0.as_str())
    }

    /// The proxy's own address without its credentials, and what it is told to prove them.
    fn for_hyper(&self) -> Result<(Uri, Option<HeaderValue>), BoxError> {
        let intercept = Matcher::builder()
            .all(self.0.as_str())
            .build()
            .intercept(&Uri::from_static("http://any.invalid"))
            .ok_or("the proxy can't be used")?;
        Ok((intercept.uri().clone(), intercept.basic_auth().cloned()))
    }
}

/// Connects straight, or through the proxy: a tunnel for https, a forwarded request for http.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    tcp: HttpConnector<PolicyResolver>,
    proxy: Option<Proxy>,
}

#[derive(Clone, Debug)]
struct Proxy {
    uri: Uri,
    tunnel: Tunnel<HttpConnector<PolicyResolver>>,
}

impl Connector {
    pub(crate) fn new(
        tcp: HttpConnector<PolicyResolver>,
        proxy: Option<&ProxyUrl>,
    ) -> Result<Self, BoxError> {
        let Some(proxy) = proxy else { return Ok(Self { tcp, proxy: None }) };
        let (uri, authorization) = proxy.for_hyper()?;
        let tunnel = Tunnel::new(uri.clone(), tcp.clone());
        let tunnel = match &authorization {
            Some(authorization) => tunnel.with_auth(authorization.clone()),
            None => tunnel,
        };
        Ok(Self { tcp, proxy: Some(Proxy { uri, tunnel }) })
    }

    /// What a request to this URI must carry for the proxy; nothing where it is tunnelled.
    pub(crate) fn authorization(proxy: Option<&ProxyUrl>) -> Result<Option<HeaderValue>, BoxError> {
        Ok(match proxy {
            Some(proxy) => proxy.for_hyper()?.1,
            None => None,
        })
    }
}

impl Service<Uri> for Connector {
    type Response = Link;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Link, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match &mut self.proxy {
            None => {
                let connecting = self.tcp.call(uri);
                Box::pin(async move { Ok(Link { io: connecting.await?, is_forwarded: false }) })
            }
            Some(proxy) if uri.scheme_str() == Some("https") => {
                let connecting = proxy.tunnel.call(uri);
                Box::pin(async move { Ok(Link { io: connecting.await?, is_forwarded: false }) })
            }
            Some(proxy) => {
                let connecting = self.tcp.call(proxy.uri.clone());
                Box::pin(async move { Ok(Link { io: connecting.await?, is_forwarded: true }) })
            }
        }
    }
}

/// A connection that knows whether a proxy reads its requests, which then name the whole URL.
#[derive(Debug)]
pub(crate) struct Link {
    io: TokioIo<TcpStream>,
    is_forwarded: bool,
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        self.io.connected().proxy(self.is_forwarded)
    }
}

impl Read for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Link {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
