//! The API through the in-process router, over the project's own corpus:
//!
//! * a search answer has the fields of the design, and none of later issues;
//! * every parameter does what it says, alone and with others;
//! * totals are exact and the same on every page, and the pages together hold every work once;
//! * a work is one hit, in the reader's language where it has one, its versions as translations;
//! * an unknown parameter, a bad value, a repeated single parameter: 400, which names it;
//! * any query text at all answers 200;
//! * articles and related articles are found by id and by address; unknown ones are a 404;
//! * related articles are never none, never the article nor its translations, each has reasons;
//! * without an index: 503 with Retry-After, but alive;
//! * every error is `application/problem+json`; one of our own tells nothing of the inside.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use fichero::article::Article;
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::{EngineSlot, open_engine};
use fichero::storage::data_dir::DataFolder;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::served::{Answer, CORPUS, ask, escaped, get, get_from, good, index, problem};

/// A search with parameters that need escaping.
fn search(parameters: &[(&str, &str)]) -> Value {
    good(&search_path(parameters))
}

fn search_path(parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/v1/search?{query}")
}

fn hits(body: &Value) -> &Vec<Value> {
    body["hits"].as_array().unwrap()
}

fn texts<'a>(hits: &'a [Value], field: &str) -> Vec<&'a str> {
    hits.iter().map(|hit| hit[field].as_str().unwrap_or_default()).collect()
}

fn total(body: &Value) -> usize {
    body["total"]["value"].as_u64().unwrap() as usize
}

/// How many works have a version of which this holds.
fn works_with(is_so: impl Fn(&Article) -> bool) -> usize {
    CORPUS.articles.iter().filter(|article| is_so(article)).map(|article| &article.work).collect::<HashSet<_>>().len()
}

