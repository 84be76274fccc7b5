//! The ways of asking, through the in-process router over the project's own corpus:
//!
//! * a search by JSON is the search by query string: the same answer, the same errors;
//! * its values are those of JSON; another type, another name, another body is refused by name;
//! * a body is JSON, at most 64 KB, and nested as deep as anybody likes without harm;
//! * several searches are answered in their order, from one state, each good or bad by itself.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::support::served::{self, Answer, CORPUS, ask, good, post, problem};

/// An answer without what differs from call to call: how long it took, and the second that a cursor
/// keeps.
fn timeless(mut body: Value) -> Value {
    let members = body.as_object_mut().unwrap();
    members.remove("took_ms").expect("how long it took");
    let cursor = members.get_mut("next_cursor").expect("a cursor or null");
    *cursor = cursor.is_string().into();
    body
}

fn by_json(search: &Value) -> Value {
    let answer = post("/v1/search", search);
    assert_eq!(answer.status, StatusCode::OK, "{search}: {}", answer.body);
    answer.body
}

fn raw(path: &str, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request = Request::post(path);
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    ask(&CORPUS.router, request.body(body.into()).unwrap())
}

#[test]
fn json_search_equals_query_string_search() {
    for (search, query) in [
        (json!({}), ""),
        (json!({ "q": "movilidad virtual", "ui_lang": "es", "limit": 3 }), "q=movilidad+virtual&ui_lang=es&limit=3"),
        (
            json!({ "lang": ["pt", "fr"], "kind": "article", "sort": "-date", "offset": 1 }),
            "lang=pt&lang=fr&kind=article&sort=-date&offset=1",
        ),
        (
            json!({ "q": "university", "topic": ["programs"], "date_from": "2020-01-01", "explain": true }),
            "q=university&topic=programs&date_from=2020-01-01&explain=true",
        ),
        (json!({ "limit": 2.0, "lang": [], "explain": false, "offset": -0.0 }), "limit=2"),
    ] {
        let expected = timeless(good(&format!("/v1/search?{query}")));
        assert_ne!(expected["total"]["value"], 0, "{query}");
        assert_eq!(timeless(by_json(&search)), expected, "{search}");
    }
}

#[test]
fn invalid_json_search_is_reported() {
    for (search, code, parameters) in [
        (json!({ "colour": "red", "Q": 1 }), "unknown-parameter", vec!["Q", "colour"]),
        (json!({ "q": 1 }), "bad-value", vec!["q"]),
        (json!({ "q": null }), "bad-value", vec!["q"]),
        (json!({ "q": ["a"] }), "bad-value", vec!["q"]),
        (json!({ "limit": "10" }), "bad-value", vec!["limit"]),
        (json!({ "limit": 101 }), "bad-value", vec!["limit"]),
        (json!({ "limit": 1.5 }), "bad-value", vec!["limit"]),
        (json!({ "limit": -1 }), "bad-value", vec!["limit"]),
        (json!({ "limit": 1e300 }), "bad-value", vec!["limit"]),
        (json!({ "explain": "true" }), "bad-value", vec!["explain"]),
        (json!({ "lang": ["es", 1] }), "bad-value", vec!["lang"]),
        (json!({ "lang": [["es"]] }), "bad-value", vec!["lang"]),
        (json!({ "lang": "español" }), "bad-value", vec!["lang"]),
        (json!({ "kind": { "is": "blog" } }), "bad-value", vec!["kind"]),
    ] {
        let answer = post("/v1/search", &search);
        let named: Vec<String> = parameters.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(problem(&answer, StatusCode::BAD_REQUEST), (code.to_owned(), named), "{search}");
    }
    // The words are those of the query string's errors.
    let detail = post("/v1/search", &json!({ "limit": "ten" })).body["detail"].clone();
    assert_eq!(detail, served::get("/v1/search?limit=ten").body["detail"]);
    // What stands in the query string of a search by JSON would be passed over.
    assert_eq!(
        problem(&raw("/v1/search?q=x", Some("application/json"), "{}"), StatusCode::BAD_REQUEST).1,
        ["q"],
        "the query string of a search by JSON is empty"
    );
}

