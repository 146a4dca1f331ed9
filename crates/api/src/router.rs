//! Every route and every layer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use fourfold_domain::Effect;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi as OpenApiDocument;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::description::Description;
use crate::drain::drain;
use crate::error::ApiError;
use crate::limit_headers::{LIMIT_HEADERS, limit_headers};
use crate::query_names::{QueryNames, known_names};
use crate::request::request;
use crate::request_metrics::RequestMetrics;
use crate::served::{FOURFOLD_CACHE, FOURFOLD_PROVIDER};
use crate::{AppState, ServerSettings, admin, anthropic, forward, native, openai, ops};

/// How long a browser may keep the leave to ask, so that it needn't ask for that before every request.
const LEAVE_KEPT: Duration = Duration::from_secs(10 * 60);

/// What web pages of other origins may read of an answer, besides what they may always.
const EXPOSED: [HeaderName; 9] = [
    header::ETAG,
    header::RETRY_AFTER,
    header::CONTENT_RANGE,
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-should-retry"),
    FOURFOLD_PROVIDER,
    FOURFOLD_CACHE,
    forward::OUR_ERROR,
];

/// Where the page and the document are that describe the routes.
const PAGE: &str = "/docs";
const DOCUMENT: &str = "/openapi.json";
const DOCS: [&str; 4] = [PAGE, "/docs/", "/docs/{*rest}", DOCUMENT];

/// The whole surface over these services.
pub fn router(state: AppState, settings: &ServerSettings) -> Router {
    let (router, document) = routes().split_for_parts();
    let others = DOCS.into_iter().chain([forward::ROUTE]).map(str::to_owned);
    let paths = document.paths.paths.keys().cloned().chain(others);
    let metrics = RequestMetrics::new(paths);
    let around = Around {
        names: Arc::new(QueryNames::new(&document, state.clone())),
        body_idle_max: settings.body_idle_timeout,
    };
    let docs = docs(document);
    let cors = cors(settings);
    // What is forwarded is the target's, so that less is done to it.
    let forwarded = Router::new()
        .route(forward::ROUTE, any(forward::pass_on))
        .with_state(state.clone())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(around.clone(), Around::answer))
        .layer(from_fn_with_state(cors.clone(), forward::cors));
    router
        .with_state(state)
        .merge(docs)
        .fallback(|| async { ApiError::not_found("route; see /docs") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this route doesn't take that method",
            )
        })
        // From the inside out: panics become errors, what is left of a request is read, browsers get their leave, errors
        // their body and id.
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(around, Around::answer))
        .layer(cors)
        .merge(forwarded)
        .layer(from_fn_with_state(metrics, request))
}

/// The page and the document that describe the routes. The document is kept as what is sent: as values it takes ten times
/// the memory.
fn docs<S: Clone + Send + Sync + 'static>(document: OpenApiDocument) -> Router<S> {
    let written = Bytes::from(document.to_json().expect("a description is plain JSON"));
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], written) };
    // Without "none" the page would send the document's address to a validator on the internet.
    let page = SwaggerUi::new(PAGE).config(Config::new([DOCUMENT]).validator_url("none"));
    Router::from(page).layer(map_response(missing_page)).route(DOCUMENT, get(answer))
}

/// What goes around every route. One layer for all of it, since each layer costs every request.
#[derive(Clone)]
struct Around {
    names: Arc<QueryNames>,
    body_idle_max: Duration,
}

impl Around {
    async fn answer(State(around): State<Self>, request: Request, next: Next) -> Response {
        drain(request, around.body_idle_max, |request| {
            limit_headers(known_names(&around.names, request, next))
        })
        .await
    }
}

/// Health and metrics alone, for a process that works on jobs and answers nobody.
pub fn operations_router(state: AppState) -> Router {
    let (router, document) = operations().split_for_parts();
    let metrics = RequestMetrics::new(document.paths.paths.keys().cloned());
    router
        .with_state(state.clone())
        .fallback(|| async { ApiError::not_found("route; this process only works on jobs") })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(metrics, request))
}

