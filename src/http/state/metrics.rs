//! Counts and times requests, see [`crate::http::ops::metrics`].

use std::time::Duration;

use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::search_pool::PoolStatistics;
use crate::http::error::problem::ProblemCode;

/// The upper bounds of the histogram buckets, in seconds: a response takes a millisecond or two, a
/// slow one a second.
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

/// The metrics since the start of the process.
pub(crate) struct Metrics {
    pub(crate) registry: Registry,
    requests: Family<RequestLabels, Counter>,
    problems: Family<CodeLabels, Counter>,
    total: Family<RouteLabels, Histogram>,
    engine: Family<RouteLabels, Histogram>,
    waiting: Family<RouteLabels, Histogram>,
    searches: Counter,
    searches_without_results: Counter,
}

fn times() -> Histogram {
    Histogram::new(TIMES_S)
}

impl Metrics {
    /// Metrics with all counts at zero.
    pub(crate) fn new() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("fichero"),
            requests: Family::default(),
            problems: Family::default(),
            total: Family::new_with_constructor(times),
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
            metrics.total.clone(),
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

    /// Counts an answered search.
    pub(crate) fn count_search(&self, results: u64) {
        self.searches.inc();
        if results == 0 {
            self.searches_without_results.inc();
        }
    }

    /// Counts and times an answered request.
    pub(crate) fn count_request(
        &self,
        method: &'static str,
        route: String,
        response: &Response,
        total: Duration,
        statistics: PoolStatistics,
    ) {
        if let Some(ProblemCode(code)) = response.extensions().get() {
            self.problems.get_or_create(&CodeLabels { code }).inc();
        }
        let labels = RequestLabels { method, route: route.clone(), status: response.status().as_u16() };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { route };
        self.total.get_or_create(&labels).observe(total.as_secs_f64());
        if statistics.count > 0 {
            self.engine.get_or_create(&labels).observe(statistics.worked.as_secs_f64());
            self.waiting.get_or_create(&labels).observe(statistics.waited.as_secs_f64());
        }
    }
}