#[test]
fn a_body_is_json_and_bounded() {
    for path in ["/v1/search", "/v1/multi-search"] {
        for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("json")] {
            let answer = raw(path, content_type, "{}");
            let code = problem(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE).0;
            assert_eq!(code, "unsupported-media-type", "{path} {content_type:?}");
        }
        for body in ["", "{", "[]", "1", "null", "\"q\"", "{\"q\":\"\u{0}\"}", "{} {}", "{\"q\":\"\\ud800\"}"] {
            let answer = raw(path, Some("application/json"), body);
            assert_eq!(problem(&answer, StatusCode::BAD_REQUEST).0, "bad-body", "{path} {body:?}");
        }
        let answer = raw(path, Some("application/json"), vec![0xff, 0xfe, b'{', b'}']);
        assert_eq!(problem(&answer, StatusCode::BAD_REQUEST).0, "bad-body", "{path}: no UTF-8");
        for depth in [200, 30_000] {
            let deep = format!("{{\"q\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
            let answer = raw(path, Some("application/json"), deep);
            assert_eq!(problem(&answer, StatusCode::BAD_REQUEST).0, "bad-body", "{path} {depth}");
        }
        let long = format!("{{\"q\":\"{}\"}}", "a".repeat(64 * 1024));
        let answer = raw(path, Some("application/json"), long);
        assert_eq!(problem(&answer, StatusCode::PAYLOAD_TOO_LARGE).0, "body-too-large", "{path}");
    }
    let largest = format!("{{\"q\":\"{}\"}}", "a".repeat(64 * 1024 - 8));
    assert_eq!(largest.len(), 64 * 1024);
    for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
        assert_eq!(raw("/v1/search", Some(content_type), largest.clone()).status, StatusCode::OK);
    }
}

#[test]
fn multi_search_answers_each_search_separately() {
    let searches = json!([
        { "q": "movilidad virtual", "ui_lang": "es" },
        { "q": "movilidad", "limit": 101 },
        { "limit": 2, "sort": "date" },
        { "colour": "red" },
    ]);
    let answer = post("/v1/multi-search", &json!({ "searches": searches }));
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let answers = answer.body["answers"].as_array().unwrap();
    assert_eq!((answer.body.as_object().unwrap().len(), answers.len()), (1, 4));
    for place in [0, 2] {
        assert_eq!(timeless(answers[place].clone()), timeless(by_json(&searches[place])));
    }
    for (place, code, parameter) in [(1, "bad-value", "limit"), (3, "unknown-parameter", "colour")] {
        let told = &answers[place];
        assert_eq!((&told["status"], &told["code"]), (&json!(400), &json!(code)), "{told}");
        assert_eq!(told["parameters"], json!([parameter]));
        assert_eq!(*told, post("/v1/search", &searches[place]).body, "the problem of the search alone");
    }
}

#[test]
fn multi_search_accepts_one_to_twenty_searches() {
    let several = |count: usize| json!({ "searches": vec![json!({ "q": "universidad", "limit": 1 }); count] });
    let answer = post("/v1/multi-search", &several(20));
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body["answers"].as_array().unwrap().len(), 20);
    for bad in [
        several(0),
        several(21),
        json!({}),
        json!({ "searches": {} }),
        json!({ "searches": "x" }),
        json!({ "searches": [{}, []] }),
    ] {
        let answer = post("/v1/multi-search", &bad);
        assert_eq!(problem(&answer, StatusCode::BAD_REQUEST).1, ["searches"], "{bad}");
    }
    let answer = post("/v1/multi-search", &json!({ "searches": [{}], "q": "x" }));
    assert_eq!(problem(&answer, StatusCode::BAD_REQUEST).1, ["q"]);
}
