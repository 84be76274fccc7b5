//! Single articles.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};

use crate::engine::ArticleKey;
use crate::http::error::problem::Problem;
use crate::http::error::responses::{ArticleErrors, Problems};
use crate::http::paths;
use crate::http::request::clock;
use crate::http::request::query::{InQuery, Params};
use crate::http::request::registry::{ID, Naming, Nothing, URL};
use crate::http::state::App;
use crate::http::wire::article::ArticleJson;

/// An article by its id
///
/// One article with its text and its translations.
#[utoipa::path(
    get,
    path = paths::ARTICLE,
    operation_id = "articleById",
    tag = "Articles",
    params(("id" = String, Path, description = "The article's id, its slashes as `%2F`, or as they are.", min_length = 1, max_length = 200, example = "es/recognition-refugees")),
    responses((status = 200, description = "The article", body = ArticleJson), Problems<ArticleErrors>)
)]
pub(crate) async fn article_by_id(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    _: InQuery<Nothing>,
) -> Result<Json<ArticleJson>, Problem> {
    article(app, id_in_path(id)?).await
}

/// An article by its id or address
///
/// The same, named by `id` or by `url`: exactly one of them.
#[utoipa::path(
    get,
    path = paths::ARTICLES,
    operation_id = "article",
    tag = "Articles",
    params(InQuery<Naming>),
    responses((status = 200, description = "The article", body = ArticleJson), Problems<ArticleErrors>)
)]
pub(crate) async fn article_by_query(
    State(app): State<App>,
    InQuery { params, .. }: InQuery<Naming>,
) -> Result<Json<ArticleJson>, Problem> {
    article(app, key(&params)?).await
}

async fn article(app: App, key: ArticleKey) -> Result<Json<ArticleJson>, Problem> {
    let now_s = clock::now_s();
    let answer = app.with_engine(move |engine| Ok(engine.article(&key, now_s)?)).await?;
    answer.map(|article| Json(article.into())).ok_or_else(Problem::no_article)
}

/// The article named by a path. No id contains invalid UTF-8, so such a path names no article.
pub(crate) fn id_in_path(id: Result<Path<String>, PathRejection>) -> Result<ArticleKey, Problem> {
    id.map(|Path(id)| ArticleKey::Id(id)).map_err(|_| Problem::no_article())
}

/// The key of one article, given by `id` or by `url`.
pub(crate) fn key(params: &Params) -> Result<ArticleKey, Problem> {
    match (params.one(&ID)?, params.one(&URL)?) {
        (Some(id), None) => Ok(ArticleKey::Id(id)),
        (None, Some(url)) => Ok(ArticleKey::Url(url)),
        _ => Err(Problem::bad_value("id", "given, or url instead of it")),
    }
}
