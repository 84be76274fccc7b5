//! Searches: by query string, by JSON, several at once.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::article::Kind;
use crate::engine::query::{MAX_CHARS, MAX_WORDS, Query};
use crate::engine::{Facet, Filters, Note, RecoveryKind, SearchAnswer, SearchEngine, SearchRequest, Sort};
use crate::http::error::problem::Problem;
use crate::http::error::responses::{JsonSearchErrors, Problems, SearchErrors};
use crate::http::formats::json_ld::{self, ItemList};
use crate::http::paths;
use crate::http::request::json_body::{InBody, Object};
use crate::http::request::negotiation::AcceptLanguage;
use crate::http::request::query::{InQuery, Params};
use crate::http::request::registry::{
    AUTHOR, CURSOR, DATE_FROM, DATE_TO, EXPLAIN, FACETS, GROUP, HIGHLIGHT, KIND, KIND_NOT, LANG, LIMIT, LITERAL,
    OFFSET, Parameter, Q, SNIPPET_CHARS, SORT, Searching, TAG, TAG_NOT, TOPIC, TOPIC_NOT, UI_LANG, YEAR,
};
use crate::http::request::types::{Choice, Form, KindName};
use crate::http::request::{clock, cursor, negotiation};
use crate::http::state::App;
use crate::http::state::metrics::Metrics;
use crate::http::state::search_pool;
use crate::http::state::settings::Settings;
use crate::http::wire::all;
use crate::http::wire::search::{CorrectionJson, FacetCountsJson, HitJson, RecoveryJson, TotalJson};
use crate::http::wire::version::IndexVersionJson;

/// The most searches of one request.
const MAX_SEARCHES: usize = 20;

/// A parsed search. All routes that search send their request to the engine through it.
pub(crate) struct Search {
    text: String,
    request: SearchRequest,
    /// The query string of the same search with `literal=true`, on its first page.
    literal: String,
}

