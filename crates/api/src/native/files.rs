//! Files: media that callers hand in, to be named in the `input` of jobs as `file:<id>`. They are never sent out
//! again.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_domain::{AccountId, FileId};
use fourfold_service::IdempotencyScope;
use fourfold_service::files::{File, Upload};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{
    Id, IdempotencyHeader, Page, PageQuery, Paged, UploadBody, User, UserHeader, idempotency_key,
};
use crate::{AppState, rfc3339};

/// A file that is handed in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read as it comes, this documents it")]
pub(crate) struct NewFile {
    /// Its bytes. Its media type is told by how they begin; where that tells nothing, the part's own counts.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A file of the account.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileBody {
    /// Named as `file:<id>` in the `input` of jobs.
    id: String,
    /// Always `file`.
    object: &'static str,
    media_type: String,
    size_bytes: u64,
    sha256: String,
    created_at: String,
}

/// Takes a file.
///
/// It is kept while jobs that name it aren't final, and deleted a day after its last use unless the operator has
/// set another time. With `Idempotency-Key` the same file sent again is the same file.
#[utoipa::path(post, path = "/api/v1/files", tag = "files", operation_id = "create_file",
    request_body(content = NewFile, content_type = "multipart/form-data"),
    params(
        UserHeader,
        IdempotencyHeader),
    responses(
        (status = 201, body = FileBody, description = "the file was taken"),
        KeyErrors,
        BodyErrors))]
pub(crate) async fn create(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    upload: UploadBody,
) -> Result<Response, ApiError> {
    let idempotency = idempotency_key(&headers)?.map(|key| IdempotencyScope {
        subject: user.subject.clone(),
        method: method.to_string(),
        path: uri.path().to_owned(),
        key: key.to_owned(),
    });
    let UploadBody { media_type, bytes } = upload;
    let upload = Upload { subject: user.subject, media_type, bytes, idempotency };
    let file = state.files.upload(upload).await?;
    Ok((StatusCode::CREATED, Json(FileBody::new(&file))).into_response())
}

/// Lists the account's files, the newest first.
#[utoipa::path(get, path = "/api/v1/files", tag = "files", operation_id = "list_files", params(UserHeader, PageQuery),
    responses((status = 200, body = Paged<FileBody>, description = "the files"), KeyErrors))]
pub(crate) async fn list(
    State(state): State<AppState>,
    user: User,
    page: Page<FileId>,
) -> Result<Json<Paged<FileBody>>, ApiError> {
    let files = match state.credits.account(&user.subject).await? {
        None => Vec::new(),
        Some(account) => state.files.files(account.id, page.after, page.limit_and_one()).await?,
    };
    Ok(Json(page.of(files, |file| file.id.to_string(), |file| FileBody::new(&file))))
}

/// Shows a file of the account.
#[utoipa::path(get, path = "/api/v1/files/{id}", tag = "files", operation_id = "show_file",
    params(UserHeader, ("id" = String, Path, format = "uuid")),
    responses((status = 200, body = FileBody, description = "the file"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such file, or it is another account's")))]
pub(crate) async fn show(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<FileId>,
) -> Result<Json<FileBody>, ApiError> {
    let account = account(&state, &user).await?;
    Ok(Json(FileBody::new(&state.files.file(account, id).await?)))
}

/// Deletes a file of the account, unless a job that isn't final names it.
#[utoipa::path(delete, path = "/api/v1/files/{id}", tag = "files", operation_id = "delete_file",
    params(UserHeader, ("id" = String, Path, format = "uuid")),
    responses((status = 204, description = "the file is gone"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such file, or it is another account's"),
        (status = 409, body = ErrorBody, description = "a job that isn't final names it")))]
pub(crate) async fn delete(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<FileId>,
) -> Result<StatusCode, ApiError> {
    let account = account(&state, &user).await?;
    state.files.delete(account, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller's account; who has none has no files.
async fn account(state: &AppState, user: &User) -> Result<AccountId, ApiError> {
    let account = state.credits.account(&user.subject).await?;
    Ok(account.ok_or_else(|| ApiError::not_found("file"))?.id)
}

impl FileBody {
    fn new(file: &File) -> Self {
        Self {
            id: file.id.to_string(),
            object: "file",
            media_type: file.media_type.clone(),
            size_bytes: file.size_bytes,
            sha256: file.sha256.clone(),
            created_at: rfc3339::write(file.created_at),
        }
    }
}
