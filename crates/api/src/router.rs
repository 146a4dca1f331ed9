//! Every route and every layer.

use axum::Router;
use axum::middleware::from_fn;
use http::{HeaderValue, Method, StatusCode, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::error::ApiError;
use crate::ops::Description;
use crate::request::request;
use crate::{AppState, ServerSettings, admin, native, ops};

/// The whole surface over these services.
pub fn router(state: AppState, settings: &ServerSettings) -> Router {
    let (router, document) = routes().split_for_parts();
    router
        .with_state(state)
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document))
        .fallback(|| async { ApiError::not_found("route; see /docs") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this route doesn't take that method",
            )
        })
        // From the inside out: panics become errors, errors get their body and id, browsers their leave.
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(request))
        .layer(cors(settings))
}

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
        // jobs
        .routes(routes!(native::jobs::create, native::jobs::list))
        .routes(routes!(native::jobs::show))
        .routes(routes!(native::jobs::cancel))
        .routes(routes!(native::events::follow))
        .routes(routes!(native::artifacts::by_job))
        .routes(routes!(native::artifacts::by_token))
        .routes(routes!(native::jobs::quote))
        .routes(routes!(native::models::list))
        // the caller's account
        .routes(routes!(native::credits::show))
        .routes(routes!(native::credits::entries))
        // the operator
        .routes(routes!(admin::accounts::list))
        .routes(routes!(admin::accounts::show))
        .routes(routes!(admin::accounts::grant))
        .routes(routes!(admin::accounts::entries))
        .routes(routes!(admin::keys::create, admin::keys::list))
        .routes(routes!(admin::keys::revoke))
        .routes(routes!(admin::ledger::verify))
        // operations
        .routes(routes!(ops::live))
        .routes(routes!(ops::ready))
        .routes(routes!(ops::metrics))
}

/// The origins that are named; where none are, any while the server listens on loopback.
fn cors(settings: &ServerSettings) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .expose_headers([header::ETAG, header::RETRY_AFTER, header::CONTENT_RANGE]);
    match &settings.cors.origins {
        Some(origins) => {
            let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
            layer.allow_origin(origins.collect::<Vec<_>>()).allow_headers(Any)
        }
        None if settings.listen.ip().is_loopback() => layer.allow_origin(Any).allow_headers(Any),
        None => layer,
    }
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let message = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(panic = message, "a handler panicked");
    axum::response::IntoResponse::into_response(ApiError::internal())
}
