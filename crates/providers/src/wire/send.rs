//! Sending a caller's bytes to the vendor.

use std::collections::BTreeMap;

use async_trait::async_trait;
use fourfold_clients::http::{BaseHttpClient, StreamResponse};
use fourfold_domain::{
    Dialect, Edit, Effect, ModelSpec, ProviderError, ProviderKey, Reason, WireCall, WireFields, WireReply,
    WireText,
};
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;

use super::events::Events;
use super::look::Look;
use super::reply::{Streamed, whole};
use super::route::WireRoute;
use super::words::Words;
use crate::classify::invalid;
use crate::offered::offered;

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";

/// A vendor's own wire.
pub(crate) struct Wire {
    http: BaseHttpClient,
    words: Words,
    routes: &'static [WireRoute],
    key: ProviderKey,
    /// The models that are offered.
    specs: Vec<ModelSpec>,
    /// Of the models whose limit doesn't go into the first field of the route.
    limits: BTreeMap<String, &'static str>,
}

impl Wire {
    pub(crate) fn new(
        key: &ProviderKey,
        specs: &[ModelSpec],
        http: &BaseHttpClient,
        words: Words,
        routes: &'static [WireRoute],
    ) -> Self {
        let (key, specs) = (key.clone(), specs.to_vec());
        Self { http: http.clone(), words, routes, key, specs, limits: BTreeMap::new() }
    }

    /// The same with the field that each model has for the limit of a chat.
    pub(crate) fn with_limits(mut self, field_of: impl Fn(&str) -> &'static str) -> Self {
        let named = self.specs.iter().map(|spec| (spec.vendor_model.clone(), field_of(&spec.vendor_model)));
        self.limits = named.collect();
        self
    }

    fn route(&self, call: &WireCall) -> Result<&'static WireRoute, ProviderError> {
        offered(&self.key, &self.specs, &call.vendor_model)?;
        self.routes.iter().find(|route| route.dialect == call.dialect).ok_or_else(|| {
            let message = "the vendor doesn't speak this wire";
            ProviderError::new(Reason::Unsupported, Effect::NotStarted, message)
        })
    }

    /// What to change besides what was asked for: the model's name, and its limit where that isn't there already.
    fn edits(&self, route: &WireRoute, call: &WireCall, fields: &WireFields<'_>) -> Vec<Edit> {
        let mut edits = call.edits.clone();
        edits.push(Edit::Set("model", Value::from(call.vendor_model.as_str())));
        let Some(limit) = call.limit else { return edits };
        let own = match call.dialect {
            Dialect::OpenAiChat => self.limits.get(&call.vendor_model).copied(),
            _ => None,
        };
        let Some(field) = own.or(route.limit.first().copied()) else { return edits };
        if fields.get(field).and_then(|value| value.parse().ok()) != Some(limit) {
            edits.push(Edit::Set(field, Value::from(limit)));
        }
        let others = route.limit.iter().filter(|other| **other != field && fields.get(other).is_some());
        edits.extend(others.map(|other| Edit::Remove(other)));
        edits
    }

    async fn reply(
        &self,
        route: &'static WireRoute,
        answer: StreamResponse,
    ) -> Result<WireReply, ProviderError> {
        let media_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or(JSON).to_owned();
        let (settings, said) = (self.http.settings(), self.words.said);
        let look = Look::new(route, self.words);
        let body = answer.into_body().into_data_stream();
        if media_type.starts_with(EVENTS) {
            let events = Events::new(look, settings.event_bytes_max);
            return Ok(WireReply { media_type, body: Box::pin(Streamed { body, events, said }) });
        }
        let answer = whole(body, look, settings.answer_bytes_max, said).await?;
        Ok(WireReply { media_type, body: Box::pin(stream::iter([Ok(answer)])) })
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
        let fields = WireFields::scan(&call.body).map_err(|mistake| invalid(mistake.to_string()))?;
        let body = fields.edited(&self.edits(route, &call, &fields));
        let sent = self.http.exchange_paid(route.path, headers, body.into(), call.stream).await;
        self.reply(route, sent.map_err(self.words.said)?).await
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