/// The lengths of texts, marks and entities read as a reader reads them.
fn plain(html: &str) -> String {
    let text = html.replace("<mark>", "").replace("</mark>", "");
    assert!(!text.contains(['<', '>']), "markup besides marks in {html:?}");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const SEARCH_FIELDS: [&str; 14] = [
    "query",
    "total",
    "offset",
    "limit",
    "next_cursor",
    "took_ms",
    "index_version",
    "hits",
    "newest",
    "facets",
    "corrections",
    "recovery",
    "notes",
    "is_partial",
];
const CARD_FIELDS: [&str; 12] =
    ["id", "work", "url", "lang", "kind", "title", "summary", "published_at", "authors", "image", "topics", "tags"];
/// Those that stand only where an article has them.
const OPTIONAL_FIELDS: [&str; 4] = ["updated_at", "starts_at", "ends_at", "series"];

#[test]
fn search_answer_has_the_documented_shape() {
    let body = search(&[("q", "movilidad virtual"), ("ui_lang", "es")]);
    assert_eq!(keys(&body), BTreeSet::from(SEARCH_FIELDS), "nothing more and nothing less");
    assert_eq!(body["query"], "movilidad virtual");
    assert_eq!((&body["offset"], &body["limit"]), (&Value::from(0), &Value::from(10)));
    assert_eq!(body["total"]["relation"], "eq");
    assert!(body["took_ms"].as_f64().unwrap() >= 0.0);
    assert_eq!((&body["notes"], &body["is_partial"]), (&Value::Array(Vec::new()), &Value::Bool(false)));
    let (generation, seq) = body["index_version"].as_str().unwrap().split_once('.').unwrap();
    assert!(generation.parse::<u64>().unwrap() >= 1 && seq.parse::<u64>().unwrap() >= 80);
    assert!(!hits(&body).is_empty() && hits(&body).len() <= 10);
    let mut last_score = f64::INFINITY;
    for hit in hits(&body) {
        let known = [CARD_FIELDS.as_slice(), &["title_html", "snippet_html", "score", "translations"]].concat();
        let found: BTreeSet<&str> = keys(hit).into_iter().filter(|key| !OPTIONAL_FIELDS.contains(key)).collect();
        assert_eq!(found, known.into_iter().collect::<BTreeSet<_>>());
        assert_eq!(plain(hit["title_html"].as_str().unwrap()), hit["title"].as_str().unwrap());
        assert!(!plain(hit["snippet_html"].as_str().unwrap()).is_empty());
        for topic in hit["topics"].as_array().unwrap() {
            assert_eq!(keys(topic), BTreeSet::from(["label", "path"]));
        }
        for translation in hit["translations"].as_array().unwrap() {
            assert_eq!(keys(translation), BTreeSet::from(["id", "lang", "title", "url"]));
        }
        let score = hit["score"].as_f64().unwrap();
        assert!(score > 0.0 && score <= last_score);
        last_score = score;
    }
    let first = hits(&body).iter().find(|hit| hit["work"] == "vsm-what-is-it").expect("the article about it");
    assert_eq!(first["lang"], "es");
    assert!(first["title_html"].as_str().unwrap().contains("<mark>Movilidad</mark>"), "{first}");
    assert_eq!(first["topics"][0]["path"], "programs/research/academic-mobility/virtual-student-mobility");
    assert_eq!(first["published_at"], "2021-01-20");
}

#[test]
fn work_is_one_hit_with_its_versions_as_translations() {
    let now_s = jiff::Timestamp::now().as_second();
    let mut versions: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for article in &CORPUS.articles {
        assert!(article.is_visible_at(now_s));
        versions.entry(&article.work).or_default().insert((&article.lang, &article.id));
    }
    assert!(versions.values().filter(|versions| versions.len() > 1).count() >= 25);
    let body = search(&[("limit", "100")]);
    assert_eq!((hits(&body).len(), total(&body)), (versions.len(), versions.len()));
    for hit in hits(&body) {
        let translations = hit["translations"].as_array().unwrap();
        let langs = texts(translations, "lang");
        assert!(langs.is_sorted() && !langs.contains(&hit["lang"].as_str().unwrap()), "{hit}");
        let mut found: BTreeSet<(&str, &str)> = langs.into_iter().zip(texts(translations, "id")).collect();
        found.insert((hit["lang"].as_str().unwrap(), hit["id"].as_str().unwrap()));
        assert_eq!(&found, &versions[hit["work"].as_str().unwrap()]);
    }
}

#[test]
fn totals_are_exact_and_pages_contain_every_work_once() {
    for parameters in [
        vec![],
        vec![("q", "universidad")],
        vec![("q", "university students")],
        vec![("q", "university"), ("sort", "-date")],
        vec![("sort", "date"), ("lang", "es")],
    ] {
        let expected = total(&search(&parameters));
        assert!(expected > 14, "{parameters:?}: {expected}");
        let mut works = Vec::new();
        for offset in (0..expected + 14).step_by(7) {
            let (offset_text, page) = (offset.to_string(), [("offset", offset.to_string()), ("limit", "7".to_owned())]);
            let page: Vec<(&str, &str)> = page.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let body = search(&[parameters.clone(), page].concat());
            assert_eq!(total(&body), expected, "{parameters:?} from {offset}");
            assert_eq!((body["offset"].to_string(), &body["limit"]), (offset_text, &Value::from(7)));
            assert_eq!(hits(&body).len(), expected.saturating_sub(offset).min(7));
            works.extend(hits(&body).iter().map(|hit| hit["work"].as_str().unwrap().to_owned()));
        }
        assert_eq!(works.len(), expected);
        assert_eq!(works.iter().collect::<HashSet<_>>().len(), expected, "{parameters:?}");
        let whole = search(&[parameters.clone(), vec![("limit", "100")]].concat());
        assert_eq!(texts(hits(&whole), "work"), works, "{parameters:?}: one order, however it is paged");
    }
    let body = search(&[("q", "university"), ("limit", "0")]);
    assert!(hits(&body).is_empty() && total(&body) > 14);
}

#[test]
fn lang_filters_versions_and_matches_regional_varieties() {
    for lang in ["en", "es", "pt", "fr"] {
        let body = search(&[("lang", lang), ("limit", "100")]);
        assert_eq!(total(&body), works_with(|article| article.lang == lang), "{lang}");
        assert!(hits(&body).iter().all(|hit| hit["lang"] == lang));
    }
    let either = search(&[("lang", "pt"), ("lang", "fr"), ("limit", "100")]);
    assert_eq!(total(&either), works_with(|article| article.lang == "pt" || article.lang == "fr"));
    assert_eq!(
        total(&search(&[("lang", "pt-BR"), ("literal", "true")])),
        0,
        "a region does not take the whole language"
    );
    assert_eq!(total(&search(&[("lang", "PT")])), total(&search(&[("lang", "pt")])));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    std::fs::write(&file, "{\"id\":\"x\",\"title\":\"Olá\",\"lang\":\"pt-BR\"}\n").unwrap();
    let site = index(&file, &folder.path().join("data"));
    for (lang, expected) in [("pt", 1), ("pt-BR", 1), ("pt-PT", 0), ("p", 400), ("es", 0)] {
        let answer = get_from(&site.router, &search_path(&[("lang", lang), ("literal", "true")]));
        let found = if answer.status == StatusCode::OK { total(&answer.body) } else { answer.status.as_u16().into() };
        assert_eq!(found, expected, "{lang}");
    }
}

#[test]
fn kind_topic_and_date_filters_combine() {
    for kind in ["article", "press-release", "blog", "event", "publication"] {
        let body = search(&[("kind", kind), ("limit", "100")]);
        assert_eq!(total(&body), works_with(|article| article.kind.as_str() == kind), "{kind}");
        assert!(total(&body) > 0 && hits(&body).iter().all(|hit| hit["kind"] == kind));
    }
    let of_two = search(&[("kind", "blog"), ("kind", "event")]);
    assert_eq!(total(&of_two), works_with(|article| ["blog", "event"].contains(&article.kind.as_str())));

    let is_under =
        |article: &Article, path: &str| article.topics.iter().any(|topic| topic.prefixes().any(|above| above == path));
    for topic in ["programs", "programs/research", "programs/research/academic-mobility/virtual-student-mobility"] {
        let body = search(&[("topic", topic), ("limit", "100")]);
        assert_eq!(total(&body), works_with(|article| is_under(article, topic)), "{topic}");
        assert!(total(&body) > 0);
        for hit in hits(&body) {
            let paths = texts(hit["topics"].as_array().unwrap(), "path").join("\n");
            assert!(paths.lines().any(|path| path == topic || path.starts_with(&format!("{topic}/"))), "{hit}");
        }
    }
    assert_eq!(total(&search(&[("topic", "Programs/Research")])), total(&search(&[("topic", "programs/research")])));
    assert_eq!(total(&search(&[("topic", "research"), ("literal", "true")])), 0, "a topic is a path from the top");

    let day = |article: &Article| article.published_at.as_ref().unwrap().as_str()[..10].to_owned();
    let body = search(&[("date_from", "2021-01-01"), ("date_to", "2021-12-31"), ("limit", "100")]);
    assert_eq!(total(&body), works_with(|article| day(article).starts_with("2021")));
    assert!(total(&body) > 0 && texts(hits(&body), "published_at").iter().all(|at| at.starts_with("2021")));
    let one_day = search(&[("date_from", "2021-01-20"), ("date_to", "2021-01-20")]);
    assert_eq!(total(&one_day), works_with(|article| day(article) == "2021-01-20"), "both ends belong to it");
    assert!(total(&one_day) > 0);
    assert_eq!(
        total(&search(&[("date_from", "2021-01-20T00:00:01Z"), ("date_to", "2021-01-20"), ("literal", "true")])),
        0
    );
    assert_eq!(total(&search(&[("date_from", "2022-01-01"), ("date_to", "2021-01-01"), ("literal", "true")])), 0);

    let all = search(&[
        ("lang", "es"),
        ("kind", "article"),
        ("topic", "programs"),
        ("date_from", "2020-01-01"),
        ("limit", "100"),
    ]);
    let passes = |article: &Article| {
        article.lang == "es"
            && article.kind.as_str() == "article"
            && is_under(article, "programs")
            && day(article).as_str() >= "2020"
    };
    assert_eq!(total(&all), works_with(passes));
    assert!(total(&all) > 0);
    let with_query = search(&[("q", "universidad"), ("lang", "es"), ("kind", "article"), ("limit", "100")]);
    assert!(total(&with_query) > 0 && total(&with_query) < total(&search(&[("q", "universidad"), ("limit", "100")])));
    assert!(hits(&with_query).iter().all(|hit| hit["lang"] == "es" && hit["kind"] == "article"));
}

#[test]
fn sort_orders_by_date_or_by_relevance() {
    for query in ["", "university"] {
        let newest = search(&[("q", query), ("sort", "-date"), ("limit", "100")]);
        let oldest = search(&[("q", query), ("sort", "date"), ("limit", "100")]);
        assert!(texts(hits(&newest), "published_at").is_sorted_by(|a, b| a >= b), "{query}");
        assert!(texts(hits(&oldest), "published_at").is_sorted(), "{query}");
        assert_eq!(total(&newest), total(&oldest));
    }
    let newest = search(&[("sort", "-date"), ("limit", "100")]);
    assert_eq!(
        texts(hits(&search(&[("limit", "100")])), "id"),
        texts(hits(&newest), "id"),
        "without a query: newest first"
    );
    let by_relevance = search(&[("q", "university"), ("sort", "relevance"), ("limit", "100")]);
    assert_eq!(texts(hits(&by_relevance), "id"), texts(hits(&search(&[("q", "university"), ("limit", "100")])), "id"));
    assert_ne!(
        texts(hits(&by_relevance), "id"),
        texts(hits(&search(&[("q", "university"), ("sort", "-date"), ("limit", "100")])), "id")
    );
}

#[test]
fn snippet_chars_bounds_the_snippet_in_characters() {
    for chars in [20usize, 60, 200, 1_000] {
        let body = search(&[("q", "educación superior"), ("snippet_chars", &chars.to_string()), ("limit", "20")]);
        let lengths: Vec<usize> =
            texts(hits(&body), "snippet_html").iter().map(|snippet| plain(snippet).chars().count()).collect();
        assert!(lengths.iter().all(|length| *length <= chars), "{chars}: {lengths:?}");
        assert!(lengths.iter().any(|length| *length > chars / 2), "{chars}: {lengths:?}");
        assert!(texts(hits(&body), "snippet_html").iter().any(|snippet| snippet.contains("<mark>")));
    }
    let default = search(&[("q", "educación superior")]);
    assert_eq!(hits(&default), hits(&search(&[("q", "educación superior"), ("snippet_chars", "200")])));
}

#[test]
fn ui_lang_selects_the_version_and_filters_nothing() {
    let version = |parameters: &[(&str, &str)], accept: Option<&str>| -> (String, usize) {
        let mut request = Request::get(search_path(parameters));
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT_LANGUAGE, accept.as_bytes());
        }
        let answer = ask(&CORPUS.router, request.body(Body::empty()).unwrap());
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let hit = hits(&answer.body).iter().find(|hit| hit["work"] == "vsm-what-is-it").expect("the work");
        (hit["lang"].as_str().unwrap().to_owned(), total(&answer.body))
    };
    let all = [("limit", "100")];
    let works = works_with(|_| true);
    for lang in ["en", "es", "fr", "pt"] {
        assert_eq!(version(&all, Some(lang)), (lang.to_owned(), works));
        assert_eq!(version(&[("limit", "100"), ("ui_lang", lang)], None), (lang.to_owned(), works));
    }
    assert_eq!(version(&all, Some("pt-BR,pt;q=0.9,en;q=0.5")).0, "pt", "a region reads its language");
    assert_eq!(version(&all, Some("en;q=0.2, fr;q=0.9")).0, "fr");
    assert_eq!(version(&[("limit", "100"), ("ui_lang", "es")], Some("fr")).0, "es", "what is asked for comes first");
    assert_eq!(version(&all, Some("xx-nonsense;q=maybe, ñ, ;;=")).1, works, "a header is never an error");
    // Among the versions that pass the filters, only.
    assert_eq!(version(&[("limit", "100"), ("lang", "fr")], Some("es")).0, "fr");
    // `virtual` matches in three languages.
    assert_eq!(version(&[("q", "virtual"), ("limit", "100"), ("ui_lang", "pt")], None).0, "pt");
    assert_eq!(version(&[("q", "virtual"), ("limit", "100"), ("ui_lang", "en")], None).0, "en");
}

