//! Changes headers: removes, then replaces, then adds.

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::invalid::{InvalidTransformer, header_name, header_value};
use super::{
    CallContext, HEADER_PRIORITY, RequestDraft, RequestTransformer, ResponseDraft, ResponseTransformer,
    TransformError,
};

/// Changes headers, of requests or of answers: removes, then replaces, then adds, whatever the order of the calls.
///
/// So removing and adding the same header sets it, whether or not it was there.
///
/// ```
/// use fourfold_forward::HeaderTransformer;
///
/// let headers = HeaderTransformer::new().remove("x-internal")?.add("x-team", "search")?;
/// assert!(HeaderTransformer::new().add("content-length", "0").is_err());
/// # Ok::<(), fourfold_forward::InvalidTransformer>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeaderTransformer {
    remove: Vec<HeaderName>,
    replace: Vec<(HeaderName, HeaderValue)>,
    add: Vec<(HeaderName, HeaderValue)>,
    priority: i32,
}

impl Default for HeaderTransformer {
    fn default() -> Self {
        Self { remove: Vec::new(), replace: Vec::new(), add: Vec::new(), priority: HEADER_PRIORITY }
    }
}

impl HeaderTransformer {
    /// Changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a header out, however often it is there. An error if it belongs to the connection.
    pub fn remove(mut self, name: &str) -> Result<Self, InvalidTransformer> {
        self.remove.push(header_name("remove", name)?);
        Ok(self)
    }

    /// Gives a header that is there this one value; one that isn't there stays so.
    pub fn replace(mut self, name: &str, value: &str) -> Result<Self, InvalidTransformer> {
        self.replace.push(header("replace", name, value)?);
        Ok(self)
    }

    /// Adds a value, beside those that the header has.
    pub fn add(mut self, name: &str, value: &str) -> Result<Self, InvalidTransformer> {
        self.add.push(header("add", name, value)?);
        Ok(self)
    }

    /// Sets the priority, [`HEADER_PRIORITY`] by default.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    fn apply(&self, headers: &mut HeaderMap) {
        for name in &self.remove {
            headers.remove(name);
        }
        for (name, value) in &self.replace {
            if headers.contains_key(name) {
                headers.insert(name, value.clone());
            }
        }
        for (name, value) in &self.add {
            headers.append(name, value.clone());
        }
    }
}

#[async_trait]
impl RequestTransformer for HeaderTransformer {
    fn name(&self) -> &str {
        "header"
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    async fn transform(&self, request: &mut RequestDraft, _: &CallContext) -> Result<(), TransformError> {
        self.apply(&mut request.headers);
        Ok(())
    }
}

#[async_trait]
impl ResponseTransformer for HeaderTransformer {
    fn name(&self) -> &str {
        "header"
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    async fn transform(&self, response: &mut ResponseDraft, _: &CallContext) -> Result<(), TransformError> {
        self.apply(&mut response.headers);
        Ok(())
    }
}

fn header(part: &str, name: &str, value: &str) -> Result<(HeaderName, HeaderValue), InvalidTransformer> {
    Ok((header_name(part, name)?, header_value(&format!("{part}.{name}"), value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> HeaderTransformer {
        HeaderTransformer::new()
    }

    fn check(transformer: HeaderTransformer, before: &[(&'static str, &str)], after: &[(&str, &str)]) {
        let mut headers: HeaderMap = before
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        transformer.apply(&mut headers);
        let mut left: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        left.sort_unstable();
        assert_eq!(left, after, "{transformer:?}");
    }

    #[test]
    fn headers_are_removed_then_replaced_then_added() {
        let two = [("a", "1"), ("a", "2"), ("b", "3")];
        check(new(), &two, &two);
        check(new().remove("A").unwrap(), &two, &[("b", "3")]);
        check(new().remove("c").unwrap(), &two, &two);
        check(new().replace("a", "x").unwrap(), &two, &[("a", "x"), ("b", "3")]);
        check(new().replace("c", "x").unwrap(), &two, &two);
        check(new().add("b", "x").unwrap(), &two, &[("a", "1"), ("a", "2"), ("b", "3"), ("b", "x")]);
        check(new().add("c", "x").unwrap().add("c", "y").unwrap(), &[], &[("c", "x"), ("c", "y")]);
        // The order is that of the kinds, not of the calls.
        check(
            new().add("a", "x").unwrap().replace("a", "y").unwrap().remove("a").unwrap(),
            &two,
            &[("a", "x"), ("b", "3")],
        );
    }

    #[test]
    fn what_the_connection_decides_cannot_be_changed() {
        for name in ["Host", "content-length", "Transfer-Encoding", "connection", "upgrade", "te"] {
            let is_refused = [new().remove(name), new().replace(name, "1"), new().add(name, "1")];
            assert!(is_refused.iter().all(Result::is_err), "{name}");
        }
    }

    #[test]
    fn an_error_names_the_part_and_not_the_value() {
        let error = |result: Result<_, InvalidTransformer>| {
            result.map(|_: HeaderTransformer| ()).unwrap_err().to_string()
        };
        assert_eq!(error(new().remove("a b")), "remove.a b must be the name of a header");
        assert_eq!(
            error(new().add("x-key", "sk-secret\r\nx: y")),
            "add.x-key must be text that a header can carry"
        );
    }

    #[test]
    fn printing_shows_no_value() {
        let printed = format!("{:?}", new().add("x-key", "sk-secret").unwrap());
        assert!(!printed.contains("sk-secret"), "{printed}");
    }
}
