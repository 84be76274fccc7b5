//! The OpenSearch description of the search (1.1, draft 6, <https://github.com/dewitt/opensearch>),
//! for browsers and other search clients.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::atom;
use super::xml;
use crate::config::base_url::BaseUrl;
use crate::http::api::suggest;
use crate::http::error::problem::Problem;
use crate::http::error::responses::{DescriptionErrors, Problems};
use crate::http::paths;
use crate::http::request::query::InQuery;
use crate::http::request::registry::{Nothing, Q};
use crate::http::state::App;

/// The media type.
const MEDIA_TYPE: &str = "application/opensearchdescription+xml";

/// The OpenSearch description
///
/// Tells a browser how to search here (OpenSearch 1.1): link to it with `<link rel="search"
/// type="application/opensearchdescription+xml" href="/opensearch.xml">`.
#[utoipa::path(
    get,
    path = paths::OPENSEARCH,
    operation_id = "openSearchDescription",
    tag = "Search",
    responses(
        (status = 200, description = "The description", body = String, content_type = "application/opensearchdescription+xml"),
        Problems<DescriptionErrors>
    )
)]
pub(crate) async fn description(
    State(app): State<App>,
    base: BaseUrl,
    _: InQuery<Nothing>,
) -> Result<impl IntoResponse, Problem> {
    let searches = [
        ("text/html", "results", paths::RESULTS_PAGE),
        ("application/json", "results", paths::SEARCH),
        (atom::MEDIA_TYPE, "results", paths::FEED),
        (suggest::MEDIA_TYPE, "suggestions", paths::BROWSER_SUGGESTIONS),
    ];
    let written = xml::document(|document| {
        document.parent("OpenSearchDescription", &[("xmlns", "http://a9.com/-/spec/opensearch/1.1/")], |document| {
            // A host could be too long: the specification allows 16 characters.
            document.text("ShortName", &[], "fichero")?;
            document.text("Description", &[], &format!("Search the articles of {}", app.settings.name_at(&base)))?;
            for (media_type, rel, path) in searches {
                let template = format!("{}?{}={{searchTerms}}", base.join(path), Q.name);
                document.empty("Url", &[("type", media_type), ("rel", rel), ("template", &template)])?;
            }
            let own = base.join(paths::OPENSEARCH);
            document.empty("Url", &[("type", MEDIA_TYPE), ("rel", "self"), ("template", &own)])?;
            document.text("InputEncoding", &[], "UTF-8")?;
            document.text("OutputEncoding", &[], "UTF-8")
        })
    });
    let bytes = written.map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, format!("{MEDIA_TYPE}; charset=utf-8"))], bytes))
}