#[test]
fn unknown_parameters_are_named_on_every_route() {
    for route in [
        "/v1/search?q=x&",
        "/v1/articles?id=x&",
        "/v1/articles/x?",
        "/v1/articles/x/related?",
        "/v1/related?id=x&",
        "/v1/topics?",
        "/v1/recent?",
        "/v1/suggest?q=x&",
        "/suggest.json?",
    ] {
        let answer = get(&format!("{route}colour=red&Q=1&colour=blue&%C3%B1%00=2"));
        let (code, parameters) = problem(&answer, StatusCode::BAD_REQUEST);
        assert_eq!(code, "unknown-parameter", "{route}");
        assert_eq!(parameters, ["colour", "Q", "ñ\0"], "{route}");
        assert!(answer.body["detail"].as_str().unwrap().contains("colour, Q"), "{route}");
    }
}

#[test]
fn invalid_values_are_reported_by_parameter() {
    for (name, values) in [
        ("lang", ["x", "español", "en-", "es,en"].as_slice()),
        ("ui_lang", &["x", "12", "en_US!"]),
        ("kind", &["essay", "article,blog"]),
        ("topic", &["/", "  ", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q"]),
        ("date_from", &["yesterday", "2017-29-07", "2021-02-30", "20210101x"]),
        ("date_to", &["2021-13-01", "99999-01-01"]),
        ("sort", &["newest", "-Date", "date,relevance"]),
        ("offset", &["-1", "1.5", "ten", "10001", "99999999999999999999999999", " 1"]),
        ("limit", &["-1", "101", "1e1", "0x1"]),
        ("snippet_chars", &["19", "1001", "many"]),
    ] {
        for value in values {
            let (code, parameters) = problem(&get(&search_path(&[("q", "x"), (name, value)])), StatusCode::BAD_REQUEST);
            assert_eq!(
                (code.as_str(), parameters.as_slice()),
                ("bad-value", [name.to_owned()].as_slice()),
                "{name}={value:?}"
            );
        }
    }
    for route in ["/v1/related?id=x&limit=101", "/v1/articles/x/related?limit=-1"] {
        assert_eq!(problem(&get(route), StatusCode::BAD_REQUEST).1, ["limit"], "{route}");
    }
    assert_eq!(problem(&get("/v1/related?id=x&lang=%FF"), StatusCode::BAD_REQUEST).1, ["lang"]);
    // The bounds themselves are good.
    for good in
        [("limit", "100"), ("limit", "0"), ("offset", "10000"), ("snippet_chars", "20"), ("snippet_chars", "1000")]
    {
        search(&[good]);
    }
}

#[test]
fn empty_value_of_a_form_counts_as_absent() {
    let empty = "lang=&kind=&topic=&tag=&author=&year=&date_from=&date_to=&sort=&ui_lang=&limit=&group=&cursor=";
    let (plain, empty) = (good("/v1/search?q=becas"), good(&format!("/v1/search?q=becas&{empty}")));
    assert_eq!((&plain["hits"], &plain["total"]), (&empty["hits"], &empty["total"]));
    assert_eq!(good("/v1/search?q=becas&lang=&lang=es")["total"], good("/v1/search?q=becas&lang=es")["total"]);
    problem(&get("/v1/articles?id="), StatusCode::BAD_REQUEST);
    problem(&get("/v1/search?nothing="), StatusCode::BAD_REQUEST);
}

#[test]
fn locale_with_an_underscore_is_a_language() {
    for (locale, tag) in [("es_CO", "es-CO"), ("pt_BR", "pt-br"), ("zh_Hans_CN", "zh-Hans-CN")] {
        for parameter in ["lang", "ui_lang"] {
            let of = |value: &str| good(&format!("/v1/search?q=educa*&{parameter}={value}"))["hits"].clone();
            assert_eq!(of(locale), of(tag), "{parameter}={locale}");
        }
    }
    problem(&get("/v1/search?lang=e_"), StatusCode::BAD_REQUEST);
}

#[test]
fn repeating_a_single_valued_parameter_is_an_error() {
    for (name, value) in [
        ("q", "x"),
        ("ui_lang", "es"),
        ("sort", "date"),
        ("offset", "0"),
        ("limit", "1"),
        ("snippet_chars", "50"),
        ("date_from", "2020-01-01"),
        ("date_to", "2020-01-01"),
    ] {
        let (code, parameters) = problem(&get(&search_path(&[(name, value), (name, value)])), StatusCode::BAD_REQUEST);
        assert_eq!((code.as_str(), parameters.as_slice()), ("bad-value", [name.to_owned()].as_slice()));
    }
    for (name, value) in [("lang", "es"), ("kind", "blog"), ("topic", "programs")] {
        assert_eq!(total(&search(&[(name, value), (name, value)])), total(&search(&[(name, value)])), "{name}");
    }
    let (_, parameters) = problem(&get("/v1/articles?id=x&id=y"), StatusCode::BAD_REQUEST);
    assert_eq!(parameters, ["id"]);
}

#[test]
fn nasty_query_texts_answer_200() {
    let long = "palabra ".repeat(4_000);
    let quotes = "\"".repeat(5_000);
    let one_word = "ñ".repeat(10_000);
    for text in [
        "",
        " ",
        "\0",
        "\u{7f}\u{80}",
        "\"",
        "\"\"",
        "\"open",
        "-",
        "--",
        "-\"",
        "-a",
        "-\"a b\"",
        "+",
        "*",
        "?",
        "~",
        "^",
        ":",
        "title:x",
        "(",
        ")",
        "((((",
        "[a TO b]",
        "{!lucene}",
        "a AND",
        "OR",
        "NOT NOT",
        "a^1e400",
        "/.*/",
        "\\",
        "\\u0000",
        "%",
        "%%",
        "%zz",
        "&",
        "#",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
        "{{7*7}}",
        "../../../etc/passwd",
        "https://x.example/a?b=c#d",
        "null",
        "undefined",
        "NaN",
        "-0",
        "1e999",
        "２０２１",
        "Ｆｕｌｌ",
        "ﬁ",
        "İ",
        "ß",
        "ẞ",
        "ǆ",
        "\u{202e}abc",
        "\u{200b}",
        "\u{feff}",
        "a\u{300}\u{301}\u{302}\u{303}",
        "\u{301}",
        "👩‍👩‍👧‍👦",
        "🇪🇸",
        "大学",
        "大学の学生",
        "มหาวิทยาลัย",
        "جامعة",
        "אוניברסיטה",
        "विश्वविद्यालय",
        "\u{1f}",
        "=a\u{1f}+b",
        "\u{fffd}",
        "\u{10ffff}",
        "a\nb\r\nc\td",
        &long,
        &quotes,
        &one_word,
    ] {
        let body = search(&[("q", text)]);
        assert_eq!(body["query"], text);
        assert_eq!(total(&body) == 0, hits(&body).is_empty(), "{text:?}");
    }
    let cut = search(&[("q", &long)]);
    assert!(cut["notes"][0].as_str().unwrap().contains("512"), "{}", cut["notes"]);
    assert_eq!(cut["is_partial"], true);
    assert_eq!(search(&[("q", &"a".repeat(512))])["notes"], Value::Array(Vec::new()));
}

#[test]
fn bytes_that_are_not_utf8_answer_200() {
    for raw in [
        "%FF%00",
        "%",
        "%4",
        "%zz",
        "%C3",
        "%C3%28",
        "%ED%A0%80",
        "%F4%90%80%80",
        "%00",
        "+",
        "a+%2B+b",
        "ñ",
        "a;b",
        "=",
        "a=b",
        "%26",
    ] {
        let body = good(&format!("/v1/search?q={raw}"));
        assert!(body["query"].is_string(), "{raw}");
    }
    assert_eq!(good("/v1/search?q=a%FFb")["query"], "a\u{ff}b", "as Windows-1252 has it");
    assert_eq!(good("/v1/search?q=a+%2B%20b")["query"], "a + b");
    for same_as_nothing in ["/v1/search", "/v1/search?", "/v1/search?q", "/v1/search?q=", "/v1/search?&&q="] {
        assert_eq!(total(&good(same_as_nothing)), works_with(|_| true), "{same_as_nothing}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_query_text_answers_200(text in any::<String>()) {
        prop_assert_eq!(&search(&[("q", &text)])["query"], &text);
    }

    #[test]
    fn any_words_with_operators_answer_200(pieces in prop::collection::vec("[-+\"«»“” a-zñé大0-9:()*~^]{0,6}|universidad|-\"el|\"", 0..12)) {
        let text = pieces.join(" ");
        let body = search(&[("q", &text), ("snippet_chars", "20"), ("limit", "3")]);
        for hit in hits(&body) {
            plain(hit["snippet_html"].as_str().unwrap());
        }
    }

    #[test]
    fn any_bytes_answer_200(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let escaped: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
        // What is not UTF-8 is of an old page.
        let expected = match str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(),
        };
        prop_assert_eq!(&good(&format!("/v1/search?q={escaped}"))["query"], &expected);
    }
}

#[test]
fn an_article_is_found_by_id_and_by_address() {
    for article in CORPUS.articles.iter().step_by(7) {
        assert!(article.id.contains('/'), "{}", article.id);
        let by_id = good(&format!("/v1/articles/{}", escaped(&article.id)));
        assert_eq!(by_id, good(&format!("/v1/articles?id={}", escaped(&article.id))));
        let url = article.url.as_ref().unwrap();
        let spelled =
            url.replace("https://www.ires.example/", "//IRES.example:80/./") + "/?fbclid=x&utm_medium=mail#top";
        assert_ne!(&spelled, url);
        for url in [url, &spelled] {
            assert_eq!(by_id, good(&format!("/v1/articles?url={}", escaped(url))));
        }
        let fields: BTreeSet<&str> = keys(&by_id).into_iter().filter(|key| !OPTIONAL_FIELDS.contains(key)).collect();
        assert_eq!(
            fields,
            [CARD_FIELDS.as_slice(), &["body", "translations", "index_version"]].concat().into_iter().collect()
        );
        assert_eq!(by_id["id"], article.id.as_str());
        assert_eq!(by_id["title"], article.title.as_str());
        assert_eq!(by_id["url"], article.url.as_deref().unwrap());
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(by_id["body"].as_str().unwrap()), words(&article.body), "the whole text");
        let translations: HashSet<&str> = texts(by_id["translations"].as_array().unwrap(), "id").into_iter().collect();
        let of_work = |other: &&Article| other.work == article.work && other.id != article.id;
        assert_eq!(translations, CORPUS.articles.iter().filter(of_work).map(|other| other.id.as_str()).collect());
    }
}

#[test]
fn unknown_article_is_a_404() {
    for path in [
        "/v1/articles/nothing",
        "/v1/articles/en/women-rectors/",
        "/v1/articles/%00",
        "/v1/articles/%FF",
        "/v1/articles?id=nothing",
        "/v1/articles?url=https://www.example.org/",
        "/v1/articles?url=https://www.ires.example/",
        "/v1/articles?url=https://www.ires.example/en/women-rectors?p=12",
        "/v1/articles/nothing/related",
        "/v1/articles/%FF/related",
        "/v1/related?id=nothing",
        "/v1/related?url=nothing",
    ] {
        let (code, _) = problem(&get(path), StatusCode::NOT_FOUND);
        assert!(["no-such-article", "no-such-route"].contains(&code.as_str()), "{path}: {code}");
    }
    assert_eq!(problem(&get("/v1/articles?id=nothing"), StatusCode::NOT_FOUND).0, "no-such-article");
    for path in ["/v1/articles", "/v1/articles?id=x&url=y", "/v1/related", "/v1/related?id=x&url=y"] {
        problem(&get(path), StatusCode::BAD_REQUEST);
    }
}

#[test]
fn id_with_slashes_may_stand_in_the_path_as_it_is() {
    for (path, encoded) in [
        ("/v1/articles/en/women-rectors", "/v1/articles/en%2Fwomen-rectors"),
        ("/v1/articles/en/women-rectors/related?limit=3", "/v1/articles/en%2Fwomen-rectors/related?limit=3"),
    ] {
        let (plain, encoded) = (good(path), good(encoded));
        assert_eq!(
            (&plain["id"], &plain["hits"], &plain["body"]),
            (&encoded["id"], &encoded["hits"], &encoded["body"])
        );
    }
}

#[test]
fn related_articles_are_found_by_id_and_by_address() {
    for article in &CORPUS.articles {
        let path = format!("/v1/articles/{}/related", escaped(&article.id));
        let body = good(&path);
        assert_eq!(keys(&body), BTreeSet::from(["hits", "id", "index_version", "limit", "took_ms"]));
        assert_eq!((&body["id"], &body["limit"]), (&Value::from(article.id.as_str()), &Value::from(6)));
        let found = hits(&body);
        assert!(!found.is_empty() && found.len() <= 6, "{}", article.id);
        assert!(
            found.iter().all(|hit| hit["work"] != article.work.as_str()),
            "{}: itself or a translation",
            article.id
        );
        assert_eq!(texts(found, "work").into_iter().collect::<HashSet<_>>().len(), found.len(), "{}", article.id);
        for hit in found {
            assert!(!hit["reasons"].as_array().unwrap().is_empty(), "{hit}");
            assert!(hit["reasons"][0]["type"].is_string() && hit["score"].is_number(), "{hit}");
            assert!(CARD_FIELDS.iter().all(|field| hit.get(field).is_some()), "{hit}");
        }
    }
    let article = &CORPUS.articles[5];
    let by_id = good(&format!("/v1/articles/{}/related?limit=3", escaped(&article.id)));
    assert_eq!(hits(&by_id).len(), 3);
    assert_eq!(by_id["hits"], good(&format!("/v1/related?limit=3&id={}", escaped(&article.id)))["hits"]);
    assert_eq!(
        by_id["hits"],
        good(&format!("/v1/related?limit=3&url={}", escaped(article.url.as_ref().unwrap())))["hits"]
    );
    assert!(hits(&good(&format!("/v1/related?limit=0&id={}", escaped(&article.id)))).is_empty());
    let filters = "lang=es&kind=article&date_from=2019-01-01";
    let spanish = good(&format!("/v1/articles/{}/related?{filters}", escaped(&article.id)));
    assert!(hits(&spanish).iter().all(|hit| hit["lang"] == "es" && hit["kind"] == "article"));
    assert!(!hits(&spanish).is_empty());
}

#[test]
fn without_an_index_searches_answer_503_and_livez_200() {
    let empty = router(EngineSlot::default(), Settings::default());
    for path in [
        "/v1/search?q=x",
        "/v1/search",
        "/v1/articles/x",
        "/v1/articles?url=x",
        "/v1/related?id=x",
        "/v1/articles/x/related",
        "/v1/recent",
        "/v1/suggest?q=x",
        "/suggest.json",
        "/health/readyz",
    ] {
        let answer = get_from(&empty, path);
        assert_eq!(problem(&answer, StatusCode::SERVICE_UNAVAILABLE).0, "not-ready", "{path}");
        let seconds: u64 = answer.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds));
        tells_nothing(&answer);
    }
    assert_eq!(problem(&get_from(&empty, "/v1/search?nope=1"), StatusCode::BAD_REQUEST).1, ["nope"]);
    let alive = get_from(&empty, "/health/livez");
    assert_eq!((alive.status, &alive.body["status"]), (StatusCode::OK, &"ok".into()));
    assert_eq!(get_from(&empty, "/").status, StatusCode::OK);

    let ready = good("/health/readyz");
    assert_eq!(ready["articles"].as_u64().unwrap() as usize, CORPUS.articles.len());
    assert_eq!(ready["index_version"], good("/v1/search")["index_version"]);
    assert_eq!(good("/health/livez")["status"], "ok");
}

