//! The works nearest to an article.

use std::time::Instant;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;

use super::articles::{id_in_path, key};
use super::parameters::{NamingAndRelating, RELATED_LIMIT, Relating};
use super::params::{InQuery, Params};
use super::problem::Problem;
use super::{App, clock, search};
use crate::engine::{ArticleKey, IndexVersion, RelatedHit, RelatedRequest};

/// The answer of the related routes.
#[derive(Serialize)]
pub(super) struct RelatedBody {
    id: String,
    limit: usize,
    took_ms: f64,
    index_version: IndexVersion,
    hits: Vec<RelatedHit>,
}

pub(super) async fn related_by_id(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    InQuery { params, .. }: InQuery<Relating>,
) -> Result<Json<RelatedBody>, Problem> {
    related(app, id_in_path(id)?, &params).await
}

pub(super) async fn related_by_query(
    State(app): State<App>,
    InQuery { params, .. }: InQuery<NamingAndRelating>,
) -> Result<Json<RelatedBody>, Problem> {
    related(app, key(&params)?, &params).await
}

async fn related(app: App, key: ArticleKey, params: &Params) -> Result<Json<RelatedBody>, Problem> {
    let begun = Instant::now();
    let limit = params.whole(&RELATED_LIMIT)?;
    let request = RelatedRequest { key, filters: search::filters(params)?, limit, now_s: clock::now_s() };
    let answer = app.with_engine(move |engine| Ok(engine.related(&request)?)).await?;
    let answer = answer.ok_or_else(Problem::no_article)?;
    Ok(Json(RelatedBody {
        id: answer.id,
        limit,
        took_ms: clock::elapsed_ms(begun),
        index_version: answer.index_version,
        hits: answer.hits,
    }))
}
