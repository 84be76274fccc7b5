//! The routes, and the layers that every request passes.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::Response;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::docs::openapi::ApiDocument;
use super::state::App;
use super::state::settings::Settings;
use super::{api, docs, formats, middleware, ops, pages, widgets};
use crate::engine::CurrentEngine;

/// The routes and, from the same annotations, their description.
fn routes(settings: &Settings) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(docs::openapi::outline(settings))
        .routes(routes!(pages::welcome))
        .routes(routes!(pages::results))
        .routes(routes!(api::search::search, api::search::search_by_json))
        .routes(routes!(api::search::multi_search))
        .routes(routes!(api::suggest::suggest))
        .routes(routes!(api::suggest::suggest_for_browsers))
        .routes(routes!(formats::atom::feed))
        .routes(routes!(formats::opensearch::description))
        .routes(routes!(api::topics::topics))
        .routes(routes!(api::recent::recent))
        .routes(routes!(api::articles::article_by_query))
        .routes(routes!(api::articles::article_by_id))
        .routes(routes!(api::related::related_by_id))
        .routes(routes!(api::related::related_by_query, api::related::related_to_draft))
        .merge(api::push::routes())
        .merge(api::admin::routes())
        .routes(routes!(ops::health::livez))
        .routes(routes!(ops::health::readyz))
        .routes(routes!(ops::metrics::metrics))
        .routes(routes!(docs::routes::openapi))
        .routes(routes!(docs::routes::docs))
        .routes(routes!(widgets::script))
        .routes(routes!(pages::related))
}

/// Says what browsers may not do with an answer: take it for another type than it says it is, or
/// tell another site what a reader searched for.
async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// The routes, answering from whatever engine is current at the time. They need a runtime with
/// its timers.
pub fn router(current: Arc<dyn CurrentEngine>, settings: Settings) -> Router {
    let (routes, api) = routes(&settings).split_for_parts();
    let app = App::new(current, ApiDocument::of(api, &settings), settings);
    let trace = TraceLayer::new_for_http()
        // The path only: what people search for is not logged.
        .make_span_with(|request: &Request<_>| {
            tracing::info_span!("request", method = %request.method(), path = request.uri().path())
        })
        .on_response(DefaultOnResponse::new().level(Level::DEBUG));
    let routes = routes
        .fallback(ops::health::no_such_route)
        .method_not_allowed_fallback(ops::health::no_such_method)
        // Layers run in reverse order of registration: the last one sees the request first.
        .layer(from_fn_with_state(app.clone(), middleware::caching::cache))
        .layer(from_fn_with_state(app.clone(), middleware::timeouts::limit_time))
        .layer(from_fn_with_state(app.clone(), middleware::rate_limit::limit_rate))
        .layer(from_fn(middleware::timeouts::limit_headers))
        .layer(from_fn_with_state(app.clone(), middleware::html_errors::render_errors))
        .layer(middleware::compression::layer())
        .layer(from_fn(middleware::compression::refuse))
        .layer(from_fn_with_state(app.clone(), middleware::cors::share))
        .layer(from_fn(middleware::cors::options))
        .layer(from_fn_with_state(app.clone(), middleware::observe::observe))
        .layer(trace)
        .with_state(app);
    Router::new()
        .fallback_service(routes)
        .layer(map_response(middleware::cors::allow_options))
        .layer(map_response(guard))
}
