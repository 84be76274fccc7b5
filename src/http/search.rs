//! Searches: by query string, by JSON, several at once.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

use super::body::{InBody, Object};
use super::forms::Form;
use super::metrics::Metrics;
use super::parameters::{
    AUTHOR, CURSOR, DATE_FROM, DATE_TO, EXPLAIN, FACETS, GROUP, HIGHLIGHT, KIND, KIND_NOT, LANG, LIMIT, OFFSET, Q,
    SNIPPET_CHARS, SORT, Searching, TAG, TAG_NOT, TOPIC, TOPIC_NOT, UI_LANG, YEAR,
};
use super::params::{InQuery, Params};
use super::problem::Problem;
use super::settings::Settings;
use super::{App, clock, cursor, language};
use crate::engine::{Correction, Facet, FacetCounts, Filters, Hit, IndexVersion, SearchEngine, SearchRequest, Total};
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
        let mut request = SearchRequest {
            filters: filters(params)?,
            ui_lang: params.one(&UI_LANG)?.or_else(|| language::preferred(headers)),
            group: params.flag(&GROUP)?,
            facets: facets(params)?,
            sort: params.choice(&SORT)?,
            offset: params.whole(&OFFSET)?,
            limit: params.whole(&LIMIT)?,
            snippet_chars: params.whole(&SNIPPET_CHARS)?,
            highlight: params.flag(&HIGHLIGHT)?,
            explain: params.flag(&EXPLAIN)?,
            recency: settings.recency,
            ..SearchRequest::new(Query::parse(&text), clock::now_s())
        };
        if let Some(of) = params.one(&CURSOR)? {
            if !of.is_of(&request) {
                return Err(Problem::bad_value(CURSOR.name, &CURSOR.form.expected()));
            }
            if request.offset > 0 {
                return Err(Problem::bad_value(OFFSET.name, "left out where there is a cursor"));
            }
            request.after = Some(of.cursor);
        }
        Ok(Search { text, request })
    }

    /// Answers it and counts it; `begun` is when it was asked.
    pub(super) fn answer(
        self,
        engine: &dyn SearchEngine,
        metrics: &Metrics,
        begun: Instant,
    ) -> Result<SearchBody, Problem> {
        let answer = engine.search(&self.request)?;
        metrics.count_search(answer.total.value);
        let took_ms = clock::elapsed_ms(begun);
        tracing::debug!(query = self.text, hits = answer.total.value, took_ms, "search");
        let mut notes: Vec<String> = answer.notes.iter().map(ToString::to_string).collect();
        if self.request.query.is_cut {
            notes.push(format!("only the first {MAX_CHARS} characters and {MAX_WORDS} words of the query were read"));
        }
        let next_cursor = answer.next.as_ref().map(|next| cursor::write(next, &self.request));
        Ok(SearchBody {
            query: self.text,
            total: answer.total,
            offset: self.request.offset,
            limit: self.request.limit,
            next_cursor,
            took_ms,
            index_version: answer.index_version,
            hits: answer.hits,
            facets: answer.facets,
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
        tags: params.all(&TAG)?,
        authors: params.all(&AUTHOR)?,
        years: params.all(&YEAR)?,
        from_s: params.one(&DATE_FROM)?.map(|moment| moment.start_s()),
        until_s: params.one(&DATE_TO)?.map(|moment| moment.end_s().max(moment.start_s() + 1)),
        kinds_not: params.all(&KIND_NOT)?,
        topics_not: params.all(&TOPIC_NOT)?,
        tags_not: params.all(&TAG_NOT)?,
    })
}

/// What to count by, in the order of an answer.
fn facets(params: &Params) -> Result<Vec<Facet>, Problem> {
    let asked = params.all(&FACETS)?;
    if asked.is_empty() {
        return Ok(vec![Facet::Lang, Facet::Kind, Facet::Topic, Facet::Year]);
    }
    Ok(Facet::ALL.into_iter().filter(|facet| asked.iter().flatten().any(|known| known == facet)).collect())
}

/// The answer to a search.
#[derive(Debug, Serialize)]
pub(super) struct SearchBody {
    query: String,
    total: Total,
    offset: usize,
    limit: usize,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    took_ms: f64,
    index_version: IndexVersion,
    hits: Vec<Hit>,
    facets: FacetCounts,
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
    let metrics = app.metrics.clone();
    app.with_engine(move |engine| search.answer(engine, &metrics, begun)).await.map(Json)
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
    let metrics = app.metrics.clone();
    let answer = move |search: Result<Search, Problem>, engine: &dyn SearchEngine| match search
        .and_then(|search| search.answer(engine, &metrics, Instant::now()))
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
