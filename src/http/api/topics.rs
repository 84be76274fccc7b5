//! The topic menu, with the number of works per topic.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::search::search_request;
use crate::engine::query::Query;
use crate::engine::{Facet, SearchRequest};
use crate::http::error::problem::Problem;
use crate::http::error::responses::{Problems, SearchErrors};
use crate::http::request::clock;
use crate::http::request::negotiation::AcceptLanguage;
use crate::http::request::query::InQuery;
use crate::http::request::registry::Topics;
use crate::http::state::App;
use crate::http::wire::all;
use crate::http::wire::search::TopicCountJson;
use crate::http::wire::version::IndexVersionJson;

/// The topics, as a tree.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TopicsAnswer)]
pub(crate) struct TopicsBody {
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    took_ms: f64,
    index_version: IndexVersionJson,
    /// The topics of the first level; in each level the most frequent first.
    topics: Vec<TopicCountJson>,
}

/// The topic menu
///
/// All topics as a tree, with how many works stand at each or below it: of the whole site, or of
/// what filters leave of it.
#[utoipa::path(
    get,
    path = "/v1/topics",
    operation_id = "topics",
    tag = "Articles",
    params(InQuery<Topics>, AcceptLanguage),
    responses((status = 200, description = "The tree", body = TopicsBody), Problems<SearchErrors>)
)]
pub(crate) async fn topics(
    State(app): State<App>,
    headers: HeaderMap,
    InQuery { params, .. }: InQuery<Topics>,
) -> Result<Json<TopicsBody>, Problem> {
    let begun = Instant::now();
    let everything = search_request(&params, &headers, Query::parse(""), &app.settings)?;
    let request = SearchRequest { facets: vec![Facet::Topic], limit: 0, ..everything };
    let answer = app.with_engine(move |engine| Ok(engine.search(&request)?)).await?;
    Ok(Json(TopicsBody {
        took_ms: clock::elapsed_ms(begun),
        index_version: answer.index_version.into(),
        topics: all(answer.facets.topic.unwrap_or_default()),
    }))
}