#[test]
fn unknown_routes_and_methods_are_problems() {
    for path in ["/nope", "/v1", "/v1/", "/v1/search/", "/v1/articles/", "/v2/search", "/health", "//", "/%FF"] {
        assert_eq!(problem(&get(path), StatusCode::NOT_FOUND).0, "no-such-route", "{path}");
    }
    // Articles are put and deleted.
    for (path, methods) in [
        ("/", vec![Method::PUT, Method::DELETE, Method::PATCH]),
        ("/v1/search?q=x", vec![Method::PUT, Method::DELETE, Method::PATCH]),
        ("/v1/articles", vec![Method::PATCH]),
        ("/v1/articles/x", vec![Method::POST, Method::PATCH]),
        ("/v1/articles/x/related", vec![Method::PUT, Method::DELETE, Method::PATCH]),
        ("/v1/related", vec![Method::PUT, Method::DELETE, Method::PATCH]),
        ("/health/livez", vec![Method::PUT, Method::DELETE, Method::PATCH]),
        ("/health/readyz", vec![Method::PUT, Method::DELETE, Method::PATCH]),
    ] {
        for method in methods {
            let request = Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
            let answer = ask(&CORPUS.router, request);
            assert_eq!(problem(&answer, StatusCode::METHOD_NOT_ALLOWED).0, "method-not-allowed", "{method} {path}");
            // RFC 9110, 15.5.6: it must say what is allowed.
            assert!(answer.headers[header::ALLOW].to_str().unwrap().contains("GET"), "{method} {path}");
        }
    }
}