impl Search {
    /// Parses the parameters of a search; `sort` is the parameter that gives the order. The user
    /// language comes from the headers where no parameter gives one.
    pub(crate) fn read(
        params: &Params,
        sort: &Parameter<Choice<Sort>>,
        headers: &HeaderMap,
        settings: &Settings,
    ) -> Result<Search, Problem> {
        let text = params.one(&Q)?.unwrap_or_default();
        let base = search_request(params, headers, Query::parse(&text), settings)?;
        let mut request = SearchRequest {
            group: params.flag(&GROUP)?,
            facets: facets(params)?,
            sort: params.choice(sort)?,
            offset: params.whole(&OFFSET)?,
            limit: params.whole(&LIMIT)?,
            snippet_chars: params.whole(&SNIPPET_CHARS)?,
            highlight: params.flag(&HIGHLIGHT)?,
            explain: params.flag(&EXPLAIN)?,
            literal: params.flag(&LITERAL)?,
            recency: settings.recency,
            ..base
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
        let literal = params.without(&[&OFFSET, &CURSOR, &LITERAL]).with(&LITERAL, "true").to_query();
        Ok(Search { text, request, literal })
    }

    /// The search without relaxation, for formats that cannot say that the query was changed.
    pub(crate) fn literal(mut self) -> Search {
        self.request.literal = true;
        self
    }

    /// The search at a given second, Unix time.
    fn at(mut self, now_s: i64) -> Search {
        self.request.now_s = now_s;
        self
    }

    /// The search without facet counts, for formats that show none.
    pub(crate) fn uncounted(mut self) -> Search {
        self.request.facets.clear();
        self
    }

    /// Runs the search and counts it in the metrics; `begun` is the start of the request.
    pub(crate) fn answer(
        self,
        engine: &dyn SearchEngine,
        metrics: &Metrics,
        begun: Instant,
    ) -> Result<AnsweredSearch, Problem> {
        let answer = engine.search(&self.request)?;
        metrics.count_search(answer.total.value);
        let took_ms = clock::elapsed_ms(begun);
        tracing::debug!(query = self.text, hits = answer.total.value, took_ms, "search");
        let is_partial = self.request.query.is_cut || answer.notes.iter().any(Note::is_partial);
        let mut notes: Vec<String> = answer.notes.iter().map(ToString::to_string).collect();
        if self.request.query.is_cut {
            notes.push(format!("only the first {MAX_CHARS} characters and {MAX_WORDS} words of the query were read"));
        }
        let next_cursor = answer.next.as_ref().map(|next| cursor::encode(next, &self.request));
        Ok(AnsweredSearch {
            query: self.text,
            limit: self.request.limit,
            events_seen_s: self.request.events_seen_s(),
            literal: self.literal,
            answer,
            next_cursor,
            notes,
            is_partial,
            took_ms,
        })
    }
}

/// A search request with the filters of the parameters. The user language comes from a parameter,
/// or else from the headers.
pub(crate) fn search_request(
    params: &Params,
    headers: &HeaderMap,
    query: Query,
    settings: &Settings,
) -> Result<SearchRequest, Problem> {
    Ok(SearchRequest {
        filters: filters(params, settings)?,
        ui_lang: params.one(&UI_LANG)?.or_else(|| negotiation::language(headers)),
        ..SearchRequest::new(query, clock::now_s())
    })
}

/// The filters that all routes with a list of works share.
pub(crate) fn filters(params: &Params, settings: &Settings) -> Result<Filters, Problem> {
    Ok(Filters {
        langs: params.all(&LANG)?,
        kinds: kinds(params, &KIND, settings)?,
        topics: params.all(&TOPIC)?,
        tags: params.all(&TAG)?,
        authors: params.all(&AUTHOR)?,
        years: params.all(&YEAR)?,
        from: params.one(&DATE_FROM)?.map(|time| time.first),
        until: params.one(&DATE_TO)?.map(|time| time.end),
        kinds_not: kinds(params, &KIND_NOT, settings)?,
        topics_not: params.all(&TOPIC_NOT)?,
        tags_not: params.all(&TAG_NOT)?,
    })
}

/// The values of a parameter that names kinds of the site.
fn kinds(params: &Params, parameter: &Parameter<KindName>, settings: &Settings) -> Result<Vec<Kind>, Problem> {
    let (found, known) = (params.all(parameter)?, &settings.reading.kinds);
    match found.iter().all(|kind| known.find(kind.as_str()).is_some()) {
        true => Ok(found),
        false => Err(Problem::bad_value(parameter.name, &known.names())),
    }
}

/// The requested facets, in the order of a response.
fn facets(params: &Params) -> Result<Vec<Facet>, Problem> {
    let requested = params.all(&FACETS)?;
    if requested.is_empty() {
        return Ok(vec![Facet::Lang, Facet::Kind, Facet::Topic, Facet::Year]);
    }
    Ok(Facet::ALL.into_iter().filter(|facet| requested.iter().flatten().any(|known| known == facet)).collect())
}

/// A search with the engine's answer, before it is rendered as JSON, a page, a feed or a list.
pub(crate) struct AnsweredSearch {
    /// The query as typed.
    pub(crate) query: String,
    /// The requested number of hits.
    limit: usize,
    /// The second, in Unix time, from which the order of events is seen.
    pub(crate) events_seen_s: i64,
    /// The query string of the same search with `literal=true`.
    literal: String,
    pub(crate) answer: SearchAnswer,
    next_cursor: Option<String>,
    notes: Vec<String>,
    /// Whether the query was truncated, or a part of it was skipped because of its cost.
    pub(crate) is_partial: bool,
    took_ms: f64,
}

impl AnsweredSearch {
    /// Whether nothing matched, and the newest articles are offered instead.
    pub(crate) fn is_newest(&self) -> bool {
        self.answer.recovery.as_ref().is_some_and(|recovery| recovery.kind == RecoveryKind::Newest)
    }

