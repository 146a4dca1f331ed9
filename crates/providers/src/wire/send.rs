//! Sending a caller's bytes to the vendor.

use async_trait::async_trait;
use fourfold_clients::http::{BaseHttpClient, ClientError, StreamResponse};
use fourfold_domain::{
    Dialect, Edit, Effect, ModelSpec, ProviderError, ProviderKey, Reason, UsageWatch, WireCall, WireReply,
    WireText,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::json::JsonWatch;
use super::route::WireRoute;
use super::sse::SseWatch;
use super::usage::Told;
use super::watch::{Watch, Watched};
use crate::classify::invalid;
use crate::offered::offered;

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";

/// A vendor's own wire.
pub(crate) struct Wire {
    http: BaseHttpClient,
    /// What the vendor's errors mean.
    said: fn(ClientError) -> ProviderError,
    routes: &'static [WireRoute],
    key: ProviderKey,
    /// The models that are offered.
    specs: Vec<ModelSpec>,
}

impl Wire {
    pub(crate) fn new(
        key: &ProviderKey,
        specs: &[ModelSpec],
        http: &BaseHttpClient,
        said: fn(ClientError) -> ProviderError,
        routes: &'static [WireRoute],
    ) -> Self {
        Self { http: http.clone(), said, routes, key: key.clone(), specs: specs.to_vec() }
    }

    fn route(&self, call: &WireCall) -> Result<&'static WireRoute, ProviderError> {
        offered(&self.key, &self.specs, &call.vendor_model)?;
        self.routes.iter().find(|route| route.dialect == call.dialect).ok_or_else(|| {
            let message = "the vendor doesn't speak this wire";
            ProviderError::new(Reason::Unsupported, Effect::NotStarted, message)
        })
    }

    fn reply(&self, route: &WireRoute, answer: StreamResponse) -> WireReply {
        let media_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or(JSON).to_owned();
        let usage = UsageWatch::default();
        let told = Told::new(route.usage, usage.clone());
        let watch = if media_type.starts_with(EVENTS) {
            let event_bytes_max = self.http.settings().event_bytes_max;
            Watch::Events(Box::new(SseWatch::new(route.end, told, event_bytes_max)))
        } else {
            Watch::Json(JsonWatch::default(), told)
        };
        let body = answer.into_body().into_data_stream();
        let body = Box::pin(Watched { body, watch, said: self.said, is_over: false });
        WireReply { media_type, body, usage }
    }
}

#[async_trait]
impl WireText for Wire {
    fn speaks(&self, dialect: Dialect) -> bool {
        self.routes.iter().any(|route| route.dialect == dialect)
    }

    async fn send(&self, call: WireCall) -> Result<WireReply, ProviderError> {
        let route = self.route(&call)?;
        let headers = headers(route, &call)?;
        let body = Edit::apply(&call.edits, &call.body).map_err(|mistake| invalid(mistake.to_string()))?;
        let sent = self.http.exchange_paid(route.path, headers, body, call.stream).await;
        Ok(self.reply(route, sent.map_err(self.said)?))
    }
}

fn headers(route: &WireRoute, call: &WireCall) -> Result<HeaderMap, ProviderError> {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(header::ACCEPT, HeaderValue::from_static(if call.stream { EVENTS } else { JSON }));
    for (name, value) in call.headers.iter().filter(|(name, _)| route.headers.contains(&name.as_str())) {
        let named = (HeaderName::try_from(name), HeaderValue::try_from(value));
        let (Ok(name), Ok(value)) = named else {
            return Err(invalid(format!("the header {name} has characters that a header can't carry")));
        };
        headers.insert(name, value);
    }
    Ok(headers)
}
