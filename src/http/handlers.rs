//! One function a route.

use std::time::Instant;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::params::{FILTERS, Params};
use super::problem::Problem;
use super::{App, language};
use crate::engine::{
    ArticleAnswer, ArticleKey, Correction, Hit, IndexVersion, MAX_LIMIT, MAX_OFFSET, RelatedHit, RelatedRequest,
    SearchRequest, Sort, Total,
};
use crate::query::{MAX_CHARS, MAX_WORDS, Query};

/// The answer of `/v1/search`.
#[derive(Serialize)]
pub(super) struct SearchBody {
    query: String,
    total: Total,
    offset: usize,
    limit: usize,
    took_ms: f64,
    index_version: IndexVersion,
    hits: Vec<Hit>,
    corrections: Vec<Correction>,
    notes: Vec<String>,
}

/// The answer of the related routes.
#[derive(Serialize)]
pub(super) struct RelatedBody {
    id: String,
    limit: usize,
    took_ms: f64,
    index_version: IndexVersion,
    hits: Vec<RelatedHit>,
}

pub(super) async fn search(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<SearchBody>, Problem> {
    let begun = Instant::now();
    let known = [&["q", "ui_lang", "sort", "offset", "limit", "snippet_chars", "explain"], FILTERS.as_slice()].concat();
    let params = Params::read(query.as_deref(), &known)?;
    let sort = match params.one("sort")? {
        None | Some("relevance") => Sort::Relevance,
        Some("-date") => Sort::Newest,
        Some("date") => Sort::Oldest,
        Some(_) => return Err(Problem::bad_value("sort", "relevance, -date or date")),
    };
    let text = params.one("q")?.unwrap_or_default().to_owned();
    let request = SearchRequest {
        filters: params.filters()?,
        ui_lang: params.language("ui_lang")?.or_else(|| language::preferred(&headers)),
        sort,
        offset: params.number("offset", 0, 0, MAX_OFFSET)?,
        limit: params.number("limit", 10, 0, MAX_LIMIT)?,
        snippet_chars: params.number("snippet_chars", 200, 20, 1_000)?,
        explain: params.flag("explain")?,
        recency: app.settings.recency,
        ..SearchRequest::new(Query::parse(&text), now_s())
    };
    let (offset, limit, is_cut) = (request.offset, request.limit, request.query.is_cut);
    let answer = app.with_engine(move |engine| Ok(engine.search(&request)?)).await?;
    let took_ms = elapsed_ms(begun);
    tracing::debug!(query = text, hits = answer.total.value, took_ms, "search");
    let mut notes: Vec<String> = answer.notes.iter().map(ToString::to_string).collect();
    if is_cut {
        notes.push(format!("only the first {MAX_CHARS} characters and {MAX_WORDS} words of the query were read"));
    }
    Ok(Json(SearchBody {
        query: text,
        total: answer.total,
        offset,
        limit,
        took_ms,
        index_version: answer.index_version,
        hits: answer.hits,
        corrections: answer.corrections,
        notes,
    }))
}

pub(super) async fn article_by_id(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<ArticleAnswer>, Problem> {
    Params::read(query.as_deref(), &[])?;
    article(app, id_in_path(id)?).await
}

pub(super) async fn article_by_query(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<ArticleAnswer>, Problem> {
    let params = Params::read(query.as_deref(), &["id", "url"])?;
    article(app, key(&params)?).await
}

async fn article(app: App, key: ArticleKey) -> Result<Json<ArticleAnswer>, Problem> {
    let now_s = now_s();
    let answer = app.with_engine(move |engine| Ok(engine.article(&key, now_s)?)).await?;
    answer.map(Json).ok_or_else(Problem::no_article)
}

pub(super) async fn related_by_id(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<RelatedBody>, Problem> {
    let known = [&["limit"], FILTERS.as_slice()].concat();
    let params = Params::read(query.as_deref(), &known)?;
    related(app, id_in_path(id)?, &params).await
}

pub(super) async fn related_by_query(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<RelatedBody>, Problem> {
    let known = [&["id", "url", "limit"], FILTERS.as_slice()].concat();
    let params = Params::read(query.as_deref(), &known)?;
    let key = key(&params)?;
    related(app, key, &params).await
}

async fn related(app: App, key: ArticleKey, params: &Params) -> Result<Json<RelatedBody>, Problem> {
    let begun = Instant::now();
    let limit = params.number("limit", 6, 0, MAX_LIMIT)?;
    let request = RelatedRequest { key, filters: params.filters()?, limit, now_s: now_s() };
    let answer = app.with_engine(move |engine| Ok(engine.related(&request)?)).await?;
    let answer = answer.ok_or_else(Problem::no_article)?;
    Ok(Json(RelatedBody {
        id: answer.id,
        limit,
        took_ms: elapsed_ms(begun),
        index_version: answer.index_version,
        hits: answer.hits,
    }))
}

/// The article that a path names. No id holds bytes that are no UTF-8.
fn id_in_path(id: Result<Path<String>, PathRejection>) -> Result<ArticleKey, Problem> {
    id.map(|Path(id)| ArticleKey::Id(id)).map_err(|_| Problem::no_article())
}

/// One article, named by `id` or by `url`.
fn key(params: &Params) -> Result<ArticleKey, Problem> {
    match (params.one("id")?, params.one("url")?) {
        (Some(id), None) => Ok(ArticleKey::Id(id.to_owned())),
        (None, Some(url)) => Ok(ArticleKey::Url(url.to_owned())),
        _ => Err(Problem::bad_value("id", "given, or url instead of it")),
    }
}

pub(super) async fn welcome(State(app): State<App>) -> Json<Value> {
    let version = app.slot.load().as_ref().map(|engine| crate::engine::SearchEngine::index_version(engine.as_ref()));
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
        "index_version": crate::engine::SearchEngine::index_version(engine.as_ref()),
        "articles": engine.article_count(),
    })))
}

pub(super) async fn no_such_route() -> Problem {
    Problem::no_route()
}

pub(super) async fn no_such_method() -> Problem {
    Problem::no_method()
}

fn now_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn elapsed_ms(begun: Instant) -> f64 {
    (begun.elapsed().as_secs_f64() * 1e5).round() / 100.0
}
