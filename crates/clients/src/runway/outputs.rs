//! What tasks made, at links of the vendor's store.

use http::Method;

use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{self, Media, link};

pub(super) async fn download(http: &BaseHttpClient, url: &str) -> Result<Media, ClientError> {
    vendor::download(link(http, Method::GET, url)?.operation("download")).await
}
