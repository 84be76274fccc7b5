//! Logs to standard error and, with the feature `otlp`, spans to a collector.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::panics::report_contained_panics_as_errors;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for machines.
    Json,
}

/// A guard to hold until the end of the process: dropping it sends the remaining spans.
#[must_use = "dropping it stops sending spans"]
#[derive(Debug)]
pub struct Telemetry {
    #[cfg(feature = "otlp")]
    _spans: Option<otlp::Sending>,
}

/// An error with its chain of sources, in one line.
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Starts logging. `RUST_LOG` filters the log; the default is `info` if `is_server`, else `warn`
/// without the rejected records, which a command prints in its report.
///
/// With the feature `otlp`, spans of requests and reindexes are sent to
/// `OTEL_EXPORTER_OTLP_ENDPOINT`, with OTLP over HTTP.
pub fn init(format: LogFormat, is_server: bool) -> Telemetry {
    let default = if is_server { "info,tantivy=warn" } else { "warn,fichero-records=off" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let log: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).compact().with_filter(filter).boxed(),
        LogFormat::Json => log.json().with_filter(filter).boxed(),
    };
    report_contained_panics_as_errors();
    let registry = tracing_subscriber::registry().with(log);
    #[cfg(not(feature = "otlp"))]
    {
        registry.init();
        Telemetry {}
    }
    #[cfg(feature = "otlp")]
    {
        let (sending, problem) = match otlp::begin() {
            Ok(sending) => (sending, None),
            Err(error) => (None, Some(error)),
        };
        registry.with(sending.as_ref().map(otlp::Sending::layer)).init();
        if let Some(error) = problem {
            tracing::error!(error = %error, "cannot send spans");
        }
        Telemetry { _spans: sending }
    }
}

#[cfg(feature = "otlp")]
mod otlp {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::Subscriber;
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::registry::LookupSpan;

    const NAME: &str = env!("CARGO_PKG_NAME");

    /// Sends spans to a collector; dropping it sends the remaining ones.
    #[derive(Debug)]
    pub(super) struct Sending(SdkTracerProvider);

    /// Starts sending; `None` if no collector is configured.
    pub(super) fn begin() -> Result<Option<Sending>, ExporterBuildError> {
        if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none_or(|endpoint| endpoint.is_empty()) {
            return Ok(None);
        }
        let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).build()?;
        let resource = Resource::builder().with_service_name(NAME).build();
        Ok(Some(Sending(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())))
    }

    impl Sending {
        /// Only our own spans, regardless of the log filter: spans of the exporter's libraries
        /// would cause more exports in a loop.
        pub(super) fn layer<S: Subscriber + for<'span> LookupSpan<'span>>(&self) -> impl Layer<S> + use<S> {
            let ours = Targets::new().with_target(NAME, LevelFilter::INFO);
            tracing_opentelemetry::layer().with_tracer(self.0.tracer(NAME)).with_filter(ours)
        }
    }

    impl Drop for Sending {
        fn drop(&mut self) {
            if let Err(error) = self.0.shutdown() {
                tracing::warn!(%error, "cannot send the last spans");
            }
        }
    }
}
