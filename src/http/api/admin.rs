//! Reindex, rollback and resume over HTTP.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;
use crate::engine::IndexVersion;
use crate::http::error::problem::Problem;
use crate::http::error::responses::{Problems, PublicationErrors, ReindexErrors, TaskErrors};
use crate::http::paths;
use crate::http::request::auth::Authorized;
use crate::http::request::json_body;
use crate::http::request::query::InQuery;
use crate::http::request::registry::Nothing;
use crate::http::state::App;
use crate::http::wire::reindex::TaskJson;
use crate::http::wire::version::IndexVersionJson;
use crate::indexing::rollback::PublicationError;

/// What a reindex over HTTP is asked for; the configured sources are read.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = Reindex)]
struct ReindexBody {
    /// Read every source anew and build a generation.
    full: bool,
    /// Delete the articles of sources that are not read any more; never pushes.
    prune: bool,
    /// Report what would change, and change nothing.
    dry_run: bool,
}

/// The answer of rollback and resume.
#[derive(Serialize, ToSchema)]
#[schema(as = Publication)]
struct PublicationBody {
    /// The state that is answered from.
    index_version: IndexVersionJson,
    /// Whether changes wait until `resume` or the next reindex.
    held: bool,
}

/// The routes that start a reindex or change the published generation.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(reindex))
        .routes(routes!(task))
        .routes(routes!(rollback))
        .routes(routes!(resume))
}

/// Start a reindex
///
/// Reads the configured sources, in the background: the answer is the task, and `Location` says
/// where to look after it. A body is not needed.
#[utoipa::path(
    post,
    path = "/v1/reindex",
    operation_id = "reindex",
    tag = "Changes",
    security(("bearer" = [])),
    request_body = Option<ReindexBody>,
    responses(
        (status = 202, description = "The task", body = TaskJson, headers(("Location" = String, description = "The address of the task."))),
        Problems<ReindexErrors>
    )
)]
async fn reindex(Authorized(admin): Authorized, _: InQuery<Nothing>, request: Request) -> Result<Response, Problem> {
    let checked = json_body::check_type(request.headers(), &[json_body::JSON]);
    json_body::check_coding(request.headers())?;
    let body = json_body::read(request, json_body::MAX_BYTES).await?;
    let ReindexBody { full, prune, dry_run } = if body.is_empty() {
        ReindexBody::default()
    } else {
        checked?;
        let parsed: Result<Option<ReindexBody>, _> = serde_json::from_slice(&body);
        parsed
            .map(Option::unwrap_or_default)
            .map_err(|error| Problem::bad_body(&format!("is not understood: {error}")))?
    };
    let task = blocking(move || admin.reindex(full, prune, dry_run)).await??;
    let location = paths::TASK.replace("{id}", &task.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(TaskJson::from(task))).into_response())
}

/// A task
///
/// How far a reindex is, and its report when it is done. The last 100 since the server's start are
/// kept.
#[utoipa::path(
    get,
    path = paths::TASK,
    operation_id = "task",
    tag = "Changes",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The task's id.")),
    responses((status = 200, description = "The task", body = TaskJson), Problems<TaskErrors>)
)]
async fn task(
    Authorized(admin): Authorized,
    id: Result<Path<String>, PathRejection>,
    _: InQuery<Nothing>,
) -> Result<Json<TaskJson>, Problem> {
    id.ok().and_then(|Path(id)| admin.task(&id)).map(|task| Json(task.into())).ok_or_else(Problem::no_task)
}

/// Go back to the generation before
///
/// Answers from the generation before the present one, and holds changes until `resume` or the
/// next reindex.
#[utoipa::path(
    post,
    path = "/v1/rollback",
    operation_id = "rollback",
    tag = "Changes",
    security(("bearer" = [])),
    responses((status = 200, description = "What is answered from now", body = PublicationBody), Problems<PublicationErrors>)
)]
async fn rollback(authorized: Authorized, _: InQuery<Nothing>) -> Result<Json<PublicationBody>, Problem> {
    publication(authorized, Admin::rollback, true).await
}

/// End the hold of a rollback
///
/// Changes are applied again.
#[utoipa::path(
    post,
    path = "/v1/resume",
    operation_id = "resume",
    tag = "Changes",
    security(("bearer" = [])),
    responses((status = 200, description = "What is answered from now", body = PublicationBody), Problems<PublicationErrors>)
)]
async fn resume(authorized: Authorized, _: InQuery<Nothing>) -> Result<Json<PublicationBody>, Problem> {
    publication(authorized, Admin::resume, false).await
}

async fn publication(
    Authorized(admin): Authorized,
    change: fn(&Admin) -> Result<IndexVersion, PublicationError>,
    held: bool,
) -> Result<Json<PublicationBody>, Problem> {
    let index_version = blocking(move || change(&admin)).await??;
    Ok(Json(PublicationBody { index_version: index_version.into(), held }))
}

/// Runs blocking work, such as disk access, off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work)).await.map_err(|error| Problem::internal(&error))
}
