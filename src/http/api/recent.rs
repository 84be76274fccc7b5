//! The newest works.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::search::search_request;
use crate::engine::query::Query;
use crate::engine::{ArticleKey, Hit, SearchRequest, Sort};
use crate::http::error::problem::Problem;
use crate::http::error::responses::{Problems, SearchErrors};
use crate::http::request::clock;
use crate::http::request::negotiation::AcceptLanguage;
use crate::http::request::query::InQuery;
use crate::http::request::registry::{EXCLUDE, RECENT_LIMIT, Recent};
use crate::http::state::App;
use crate::http::wire::all;
use crate::http::wire::article::{CardJson, TranslationJson};
use crate::http::wire::version::IndexVersionJson;

/// The newest works.
#[derive(Serialize, ToSchema)]
#[schema(as = RecentAnswer)]
pub(crate) struct RecentBody {
    /// How many works were asked for.
    limit: usize,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    took_ms: f64,
    index_version: IndexVersionJson,
    /// The works, newest first.
    hits: Vec<RecentHit>,
}

/// One work, in the version that is shown.
#[derive(Serialize, ToSchema)]
struct RecentHit {
    /// The version shown.
    #[serde(flatten)]
    card: CardJson,
    /// The work's other versions, by language.
    translations: Vec<TranslationJson>,
    /// How many other versions the work has, where not all are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    translations_total: Option<u64>,
}

impl From<Hit> for RecentHit {
    fn from(hit: Hit) -> RecentHit {
        RecentHit {
            card: hit.card.into(),
            translations: all(hit.translations),
            translations_total: hit.translations_total,
        }
    }
}

/// The newest works
///
/// For a block such as "Other recent press releases": the works that were published last, by
/// `published_at`, those without a date at the end. What is to come, has expired or is hidden is
/// not there. `exclude` leaves out the page that shows the block, with its translations, and what else the page
/// shows: give it the ids of the related works, and no work stands there twice.
#[utoipa::path(
    get,
    path = "/v1/recent",
    operation_id = "recent",
    tag = "Articles",
    params(InQuery<Recent>, AcceptLanguage),
    responses((status = 200, description = "The works, newest first", body = RecentBody), Problems<SearchErrors>)
)]
pub(crate) async fn recent(
    State(app): State<App>,
    headers: HeaderMap,
    InQuery { params, .. }: InQuery<Recent>,
) -> Result<Json<RecentBody>, Problem> {
    let begun = Instant::now();
    let limit = params.whole(&RECENT_LIMIT)?;
    // An id may look like an address, so both are excluded.
    let keys = |text: String| [ArticleKey::Id(text.clone()), ArticleKey::Url(text)];
    let everything = search_request(&params, &headers, Query::parse(""), &app.settings)?;
    let without = params.all(&EXCLUDE)?.into_iter().flat_map(keys).collect();
    let request = SearchRequest { without, sort: Sort::Newest, limit, ..everything };
    let answer = app.with_engine(move |engine| Ok(engine.search(&request)?)).await?;
    Ok(Json(RecentBody {
        limit,
        took_ms: clock::elapsed_ms(begun),
        index_version: answer.index_version.into(),
        hits: all(answer.hits),
    }))
}
