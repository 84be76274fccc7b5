//! The works nearest to an article.

use std::time::Instant;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::articles::{id_in_path, key};
use super::failures::{OfArticle, Problems};
use super::parameters::{NamingAndRelating, RELATED_LIMIT, Relating};
use super::params::{InQuery, Params};
use super::problem::Problem;
use super::{App, clock, search};
use crate::engine::{ArticleKey, IndexVersion, RelatedHit, RelatedRequest};

/// The answer of the related routes.
#[derive(Serialize, ToSchema)]
#[schema(as = RelatedAnswer)]
pub(super) struct RelatedBody {
    /// The article's id.
    id: String,
    /// How many works were asked for.
    limit: usize,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    took_ms: f64,
    index_version: IndexVersion,
    /// The works, nearest first.
    hits: Vec<RelatedHit>,
}

/// Works related to an article
///
/// The works nearest to an article, each with reasons; never the article itself nor its
/// translations.
#[utoipa::path(
    get,
    path = "/v1/articles/{id}/related",
    operation_id = "relatedById",
    tag = "Articles",
    params(
        ("id" = String, Path, description = "The article's id, its slashes as `%2F`.", min_length = 1, max_length = 200, example = "es/recognition-refugees"),
        InQuery<Relating>
    ),
    responses((status = 200, description = "The works, nearest first", body = RelatedBody), Problems<OfArticle>)
)]
pub(super) async fn related_by_id(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    InQuery { params, .. }: InQuery<Relating>,
) -> Result<Json<RelatedBody>, Problem> {
    related(app, id_in_path(id)?, &params).await
}

/// Works related to an article, by its id or address
///
/// The same, for an article that is named by `id` or by `url`: exactly one of them.
#[utoipa::path(
    get,
    path = "/v1/related",
    operation_id = "related",
    tag = "Articles",
    params(InQuery<NamingAndRelating>),
    responses((status = 200, description = "The works, nearest first", body = RelatedBody), Problems<OfArticle>)
)]
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
