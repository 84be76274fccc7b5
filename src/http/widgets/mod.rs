//! The script of the widgets.

pub(crate) mod script;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use self::script::Script;
use super::error::responses::{NoErrors, Problems};
use super::middleware::caching;
use crate::http::paths;
use crate::http::state::App;

/// The widgets
///
/// A module script that defines `<fichero-search>`, `<fichero-related>` and `<fichero-recent>`:
/// to be loaded by a `<script type="module">`. It needs nothing else. Whatever stands in the query is
/// passed over.
#[utoipa::path(
    get,
    path = paths::WIDGETS,
    operation_id = "widgets",
    tag = "Widgets",
    responses((status = 200, description = "The script", body = String, content_type = "text/javascript"), Problems<NoErrors>)
)]
pub(crate) async fn script(State(app): State<App>, headers: HeaderMap) -> Response {
    let Script { text, hash } = &*app.widgets;
    let (tag, cache_control) = (caching::weak_tag(hash), app.cache_control.clone());
    if tag.as_ref().is_some_and(|tag| caching::has_present(&headers, tag)) {
        return caching::not_modified(tag, cache_control, &caching::ENCODINGS_ONLY);
    }
    let about = [(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"))];
    let mut response = (about, text.clone()).into_response();
    caching::set_cache_headers(response.headers_mut(), tag, cache_control, &caching::ENCODINGS_ONLY);
    response
}