/// Checks that an error of ours says no more than that there was one.
fn tells_nothing(answer: &Answer) {
    assert_eq!(keys(&answer.body), BTreeSet::from(["code", "detail", "status", "title", "type"]));
    let text = answer.body.to_string().to_lowercase();
    for inside in [
        "tantivy",
        "sqlite",
        "panick",
        ".rs",
        "src",
        "/tmp",
        "generation",
        "segment",
        "store",
        "expected",
        "byte",
        "lz4",
        "decompress",
    ] {
        assert!(!text.contains(inside), "{inside:?} in {text}");
    }
}

#[test]
fn internal_error_reveals_no_details() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    std::fs::write(&file, "{\"id\":\"x\",\"title\":\"Olá mundo\",\"lang\":\"pt\"}\n").unwrap();
    let data = folder.path().join("data");
    let site = index(&file, &data);
    assert_eq!(get_from(&site.router, "/v1/search?q=mundo").status, StatusCode::OK);
    let slot = EngineSlot::default();
    let opened = DataFolder::existing(&data);
    slot.store(Some(Arc::new(open_engine(&opened, opened.current().unwrap()).unwrap())));
    let router = router(slot, Settings::default());
    // The same length, so that what is mapped stays mapped; what is stored makes no sense any more.
    let mut damaged = 0;
    for entry in std::fs::read_dir(DataFolder::existing(&data).generation(1)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "store") {
            let length = std::fs::metadata(&path).unwrap().len() as usize;
            let mut permissions = std::fs::metadata(&path).unwrap().permissions();
            #[allow(clippy::permissions_set_readonly_false, reason = "a file of this test, removed with it")]
            permissions.set_readonly(false);
            std::fs::set_permissions(&path, permissions).unwrap();
            use std::io::Write;
            let mut store = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            store.write_all(&vec![1; length / 2]).unwrap();
            damaged += 1;
        }
    }
    assert!(damaged > 0);
    for path in ["/v1/search?q=mundo", "/v1/articles/x", "/v1/search"] {
        let answer = get_from(&router, path);
        assert_eq!(problem(&answer, StatusCode::INTERNAL_SERVER_ERROR).0, "internal", "{path}");
        tells_nothing(&answer);
    }
}

