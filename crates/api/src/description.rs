//! The description of the API as OpenAPI, generated from the code.

use utoipa::openapi::OpenApi as OpenApiDocument;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::error::ErrorBody;

/// The description of the API.
pub fn openapi() -> OpenApiDocument {
    crate::router::routes().into_openapi()
}

/// What is said of the API as a whole.
#[derive(OpenApi)]
#[openapi(
    info(title = "Fourfold", description = "One self-hosted backend for every generative model."),
    paths(crate::forward::pass_on),
    modifiers(&BearerKeys),
    security(("key" = [])),
    tags(
        (name = "chats", description = "Conversations with their history"),
        (name = "jobs", description = "Durable generations and their results"),
        (name = "files", description = "Media handed in, to be named in the input of jobs"),
        (name = "webhooks", description = "Events of jobs, sent to an address of yours after Standard Webhooks"),
        (name = "openai", description = "OpenAI's wire, for its unmodified clients"),
        (name = "anthropic", description = "Anthropic's wire, for its unmodified clients"),
        (name = "forward", description = "The proxy to configured targets"),
        (name = "models", description = "What can be asked for"),
        (name = "credits", description = "The caller's account"),
        (name = "usage", description = "What the caller's account used"),
        (name = "admin", description = "For the operator; admin keys only"),
        (name = "operations", description = "Health and metrics")
    )
)]
pub(crate) struct Description;

/// The errors of every route that takes a key.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "made by their statuses, this documents them")]
pub(crate) enum KeyErrors {
    /// Something is missing, empty or of a wrong type; `param` names it.
    #[response(status = 400)]
    Malformed(ErrorBody),
    /// No key, or one that doesn't count.
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// The key may not do this, or not for this user.
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// A value isn't offered, or a name in the query isn't known; `param` names it, `message` says what is.
    #[response(status = 422)]
    NotAllowed(ErrorBody),
    /// The key or the account has done as much as it may; `message` names the limit.
    #[response(status = 429)]
    LimitExceeded(ErrorBody),
    /// Something failed on our side; `x-should-retry` says whether it may be sent again.
    #[response(status = 500)]
    Internal(ErrorBody),
    /// What we keep can't be reached or has no room left; `x-should-retry` says whether it may be sent again.
    #[response(status = 503)]
    Unavailable(ErrorBody),
}

/// The errors of every route that takes a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "made by their statuses, this documents them")]
pub(crate) enum BodyErrors {
    /// The body came too slowly.
    #[response(status = 408)]
    TooSlow(ErrorBody),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(ErrorBody),
    /// A value isn't offered; `param` names it, `message` says what is.
    #[response(status = 422)]
    NotAllowed(ErrorBody),
}

/// The errors of every route of OpenAI's whose bytes a vendor may be sent as they came.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "made by their statuses, this documents them")]
pub(crate) enum PassedOnErrors {
    /// Something is missing, empty or of a wrong type; `param` names it. Or a vendor who was sent the request as it came
    /// refuses it; then `code` is the vendor's own, or `invalid_request` or `refused` where it gave none.
    #[response(status = 400)]
    Malformed(ErrorBody),
    /// A value isn't offered or isn't priced; `param` names it, `message` says what is. Or a vendor who was asked in our
    /// words refuses that: `invalid_request` or `refused`.
    #[response(status = 422)]
    NotAllowed(ErrorBody),
}

/// The errors of every route that makes a job and waits for its result.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "made by their statuses, this documents them")]
pub(crate) enum AttachedErrors {
    /// The account can't pay for it.
    #[response(status = 402)]
    InsufficientCredits(ErrorBody),
    /// The job was called off.
    #[response(status = 409)]
    Cancelled(ErrorBody),
    /// The vendor failed.
    #[response(status = 502)]
    VendorFailed(ErrorBody),
    /// The vendor took too long, or the job takes longer than a request may: `still_running`, and `job_id` names it.
    #[response(status = 504)]
    StillRunning(ErrorBody),
}

struct BearerKeys;

impl Modify for BearerKeys {
    fn modify(&self, document: &mut OpenApiDocument) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "An API key, ff_…, which x-api-key may hold as well; or a token of an issuer in auth.jwt",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}
