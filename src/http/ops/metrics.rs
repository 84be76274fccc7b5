//! Figures for operators, in the OpenMetrics text format that Prometheus reads.
//!
//! Requests are counted as they are answered; the state of the index is looked at when somebody
//! asks. Nothing here holds what people search for, nor who they are.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{EncodeGaugeValue, EncodeLabelSet};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::engine::SearchEngine;
use crate::engine::tantivy::EmbeddedEngine;
use crate::http::App;
use crate::http::error::problem::{Problem, ProblemCode};
use crate::http::error::responses::{OfAnything, Problems};
use crate::http::middleware::audience::route_of;
use crate::http::request::query::InQuery;
use crate::http::request::registry::Nothing;
use crate::http::state::search_pool::Crossings;
use crate::indexing::audit::AuditFigures;
use crate::indexing::status::{self, IndexFigures};
use crate::storage::data_dir::DataFolder;
use crate::storage::failure::Cause;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
/// Upper bounds of the times that are told apart, in seconds: an answer takes a millisecond or
/// two, a bad one a second.
const TIMES_S: [f64; 14] = [0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabels {
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LangLabels {
    lang: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: String,
}

/// What was counted since the start.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    problems: Family<CodeLabels, Counter>,
    whole: Family<RouteLabels, Histogram>,
    engine: Family<RouteLabels, Histogram>,
    waiting: Family<RouteLabels, Histogram>,
    searches: Counter,
    searches_without_results: Counter,
}

fn times() -> Histogram {
    Histogram::new(TIMES_S)
}

impl Metrics {
    /// Nothing counted yet.
    pub(crate) fn new() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("fichero"),
            requests: Family::default(),
            problems: Family::default(),
            whole: Family::new_with_constructor(times),
            engine: Family::new_with_constructor(times),
            waiting: Family::new_with_constructor(times),
            searches: Counter::default(),
            searches_without_results: Counter::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests that were answered", metrics.requests.clone());
        registry.register("problems", "Answers that were errors, by their code", metrics.problems.clone());
        registry.register(
            "request_duration_seconds",
            "Time from a request's head to the head of its answer",
            metrics.whole.clone(),
        );
        registry.register(
            "engine_duration_seconds",
            "Time that the engine worked for a request that asked it",
            metrics.engine.clone(),
        );
        registry.register(
            "engine_wait_seconds",
            "Time that a request waited for a worker of the engine",
            metrics.waiting.clone(),
        );
        registry.register("searches", "Searches that were answered", metrics.searches.clone());
        registry.register(
            "searches_without_results",
            "Searches that were answered with no result",
            metrics.searches_without_results.clone(),
        );
        metrics
    }

    /// Counts a search that was answered.
    pub(crate) fn count_search(&self, results: u64) {
        self.searches.inc();
        if results == 0 {
            self.searches_without_results.inc();
        }
    }

    fn count_request(
        &self,
        method: &'static str,
        route: String,
        response: &Response,
        whole: Duration,
        crossings: Crossings,
    ) {
        if let Some(ProblemCode(code)) = response.extensions().get() {
            self.problems.get_or_create(&CodeLabels { code }).inc();
        }
        let labels = RequestLabels { method, route: route.clone(), status: response.status().as_u16() };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { route };
        self.whole.get_or_create(&labels).observe(whole.as_secs_f64());
        if crossings.count > 0 {
            self.engine.get_or_create(&labels).observe(crossings.worked.as_secs_f64());
            self.waiting.get_or_create(&labels).observe(crossings.waited.as_secs_f64());
        }
    }
}

/// Counts and times every request, and tells the client what its own took.
pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (method, route) = (method_label(request.method()), route_of(&request));
    let (mut response, crossings) = Crossings::watch(next.run(request)).await;
    let whole = begun.elapsed();
    app.metrics.count_request(method, route, &response, whole, crossings);
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let mut timing = format!("total;dur={:.2}", ms(whole));
    if crossings.count > 0 {
        timing = format!("engine;dur={:.2}, wait;dur={:.2}, {timing}", ms(crossings.worked), ms(crossings.waited));
    }
    if let Ok(timing) = HeaderValue::from_str(&timing) {
        response.headers_mut().insert(SERVER_TIMING, timing);
    }
    response
}

