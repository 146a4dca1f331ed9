//! One try of a call: a request, the redirects that it leads to, and the answer's status.

use std::sync::Arc;

use http::{HeaderMap, StatusCode, header};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use url::Url;

use super::answer_body::{AnswerBody, BodyLimits, Source};
use super::body::Body;
use super::call::Call;
use super::collect::collect_start;
use super::error::{ClientError, Effect};
use super::failure::{FailedAnswer, status_error};
use super::redirect::{self, Hop, is_redirect};
use super::sent_body::SentBody;
use super::timeout::{HeadLimits, Progress, Timeouts, after};
use super::transport::send_failure;

/// The most of an error answer that is read.
pub(crate) const ERROR_BYTES_MAX: usize = 64 * 1024;

/// What a try sends, and within which limits.
pub(crate) struct Try<'t> {
    pub(crate) call: &'t Call<'t>,
    pub(crate) url: &'t Url,
    pub(crate) timeouts: Timeouts,
    pub(crate) is_streamed: bool,
}

/// An answer whose body is still to be read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: AnswerBody,
}

impl Try<'_> {
    /// Sends the request, follows its redirects, and gives a successful answer.
    pub(crate) async fn send(&self, body: Body) -> Result<Answer, ClientError> {
        let mut started = Instant::now();
        let total_at = after(started, self.timeouts.total);
        let (method, url) = (self.call.method.clone(), self.url.clone());
        let mut hop = Hop { method, url, body: Some(body), keeps_secrets: true, lost_body: false };
        let mut redirects_left = self.call.redirects_max;
        loop {
            let spare = if redirects_left > 0 { Some(hop.copy()) } else { None };
            let answer = self.send_hop(hop, started, total_at).await;
            let answer = answer.map_err(|error| self.after_redirects(error, redirects_left))?;
            if answer.status.is_success() {
                return Ok(answer);
            }
            if self.call.redirects_max == 0 || !is_redirect(answer.status) {
                return Err(self.status_error(answer).await);
            }
            let spare = spare.ok_or_else(redirect::too_many)?;
            hop = spare.next(answer.status, &answer.headers)?;
            redirects_left -= 1;
            started = Instant::now();
        }
    }

    async fn send_hop(
        &self,
        hop: Hop,
        started: Instant,
        total_at: Option<Instant>,
    ) -> Result<Answer, ClientError> {
        let shared = &self.call.client.shared;
        let is_own = shared.is_own(&hop.url);
        let policy = self.call.addresses.unwrap_or_else(|| shared.address_policy(is_own));
        policy.check_host(hop.url.host_str().unwrap_or_default(), shared.proxy_host())?;

        let transports = self.call.client.pools.here(&self.call.client.shared)?;
        let progress = Arc::new(Progress::start(started));
        let headers = self.headers(&hop, is_own);
        let mut request = reqwest::Request::new(hop.method, hop.url);
        *request.headers_mut() = headers;
        if hop.keeps_secrets {
            self.put_query_credential(&mut request, is_own);
        }
        let body = SentBody::new(hop.body.unwrap_or_default(), Arc::clone(&progress));
        *request.body_mut() = Some(reqwest::Body::wrap(body));

        let limits =
            HeadLimits { connect: self.timeouts.connect, first_byte: self.timeouts.first_byte, total_at };
        let head = transports.under(policy).reqwest.execute(request);
        let answer = match limits.hold(&progress, head).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let is_connect = error.is_connect();
                let error = error.without_url();
                return Err(send_failure(error.into(), is_connect, progress.is_written()));
            }
            Err(stage) => return Err(ClientError::timed_out(stage, progress.is_written())),
        };
        let (head, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
        let limits = BodyLimits {
            idle: self.timeouts.idle,
            total_at,
            is_streamed: self.is_streamed,
            says_its_end: false,
        };
        let body = AnswerBody::new(Source::Reqwest(body), limits);
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// The client's headers, the credential and the call's own, as far as this hop may have them.
    fn headers(&self, hop: &Hop, is_own: bool) -> HeaderMap {
        let (call, shared) = (self.call, &self.call.client.shared);
        let mut headers = match &call.credential {
            None if is_own && hop.keeps_secrets => shared.trusted_headers.clone(),
            Some(_) if is_own && hop.keeps_secrets => shared.own_headers.clone(),
            _ => shared.foreign_headers.clone(),
        };
        if let Some((name, value)) =
            call.credential.as_ref().and_then(|credential| credential.header.as_ref())
            && hop.keeps_secrets
        {
            headers.insert(name.clone(), value.clone());
        }
        if hop.keeps_secrets && !hop.lost_body {
            // A call's own header takes the place of a default one.
            for (name, value) in &call.headers {
                headers.insert(name.clone(), value.clone());
            }
            return headers;
        }
        let mut own = call.headers.clone();
        if !hop.keeps_secrets {
            redirect::remove_secrets(&mut own);
        }
        if hop.lost_body {
            own.remove(header::CONTENT_TYPE);
        }
        headers.extend(own);
        headers
    }

    fn put_query_credential(&self, request: &mut reqwest::Request, is_own: bool) {
        let credential = match &self.call.credential {
            Some(credential) => credential,
            None if is_own => &self.call.client.shared.credential,
            None => return,
        };
        if let Some((name, key)) = &credential.query {
            request.url_mut().query_pairs_mut().append_pair(name, key.expose_secret());
        }
    }

    /// After a redirect the first request has been served, whatever became of the next.
    fn after_redirects(&self, error: ClientError, redirects_left: u32) -> ClientError {
        if redirects_left < self.call.redirects_max { error.at_least(Effect::MayHaveStarted) } else { error }
    }

    async fn status_error(&self, mut answer: Answer) -> ClientError {
        let shared = &self.call.client.shared;
        let body = collect_start(&mut answer.body, ERROR_BYTES_MAX).await;
        let failed = FailedAnswer { status: answer.status, headers: &answer.headers, body: &body };
        let credential = self.call.credential.as_ref().unwrap_or(&shared.credential);
        status_error(&*shared.failures, &failed, body.clone(), credential.secret())
    }
}
