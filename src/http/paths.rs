//! The addresses of the routes that others link to. A route that nothing links to has its address in
//! its annotation alone.

/// The front page.
pub(crate) const FRONT_PAGE: &str = "/";
/// The page of results.
pub(crate) const RESULTS_PAGE: &str = "/search";
/// The API's description as a page.
pub(crate) const DOCS_PAGE: &str = "/docs";
/// The API's description for programs.
pub(crate) const OPENAPI: &str = "/openapi.json";
/// The description of the search for browsers.
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
