//! What tasks made, at links of the vendor's store.

use http::Method;

use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{Media, link};

pub(super) async fn download(http: &BaseHttpClient, url: &str) -> Result<Media, ClientError> {
    let call = link(http, Method::GET, url)?.operation("download").redirects(REDIRECTS_MAX);
    Ok(Media::of(call.stream().await?))
}

const REDIRECTS_MAX: u32 = 3;
