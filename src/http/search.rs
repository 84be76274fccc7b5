//! Searches: by query string, by JSON, several at once.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

use super::body::{InBody, Object};
use super::parameters::{
    DATE_FROM, DATE_TO, EXPLAIN, KIND, LANG, LIMIT, OFFSET, Q, SNIPPET_CHARS, SORT, Searching, TOPIC, UI_LANG,
};
use super::params::{InQuery, Params};
use super::problem::Problem;
use super::settings::Settings;
use super::{App, clock, language};
use crate::engine::{Correction, Filters, Hit, IndexVersion, SearchEngine, SearchRequest, Total};
use crate::query::{MAX_CHARS, MAX_WORDS, Query};

/// The most searches of one request.
const MAX_SEARCHES: usize = 20;

/// A search that was asked for: the one way from a request to the engine and back.
pub(super) struct Search {
    text: String,
    request: SearchRequest,
}

impl Search {
    /// Understands the parameters of a search. The language of the headers is the reader's where
    /// the parameters name none.
    pub(super) fn read(params: &Params, headers: &HeaderMap, settings: &Settings) -> Result<Search, Problem> {
        let text = params.one(&Q)?.unwrap_or_default();
        let request = SearchRequest {
            filters: filters(params)?,
            ui_lang: params.one(&UI_LANG)?.or_else(|| language::preferred(headers)),
            sort: params.choice(&SORT)?,
            offset: params.whole(&OFFSET)?,
            limit: params.whole(&LIMIT)?,
            snippet_chars: params.whole(&SNIPPET_CHARS)?,
            explain: params.flag(&EXPLAIN)?,
            recency: settings.recency,
            ..SearchRequest::new(Query::parse(&text), clock::now_s())
        };
        Ok(Search { text, request })
    }

    /// Answers it; `begun` is when it was asked.
    pub(super) fn answer(self, engine: &dyn SearchEngine, begun: Instant) -> Result<SearchBody, Problem> {
        let answer = engine.search(&self.request)?;
        let took_ms = clock::elapsed_ms(begun);
        tracing::debug!(query = self.text, hits = answer.total.value, took_ms, "search");
        let mut notes: Vec<String> = answer.notes.iter().map(ToString::to_string).collect();
        if self.request.query.is_cut {
            notes.push(format!("only the first {MAX_CHARS} characters and {MAX_WORDS} words of the query were read"));
        }
        Ok(SearchBody {
            query: self.text,
            total: answer.total,
            offset: self.request.offset,
            limit: self.request.limit,
            took_ms,
            index_version: answer.index_version,
            hits: answer.hits,
            corrections: answer.corrections,
            notes,
        })
    }
}

/// The filters that every list takes.
pub(super) fn filters(params: &Params) -> Result<Filters, Problem> {
    Ok(Filters {
        langs: params.all(&LANG)?,
        kinds: params.all(&KIND)?,
        topics: params.all(&TOPIC)?,
        from_s: params.one(&DATE_FROM)?.map(|moment| moment.start_s()),
        until_s: params.one(&DATE_TO)?.map(|moment| moment.end_s().max(moment.start_s() + 1)),
        ..Filters::default()
    })
}

/// The answer to a search.
#[derive(Debug, Serialize)]
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

/// The answer to several searches.
#[derive(Debug, Serialize)]
pub(super) struct MultiSearchBody {
    /// One a search, in the order of the searches.
    answers: Vec<Outcome>,
}

/// What became of one of several searches.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Outcome {
    Answer(Box<SearchBody>),
    Problem(Problem),
}

pub(super) async fn search(
    State(app): State<App>,
    headers: HeaderMap,
    InQuery { params, .. }: InQuery<Searching>,
) -> Result<Json<SearchBody>, Problem> {
    one(&app, &headers, &params).await
}

pub(super) async fn search_by_json(
    State(app): State<App>,
    headers: HeaderMap,
    InBody { params, .. }: InBody<Searching>,
) -> Result<Json<SearchBody>, Problem> {
    one(&app, &headers, &params).await
}

async fn one(app: &App, headers: &HeaderMap, params: &Params) -> Result<Json<SearchBody>, Problem> {
    let begun = Instant::now();
    let search = Search::read(params, headers, &app.settings)?;
    app.with_engine(move |engine| search.answer(engine, begun)).await.map(Json)
}

pub(super) async fn multi_search(
    State(app): State<App>,
    headers: HeaderMap,
    Object(body): Object,
) -> Result<Json<MultiSearchBody>, Problem> {
    let read = |value: &Value| match value {
        Value::Object(object) => Search::read(&Params::from_json::<Searching>(object)?, &headers, &app.settings),
        _ => Err(Problem::bad_body("should have objects as searches")),
    };
    let searches: Vec<Result<Search, Problem>> = searches(&body)?.iter().map(read).collect();
    let answer = |search: Result<Search, Problem>, engine: &dyn SearchEngine| match search
        .and_then(|search| search.answer(engine, Instant::now()))
    {
        Ok(answer) => Outcome::Answer(Box::new(answer)),
        Err(problem) => Outcome::Problem(problem),
    };
    app.with_engine(move |engine| {
        let answers = searches.into_iter().map(|search| answer(search, engine)).collect();
        Ok(Json(MultiSearchBody { answers }))
    })
    .await
}

fn searches(body: &serde_json::Map<String, Value>) -> Result<&Vec<Value>, Problem> {
    let unknown: Vec<String> = body.keys().filter(|name| *name != "searches").cloned().collect();
    if !unknown.is_empty() {
        return Err(Problem::unknown_parameters(unknown, &["searches"]));
    }
    match body.get("searches") {
        Some(Value::Array(searches)) if (1..=MAX_SEARCHES).contains(&searches.len()) => Ok(searches),
        _ => Err(Problem::bad_value("searches", &format!("a list of 1 to {MAX_SEARCHES} searches"))),
    }
}
