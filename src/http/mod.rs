//! The API: handlers extract, call the engine, and render.

mod access;
mod admin;
mod articles;
mod articles_push;
mod auth;
mod body;
mod caching;
mod client_address;
mod clock;
mod compression;
mod connections;
mod cors;
mod cursor;
mod forms;

mod health;
mod language;
mod limits;
mod metrics;
mod ndjson;
mod parameters;
mod params;
mod problem;
mod rate_limit;
mod related;
mod search;
mod settings;
mod topics;
mod workers;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, Request};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::routing::{get, post};
use tower_http::cors::CorsLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;

use crate::applier::EngineSlot;
use crate::engine::SearchEngine;
pub use connections::serve;
use metrics::Metrics;
use problem::Problem;
use rate_limit::RateLimiter;
pub use settings::{Origin, RateLimit, ServiceSettings, Settings};
use workers::Workers;

/// What the handlers share.
#[derive(Clone)]
struct App {
    slot: EngineSlot,
    settings: Arc<Settings>,
    cache_control: HeaderValue,
    cors: CorsLayer,
    workers: Arc<Workers>,
    rate_limiter: Arc<Option<RateLimiter>>,
    metrics: Arc<Metrics>,
}

impl App {
    fn new(slot: EngineSlot, settings: Settings) -> App {
        // As many as the machine has cores, and one to hide a stall.
        let count = std::thread::available_parallelism().map_or(2, |cores| cores.get() + 1);
        let service = &settings.service;
        App {
            slot,
            cache_control: caching::cache_control(service.cache_s),
            cors: cors::policy(service),
            workers: Arc::new(Workers::new(count, service.max_waiting, service.max_wait())),
            rate_limiter: Arc::new(RateLimiter::new(service)),
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
}

/// The routes, answering from whatever engine the slot holds at the time. They need a runtime with
/// its timers.
pub fn router(slot: EngineSlot, settings: Settings) -> Router {
    let app = App::new(slot, settings);
    let trace = TraceLayer::new_for_http()
        // The path only: what people search for is not logged.
        .make_span_with(|request: &Request<_>| {
            tracing::info_span!("request", method = %request.method(), path = request.uri().path())
        })
        .on_response(DefaultOnResponse::new().level(Level::DEBUG));
    let routes = Router::new()
        .route("/", get(health::welcome))
        .route("/v1/search", get(search::search).post(search::search_by_json))
        .route("/v1/multi-search", post(search::multi_search))
        .route("/v1/topics", get(topics::topics))
        .route("/v1/articles", get(articles::article_by_query))
        .route("/v1/articles/{id}", get(articles::article_by_id))
        .route("/v1/articles/{id}/related", get(related::related_by_id))
        .route("/v1/related", get(related::related_by_query))
        .route("/health/livez", get(health::livez))
        .route("/health/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .merge(articles_push::routes())
        .merge(admin::routes())
        .fallback(health::no_such_route)
        .method_not_allowed_fallback(health::no_such_method)
        // The last one stands before the others: what it is asked comes to it first.
        .layer(from_fn_with_state(app.clone(), caching::cache))
        .layer(compression::layer())
        .layer(from_fn(compression::explain_refusal))
        .layer(from_fn_with_state(app.clone(), limits::limit_time))
        .layer(from_fn_with_state(app.clone(), rate_limit::limit_rate))
        .layer(from_fn(limits::limit_headers))
        .layer(from_fn_with_state(app.clone(), cors::share))
        .layer(from_fn(cors::options))
        .layer(from_fn_with_state(app.clone(), metrics::observe))
        .layer(trace)
        .with_state(app);
    Router::new().fallback_service(routes).layer(map_response(cors::allow_options))
}
