//! Whether there is somebody at home, and what stands at addresses without a route.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::failures::{OfAnything, OfReadiness, Problems};
use super::parameters::Nothing;
use super::params::InQuery;
use super::problem::Problem;
use crate::engine::{IndexVersion, SearchEngine};

/// What there is here.
#[derive(Serialize, ToSchema)]
pub(super) struct Welcome {
    /// `fichero`.
    #[schema(example = "fichero")]
    name: &'static str,
    /// The program's version.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// What is answered from; `null` while the first index is built.
    index_version: Option<IndexVersion>,
    /// Where the API is described.
    #[schema(example = "/docs")]
    documentation: &'static str,
    /// The paths of the API.
    routes: Vec<String>,
}

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// What the server answers from.
#[derive(Serialize, ToSchema)]
pub(super) struct Ready {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    index_version: IndexVersion,
    /// How many articles it has, those that are not shown among them.
    articles: u64,
}

impl Welcome {
    pub(super) fn of(app: &App) -> Welcome {
        Welcome {
            name: "fichero",
            version: env!("CARGO_PKG_VERSION"),
            index_version: app.slot.load().as_ref().map(|engine| engine.index_version()),
            documentation: "/docs",
            routes: app.document.api.paths.paths.keys().cloned().collect(),
        }
    }
}

/// Whether the server is alive
///
/// 200 as long as the process answers at all: for a supervisor that would restart it.
#[utoipa::path(
    get,
    path = "/health/livez",
    operation_id = "alive",
    tag = "Operation",
    responses((status = 200, description = "It is", body = Alive), Problems<OfAnything>)
)]
pub(super) async fn livez(_: InQuery<Nothing>) -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// Whether searches are answered
///
/// 200 when there is an index to answer from, else 503: for a balancer.
#[utoipa::path(
    get,
    path = "/health/readyz",
    operation_id = "ready",
    tag = "Operation",
    responses((status = 200, description = "They are", body = Ready), Problems<OfReadiness>)
)]
pub(super) async fn readyz(State(app): State<App>, _: InQuery<Nothing>) -> Result<Json<Ready>, Problem> {
    let engine = app.slot.load_full().ok_or_else(Problem::not_ready)?;
    Ok(Json(Ready { status: "ok", index_version: engine.index_version(), articles: engine.article_count() }))
}

pub(super) async fn no_such_route() -> Problem {
    Problem::no_route()
}

pub(super) async fn no_such_method() -> Problem {
    Problem::no_method()
}
