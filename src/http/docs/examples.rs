//! Example requests against the articles of `corpus/` with their responses, for the documentation.
//! A test repeats them and compares.

use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;

/// A request and its response.
struct Example {
    /// The route's `operationId`.
    operation: &'static str,
    /// The method, where it is neither `GET` nor implied by a body.
    method: Option<&'static str>,
    /// The path and query.
    path: &'static str,
    /// The JSON body of a request that has one.
    body: Option<&'static str>,
    /// The response in JSON; without one, only the request is shown.
    answer: Option<&'static str>,
}

const EXAMPLES: [Example; 24] = [
    Example {
        operation: "search",
        method: None,
        path: "/v1/search?q=movilidad+virtual&ui_lang=es&limit=1&facets=kind",
        body: None,
        answer: Some(include_str!("examples/search.json")),
    },
    Example {
        operation: "searchByJson",
        method: None,
        path: "/v1/search",
        body: Some(
            r#"{"q": "movilidad virtual", "lang": ["es", "pt"], "ui_lang": "es", "limit": 1, "facets": "none"}"#,
        ),
        answer: Some(include_str!("examples/search_by_json.json")),
    },
    Example {
        operation: "multiSearch",
        method: None,
        path: "/v1/multi-search",
        body: Some(r#"{"searches": [{"q": "becas", "limit": 1, "facets": "none"}, {"q": "becas", "limit": 101}]}"#),
        answer: Some(include_str!("examples/multi_search.json")),
    },
    Example {
        operation: "suggest",
        method: None,
        path: "/v1/suggest?q=educacion+su&ui_lang=es&limit=2",
        body: None,
        answer: Some(include_str!("examples/suggest.json")),
    },
    Example {
        operation: "suggestForBrowsers",
        method: None,
        path: "/suggest.json?q=educacion+su&ui_lang=es",
        body: None,
        answer: None,
    },
    Example {
        operation: "articleById",
        method: None,
        path: "/v1/articles/es%2Frecognition-handbook",
        body: None,
        answer: Some(include_str!("examples/article.json")),
    },
    Example {
        operation: "article",
        method: None,
        path: "/v1/articles?url=https://www.ires.example/es/recognition-handbook",
        body: None,
        answer: None,
    },
    Example {
        operation: "relatedById",
        method: None,
        path: "/v1/articles/es%2Frecognition-refugees/related?limit=1",
        body: None,
        answer: Some(include_str!("examples/related.json")),
    },
    Example {
        operation: "related",
        method: None,
        path: "/v1/related?id=es/recognition-refugees&limit=3",
        body: None,
        answer: None,
    },
    Example {
        operation: "relatedToDraft",
        method: None,
        path: "/v1/related?limit=3",
        body: Some(
            r#"{"title": "Becas de movilidad virtual", "body": "Los estudiantes cursan un semestre en otra universidad sin viajar.", "kind": "blog"}"#,
        ),
        answer: None,
    },
    Example {
        operation: "recent",
        method: None,
        path: "/v1/recent?kind=press-release&ui_lang=es&limit=1&exclude=en/convention-enters-into-force",
        body: None,
        answer: Some(include_str!("examples/recent.json")),
    },
    Example { operation: "topics", method: None, path: "/v1/topics?ui_lang=es&year=2021", body: None, answer: None },
    Example { operation: "feed", method: None, path: "/search.atom?topic=programs&lang=es", body: None, answer: None },
    Example { operation: "openSearchDescription", method: None, path: "/opensearch.xml", body: None, answer: None },
    Example {
        operation: "pushArticle",
        method: Some("PUT"),
        path: "/v1/articles/becas-2027",
        body: Some(r#"{"title": "Becas 2027", "lang": "es", "kind": "press-release", "published_at": "2026-01-15"}"#),
        answer: None,
    },
    Example {
        operation: "deleteArticle",
        method: Some("DELETE"),
        path: "/v1/articles/becas-2027",
        body: None,
        answer: None,
    },
    Example { operation: "reindex", method: None, path: "/v1/reindex", body: Some(r#"{"full": true}"#), answer: None },
    Example { operation: "task", method: None, path: "/v1/tasks/1", body: None, answer: None },
    Example { operation: "rollback", method: Some("POST"), path: "/v1/rollback", body: None, answer: None },
    Example { operation: "resume", method: Some("POST"), path: "/v1/resume", body: None, answer: None },
    Example { operation: "welcome", method: None, path: "/", body: None, answer: None },
    Example { operation: "openApi", method: None, path: "/openapi.json", body: None, answer: None },
    Example {
        operation: "alive",
        method: None,
        path: "/health/livez",
        body: None,
        answer: Some(r#"{"status": "ok"}"#),
    },
    Example { operation: "ready", method: None, path: "/health/readyz", body: None, answer: None },
];

/// Adds the example of an operation, if it has one: the request as a command for the server at
/// `base`, and the response to the successful status.
pub(crate) fn add(operation: &mut Operation, base: &str) {
    let Some(example) = EXAMPLES.iter().find(|example| operation.operation_id.as_deref() == Some(example.operation))
    else {
        return;
    };
    let address = format!("{base}{}", example.path);
    let method = example.method.map(|method| format!(" -X {method}")).unwrap_or_default();
    let token = if operation.security.is_some() { " -H 'Authorization: Bearer TOKEN'" } else { "" };
    let body = example.body.map(|body| format!(" --json '{body}'")).unwrap_or_default();
    let command = format!("curl '{address}'{method}{token}{body}");
    let samples = json!([{ "lang": "Shell", "label": "curl", "source": command }]);
    operation.extensions.get_or_insert_default().merge(ExtensionsBuilder::new().add("x-codeSamples", samples).build());
    if let Some(body) = example.body
        && let Some(request) = &mut operation.request_body
        && let RefOr::T(request) = request
        && let Some(RefOr::T(content)) = request.content.get_mut("application/json")
    {
        content.example = serde_json::from_str(body).ok();
    }
    if let Some(answer) = example.answer
        && let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200")
        && let Some(RefOr::T(content)) = response.content.get_mut("application/json")
    {
        content.example = serde_json::from_str::<Value>(answer).ok();
    }
}
