//! The works related to an article.

use std::time::Instant;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::articles::{id_in_path, key};
use super::draft::DraftBody;
use super::search;
use crate::engine::{ArticleKey, Filters, RelatedAnswer, RelatedRequest, RelatedTo, SearchEngine};
use crate::http::error::problem::Problem;
use crate::http::error::responses::{ArticleErrors, DraftErrors, Problems};
use crate::http::request::clock;
use crate::http::request::query::{InQuery, Params};
use crate::http::request::registry::{NamingAndRelating, RELATED_LIMIT, Relating};
use crate::http::state::App;
use crate::http::state::settings::Settings;
use crate::http::wire::all;
use crate::http::wire::record::DraftRecord;
use crate::http::wire::related::RelatedHitJson;
use crate::http::wire::version::IndexVersionJson;

/// The value of `lang` that stands for all languages.
const ANY_LANG: &str = "any";

/// The answer of the related routes.
#[derive(Serialize, ToSchema)]
#[schema(as = RelatedAnswer)]
pub(crate) struct RelatedBody {
    /// The article's id; `null` where it is a draft without one.
    #[schema(required = true)]
    id: Option<String>,
    /// How many works were asked for.
    limit: usize,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    took_ms: f64,
    index_version: IndexVersionJson,
    /// The works, nearest first.
    hits: Vec<RelatedHitJson>,
    /// Fields of a draft that were left out because they could not be understood, and doubts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    flaws: Vec<String>,
}

/// Works related to an article
///
/// The works nearest to an article, each with reasons and the rung of the ladder that it was found
/// on: by its text, else by topic, by kind, or as one of the newest. Never the article itself nor
/// its translations, and never nothing while another work passes the filters.
#[utoipa::path(
    get,
    path = "/v1/articles/{id}/related",
    operation_id = "relatedById",
    tag = "Articles",
    params(
        ("id" = String, Path, description = "The article's id, its slashes as `%2F`, or as they are.", min_length = 1, max_length = 200, example = "es/recognition-refugees"),
        InQuery<Relating>
    ),
    responses((status = 200, description = "The works, nearest first", body = RelatedBody), Problems<ArticleErrors>)
)]
pub(crate) async fn related_by_id(
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
    responses((status = 200, description = "The works, nearest first", body = RelatedBody), Problems<ArticleErrors>)
)]
pub(crate) async fn related_by_query(
    State(app): State<App>,
    InQuery { params, .. }: InQuery<NamingAndRelating>,
) -> Result<Json<RelatedBody>, Problem> {
    related(app, key(&params)?, &params).await
}

/// Works related to a draft
///
/// The same, for an article that is not published yet: a JSON object of at most 1 MB, with the
/// fields of a push. Nothing of it is kept. Where it has the `id`, the `work` or the `url` of
/// something that is published, that work is left out.
#[utoipa::path(
    post,
    path = "/v1/related",
    operation_id = "relatedToDraft",
    tag = "Articles",
    params(InQuery<Relating>),
    request_body = DraftRecord,
    responses((status = 200, description = "The works, nearest first", body = RelatedBody), Problems<DraftErrors>)
)]
pub(crate) async fn related_to_draft(
    State(app): State<App>,
    InQuery { params, .. }: InQuery<Relating>,
    request: Request,
) -> Result<Json<RelatedBody>, Problem> {
    let query = RelatedParams::read(&params, &app.settings)?;
    let draft = DraftBody::receive(request).await?;
    let rules = app.settings.reading.clone();
    app.with_engine(move |engine| {
        let draft = draft.read(&rules)?;
        let body = query.body(engine, RelatedTo::Draft(Box::new(draft.article)))?;
        Ok(Json(RelatedBody { id: draft.id, flaws: draft.flaws.iter().map(ToString::to_string).collect(), ..body }))
    })
    .await
}

async fn related(app: App, key: ArticleKey, params: &Params) -> Result<Json<RelatedBody>, Problem> {
    let query = RelatedParams::read(params, &app.settings)?;
    app.with_engine(move |engine| Ok(Json(query.body(engine, RelatedTo::Article(key))?))).await
}

/// The parameters that all related routes share.
pub(crate) struct RelatedParams {
    begun: Instant,
    filters: Filters,
    any_lang: bool,
    limit: usize,
}

impl RelatedParams {
    pub(crate) fn read(params: &Params, settings: &Settings) -> Result<RelatedParams, Problem> {
        let (begun, limit) = (Instant::now(), params.whole(&RELATED_LIMIT)?);
        let mut filters = search::filters(params, settings)?;
        let any_lang = filters.langs.iter().any(|lang| lang.eq_ignore_ascii_case(ANY_LANG));
        if any_lang {
            filters.langs.clear();
        }
        Ok(RelatedParams { begun, filters, any_lang, limit })
    }

    pub(crate) fn answer(self, engine: &dyn SearchEngine, to: RelatedTo) -> Result<RelatedAnswer, Problem> {
        let RelatedParams { filters, any_lang, limit, .. } = self;
        let request = RelatedRequest { to, filters, any_lang, limit, now_s: clock::now_s() };
        engine.related(&request)?.ok_or_else(Problem::no_article)
    }

    fn body(self, engine: &dyn SearchEngine, to: RelatedTo) -> Result<RelatedBody, Problem> {
        let (begun, limit) = (self.begun, self.limit);
        let answer = self.answer(engine, to)?;
        Ok(RelatedBody {
            id: answer.id,
            limit,
            took_ms: clock::elapsed_ms(begun),
            index_version: answer.index_version.into(),
            hits: all(answer.hits),
            flaws: Vec::new(),
        })
    }
}