/// A client may make up methods without end.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Figures for Prometheus
///
/// Requests by route and status, how long searches take, what they are answered from, in the text
/// format of OpenMetrics.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "Operation",
    responses((status = 200, description = "The figures", body = String, content_type = "application/openmetrics-text"), Problems<OfAnything>)
)]
pub(crate) async fn metrics(State(app): State<App>, _: InQuery<Nothing>) -> Result<Response, Problem> {
    // Reading the catalog may wait for its disk.
    let text = tokio::task::spawn_blocking(move || {
        let mut present = Registry::default();
        register_process(&mut present);
        let engine = app.slot.load_full();
        let applied_seq = engine.as_ref().map(|engine| engine.index_version().seq);
        register_engine(&mut present, engine.as_deref());
        register_storage(&mut present, app.settings.storage.cause());
        // Of a catalog that is not in its place nothing is opened: SQLite would take the log of the
        // former one for that of what stands there.
        let is_lost = matches!(app.settings.storage.cause(), Some(Cause::Lost(_)));
        if let Some(data) = app.settings.data.as_ref().filter(|_| !is_lost) {
            match status::index_figures(&DataFolder::existing(data), applied_seq) {
                Ok(figures) => register_index(&mut present, &figures),
                Err(error) => tracing::warn!(error = format!("{error:#}"), "the catalog's figures cannot be read"),
            }
        }
        if let Some(audits) = &app.settings.audits {
            register_audits(&mut present, audits);
        }
        let mut text = String::new();
        encode_registry(&mut text, &app.metrics.registry)?;
        encode_registry(&mut text, &present)?;
        encode_eof(&mut text)?;
        Ok::<_, std::fmt::Error>(text)
    })
    .await
    .map_err(|error| Problem::internal(&error))?
    .map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

fn gauge<N: EncodeGaugeValue + Debug + Send + Sync + 'static>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    value: N,
) {
    registry.register(name, help, ConstGauge::new(value));
}

fn register_process(registry: &mut Registry) {
    if let Some(memory) = memory_stats::memory_stats() {
        let help = "Memory of the process that is in the machine's memory";
        gauge(registry, "process_resident_memory_bytes", help, memory.physical_mem as u64);
        let help = "Memory that the process has reserved, the files of the index included";
        gauge(registry, "process_virtual_memory_bytes", help, memory.virtual_mem as u64);
    }
}

fn register_storage(registry: &mut Registry, cause: Option<Cause>) {
    gauge(
        registry,
        "fichero_read_only",
        "Whether changes are refused, for they cannot be stored",
        u64::from(cause.is_some()),
    );
    let causes = Family::<CauseLabels, Gauge>::default();
    if let Some(cause) = cause {
        causes.get_or_create(&CauseLabels { cause: cause.name() }).set(1);
    }
    registry.register("fichero_read_only_cause", "Why changes are refused", causes);
}

fn register_engine(registry: &mut Registry, engine: Option<&EmbeddedEngine>) {
    gauge(registry, "fichero_ready", "Whether there is an index to answer from", u64::from(engine.is_some()));
    let Some(engine) = engine else { return };
    let version = engine.index_version();
    gauge(registry, "fichero_index_generation", "The generation that is answered from", version.generation);
    gauge(registry, "fichero_index_applied_seq", "The last change that answers show", version.seq);
    let articles = Family::<LangLabels, Gauge>::default();
    for (lang, count) in engine.articles_by_language() {
        articles.get_or_create(&LangLabels { lang }).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    registry.register("fichero_articles", "Articles that are answered from, by language", articles);
}

fn register_audits(registry: &mut Registry, audits: &AuditFigures) {
    let mut counter = |name: &str, help: &str, value| registry.register(name, help, ConstCounter::new(value));
    counter("fichero_audits", "Comparisons of the index with the catalog", audits.audits());
    let help = "Articles that the index held otherwise than the catalog, and that were applied again";
    counter("fichero_audit_differences", help, audits.differences());
    counter("fichero_damaged_generations", "Generations that were found damaged", audits.damaged_generations());
    let help = "Generations that were built in the place of ones that could not be read";
    counter("fichero_rebuilt_generations", help, audits.rebuilt_generations());
    let help = "How long the last comparison of the index with the catalog took";
    gauge(registry, "fichero_last_audit_duration_seconds", help, audits.last_took().as_secs_f64());
}

fn register_index(registry: &mut Registry, figures: &IndexFigures) {
    let help = "Changes that are accepted and that answers do not show";
    gauge(registry, "fichero_pending_changes", help, figures.pending_changes);
    gauge(registry, "fichero_changes_held", "Whether a rollback holds changes", u64::from(figures.is_held));
    if let Some(age) = figures.age {
        let help = "Time since the index last took up a change or was built";
        gauge(registry, "fichero_index_age_seconds", help, age.as_secs_f64());
    }
    if let Some(accepted) = &figures.last_accepted {
        let help = "When the last accepted reindex was accepted, Unix time";
        gauge(registry, "fichero_last_reindex_timestamp_seconds", help, accepted.at_s);
        let help = "How long the last accepted reindex took";
        gauge(registry, "fichero_last_reindex_duration_seconds", help, accepted.took.as_secs_f64());
    }
    if let Some(outcome) = &figures.last_outcome {
        let last = Family::<OutcomeLabels, Gauge>::default();
        last.get_or_create(&OutcomeLabels { outcome: outcome.clone() }).set(1);
        registry.register("fichero_last_reindex_outcome", "What became of the newest reindex", last);
    }
}
