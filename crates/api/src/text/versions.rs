//! The headers of Anthropic's wire that say how a body is to be read.

use fourfold_domain::{InvalidInput, check_betas};
use http::HeaderMap;

const BETA: &str = "anthropic-beta";
const VERSIONS: [&str; 2] = ["anthropic-version", BETA];

/// What they say. What costs more than tokens is refused.
pub(super) fn versions(headers: &HeaderMap) -> Result<Vec<(String, String)>, InvalidInput> {
    let mut versions = Vec::new();
    for name in VERSIONS {
        let mut said = Vec::new();
        for value in headers.get_all(name) {
            let text = value.to_str();
            said.push(text.map_err(|_| InvalidInput::malformed(name, "must be visible ASCII"))?);
        }
        if !said.is_empty() {
            versions.push((name.to_owned(), said.join(",")));
        }
    }
    versions.iter().filter(|(name, _)| name == BETA).try_for_each(|(_, said)| check_betas(said))?;
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn said(headers: &[(&'static str, &'static str)]) -> Result<Vec<(String, String)>, InvalidInput> {
        let named = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        named.for_each(|(name, value)| _ = headers.append(name, value));
        versions(&headers)
    }

    #[test]
    fn what_is_said_in_several_headers_is_said_in_one() {
        let headers = [("anthropic-beta", "one"), ("anthropic-beta", "two,three"), ("x-other", "four")];
        assert_eq!(said(&headers), Ok(vec![("anthropic-beta".to_owned(), "one,two,three".to_owned())]));
    }

    #[test]
    fn a_beta_that_costs_more_than_tokens_is_refused() {
        for beta in ["context-1m-2025-08-07", "one, Fast-Mode-2026-02-01", "code-execution-2025-08-25"] {
            let error = said(&[("anthropic-version", "2026-10-21"), ("anthropic-beta", beta)]).unwrap_err();
            assert_eq!((error.field.as_ref(), error.problem), (BETA, fourfold_domain::Problem::Unpriced));
        }
    }
}
