//! Files that are sent before: announced here, sent to a URL beside the API, used by `runway://` for a day.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::assets::AssetKind;
use super::rules::{self, Fits, needs};
use super::version;
use crate::answer::Answer;
use crate::call::Call;
use crate::media::Size;
use crate::refusal::Refusal;
use crate::world::{Upload, UploadedFile};

const SCHEME: &str = "runway://";
const BYTES_MAX: u64 = 200_000_000;
const WORKS: Duration = Duration::from_secs(24 * 60 * 60);

/// `POST /v1/uploads`: where to send the file, with which fields, and what it is called by afterwards.
pub(super) fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    version::check(call)?;
    let fields = call.json_fields()?;
    rules::check(
        call,
        &fields,
        &[needs("filename", Fits::Text(255)), needs("type", Fits::Word(&["ephemeral"]))],
    )?;
    let name = call.new_id("", 40);
    let form = [
        ("key", format!("ephemeral/{name}/{}", fields.required_text("filename")?)),
        ("policy", call.new_id("", 64)),
        ("x-amz-signature", call.new_id("", 64)),
    ];
    let form = form.map(|(field, value)| (field.to_owned(), value));
    let described: Map<_, _> =
        form.iter().map(|(field, value)| (field.clone(), Value::from(value.as_str()))).collect();
    let upload = Upload {
        vendor: call.vendor,
        credential: call.credential.to_owned(),
        fields: form.into(),
        bytes_max: BYTES_MAX,
        expires_at: call.now() + WORKS,
        file: None,
    };
    Ok(Answer::json(&json!({
        "uploadUrl": call.upload_url(&name, upload),
        "fields": described,
        "runwayUri": format!("{SCHEME}{name}"),
    })))
}

/// Why a `runway://` can't be used as a file of this kind.
pub(super) fn problem(call: &Call<'_>, uri: &str, kind: AssetKind) -> Option<String> {
    match file(call, uri) {
        None => Some("Could not find the upload. It may have expired or may not be complete.".into()),
        Some(file) if kind.is_of(&file.media_type) => None,
        Some(file) => Some(format!("Unsupported asset type {}: expected {}/*", file.media_type, kind.name())),
    }
}

/// How large an uploaded picture is.
pub(super) fn measured(call: &Call<'_>, uri: &str) -> Option<Size> {
    file(call, uri)?.picture_size
}

fn file(call: &Call<'_>, uri: &str) -> Option<UploadedFile> {
    let name = uri.strip_prefix(SCHEME)?;
    call.world.uploads.lock().file(name, call.vendor, call.credential, call.now())
}
