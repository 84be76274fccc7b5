//! Ids with slashes in paths. Some proxies hand on the decoded path: `/v1/articles/es%2Fnews` arrives
//! as `/v1/articles/es/news`, which means the same.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

use crate::http::paths;

/// What follows the id in the path of its related works.
const RELATED: &str = "/related";

/// Encodes the slashes of an id in the path. The last segment `related` belongs to the route.
pub(crate) async fn encode_slashes(mut request: Request) -> Request {
    if let Some(uri) = with_one_segment(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// The address with the id as one segment of its path; `None` where it is one already.
fn with_one_segment(uri: &Uri) -> Option<Uri> {
    let rest = uri.path().strip_prefix(paths::ARTICLES)?.strip_prefix('/')?;
    let (id, route) = rest.strip_suffix(RELATED).map_or((rest, ""), |id| (id, RELATED));
    if !id.contains('/') || id.ends_with('/') {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = format!("{}/{}{route}{query}", paths::ARTICLES, id.replace('/', "%2F"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_of_an_id_are_encoded() {
        for (path, expected) in [
            ("/v1/articles/es/news", Some("/v1/articles/es%2Fnews")),
            ("/v1/articles/es/2024/news?x=a/b", Some("/v1/articles/es%2F2024%2Fnews?x=a/b")),
            ("/v1/articles/es/news/related?limit=3", Some("/v1/articles/es%2Fnews/related?limit=3")),
            ("http://a.example/v1/articles/es/a%20b", Some("http://a.example/v1/articles/es%2Fa%20b")),
            ("/v1/articles/es%2Fnews/related", None),
            ("/v1/articles/news/related", None),
            ("/v1/articles/news", None),
            ("/v1/articles/news/", None),
            ("/v1/articles", None),
            ("/v1/articlesx/a/b", None),
            ("/v1/search/a/b", None),
        ] {
            let uri = with_one_segment(&path.parse().unwrap()).map(|uri| uri.to_string());
            assert_eq!(uri.as_deref(), expected, "{path}");
        }
    }
}