fn operations() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(ops::live)).routes(routes!(ops::ready)).routes(routes!(ops::metrics))
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
        .routes(routes!(native::quotes::quote))
        .routes(routes!(native::files::create, native::files::list))
        .routes(routes!(native::files::show, native::files::delete))
        .routes(routes!(native::models::list))
        // webhooks
        .routes(routes!(native::webhooks::make_secret, native::webhooks::list_secrets))
        .routes(routes!(native::webhooks::revoke_secret))
        .routes(routes!(native::webhooks::list_deliveries))
        .routes(routes!(native::webhooks::redeliver))
        // conversations
        .routes(routes!(
            native::chats::turns::send,
            native::chats::conversations::change,
            native::chats::conversations::delete
        ))
        .routes(routes!(native::chats::turns::regenerate))
        .routes(routes!(native::chats::conversations::list))
        .routes(routes!(native::chats::history::show))
        .routes(routes!(native::chats::export::show))
        // OpenAI's wire
        .routes(routes!(openai::chat::create))
        .routes(routes!(openai::responses::create::create))
        .routes(routes!(openai::embeddings::create))
        .routes(routes!(openai::images::create))
        .routes(routes!(openai::images::edit))
        .routes(routes!(openai::speech::create))
        .routes(routes!(openai::transcriptions::create))
        .routes(routes!(openai::videos::create, openai::videos::list))
        .routes(routes!(openai::videos::show, openai::videos::delete))
        .routes(routes!(openai::videos::content))
        .routes(routes!(openai::models::list))
        .routes(routes!(openai::models::show))
        // Anthropic's wire
        .routes(routes!(anthropic::messages::create))
        .routes(routes!(anthropic::count::count))
        // the caller's account
        .routes(routes!(native::credits::show))
        .routes(routes!(native::credits::entries))
        .routes(routes!(native::usage::show))
        // the operator
        .routes(routes!(admin::accounts::list))
        .routes(routes!(admin::accounts::show))
        .routes(routes!(admin::accounts::grant))
        .routes(routes!(admin::accounts::adjust))
        .routes(routes!(admin::accounts::entries))
        .routes(routes!(admin::usage::show))
        .routes(routes!(admin::keys::create, admin::keys::list))
        .routes(routes!(admin::keys::revoke, admin::keys::change))
        .routes(routes!(admin::keys::rotate))
        .routes(routes!(admin::ledger::verify))
        .routes(routes!(admin::ledger::reconcile))
        .routes(routes!(admin::providers::list))
        .routes(routes!(admin::forward::list))
        .routes(routes!(admin::config::reload))
        .routes(routes!(admin::jobs::list))
        .routes(routes!(admin::jobs::retry))
        .routes(routes!(admin::jobs::cancel))
        .merge(operations())
}

/// The origins that are named; where none are, any while the server listens on loopback.
fn cors(settings: &ServerSettings) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .expose_headers(EXPOSED.into_iter().chain(LIMIT_HEADERS).collect::<Vec<_>>())
        .max_age(LEAVE_KEPT);
    // A `*` wouldn't let `Authorization` through, so what is asked for is named back.
    let any_header = AllowHeaders::mirror_request();
    match &settings.cors.origins {
        Some(origins) => {
            let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
            layer.allow_origin(origins.collect::<Vec<_>>()).allow_headers(any_header)
        }
        None if settings.listen.ip().is_loopback() => layer.allow_origin(Any).allow_headers(any_header),
        None => layer,
    }
}

/// The pages that describe the API have their own answer to a page that isn't there; it becomes ours.
async fn missing_page(response: Response) -> Response {
    match response.status() {
        StatusCode::NOT_FOUND => ApiError::not_found("page; see /docs").into_response(),
        _ => response,
    }
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let message = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(panic = message, "a handler panicked");
    // Nobody knows how far it had come.
    ApiError { effect: Effect::MayHaveStarted, ..ApiError::internal() }.into_response()
}
