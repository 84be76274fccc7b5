//! The API: handlers extract, call the engine, and render.

mod access;
mod admin;
mod articles;
mod articles_push;
mod auth;
mod base_url;
mod body;
mod caching;
mod client_address;
mod clock;
mod compression;
mod connections;
mod content_policy;
mod cors;
mod cursor;
mod docs;
mod draft;
mod examples;
mod failures;
mod feed;
mod forms;
mod guesses;
mod health;
mod icon;
mod json_ld;
mod labels;
mod limits;
mod line;
mod metrics;
mod ndjson;
mod openapi;
mod opensearch;
mod pages;
mod parameters;
mod params;
mod preference;
mod problem;
mod rate_limit;
mod recent;
mod related;
mod search;
mod settings;
mod suggest;
mod topics;
mod widgets;
mod workers;
mod xml;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::Response;
use tower_http::cors::CorsLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::applier::EngineSlot;
use crate::engine::SearchEngine;
pub use base_url::BaseUrl;
pub use connections::serve;
use guesses::Guesses;
use metrics::Metrics;
use openapi::Document;
use problem::Problem;
use rate_limit::RateLimiter;
pub use settings::{Origin, RateLimit, ServiceSettings, Settings};
use workers::Workers;

/// What the handlers share.
#[derive(Clone)]
struct App {
    slot: EngineSlot,
    settings: Arc<Settings>,
    document: Arc<Document>,
    cache_control: HeaderValue,
    cors: CorsLayer,
    workers: Arc<Workers>,
    rate_limiter: Arc<Option<RateLimiter>>,
    guesses: Arc<Guesses>,
    metrics: Arc<Metrics>,
}

impl App {
    fn new(slot: EngineSlot, document: Document, settings: Settings) -> App {
        // As many as the machine has cores, and one to hide a stall.
        let count = std::thread::available_parallelism().map_or(2, |cores| cores.get() + 1);
        let service = &settings.service;
        App {
            slot,
            document: Arc::new(document),
            cache_control: caching::cache_control(service.cache_s),
            cors: cors::policy(service),
            workers: Arc::new(Workers::new(count, service.max_waiting, service.max_wait())),
            rate_limiter: Arc::new(RateLimiter::new(service)),
            guesses: Arc::default(),
            metrics: Arc::new(Metrics::new()),
            settings: Arc::new(settings),
        }
    }

    /// Runs engine code off the async threads; the one crossing of a request.
    async fn with_engine<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn SearchEngine) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let engine = self.slot.load_full().ok_or_else(Problem::not_ready)?;
        self.workers.run(move || work(engine.as_ref())).await
    }

    /// The engine as it is at this instant, for several crossings that are answered from one state.
    fn engine_at_present(&self) -> Result<Arc<dyn SearchEngine>, Problem> {
        Ok(self.slot.load_full().ok_or_else(Problem::not_ready)?.held_state())
    }
}

/// The routes and, from the same annotations, their description.
fn routes(settings: &Settings) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::outline(settings))
        .routes(routes!(pages::welcome))
        .routes(routes!(pages::results))
        .routes(routes!(search::search, search::search_by_json))
        .routes(routes!(search::multi_search))
        .routes(routes!(suggest::suggest))
        .routes(routes!(suggest::suggest_for_browsers))
        .routes(routes!(feed::feed))
        .routes(routes!(opensearch::description))
        .routes(routes!(topics::topics))
        .routes(routes!(recent::recent))
        .routes(routes!(articles::article_by_query))
        .routes(routes!(articles::article_by_id))
        .routes(routes!(related::related_by_id))
        .routes(routes!(related::related_by_query, related::related_to_draft))
        .merge(articles_push::routes())
        .merge(admin::routes())
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::metrics))
        .routes(routes!(openapi::openapi))
        .routes(routes!(docs::docs))
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

/// The routes, answering from whatever engine the slot holds at the time. They need a runtime with
/// its timers.
pub fn router(slot: EngineSlot, settings: Settings) -> Router {
    let (routes, api) = routes(&settings).split_for_parts();
    let app = App::new(slot, Document::of(api, &settings), settings);
    let trace = TraceLayer::new_for_http()
        // The path only: what people search for is not logged.
        .make_span_with(|request: &Request<_>| {
            tracing::info_span!("request", method = %request.method(), path = request.uri().path())
        })
        .on_response(DefaultOnResponse::new().level(Level::DEBUG));
    let routes = routes
        .fallback(health::no_such_route)
        .method_not_allowed_fallback(health::no_such_method)
        // The last one stands before the others: what it is asked comes to it first.
        .layer(from_fn_with_state(app.clone(), caching::cache))
        .layer(from_fn_with_state(app.clone(), limits::limit_time))
        .layer(from_fn_with_state(app.clone(), rate_limit::limit_rate))
        .layer(from_fn(limits::limit_headers))
        .layer(from_fn_with_state(app.clone(), pages::dress))
        .layer(compression::layer())
        .layer(from_fn(compression::refuse))
        .layer(from_fn_with_state(app.clone(), cors::share))
        .layer(from_fn(cors::options))
        .layer(from_fn_with_state(app.clone(), metrics::observe))
        .layer(trace)
        .with_state(app);
    Router::new().fallback_service(routes).layer(map_response(cors::allow_options)).layer(map_response(guard))
}
