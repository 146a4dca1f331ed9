//! `/v1/uploads`: files that go up before a request names them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::http::{BaseHttpClient, Body, ClientError, Multipart};
use crate::vendor::link;

/// A file on its way up.
pub struct Upload {
    /// Its name, of at most 255 characters.
    pub name: String,
    /// What it is, such as `image/png`.
    pub media_type: String,
    /// At most 200 MB. A stream must know its length, is never held, and can't be sent again.
    pub body: Body,
}

impl Upload {
    /// A file of this name and media type.
    pub fn new(name: impl Into<String>, media_type: impl Into<String>, body: impl Into<Body>) -> Self {
        Self { name: name.into(), media_type: media_type.into(), body: body.into() }
    }
}

/// Leaves the name out, which a user may have given.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("media_type", &self.media_type)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Where the file is to go, with which fields, and what it is called by afterwards.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    upload_url: String,
    fields: BTreeMap<String, String>,
    runway_uri: String,
}

pub(super) async fn upload(http: &BaseHttpClient, upload: Upload) -> Result<String, ClientError> {
    let Upload { name, media_type, body } = upload;
    if body.length_bytes().is_none() {
        return Err(ClientError::invalid("the store takes no file whose length isn't known"));
    }
    let asked = json!({"filename": name, "type": "ephemeral"});
    let target: Target =
        http.post("v1/uploads").operation("start_upload").json(&asked).send().await?.json()?;
    // The store takes no field behind the file.
    let fields = target.fields.iter().fold(Multipart::new(), |form, (field, value)| form.text(field, value));
    let form = fields.streamed_file("file", &name, &media_type, body);
    // A large file takes as long as it takes; one that gets stuck is still noticed.
    let call = link(http, Method::POST, &target.upload_url)?.total_timeout(Duration::ZERO);
    call.operation("upload").multipart(form).send().await?;
    Ok(target.runway_uri)
}
