//! The API: handlers extract, call the engine, and render.

mod admin;
mod articles;
mod articles_push;
mod auth;
mod body;
mod clock;
mod cursor;
mod forms;
mod health;
mod language;
mod ndjson;
mod parameters;
mod params;
mod problem;
mod related;
mod search;
mod settings;
mod topics;

use std::sync::Arc;

use axum::Router;
use axum::http::Request;
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;

use crate::applier::EngineSlot;
use crate::engine::SearchEngine;
use problem::Problem;
pub use settings::Settings;

/// How many requests may wait for an engine worker; further ones are told to come back.
const MAX_WAITING: usize = 512;

/// What the handlers share.
#[derive(Clone)]
struct App {
    slot: EngineSlot,
    settings: Arc<Settings>,
    /// Requests that wait or are worked on.
    admitted: Arc<Semaphore>,
    /// Requests that are worked on: as many as the machine has cores, and one to hide a stall.
    working: Arc<Semaphore>,
}

impl App {
    /// Runs engine code off the async threads; the one crossing of a request.
    async fn with_engine<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn SearchEngine) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let engine = self.slot.load_full().ok_or_else(Problem::not_ready)?;
        let _admitted = self.admitted.try_acquire().map_err(|_| Problem::too_busy())?;
        let _working = self.working.acquire().await.map_err(|_| Problem::not_ready())?;
        let span = tracing::Span::current();
        tokio::task::spawn_blocking(move || span.in_scope(|| work(engine.as_ref())))
            .await
            .map_err(|error| Problem::internal(&error))?
    }
}

/// The routes, answering from whatever engine the slot holds at the time.
pub fn router(slot: EngineSlot, settings: Settings) -> Router {
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get() + 1);
    let app = App {
        slot,
        settings: Arc::new(settings),
        admitted: Arc::new(Semaphore::new(MAX_WAITING)),
        working: Arc::new(Semaphore::new(workers)),
    };
    let trace = TraceLayer::new_for_http()
        // The path only: what people search for is not logged.
        .make_span_with(|request: &Request<_>| {
            tracing::info_span!("request", method = %request.method(), path = request.uri().path())
        })
        .on_response(DefaultOnResponse::new().level(Level::DEBUG));
    Router::new()
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
        .merge(articles_push::routes())
        .merge(admin::routes())
        .fallback(health::no_such_route)
        .method_not_allowed_fallback(health::no_such_method)
        .layer(trace)
        .with_state(app)
}
