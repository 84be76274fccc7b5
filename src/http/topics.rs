//! The topic menu, with how many works there are in it.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use super::parameters::{Topics, UI_LANG};
use super::params::InQuery;
use super::problem::Problem;
use super::search::filters;
use super::{App, clock, language};
use crate::engine::facets::TopicCount;
use crate::engine::{Facet, IndexVersion, SearchRequest};
use crate::query::Query;

/// The topics, as a tree.
#[derive(Debug, Serialize)]
pub(super) struct TopicsBody {
    took_ms: f64,
    index_version: IndexVersion,
    topics: Vec<TopicCount>,
}

pub(super) async fn topics(
    State(app): State<App>,
    headers: HeaderMap,
    InQuery { params, .. }: InQuery<Topics>,
) -> Result<Json<TopicsBody>, Problem> {
    let begun = Instant::now();
    let request = SearchRequest {
        filters: filters(&params)?,
        ui_lang: params.one(&UI_LANG)?.or_else(|| language::preferred(&headers)),
        facets: vec![Facet::Topic],
        limit: 0,
        ..SearchRequest::new(Query::parse(""), clock::now_s())
    };
    let answer = app.with_engine(move |engine| Ok(engine.search(&request)?)).await?;
    Ok(Json(TopicsBody {
        took_ms: clock::elapsed_ms(begun),
        index_version: answer.index_version,
        topics: answer.facets.topic.unwrap_or_default(),
    }))
}