    /// The page as a schema.org `ItemList`.
    pub(crate) fn into_item_list(self) -> ItemList {
        let AnsweredSearch { query, answer, .. } = self;
        ItemList::of(query, answer.total.value, answer.place, answer.hits.into_iter().map(|hit| hit.card))
    }
}

/// The answer to a search.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchAnswer)]
struct SearchBody {
    /// The query as it was typed.
    query: String,
    /// How many works match, the same on every page.
    total: TotalJson,
    /// How many hits stand before the page.
    offset: usize,
    /// How many hits were asked for.
    limit: usize,
    /// Where the next page begins: `cursor` of the same search; `null` on the last page.
    next_cursor: Option<String>,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    took_ms: f64,
    index_version: IndexVersionJson,
    /// The works, best first.
    hits: Vec<HitJson>,
    /// Where nothing was found (`total` is 0) and `recovery` is of the kind `newest`: the newest works
    /// of the topic, or of all, at most `limit`. They do not answer the query; there are no further
    /// pages of them, and `facets` do not count them.
    newest: Vec<HitJson>,
    facets: FacetCountsJson,
    /// The words that were searched for in another spelling.
    corrections: Vec<CorrectionJson>,
    /// How hits were found where it was not by the search as it was typed; total, facets and pages
    /// are of the search that is answered. `null` where it is answered as it was typed.
    recovery: Option<RecoveryBody>,
    /// What the reader should know of how the query was read, in English.
    notes: Vec<String>,
    /// Whether something that was typed was not looked for because it would cost too much, or was not
    /// read: the query is too long, or a beginning (`a*`) stands for too many words. `notes` say what.
    is_partial: bool,
}

impl From<AnsweredSearch> for SearchBody {
    fn from(answered: AnsweredSearch) -> SearchBody {
        let AnsweredSearch { query, limit, literal, answer, next_cursor, notes, is_partial, took_ms, .. } = answered;
        SearchBody {
            query,
            total: answer.total.into(),
            offset: answer.place,
            limit,
            next_cursor,
            took_ms,
            index_version: answer.index_version.into(),
            hits: all(answer.hits),
            newest: all(answer.newest),
            facets: answer.facets.into(),
            corrections: all(answer.corrections),
            recovery: answer.recovery.map(|recovery| RecoveryBody { recovery: recovery.into(), literal }),
            notes,
            is_partial,
        }
    }
}

/// How a search was helped, and how to ask it as it was typed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recovery)]
struct RecoveryBody {
    #[serde(flatten)]
    recovery: RecoveryJson,
    /// The parameters to search instead for what was typed and nothing else, as the query string of
    /// `GET /v1/search`.
    #[schema(example = "q=movilidad+estudantil&literal=true")]
    literal: String,
}

/// The answer to several searches.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MultiSearchAnswer)]
pub(crate) struct MultiSearchBody {
    /// One a search, in the order of the searches.
    answers: Vec<Outcome>,
}

/// What became of one of several searches.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchOutcome)]
#[serde(untagged)]
enum Outcome {
    /// Its answer.
    Answer(Box<SearchBody>),
    /// What is wrong with it; the others are answered.
    Problem(Problem),
}

/// Search
///
/// The works that match, one hit each: the version in the reader's language where there is one,
/// the others under `translations`. With `Accept: application/ld+json` the page is a
/// `schema.org/ItemList`.
#[utoipa::path(
    get,
    path = paths::SEARCH,
    operation_id = "search",
    tag = "Search",
    params(InQuery<Searching>, AcceptLanguage),
    responses(
        (status = 200, description = "The hits", content((SearchBody = "application/json"), (ItemList = "application/ld+json"))),
        Problems<SearchErrors>
    )
)]
pub(crate) async fn search(
    State(app): State<App>,
    headers: HeaderMap,
    InQuery { params, .. }: InQuery<Searching>,
) -> Result<Response, Problem> {
    one(&app, &headers, &params).await
}

/// The parameters of a search as JSON.
type SearchInBody = InBody<Searching>;

/// Search by JSON
///
/// The same search, its parameters as members of a JSON object of at most 64 KB: numbers and
/// booleans as such, several values of a parameter as an array.
#[utoipa::path(
    post,
    path = paths::SEARCH,
    operation_id = "searchByJson",
    tag = "Search",
    params(AcceptLanguage),
    request_body = inline(SearchInBody),
    responses(
        (status = 200, description = "The hits", content((SearchBody = "application/json"), (ItemList = "application/ld+json"))),
        Problems<JsonSearchErrors>
    )
)]
pub(crate) async fn search_by_json(
    State(app): State<App>,
    headers: HeaderMap,
    InBody { params, .. }: SearchInBody,
) -> Result<Response, Problem> {
    one(&app, &headers, &params).await
}

