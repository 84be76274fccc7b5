//! What a site's pages show beside an article, through the in-process router:
//!
//! * the newest works: in the order of their dates with undated ones last, each once, in the
//!   reader's language, filtered as a search is;
//! * the page that shows them is left out by its id and by any spelling of its address, in all of
//!   its languages; a page that is not there leaves nothing out;
//! * what readers may not see is not there, and a change of it changes the tag.
//!
//! And beside one that is not published yet:
//!
//! * a draft's related works are those of an article of the same fields, its work left out where it
//!   says by id, work or address that it has one;
//! * its language is found out, filters and limit hold, `lang=any` takes all languages;
//! * flaws are told; what is no draft is refused by name; nothing of it is kept.

use std::collections::BTreeSet;
use std::fs;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use fichero::article::{Article, Kind};
use serde_json::{Value, json};

use crate::support::served::{self, Answer, CORPUS, ask, escaped, get, get_from, good, index, post, problem};

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
        works_with(|article| article.kind == Kind::PRESS_RELEASE)
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
fn search_filters_apply_to_recent() {
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
fn recent_excludes_the_current_page_in_all_languages() {
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
fn recent_omits_invisible_articles_and_lists_undated_ones_last() {
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
        page("announced", json!({"published_at": "2020-01-02", "starts_at": "2099-01-01"})),
        page("new", json!({"published_at": "2021-01-01"})),
        page("to-come", json!({"published_at": "2099-01-01"})),
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
fn recent_reports_unknown_parameters() {
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

fn related_to(draft: &Value, query: &str) -> Value {
    let answer = post(&format!("/v1/related?{query}"), draft);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

/// The fields of an article that make its text and its place on the site.
fn draft_of(article: &Article) -> Value {
    let topics: Vec<&str> = article.topics.iter().map(|topic| topic.path.as_str()).collect();
    json!({
        "title": article.title, "summary": article.summary, "body": article.body, "kind": article.kind.as_str(),
        "topics": topics, "tags": article.tags, "authors": article.authors, "links": article.links,
        "series": article.series, "published_at": article.published_at,
    })
}

fn with(mut draft: Value, field: &str, value: impl Into<Value>) -> Value {
    draft[field] = value.into();
    draft
}

#[test]
fn draft_has_the_related_works_of_an_equal_article() {
    let (mut own_first, mut asked, mut shared, mut expected) = (0, 0, 0, 0);
    for article in CORPUS.articles.iter().filter(|article| article.body.len() > 500).step_by(4) {
        let draft = draft_of(article);
        assert!(!texts(&related_to(&draft, "limit=6"), "work").contains(&article.work), "a copy of {}", article.id);
        let half: String = article.body.chars().take(article.body.chars().count() / 2).collect();
        let nameless = related_to(&with(draft.clone(), "body", half), "limit=6");
        assert_eq!((&nameless["id"], &nameless["limit"]), (&Value::Null, &json!(6)));
        assert_eq!(nameless["index_version"], good("/v1/search?limit=0")["index_version"]);
        let works = texts(&nameless, "work");
        assert_eq!(works.len(), works.iter().collect::<BTreeSet<_>>().len(), "{works:?}");
        own_first += usize::from(works[0] == article.work);
        asked += 1;
        for (field, value) in [
            ("id", article.id.clone()),
            ("work", article.work.clone()),
            ("url", article.url.clone().unwrap().replace("https://www.", "http://") + "/?utm_source=x"),
        ] {
            let left = texts(&related_to(&with(draft.clone(), field, value), "limit=6"), "work");
            assert!(left.len() == 6 && !left.contains(&article.work), "{field} of {}: {left:?}", article.id);
        }
        let published = good(&format!("/v1/related?id={}", escaped(&article.id)));
        let same = with(with(draft, "id", article.id.clone()), "work", article.work.clone());
        let found = related_to(&with(same, "lang", article.lang.clone()), "");
        assert_eq!(found["id"], published["id"]);
        let works = texts(&found, "work");
        expected += published["hits"].as_array().unwrap().len();
        shared += texts(&published, "work").iter().filter(|work| works.contains(work)).count();
        for hit in found["hits"].as_array().unwrap() {
            for field in [
                "id",
                "url",
                "lang",
                "kind",
                "title",
                "summary",
                "authors",
                "topics",
                "image",
                "score",
                "rung",
                "other_language",
            ] {
                assert!(hit.get(field).is_some(), "{field} of {hit}");
            }
            assert!(!hit["reasons"].as_array().unwrap().is_empty(), "{hit}");
        }
    }
    assert!(own_first * 10 >= asked * 9, "nothing is nearer to half a text than the whole: {own_first} of {asked}");
    // What is published is related by its translations too.
    assert!(shared * 10 >= expected * 8, "{shared} of {expected} works are those of the published article");
}

#[test]
fn draft_language_is_detected_and_filters_apply() {
    let draft = json!({
        "title": "Becas para la movilidad académica",
        "body": "La universidad abre una nueva convocatoria de becas para que estudiantes de toda la región cursen un semestre en otro país.",
    });
    let langs = |query: &str| texts(&related_to(&draft, query), "lang");
    assert_eq!(langs(""), ["es"; 6]);
    assert_eq!(langs("lang=en&limit=4"), ["en"; 4]);
    let drafts = || CORPUS.articles.iter().step_by(9).map(draft_of);
    let of_all = |draft: &Value| texts(&related_to(draft, "lang=any&limit=60"), "id");
    assert!(drafts().any(|draft| of_all(&draft) != texts(&related_to(&draft, "limit=60"), "id")));
    assert!(langs("lang=pt&lang=fr&limit=3").iter().all(|lang| ["pt", "fr"].contains(&lang.as_str())));
    assert_eq!(texts(&related_to(&draft, "kind=event&limit=2"), "kind"), ["event"; 2]);
    assert_eq!(langs("limit=0"), [""; 0]);
    // One of the texts is enough.
    for field in ["title", "summary", "body"] {
        assert_eq!(
            related_to(&json!({ field: "Becas de movilidad" }), "")["hits"].as_array().unwrap().len(),
            6,
            "{field}"
        );
    }
}

#[test]
fn lang_any_ranks_all_languages_alike() {
    let mut other = 0;
    for article in CORPUS.articles.iter().step_by(9) {
        for path in [
            format!("/v1/articles/{}/related?", escaped(&article.id)),
            format!("/v1/related?id={}&", escaped(&article.id)),
        ] {
            let any = good(&format!("{path}lang=any&limit=12"));
            assert_eq!(any, {
                let mut upper = good(&format!("{path}lang=es&lang=ANY&limit=12"));
                upper["took_ms"] = any["took_ms"].clone();
                upper
            });
            for hit in any["hits"].as_array().unwrap() {
                let is_other = hit["lang"].as_str().unwrap()[..2] != article.lang[..2];
                assert_eq!(hit["other_language"], is_other, "{hit} for {}", article.id);
                other += usize::from(is_other);
            }
            assert!(texts(&any, "work").iter().all(|work| *work != article.work));
        }
    }
    assert!(other > 10, "{other}");
}

fn posted(query: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(format!("/v1/related?{query}")).header(header::CONTENT_TYPE, content_type);
    ask(&CORPUS.router, request.body(body.into()).unwrap())
}

#[test]
fn invalid_draft_is_rejected_with_a_reason() {
    const JSON: &str = "application/json";
    for (body, code) in [
        ("", "bad-body"),
        ("{", "bad-body"),
        ("[]", "bad-body"),
        ("null", "bad-body"),
        ("{\"title\":\"\\ud800\"}", "bad-body"),
        ("{}", "bad-article"),
        ("{\"title\":\" \",\"body\":\"\\n\\n\",\"summary\":null}", "bad-article"),
        ("{\"title\":[\"x\"]}", "bad-article"),
        ("{\"title\":\"x\",\"id\":\"a\\u0000\"}", "bad-article"),
        ("{\"title\":\"x\",\"published_at\":\"soon\"}", "bad-article"),
    ] {
        assert_eq!(problem(&posted("", JSON, body), StatusCode::BAD_REQUEST).0, code, "{body}");
    }
    for content_type in ["text/plain", "application/x-ndjson", ""] {
        problem(&posted("", content_type, "{\"title\":\"x\"}"), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let of_length =
        |length: usize| format!("{{\"body\":\"{}\"}}", "word ".repeat(length / 5 + 1))[..length - 2].to_owned() + "\"}";
    let largest = of_length(1 << 20);
    assert_eq!(posted("limit=1", JSON, largest.clone()).status, StatusCode::OK);
    assert_eq!(problem(&posted("", JSON, largest + " "), StatusCode::PAYLOAD_TOO_LARGE).0, "body-too-large");
    for (query, name) in [("id=x", "id"), ("url=x", "url"), ("q=x", "q"), ("limit=101", "limit"), ("lang=%FF", "lang")]
    {
        assert_eq!(problem(&posted(query, JSON, "{\"title\":\"x\"}"), StatusCode::BAD_REQUEST).1, [name], "{query}");
    }
}

#[test]
fn draft_flaws_are_reported_and_the_draft_is_not_stored() {
    let draft = json!({"id": "opossums", "title": "Zarigüeyas becadas", "lang": "español", "kind": "essay", "tags": {"a": 1}, "colour": "red"});
    let answer = post("/v1/related", &draft);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let flaws: Vec<&str> = answer.body["flaws"].as_array().unwrap().iter().map(|flaw| flaw.as_str().unwrap()).collect();
    for field in ["lang: ", "kind: ", "tags: ", "colour: "] {
        assert!(flaws.iter().any(|flaw| flaw.starts_with(field)), "{field} in {flaws:?}");
    }
    assert_eq!(flaws.len(), 4);
    assert!(related_to(&json!({"title": "x"}), "").get("flaws").is_none());
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert!(!answer.headers.contains_key(header::ETAG));
    problem(&get("/v1/articles/opossums"), StatusCode::NOT_FOUND);
    assert_eq!(answer.body["index_version"], good("/v1/search?limit=0")["index_version"]);
}
