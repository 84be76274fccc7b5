//! The state that all handlers share.

pub(crate) mod metrics;
pub(crate) mod queue;
pub(crate) mod rate_limiter;
pub(crate) mod search_pool;
pub(crate) mod settings;

use std::sync::Arc;

use axum::extract::FromRef;
use axum::http::HeaderValue;
use tower_http::cors::CorsLayer;

use self::metrics::Metrics;
use self::rate_limiter::RateLimiter;
use self::search_pool::SearchPool;
use self::settings::Settings;
use crate::engine::{CurrentEngine, SearchEngine};
use crate::http::docs::openapi::ApiDocument;
use crate::http::error::problem::Problem;
use crate::http::middleware::cors;
use crate::http::request::guesses::Guesses;
use crate::http::route_group::RouteTable;
use crate::http::widgets::script::Script;

/// The state that all handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) current: Arc<dyn CurrentEngine>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) document: Arc<ApiDocument>,
    pub(crate) widgets: Arc<Script>,
    pub(crate) routes: Arc<RouteTable>,
    pub(crate) cache_control: HeaderValue,
    pub(crate) cors: CorsLayer,
    pub(crate) workers: Arc<SearchPool>,
    pub(crate) rate_limiter: Arc<Option<RateLimiter>>,
    pub(crate) guesses: Arc<Guesses>,
    pub(crate) metrics: Arc<Metrics>,
}

impl App {
    pub(crate) fn new(
        current: Arc<dyn CurrentEngine>,
        routes: RouteTable,
        document: ApiDocument,
        settings: Settings,
    ) -> App {
        // One worker per core, and one more to hide a stall.
        let count = std::thread::available_parallelism().map_or(2, |cores| cores.get() + 1);
        let service = &settings.service;
        App {
            current,
            document: Arc::new(document),
            widgets: Arc::new(Script::of(&settings.reading.kinds)),
            routes: Arc::new(routes),
            cache_control: cache_control(service.cache_s),
            cors: cors::policy(service),
            workers: Arc::new(SearchPool::new(count, service.max_waiting, service.max_wait())),
            rate_limiter: Arc::new(RateLimiter::new(service)),
            guesses: Arc::default(),
            metrics: Arc::new(Metrics::new()),
            settings: Arc::new(settings),
        }
    }

    /// Runs engine code on the search pool, off the async threads.
    pub(crate) async fn with_engine<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn SearchEngine) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let engine = self.current.engine().ok_or_else(Problem::not_ready)?;
        self.workers.run(move || work(engine.as_ref())).await
    }

    /// The engine in its current state, for several searches that must see the same state.
    pub(crate) fn engine_at_present(&self) -> Result<Arc<dyn SearchEngine>, Problem> {
        self.current.state().ok_or_else(Problem::not_ready)
    }
}

impl FromRef<App> for Arc<ApiDocument> {
    fn from_ref(app: &App) -> Arc<ApiDocument> {
        Arc::clone(&app.document)
    }
}

impl FromRef<App> for Arc<RouteTable> {
    fn from_ref(app: &App) -> Arc<RouteTable> {
        Arc::clone(&app.routes)
    }
}

impl FromRef<App> for CorsLayer {
    fn from_ref(app: &App) -> CorsLayer {
        app.cors.clone()
    }
}

/// The `Cache-Control` header of a response from the index.
fn cache_control(max_age_s: u32) -> HeaderValue {
    let text = format!("public, max-age={max_age_s}, must-revalidate");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("no-cache"))
}
