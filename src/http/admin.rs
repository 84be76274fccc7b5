//! Reindex, rollback and resume over HTTP.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::auth::Authorized;
use super::parameters::Nothing;
use super::params::InQuery;
use super::problem::Problem;
use super::{App, body};
use crate::admin::{Admin, TaskBody};
use crate::engine::IndexVersion;
use crate::publication::PublicationError;

/// What a reindex over HTTP is asked for; the configured sources are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ReindexBody {
    /// Read every source anew and build a generation.
    full: bool,
    /// Delete the articles of sources that are not read any more; never pushes.
    prune: bool,
    /// Report what would change, and change nothing.
    dry_run: bool,
}

/// The answer of rollback and resume.
#[derive(Serialize)]
struct PublicationBody {
    /// The state that is answered from.
    index_version: IndexVersion,
    /// Whether changes wait until `resume` or the next reindex.
    held: bool,
}

/// The routes that decide what is answered from.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/reindex", post(reindex))
        .route("/v1/tasks/{id}", get(task))
        .route("/v1/rollback", post(rollback))
        .route("/v1/resume", post(resume))
}

async fn reindex(Authorized(admin): Authorized, _: InQuery<Nothing>, request: Request) -> Result<Response, Problem> {
    let is_json = body::is_json(request.headers());
    let body = body::read(request, body::MAX_BYTES).await?;
    let ReindexBody { full, prune, dry_run } = if body.is_empty() {
        ReindexBody::default()
    } else {
        if !is_json {
            return Err(Problem::media_type(body::JSON));
        }
        serde_json::from_slice(&body).map_err(|error| Problem::bad_body(&format!("is not understood: {error}")))?
    };
    let task = blocking(move || admin.reindex(full, prune, dry_run)).await??;
    let location = format!("/v1/tasks/{}", task.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(task)).into_response())
}

async fn task(
    Authorized(admin): Authorized,
    id: Result<Path<String>, PathRejection>,
    _: InQuery<Nothing>,
) -> Result<Json<TaskBody>, Problem> {
    id.ok().and_then(|Path(id)| admin.task(&id)).map(Json).ok_or_else(Problem::no_task)
}

async fn rollback(authorized: Authorized, _: InQuery<Nothing>) -> Result<Json<PublicationBody>, Problem> {
    publication(authorized, Admin::rollback, true).await
}

async fn resume(authorized: Authorized, _: InQuery<Nothing>) -> Result<Json<PublicationBody>, Problem> {
    publication(authorized, Admin::resume, false).await
}

async fn publication(
    Authorized(admin): Authorized,
    change: fn(&Admin) -> Result<IndexVersion, PublicationError>,
    held: bool,
) -> Result<Json<PublicationBody>, Problem> {
    let index_version = blocking(move || change(&admin)).await??;
    Ok(Json(PublicationBody { index_version, held }))
}

/// Runs what waits for the disk off the async threads.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work)).await.map_err(|error| Problem::internal(&error))
}
