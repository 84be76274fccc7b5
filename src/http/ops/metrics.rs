//! Metrics for operators, in the OpenMetrics text format that Prometheus reads.
//!
//! Requests are counted as they are answered; the state of the index is read at each scrape. No
//! metric contains queries or users.

use std::fmt::Debug;
use std::sync::LazyLock;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{EncodeGaugeValue, EncodeLabelSet};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use crate::engine::EngineStatus;
use crate::http::error::problem::Problem;
use crate::http::error::responses::{CommonErrors, Problems};
use crate::http::request::query::InQuery;
use crate::http::request::registry::Nothing;
use crate::http::state::App;
use crate::indexing::audit::AuditFigures;
use crate::indexing::status::{self, IndexFigures};
use crate::storage::data_dir::DataFolder;
use crate::storage::failure::Cause;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// When the server started; the router evaluates it.
pub(crate) static STARTED: LazyLock<jiff::Timestamp> = LazyLock::new(jiff::Timestamp::now);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabels {
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LangLabels {
    lang: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: String,
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
    responses((status = 200, description = "The figures", body = String, content_type = "application/openmetrics-text"), Problems<CommonErrors>)
)]
pub(crate) async fn metrics(State(app): State<App>, _: InQuery<Nothing>) -> Result<Response, Problem> {
    // Reading the catalog may block on disk access.
    let text = tokio::task::spawn_blocking(move || {
        let mut present = Registry::default();
        register_process(&mut present);
        let engine = app.current.engine();
        let engine = engine.and_then(|engine| engine.status(jiff::Timestamp::now().as_second()).ok());
        let applied_seq = engine.as_ref().map(|engine| engine.version.seq);
        register_engine(&mut present, engine.as_ref());
        register_storage(&mut present, app.settings.storage.cause());
        // A catalog whose data folder is lost is not opened: SQLite would take the log of the
        // former catalog for that of the file now in its place.
        let is_lost = matches!(app.settings.storage.cause(), Some(Cause::Lost(_)));
        if let Some(data) = app.settings.data.as_ref().filter(|_| !is_lost) {
            match status::index_figures(&DataFolder::existing(data), applied_seq) {
                Ok(figures) => register_index(&mut present, &figures),
                Err(error) => tracing::warn!(error = format!("{error:#}"), "the catalog's metrics cannot be read"),
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
    let build = Family::<BuildLabels, Gauge>::default();
    build.get_or_create(&BuildLabels { version: env!("CARGO_PKG_VERSION") }).set(1);
    registry.register("fichero_build_info", "The version of the program", build);
    let help = "When the server started, Unix time";
    gauge(registry, "process_start_time_seconds", help, STARTED.as_duration().as_secs_f64());
    if let Some(seconds) = cpu_seconds() {
        let help = "Time that processors worked for the process";
        registry.register("process_cpu_seconds", help, ConstCounter::new(seconds));
    }
    if let Some(memory) = memory_stats::memory_stats() {
        let help = "Memory of the process that is in the machine's memory";
        gauge(registry, "process_resident_memory_bytes", help, memory.physical_mem as u64);
        let help = "Memory that the process has reserved, the files of the index included";
        gauge(registry, "process_virtual_memory_bytes", help, memory.virtual_mem as u64);
    }
}

/// The time that processors worked for the process, as Linux counts it: in hundredths of a second.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may contain anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) as f64 / 100.0)
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

fn register_engine(registry: &mut Registry, engine: Option<&EngineStatus>) {
    gauge(registry, "fichero_ready", "Whether there is an index to answer from", u64::from(engine.is_some()));
    let Some(engine) = engine else { return };
    let version = engine.version;
    gauge(registry, "fichero_index_generation", "The generation that is answered from", version.generation);
    gauge(registry, "fichero_index_applied_seq", "The last change that answers show", version.seq);
    let articles = Family::<LangLabels, Gauge>::default();
    for (lang, count) in engine.articles_by_language.iter() {
        articles.get_or_create(&LangLabels { lang: lang.clone() }).set(i64::try_from(*count).unwrap_or(i64::MAX));
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
