//! A transformer for some methods and paths only.

use async_trait::async_trait;

use super::{
    CallContext, RequestDraft, RequestTransformer, ResponseDraft, ResponseTransformer, TransformError,
};
use crate::Allow;

/// A transformer for some methods and paths only, as the caller gave them; calls of others stay untouched.
///
/// ```
/// use fourfold_forward::{Allow, BodyTransformer, OnlyFor};
///
/// let stateless = BodyTransformer::new().set("store", false.into())?;
/// let stateless = OnlyFor::new(Allow::only(["POST /v1/responses"])?, stateless);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct OnlyFor<T> {
    calls: Allow,
    transformer: T,
}

impl<T> OnlyFor<T> {
    /// This transformer, for these calls.
    pub fn new(calls: Allow, transformer: T) -> Self {
        Self { calls, transformer }
    }

    fn is_for(&self, call: &CallContext) -> bool {
        self.calls.allows(&call.method, &call.path)
    }
}

#[async_trait]
impl<T: RequestTransformer> RequestTransformer for OnlyFor<T> {
    fn name(&self) -> &str {
        self.transformer.name()
    }

    fn priority(&self) -> i32 {
        self.transformer.priority()
    }

    fn reads_body(&self) -> bool {
        self.transformer.reads_body()
    }

    async fn transform(&self, request: &mut RequestDraft, call: &CallContext) -> Result<(), TransformError> {
        if self.is_for(call) { self.transformer.transform(request, call).await } else { Ok(()) }
    }
}

#[async_trait]
impl<T: ResponseTransformer> ResponseTransformer for OnlyFor<T> {
    fn name(&self) -> &str {
        self.transformer.name()
    }

    fn priority(&self) -> i32 {
        self.transformer.priority()
    }

    fn reads_body(&self) -> bool {
        self.transformer.reads_body()
    }

    async fn transform(
        &self,
        response: &mut ResponseDraft,
        call: &CallContext,
    ) -> Result<(), TransformError> {
        if self.is_for(call) { self.transformer.transform(response, call).await } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;
    use crate::{HEADER_PRIORITY, HeaderTransformer};

    #[tokio::test]
    async fn other_calls_stay_untouched() {
        let calls = Allow::only(["POST /v1/responses"]).unwrap();
        let transformer = OnlyFor::new(calls, HeaderTransformer::new().add("a", "b").unwrap());
        assert_eq!(RequestTransformer::priority(&transformer), HEADER_PRIORITY);
        for (method, path, added) in [
            (Method::POST, "/v1/responses", 1),
            // A target reads it as the same.
            (Method::POST, "/v1/%72esponses", 1),
            (Method::GET, "/v1/responses", 0),
            (Method::POST, "/v1/chat", 0),
        ] {
            let call = CallContext {
                target: "t".into(),
                request_id: "r".into(),
                method: method.clone(),
                path: path.into(),
                extensions: http::Extensions::new(),
            };
            let headers = HeaderMap::new();
            // A path transformer has been there; what the caller gave counts.
            let path = "/elsewhere".to_owned();
            let mut request = RequestDraft { method, path, query: None, headers, body: None };
            RequestTransformer::transform(&transformer, &mut request, &call).await.unwrap();
            assert_eq!(request.headers.len(), added, "{} {}", call.method, call.path);
        }
    }
}
