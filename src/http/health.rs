//! Whether there is somebody at home, and what stands at addresses without a route.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::App;
use super::problem::Problem;
use crate::engine::SearchEngine;

pub(super) async fn welcome(State(app): State<App>) -> Json<Value> {
    let version = app.slot.load().as_ref().map(|engine| engine.index_version());
    Json(json!({
        "name": "fichero",
        "version": env!("CARGO_PKG_VERSION"),
        "index_version": version,
        "routes": ["/v1/search?q=", "/v1/articles?id=", "/v1/articles?url=", "/v1/articles/{id}/related", "/v1/related?url=",
            "/health/livez", "/health/readyz"],
    }))
}

pub(super) async fn livez() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

pub(super) async fn readyz(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let engine = app.slot.load_full().ok_or_else(Problem::not_ready)?;
    Ok(Json(json!({
        "status": "ok",
        "index_version": engine.index_version(),
        "articles": engine.article_count(),
    })))
}

pub(super) async fn no_such_route() -> Problem {
    Problem::no_route()
}

pub(super) async fn no_such_method() -> Problem {
    Problem::no_method()
}
