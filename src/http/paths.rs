//! The paths of routes that other code links to. Any other route has its path in its annotation
//! only.

/// The front page.
pub(crate) const FRONT_PAGE: &str = "/";
/// The results page.
pub(crate) const RESULTS_PAGE: &str = "/search";
/// The documentation as a page.
pub(crate) const DOCS_PAGE: &str = "/docs";
/// The OpenAPI document.
pub(crate) const OPENAPI: &str = "/openapi.json";
/// The OpenSearch description.
pub(crate) const OPENSEARCH: &str = "/opensearch.xml";
/// Suggestions for browsers.
pub(crate) const BROWSER_SUGGESTIONS: &str = "/suggest.json";
/// The feed.
pub(crate) const FEED: &str = "/search.atom";
/// The script of the widgets.
pub(crate) const WIDGETS: &str = "/widgets/fichero.js";
/// Searches.
pub(crate) const SEARCH: &str = "/v1/search";
/// The articles.
pub(crate) const ARTICLES: &str = "/v1/articles";
/// A task.
pub(crate) const TASK: &str = "/v1/tasks/{id}";
/// One article.
pub(crate) const ARTICLE: &str = "/v1/articles/{id}";
