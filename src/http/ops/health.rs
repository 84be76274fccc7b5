//! Health checks, and the responses for addresses without a route.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Redirect;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::problem::Problem;
use crate::http::error::responses::{CommonErrors, Problems, ReadinessErrors};
use crate::http::paths;
use crate::http::request::query::InQuery;
use crate::http::request::registry::Nothing;
use crate::http::state::App;
use crate::http::wire::version::IndexVersionJson;
use crate::storage::failure::Cause;

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alive {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// What the server answers from.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    index_version: IndexVersionJson,
    /// How many articles it has, those that are not shown among them.
    articles: u64,
    /// Whether changes are refused, because they cannot be stored.
    read_only: bool,
    /// The stable name of why they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "disk-full")]
    cause: Option<&'static str>,
    /// Why they are, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    detail: Option<String>,
}

/// Whether the server is alive
///
/// 200 as long as the process answers at all: for a supervisor that would restart it.
#[utoipa::path(
    get,
    path = "/health/livez",
    operation_id = "alive",
    tag = "Operation",
    responses((status = 200, description = "It is", body = Alive), Problems<CommonErrors>)
)]
pub(crate) async fn livez(_: InQuery<Nothing>) -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// Whether searches are answered
///
/// 200 when there is an index to answer from, else 503: for a balancer. Where changes cannot be
/// stored it says so and why; where the data folder is not in its place any more it is 503, though
/// searches are answered from what is open.
#[utoipa::path(
    get,
    path = "/health/readyz",
    operation_id = "ready",
    tag = "Operation",
    responses((status = 200, description = "They are", body = Ready), Problems<ReadinessErrors>)
)]
pub(crate) async fn readyz(State(app): State<App>, _: InQuery<Nothing>) -> Result<Json<Ready>, Problem> {
    let engine = app.current.engine().ok_or_else(Problem::not_ready)?;
    let engine = engine.status(jiff::Timestamp::now().as_second()).map_err(Problem::engine_status)?;
    let cause = app.settings.storage.cause();
    if let Some(lost @ Cause::Lost(_)) = cause {
        return Err(Problem::not_stored(lost));
    }
    Ok(Json(Ready {
        status: "ok",
        index_version: engine.version.into(),
        articles: engine.articles(),
        read_only: cause.is_some(),
        cause: cause.map(Cause::name),
        detail: cause.map(|cause| cause.to_string()),
    }))
}

/// The pages whose address readers may type with a slash at the end.
const PAGES_WITHOUT_SLASH: [&str; 2] = [paths::RESULTS_PAGE, paths::DOCS_PAGE];

/// Redirects the address of such a page with a slash to the one without.
pub(crate) async fn no_such_route(uri: Uri) -> Result<Redirect, Problem> {
    let is_page = |path: &&str| uri.path().strip_suffix('/') == Some(*path);
    let path = PAGES_WITHOUT_SLASH.into_iter().find(is_page).ok_or_else(Problem::no_route)?;
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    // The redirect is relative, so it works under any path prefix.
    Ok(Redirect::permanent(&format!("..{path}{query}")))
}

pub(crate) async fn no_such_method() -> Problem {
    Problem::no_method()
}
