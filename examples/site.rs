//! The demo site of an institute, and fichero beside it, which its pages ask:
//!
//! ```sh
//! cargo run --release --example site
//! ```
//!
//! The site is the files of `examples/site`; any web server serves them as well.

use std::net::TcpListener;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use fichero::config::Config;
use fichero::indexing::report::Progress;
use fichero::server::serve;
use fichero::telemetry::{self, LogFormat};

/// What the pages call their search server.
const FICHERO: &str = "127.0.0.1:8080";
const SITE: &str = "127.0.0.1:8000";

fn main() -> Result<()> {
    let _telemetry = telemetry::init(LogFormat::Text, true);
    let listener =
        TcpListener::bind(SITE).with_context(|| format!("cannot listen on {SITE}: end the program that uses it"))?;
    listener.set_nonblocking(true)?;
    let site = thread::spawn(move || pages(listener));
    let address = FICHERO.parse()?;
    let load = move || Ok(Config::load(None, None, Some(address))?);
    serve(&load()?, load, Arc::new(Silent), move |_| {
        // Whatever ended the site is told, and fichero goes on.
        if site.is_finished() {
            eprintln!("the site is not served: {:?}", site.join());
            return;
        }
        println!("the demo site is at http://{SITE}/, its search at http://{FICHERO}/");
    })
}

/// Answers with the files of the site.
#[tokio::main(flavor = "current_thread")]
async fn pages(listener: TcpListener) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, Router::new().fallback(page)).await
}

async fn page(uri: Uri) -> Response {
    let path = if uri.path().ends_with('/') { format!("{}index.html", uri.path()) } else { uri.path().to_owned() };
    let path = PathBuf::from(path.trim_start_matches('/'));
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/site");
    let kind = match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match std::fs::read(folder.join(path)) {
        Ok(bytes) if is_below => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Progress is in the log.
struct Silent;

impl Progress for Silent {
    fn reading(&self, _: &str, _: u64) {}
    fn building(&self, _: u64) {}
}
