//! Links that a vendor's answer has: to media that it made, or to where a file is to go.

use http::Method;

use crate::http::{AuthScheme, BaseHttpClient, Call, ClientError};

/// Begins a call to a link. It goes without the credential, and to no address inside but the client's own origin.
pub(crate) fn link<'c>(http: &'c BaseHttpClient, method: Method, url: &str) -> Result<Call<'c>, ClientError> {
    // Anything else would be taken for a path of the vendor's.
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(ClientError::invalid("the link is not an http or https URL"));
    }
    Ok(http.request(method, url).auth(&AuthScheme::None))
}
