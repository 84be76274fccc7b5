//! What a site's pages show beside an article, through the in-process router:
//!
//! * the newest works: in the order of their dates with undated ones last, each once, in the
//!   reader's language, filtered as a search is;
//! * the page that shows them is left out by its id and by any spelling of its address, in all of
//!   its languages; a page that is not there leaves nothing out;
//! * what readers may not see is not there, and a change of it changes the tag.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/served.rs"]
mod served;
mod support;

use std::collections::BTreeSet;
use std::fs;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use fichero::article::{Article, Kind};
use serde_json::{Value, json};
use served::{CORPUS, ask, escaped, get, get_from, good, index, problem};

fn texts(answer: &Value, field: &str) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// The works of the corpus that have a version of which this holds, in order.
fn works_with(is_so: impl Fn(&Article) -> bool) -> BTreeSet<String> {
    CORPUS.articles.iter().filter(|article| is_so(article)).map(|article| article.work.clone()).collect()
}

fn recent(query: &str) -> Value {
    good(&format!("/v1/recent?{query}"))
}

#[test]
fn the_newest_works_of_a_kind_are_listed_once() {
    let answer = recent("kind=press-release&limit=100&ui_lang=es");
    assert_eq!(answer["limit"], 100);
    assert_eq!(answer["index_version"], good("/v1/search?limit=0")["index_version"]);
    assert!(answer["took_ms"].as_f64().unwrap() >= 0.0);
    let works = texts(&answer, "work");
    assert_eq!(
        works.iter().cloned().collect::<BTreeSet<_>>(),
        works_with(|article| article.kind == Kind::PressRelease)
    );
    assert!(works.len() >= 5 && works.len() == works.iter().collect::<BTreeSet<_>>().len(), "{works:?}");
    assert!(texts(&answer, "published_at").is_sorted_by(|a, b| a >= b), "{answer}");
    for hit in answer["hits"].as_array().unwrap() {
        assert_eq!(hit["kind"], "press-release");
        for field in ["id", "url", "lang", "title", "summary", "authors", "topics", "image"] {
            assert!(hit.get(field).is_some(), "{field} of {hit}");
        }
        assert!(hit.get("score").is_none() && hit.get("title_html").is_none(), "nothing is searched for: {hit}");
        let versions = CORPUS.articles.iter().filter(|article| hit["work"] == article.work.as_str());
        let has_spanish = versions.clone().any(|article| article.lang == "es");
        assert_eq!(hit["lang"] == "es", has_spanish, "{hit}");
        assert_eq!(hit["translations"].as_array().unwrap().len() + 1, versions.count(), "{hit}");
    }
    let three = recent("kind=press-release&ui_lang=es");
    assert_eq!((&three["limit"], texts(&three, "id")), (&json!(3), texts(&answer, "id")[..3].to_vec()));
    assert_eq!(texts(&recent("limit=0"), "id"), [""; 0]);
}

#[test]
fn all_filters_of_a_search_hold() {
    for query in [
        "lang=es",
        "kind=blog&kind=event",
        "topic=programs&year=2021",
        "date_from=2021-01-01&topic_not=priorities&kind_not=event",
    ] {
        let newest = good(&format!("/v1/search?sort=-date&limit=100&facets=none&{query}"));
        let answer = recent(&format!("limit=100&{query}"));
        assert_eq!(texts(&answer, "id"), texts(&newest, "id"), "{query}");
        assert!(!texts(&answer, "id").is_empty(), "{query}");
    }
    assert!(texts(&recent("lang=es&limit=100"), "lang").iter().all(|lang| lang == "es"));
}

