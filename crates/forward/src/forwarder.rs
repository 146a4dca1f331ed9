//! Passes requests on to one target.

use fourfold_clients::http::{AuthScheme, BaseHttpClient, Body};
use http::{HeaderName, HeaderValue, Request, Response, Uri, header};

use crate::error::{ForwardError, TargetError};
use crate::target::Target;
use crate::{headers, path};

/// Passes requests on to one target. Clones share its connections.
#[derive(Clone)]
pub struct Forwarder {
    target: Target,
    client: BaseHttpClient,
    credential: Option<(HeaderName, HeaderValue)>,
}

impl Forwarder {
    /// A forwarder to this target. The credential must be one that goes in a header.
    pub fn new(target: Target) -> Result<Self, TargetError> {
        let client = BaseHttpClient::builder(&target.base_url).build();
        let client = client.map_err(|error| TargetError::Client(Box::new(error)))?;
        let credential = client_credential(&target.auth)?;
        Ok(Self { target, client, credential })
    }

    /// Passes a request on and gives the answer as it comes, whatever its status. The request's URI is the
    /// path below the target's base URL, with the query. Nothing is buffered and nothing is repeated;
    /// dropping the answer's body closes the connection to the target.
    pub async fn forward(&self, request: Request<Body>) -> Result<Response<Body>, ForwardError> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path();
        path::check(path)?;
        if !self.target.allow.allows(&parts.method, path) {
            return Err(ForwardError::NotAllowed {
                target: self.target.name.clone(),
                method: parts.method.to_string(),
                path: path.to_owned(),
            });
        }
        parts.uri = self.upstream(&parts.uri)?;
        headers::clean_request(&mut parts.headers);
        if let Some((name, value)) = &self.credential {
            parts.headers.insert(name.clone(), value.clone());
        }
        let answer = self.client.exchange(Request::from_parts(parts, body)).await;
        let mut answer = answer.map_err(|error| ForwardError::Upstream {
            target: self.target.name.clone(),
            source: Box::new(error),
        })?;
        headers::clean_answer(answer.headers_mut());
        Ok(answer)
    }

    /// The whole address: the base URL, then path and query byte for byte.
    fn upstream(&self, uri: &Uri) -> Result<Uri, ForwardError> {
        let path_and_query = uri.path_and_query().map_or("/", |path| path.as_str());
        let whole = format!("{}{path_and_query}", self.target.base_url);
        whole.parse().map_err(|_| ForwardError::UnsafePath("characters that no URL has"))
    }
}

/// The header that carries a credential.
fn client_credential(auth: &AuthScheme) -> Result<Option<(HeaderName, HeaderValue)>, TargetError> {
    use secrecy::ExposeSecret as _;
    let (name, value) = match auth {
        AuthScheme::None => return Ok(None),
        AuthScheme::Bearer(key) => (header::AUTHORIZATION, format!("Bearer {}", key.expose_secret())),
        AuthScheme::Header(name, key) => (name.clone(), key.expose_secret().to_owned()),
        _ => return Err(TargetError::Credential),
    };
    let mut value = HeaderValue::from_str(&value).map_err(|_| TargetError::Credential)?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}