#[test]
fn misspelt_query_reports_its_correction_and_hits_are_explained() {
    let body = search(&[("q", "movilidda virtual"), ("explain", "true")]);
    assert_eq!(body["corrections"], json!([{ "typed": "movilidda", "searched": ["movilidad"] }]), "{body}");
    let explanation = &body["hits"][0]["explanation"];
    let points: f64 =
        explanation["parts"].as_array().unwrap().iter().map(|part| part["points"].as_f64().unwrap()).sum();
    assert!((points - body["hits"][0]["score"].as_f64().unwrap()).abs() < 1e-3, "{explanation}");
    let text = explanation["parts"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("“movilidda”, probably meant as “movilidad”: in the title"), "{text}");
    let body = search(&[("q", "movilidad virtual")]);
    assert_eq!((&body["corrections"], body["hits"][0].get("explanation")), (&json!([]), None));
    let notes = search(&[("q", "movilidad zzzzzzzzzzzzz")])["notes"].clone();
    assert_eq!(notes, json!(["none of these articles holds all the words"]));
    let answer = get(&search_path(&[("q", "x"), ("explain", "perhaps")]));
    assert_eq!(problem(&answer, StatusCode::BAD_REQUEST), ("bad-value".to_owned(), vec!["explain".to_owned()]));
}
