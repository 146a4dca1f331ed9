//! URLs as they may be shown: without user, password, query and fragment, where credentials and signatures live.

use std::fmt;

use http::Uri;
use url::Url;

/// Shows a URL without its secrets. Formats only when shown.
pub(crate) struct Redacted<'a, U>(pub(crate) &'a U);

impl fmt::Display for Redacted<'_, Url> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0;
        write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())?;
        f.write_str(if url.query().is_some() { "?…" } else { "" })
    }
}

impl fmt::Display for Redacted<'_, Uri> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.0;
        write!(f, "{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default())?;
        if let Some(port) = uri.port_u16() {
            write!(f, ":{port}")?;
        }
        f.write_str(uri.path())?;
        f.write_str(if uri.query().is_some() { "?…" } else { "" })
    }
}
