//! `POST /v1/images/generations` and `/v1/images/edits`.

use axum::extract::{Request, State};
use axum::response::Response;
use fourfold_domain::Modality;
use fourfold_service::jobs::AttachedJob;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::{Asked, streams, succeeded};
use super::pictures::{Pictures, Wanted};
use crate::AppState;
use crate::description::{AttachedErrors, BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{
    Body, Form, IdempotencyHeader, Object, User, UserHeader, idempotency, idempotency_key, idempotency_of,
};

/// Ours, then OpenAI's.
const NAMES: &[(&str, &str)] = &[("format", "output_format")];

/// Pictures to be drawn, in OpenAI's shape. What else a model can be told is in its `parameters`; see `/api/v1/models`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewImages {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// What to draw.
    #[schema(min_length = 1)]
    prompt: String,
    /// How many.
    n: Option<u32>,
    /// `WIDTHxHEIGHT`, or `auto`.
    size: Option<String>,
    quality: Option<String>,
    background: Option<String>,
    /// png, jpeg or webp.
    output_format: Option<String>,
    /// `b64_json`, which holds where it is left out, or `url`.
    #[schema(pattern = "^(b64_json|url)$")]
    response_format: Option<String>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// Pictures to be changed, in OpenAI's shape.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read as it comes, this documents it")]
pub(crate) struct NewImageEdit {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// What to make of them.
    #[schema(min_length = 1)]
    prompt: String,
    /// The picture to work from; several are sent as `image[]`.
    #[schema(value_type = Option<String>, format = Binary)]
    image: Option<Vec<u8>>,
    /// The pictures to work from.
    #[schema(rename = "image[]", value_type = Option<Vec<String>>, format = Binary)]
    images: Option<Vec<Vec<u8>>>,
    /// Transparent where the first picture may change.
    #[schema(value_type = Option<String>, format = Binary)]
    mask: Option<Vec<u8>>,
    /// How many.
    n: Option<u32>,
    /// `WIDTHxHEIGHT`, or `auto`.
    size: Option<String>,
    quality: Option<String>,
    background: Option<String>,
    /// png, jpeg or webp.
    output_format: Option<String>,
    /// `b64_json`, which holds where it is left out, or `url`.
    #[schema(pattern = "^(b64_json|url)$")]
    response_format: Option<String>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// Draws pictures.
///
/// They are a job for which the answer waits, for at most 10 minutes: it is stored, charged and listed like any other.
/// A client who leaves before a vendor is asked calls it off. With `Idempotency-Key` the same request sent again is
/// given the same pictures.
#[utoipa::path(post, path = "/v1/images/generations", tag = "openai", operation_id = "create_images",
    request_body = NewImages,
    params(UserHeader,
        IdempotencyHeader),
    responses(
        (status = 200, body = Pictures, description = "the pictures"),
        KeyErrors,
        BodyErrors,
        AttachedErrors,
        (status = 404, body = ErrorBody, description = "no such model, or the pictures were removed since")))]
pub(crate) async fn create(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let idempotency = idempotency(&headers, &method, &uri, &body).await?;
    let (asked, wanted) = read(&state, body.object)?;
    let AttachedJob { view, .. } = asked.wait(&state, user, idempotency).await?;
    Pictures::answer(&state, succeeded(view)?, wanted).await
}

/// Changes pictures.
///
/// What is handed in becomes files of the account. Else it is as with `/v1/images/generations`.
#[utoipa::path(post, path = "/v1/images/edits", tag = "openai", operation_id = "edit_images",
    request_body(content = NewImageEdit, content_type = "multipart/form-data"),
    params(UserHeader,
        IdempotencyHeader),
    responses(
        (status = 200, body = Pictures, description = "the pictures"),
        KeyErrors,
        BodyErrors,
        AttachedErrors,
        (status = 404, body = ErrorBody, description = "no such model, or the pictures were removed since")))]
pub(crate) async fn edit(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    idempotency_key(&headers)?;
    let form = Form::read(&state, &user.subject, request).await?;
    let edited = async {
        let idempotency = idempotency_of(&headers, &method, &uri, form.fingerprint)?;
        let object = form.object()?;
        let (mut asked, wanted) = read(&state, object)?;
        asked.read_texts();
        if !asked.input.contains_key("image") {
            return Err(ApiError::malformed("image", "image is required"));
        }
        Ok((asked.wait(&state, user, idempotency).await?, wanted))
    };
    let edited = edited.await;
    if !edited.as_ref().is_ok_and(|(job, _)| job.is_new) {
        form.discard(&state).await;
    }
    let (AttachedJob { view, .. }, wanted) = edited?;
    Pictures::answer(&state, succeeded(view)?, wanted).await
}

/// Reads the fields that are OpenAI's own.
fn read(state: &AppState, mut object: Object) -> Result<(Asked, Wanted), ApiError> {
    if streams(&mut object)? {
        let message = "pictures don't come as events here; leave stream out";
        return Err(ApiError::invalid("stream", message));
    }
    if object.take("partial_images").is_some_and(|count| count != 0 && count != "0") {
        let message = "pictures don't come in parts here; leave partial_images out";
        return Err(ApiError::invalid("partial_images", message));
    }
    let wanted = match object.text("response_format")?.as_deref() {
        None | Some("b64_json") => Wanted::Bytes,
        Some("url") => Wanted::Links,
        Some(_) => {
            let message = "response_format must be one of b64_json, url";
            return Err(ApiError::invalid("response_format", message));
        }
    };
    let mut asked = Asked::read(state, Modality::Image, object, NAMES)?;
    asked.leave_out("n", 1);
    asked.leave_out("n", "1");
    leave_auto_out(&mut asked);
    Ok((asked, wanted))
}

/// `auto` is what holds where a field is left out, unless the model knows the word itself.
fn leave_auto_out(asked: &mut Asked) {
    let choices = |asked: &Asked, name: &str| match asked.parameter(name).map(|known| &known.kind) {
        Some(fourfold_domain::ParameterKind::Choice(choices)) => {
            choices.iter().any(|choice| choice == "auto")
        }
        _ => false,
    };
    for name in ["size", "quality", "background", "moderation"] {
        if asked.input.get(name) == Some(&Value::from("auto")) && !choices(asked, name) {
            asked.input.remove(name);
        }
    }
}
