//! Suggestions while a reader types.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::{SuggestAnswer, SuggestRequest};
use crate::http::error::problem::Problem;
use crate::http::error::responses::{Problems, SearchErrors};
use crate::http::paths;
use crate::http::request::negotiation::AcceptLanguage;
use crate::http::request::query::{InQuery, Params};
use crate::http::request::registry::{LANG, SUGGEST_LIMIT, Suggesting, TYPED, UI_LANG};
use crate::http::request::{clock, negotiation};
use crate::http::state::App;
use crate::http::wire::all;
use crate::http::wire::suggest::{CompletionJson, SuggestedArticleJson};
use crate::http::wire::version::IndexVersionJson;

/// The media type of the OpenSearch suggestions.
pub(crate) const MEDIA_TYPE: &str = "application/x-suggestions+json";

/// What a reader is offered.
#[derive(Serialize, ToSchema)]
#[schema(as = SuggestAnswer)]
pub(crate) struct SuggestBody {
    /// What was typed.
    query: String,
    /// How many of each were asked for.
    limit: usize,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    took_ms: f64,
    index_version: IndexVersionJson,
    /// Words and phrases to search for, the likeliest first.
    completions: Vec<CompletionJson>,
    /// Works to go to, each once, the likeliest first.
    articles: Vec<SuggestedArticleJson>,
}

/// Suggestions while somebody types
///
/// For each keystroke: words and short phrases of the site that begin with what was typed (accents
/// and case do not matter; one slip is mended where nothing begins so), and the works whose title,
/// topics or authors hold it, the last word as a beginning. The reader's language comes first, then
/// what leads to most. Every completion finds something when it is searched for, with the same
/// `lang`. Without `q`, the completions are what the site is about, and there are no works.
#[utoipa::path(
    get,
    path = "/v1/suggest",
    operation_id = "suggest",
    tag = "Search",
    params(InQuery<Suggesting>, AcceptLanguage),
    responses((status = 200, description = "What is offered", body = SuggestBody), Problems<SearchErrors>)
)]
pub(crate) async fn suggest(
    State(app): State<App>,
    headers: HeaderMap,
    InQuery { params, .. }: InQuery<Suggesting>,
) -> Result<Json<SuggestBody>, Problem> {
    let begun = Instant::now();
    let request = read(&params, &headers)?;
    let (query, limit) = (request.text.clone(), request.limit);
    let answer = answer(&app, request).await?;
    Ok(Json(SuggestBody {
        query,
        limit,
        took_ms: clock::elapsed_ms(begun),
        index_version: answer.index_version.into(),
        completions: all(answer.completions),
        articles: all(answer.articles),
    }))
}

/// Suggestions for browsers
///
/// The completions of `/v1/suggest` as OpenSearch suggestions: the typed text, and a list of texts.
/// `/opensearch.xml` names it.
#[utoipa::path(
    get,
    path = paths::BROWSER_SUGGESTIONS,
    operation_id = "suggestForBrowsers",
    tag = "Search",
    params(InQuery<Suggesting>, AcceptLanguage),
    responses(
        (status = 200, description = "The typed text and the completions", body = Vec<Value>, content_type = "application/x-suggestions+json"),
        Problems<SearchErrors>
    )
)]
pub(crate) async fn suggest_for_browsers(
    State(app): State<App>,
    headers: HeaderMap,
    InQuery { params, .. }: InQuery<Suggesting>,
) -> Result<impl IntoResponse, Problem> {
    let request = read(&params, &headers)?;
    let query = request.text.clone();
    let completions = answer(&app, request).await?.completions;
    let texts: Vec<String> = completions.into_iter().map(|completion| completion.text).collect();
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], Json((query, texts))))
}

fn read(params: &Params, headers: &HeaderMap) -> Result<SuggestRequest, Problem> {
    Ok(SuggestRequest {
        langs: params.all(&LANG)?,
        ui_lang: params.one(&UI_LANG)?.or_else(|| negotiation::language(headers)),
        limit: params.whole(&SUGGEST_LIMIT)?,
        ..SuggestRequest::new(&params.one(&TYPED)?.unwrap_or_default(), clock::now_s())
    })
}

async fn answer(app: &App, request: SuggestRequest) -> Result<SuggestAnswer, Problem> {
    app.with_engine(move |engine| Ok(engine.suggest(&request)?)).await
}
