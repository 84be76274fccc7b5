//! The routes of the documentation.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::IntoResponse;

use super::openapi::ApiDocument;
use crate::config::base_url::BaseUrl;
use crate::http::error::responses::{CommonErrors, Problems, ReferenceErrors};
use crate::http::paths;
use crate::http::request::query::InQuery;
use crate::http::request::registry::Nothing;
use crate::http::state::App;

/// The API's description
///
/// OpenAPI 3.1: what you read here, for programs.
#[utoipa::path(
    get,
    path = paths::OPENAPI,
    operation_id = "openApi",
    tag = "Documentation",
    responses((status = 200, description = "The description", body = Object), Problems<CommonErrors>)
)]
pub(crate) async fn openapi(State(document): State<Arc<ApiDocument>>, _: InQuery<Nothing>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document.json.clone())
}

/// The API's page
///
/// OpenAPI's description as a page, its examples for the address that it is asked under: what you read here.
#[utoipa::path(
    get,
    path = paths::DOCS_PAGE,
    operation_id = "docs",
    tag = "Documentation",
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), Problems<ReferenceErrors>)
)]
pub(crate) async fn docs(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    _: InQuery<Nothing>,
) -> impl IntoResponse {
    let ApiDocument { page, base, .. } = app.document.as_ref();
    let asked = BaseUrl::of(&app.settings, &uri, &headers);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, page.policy.clone()),
    ];
    (headers, page.html_at(asked.as_ref(), base))
}