#[test]
fn the_page_that_shows_the_list_is_left_out_in_all_languages() {
    let all = recent("kind=press-release&limit=100");
    let works = texts(&all, "work");
    let mut with_translations = 0;
    for article in CORPUS.articles.iter().filter(|article| works[..4].contains(&article.work)) {
        let url = article.url.as_ref().unwrap();
        let spelled = url.replace("https://www.", "http://") + "/?utm_source=block&fbclid=1#recent";
        let others: Vec<&String> = works.iter().filter(|work| **work != article.work).collect();
        for named in [&article.id, url, &spelled] {
            let left = recent(&format!("kind=press-release&limit=100&exclude={}", escaped(named)));
            assert_eq!(texts(&left, "work").iter().collect::<Vec<_>>(), others, "without {named}");
            assert_eq!(
                texts(&recent(&format!("kind=press-release&exclude={}", escaped(named))), "work"),
                works_of(&others[..3])
            );
        }
        with_translations += usize::from(CORPUS.articles.iter().filter(|other| other.work == article.work).count() > 1);
    }
    assert!(with_translations > 2);
    let two = format!("exclude={}&exclude={}", escaped(&works[0]), escaped(&texts(&all, "id")[1]));
    let left = texts(&recent(&format!("kind=press-release&limit=100&{two}")), "work");
    assert_eq!(
        left,
        works.iter().filter(|work| **work != works[1]).cloned().collect::<Vec<_>>(),
        "a work's name is no id"
    );
    for nothing in
        ["exclude=", "exclude=nowhere", "exclude=https://www.ires.example/nowhere", "exclude=%FF&exclude=%00"]
    {
        assert_eq!(texts(&recent(&format!("kind=press-release&limit=100&{nothing}")), "work"), works, "{nothing}");
    }
}

fn works_of(works: &[&String]) -> Vec<String> {
    works.iter().map(|work| (*work).clone()).collect()
}

#[test]
fn what_readers_may_not_see_is_not_recent_and_the_undated_come_last() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("site.jsonl");
    let page = |id: &str, fields: Value| {
        let mut record = json!({"id": id, "lang": "en", "title": format!("Page {id}"), "kind": "event"});
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        record.to_string()
    };
    let lines = [
        page("undated", json!({})),
        page("old", json!({"published_at": "2020-01-01"})),
        // An event to come, announced long ago.
        page("announced", json!({"published_at": "2020-01-02", "starts_at": "2999-01-01"})),
        page("new", json!({"published_at": "2021-01-01"})),
        page("to-come", json!({"published_at": "2999-01-01"})),
        page("expired", json!({"published_at": "2022-01-01", "expires_at": "2023-01-01"})),
        page("hidden", json!({"published_at": "2022-01-01", "hidden": true})),
    ];
    fs::write(&source, lines.join("\n")).unwrap();
    let site = index(&source, &folder.path().join("index"));
    let ids = |query: &str| texts(&get_from(&site.router, &format!("/v1/recent?limit=100&{query}")).body, "id");
    assert_eq!(ids(""), ["new", "announced", "old", "undated"]);
    assert_eq!(ids("exclude=announced"), ["new", "old", "undated"]);
    assert_eq!(ids("exclude=hidden&exclude=to-come&exclude=expired"), ids(""));
    let conditional = |tag: &str| {
        let request = Request::get("/v1/recent?exclude=old").header(header::IF_NONE_MATCH, tag);
        served::ask_text(&site.router, request.body(Body::empty()).unwrap())
    };
    let first = conditional("W/\"x\"");
    assert_eq!(first.status, StatusCode::OK);
    let tag = first.headers[header::ETAG].to_str().unwrap();
    assert_eq!(conditional(tag).status, StatusCode::NOT_MODIFIED);
    let other = get_from(&site.router, "/v1/recent?exclude=new");
    assert_ne!(other.headers[header::ETAG], tag, "what is left out tells answers apart");
}

#[test]
fn what_the_list_does_not_take_is_named() {
    for (query, name) in
        [("q=x", "q"), ("sort=date", "sort"), ("limit=101", "limit"), ("id=x", "id"), ("kind=news", "kind")]
    {
        assert_eq!(problem(&get(&format!("/v1/recent?{query}")), StatusCode::BAD_REQUEST).1, [name]);
    }
    let many = ["exclude=x"; 101].join("&");
    assert_eq!(problem(&get(&format!("/v1/recent?{many}")), StatusCode::BAD_REQUEST).1, ["exclude"]);
    let posted = ask(&CORPUS.router, Request::post("/v1/recent").body(Body::empty()).unwrap());
    problem(&posted, StatusCode::METHOD_NOT_ALLOWED);
}