async fn one(app: &App, headers: &HeaderMap, params: &Params) -> Result<Response, Problem> {
    let begun = Instant::now();
    let is_list = negotiation::prefers(headers, json_ld::MEDIA_TYPE, "application/json");
    let mut search = Search::read(params, &SORT, headers, &app.settings)?;
    if is_list {
        search = search.literal(); // an ItemList cannot say that the query was changed
    }
    let metrics = app.metrics.clone();
    let answer = app.with_engine(move |engine| search.answer(engine, &metrics, begun)).await?;
    Ok(match is_list {
        true => answer.into_item_list().into_response(),
        false => Json(SearchBody::from(answer)).into_response(),
    })
}

/// The body of a request for several searches.
struct Several;

impl PartialSchema for Several {
    fn schema() -> RefOr<Schema> {
        // The searches are validated one by one, and each has a problem of its own: an invalid
        // search does not make the request invalid.
        let search = ObjectBuilder::new().description(Some("A search: the members of `POST /v1/search`."));
        let searches = ArrayBuilder::new()
            .items(RefOr::T(search.schema_type(Type::Object).into()))
            .min_items(Some(1))
            .max_items(Some(MAX_SEARCHES))
            .description(Some("The searches; each is answered by itself."));
        let object = ObjectBuilder::new().property("searches", searches).required("searches");
        object.additional_properties(Some(AdditionalProperties::FreeForm(false))).into()
    }
}

impl ToSchema for Several {}

/// Several searches at once
///
/// Up to 20 searches, answered in their order from one state of the index. Each gets an answer,
/// or a problem of its own where it cannot be understood.
#[utoipa::path(
    post,
    path = "/v1/multi-search",
    operation_id = "multiSearch",
    tag = "Search",
    params(AcceptLanguage),
    request_body = inline(Several),
    responses((status = 200, description = "The answers", body = MultiSearchBody), Problems<JsonSearchErrors>)
)]
pub(crate) async fn multi_search(
    State(app): State<App>,
    headers: HeaderMap,
    Object(body): Object,
) -> Result<Json<MultiSearchBody>, Problem> {
    let read = |search: &Map<String, Value>| {
        Search::read(&Params::from_json::<Searching>(search)?, &SORT, &headers, &app.settings)
    };
    let searches: Vec<Result<Search, Problem>> = searches(&body)?.into_iter().map(read).collect();
    if let Some(limiter) = app.rate_limiter.as_ref() {
        limiter.take_further(search_pool::client(), searches.len())?;
    }
    let now_s = clock::now_s();
    let engine = app.engine_at_present()?;
    let mut answers = Vec::with_capacity(searches.len());
    for search in searches {
        let (engine, metrics) = (Arc::clone(&engine), app.metrics.clone());
        // Every search queues separately, so a client with many searches in one request waits as if
        // it had sent them one by one.
        let answer = match search {
            Ok(search) => {
                let work = move || search.at(now_s).answer(engine.as_ref(), &metrics, Instant::now());
                app.workers.run(work).await
            }
            Err(problem) => Err(problem),
        };
        answers.push(match answer {
            Ok(answer) => Outcome::Answer(Box::new(answer.into())),
            Err(problem) => Outcome::Problem(problem),
        });
    }
    Ok(Json(MultiSearchBody { answers }))
}

fn searches(body: &Map<String, Value>) -> Result<Vec<&Map<String, Value>>, Problem> {
    let unknown: Vec<String> = body.keys().filter(|name| *name != "searches").cloned().collect();
    if !unknown.is_empty() {
        return Err(Problem::unknown_parameters(unknown, &["searches"]));
    }
    let listed = body.get("searches").and_then(Value::as_array);
    let objects: Option<Vec<_>> = listed.and_then(|values| values.iter().map(Value::as_object).collect());
    let expected = || Problem::bad_value("searches", &format!("a list of 1 to {MAX_SEARCHES} JSON objects"));
    objects.filter(|searches| (1..=MAX_SEARCHES).contains(&searches.len())).ok_or_else(expected)
}
