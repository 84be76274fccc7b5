//! Search answers in other formats, through the in-process router over the project's own corpus:
//!
//! * by `Accept`, a search answers a `schema.org/ItemList` of the same hits; any other `Accept`
//!   gets JSON;
//! * a query is an Atom feed that is well-formed whatever is searched for, newest first, with the
//!   filters of a search, and the elements that RFC 4287 demands;
//! * the OpenSearch description names searches that work;
//! * addresses are those of the configuration, else of the request's own host, which must be one.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use fichero::config::base_url::BaseUrl;
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::EngineSlot;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::support::served::{self, Answer, CORPUS, TextAnswer, ask, ask_text, escaped, good, index, problem};

fn accepting(path: &str, accept: &str) -> Answer {
    ask(&CORPUS.router, Request::get(path).header(header::ACCEPT, accept).body(Body::empty()).unwrap())
}

#[test]
fn search_answers_json_ld_if_preferred() {
    let path = "/v1/search?q=universidad&lang=es&offset=2&limit=50";
    let plain = good(path);
    let answer = accepting(path, "application/ld+json");
    assert_eq!(
        (answer.status, &answer.headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"application/ld+json".parse().unwrap())
    );
    let list = &answer.body;
    assert_eq!((&list["@context"], &list["@type"]), (&"https://schema.org".into(), &"ItemList".into()));
    assert_eq!(list["numberOfItems"], plain["total"]["value"]);
    assert_eq!(list["name"], "universidad");
    let elements = list["itemListElement"].as_array().unwrap();
    let hits = plain["hits"].as_array().unwrap();
    assert!(hits.len() > 10 && elements.len() == hits.len());
    let mut types = BTreeMap::new();
    for (place, (element, hit)) in elements.iter().zip(hits).enumerate() {
        assert_eq!((&element["@type"], &element["position"]), (&"ListItem".into(), &(place + 3).into()));
        let item = &element["item"];
        for (ours, theirs) in [("url", "url"), ("title", "name"), ("lang", "inLanguage"), ("summary", "description")] {
            assert_eq!(hit[ours], item[theirs]);
        }
        let kind = item["@type"].as_str().unwrap();
        types.insert(hit["kind"].as_str().unwrap().to_owned(), kind.to_owned());
        if kind == "Event" {
            assert_eq!((&item["startDate"], &item["endDate"]), (&hit["starts_at"], &hit["ends_at"]));
            assert!(item.get("author").is_none() && item.get("headline").is_none());
        } else {
            assert_eq!((&item["headline"], &item["datePublished"]), (&hit["title"], &hit["published_at"]));
            let names: Vec<Value> =
                item["author"].as_array().into_iter().flatten().map(|person| person["name"].clone()).collect();
            assert_eq!(&Value::Array(names), &hit["authors"]);
        }
    }
    let expected =
        [("article", "Article"), ("blog", "BlogPosting"), ("event", "Event"), ("press-release", "NewsArticle")];
    for (ours, theirs) in expected {
        assert_eq!(types.get(ours).map(String::as_str), Some(theirs), "{types:?}");
    }
    for accept in ["text/html", "*/*", "image/png;q=0.1", "application/json, application/ld+json", "nonsense"] {
        let answer = accepting(path, accept);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json", "{accept}");
    }
    let answer = accepting("/v1/search?limit=ten", "application/ld+json");
    problem(&answer, StatusCode::BAD_REQUEST);
}

fn text_from(router: &Router, path: &str, host: &str) -> TextAnswer {
    ask_text(router, Request::get(path).header(header::HOST, host).body(Body::empty()).unwrap())
}

/// An element: its name, attributes, text, and what is in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn all(&self, name: &str) -> Vec<&Element> {
        self.children.iter().filter(|child| child.name == name).collect()
    }

    fn one(&self, name: &str) -> &Element {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name} in {}", self.name);
        all[0]
    }
}

/// Reads a document; fails where it is not well-formed.
fn parse(text: &str) -> Element {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                    (attribute.key.as_ref().to_owned(), value)
                });
                let attributes = attributes.collect();
                open.push(Element { name, attributes, ..Element::default() });
            }
            Event::End(_) => {
                let element = open.pop().unwrap();
                open.last_mut().unwrap().children.push(element);
            }
            Event::Text(text) => open.last_mut().unwrap().text.push_str(&text),
            Event::GeneralRef(entity) => {
                let entity = format!("&{};", &*entity);
                open.last_mut().unwrap().text.push_str(&quick_xml::escape::unescape(&entity).unwrap());
            }
            Event::Decl(_) => {}
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((open.len(), open[0].children.len()), (1, 1));
    open.remove(0).children.remove(0)
}

fn feed(path: &str) -> Element {
    let answer = text_from(&CORPUS.router, path, "search.example:8080");
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/atom+xml; charset=utf-8");
    let feed = parse(&answer.body);
    assert_eq!((feed.name.as_str(), feed.attributes["xmlns"].as_str()), ("feed", "http://www.w3.org/2005/Atom"));
    feed
}

#[test]
fn search_is_available_as_a_feed() {
    let feed_of = feed("/search.atom?q=movilidad&lang=es&ui_lang=es&limit=5");
    assert_eq!(feed_of.attributes["xml:lang"], "es");
    assert!(feed_of.one("id").text.starts_with("urn:fichero:search:"));
    assert!(feed_of.one("title").text.contains("movilidad"));
    let links: BTreeMap<&str, &str> = feed_of
        .all("link")
        .iter()
        .map(|link| (link.attributes["rel"].as_str(), link.attributes["href"].as_str()))
        .collect();
    assert_eq!(links["self"], "http://search.example:8080/search.atom?q=movilidad&lang=es&ui_lang=es&limit=5");
    let same = links["alternate"].strip_prefix("http://search.example:8080").unwrap();
    assert!(same.ends_with("&sort=-date"), "{same}");
    let hits = good(same)["hits"].clone();
    let entries = feed_of.all("entry");
    assert_eq!((entries.len(), hits.as_array().unwrap().len()), (5, 5));
    let mut last = String::from("9");
    for (entry, hit) in entries.iter().zip(hits.as_array().unwrap()) {
        assert_eq!(entry.one("title").text, hit["title"].as_str().unwrap());
        assert_eq!(entry.one("id").text, format!("urn:fichero:article:{}", escaped(hit["id"].as_str().unwrap())));
        let (summary, updated) = (entry.one("summary"), &entry.one("updated").text);
        assert_eq!(
            (summary.attributes["type"].as_str(), summary.text.as_str()),
            ("html", hit["snippet_html"].as_str().unwrap())
        );
        assert!(updated.parse::<jiff::Timestamp>().is_ok() && entry.one("published").text <= last, "{updated}");
        last = entry.one("published").text.clone();
        assert_eq!(entry.attributes["xml:lang"], "es");
        let rels: Vec<_> = entry.all("link").iter().map(|link| link.attributes["rel"].clone()).collect();
        assert_eq!((rels[0].as_str(), rels.len()), ("alternate", 1 + hit["translations"].as_array().unwrap().len()));
        assert!(rels[1..].iter().all(|rel| rel == "related"), "{rels:?}");
        assert_eq!(entry.all("link")[0].attributes["href"], hit["url"].as_str().unwrap());
        assert_eq!(entry.all("author").len(), hit["authors"].as_array().unwrap().len());
    }
    assert!(entries.iter().any(|entry| entry.one("summary").text.contains("<mark>")));
    let newest = entries.iter().map(|entry| entry.one("updated").text.clone()).max().unwrap();
    assert_eq!(feed_of.one("updated").text, newest);
}

#[test]
fn feed_accepts_search_filters_and_rejects_other_parameters() {
    assert_eq!(feed("/search.atom").all("entry").len(), 10);
    assert_eq!(feed("/search.atom?kind=event&year=2021&limit=100").all("entry").len(), {
        good("/v1/search?kind=event&year=2021&limit=100")["hits"].as_array().unwrap().len()
    });
    assert!(feed("/search.atom?lang=zh").all("entry").is_empty());
    for name in ["offset", "cursor", "explain", "colour"] {
        let answer = served::get(&format!("/search.atom?{name}=1"));
        let (code, parameters) = problem(&Answer { ..answer }, StatusCode::BAD_REQUEST);
        assert!(code == "bad-host" || parameters == [name], "{code} {parameters:?}");
        let request = Request::get(format!("/search.atom?{name}=1")).header(header::HOST, "a.example");
        let answer = ask(&CORPUS.router, request.body(Body::empty()).unwrap());
        assert_eq!(problem(&answer, StatusCode::BAD_REQUEST), ("unknown-parameter".to_owned(), vec![name.to_owned()]));
    }
}

#[test]
fn feed_is_well_formed_with_any_content() {
    for text in
        ["\0\u{1f}", "<script>alert(1)</script>", "]]>", "&amp;&lt;", "\"'", "\u{ffff}\u{fffe}", "ñ 大学 👩‍👩‍👧", "a\nb\tc"]
    {
        feed(&format!("/search.atom?q={}", escaped(text)));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    let nasty = "<b>&\"' ]]> \\u0001 \\uffff";
    let line = format!(
        "{{\"id\":\"x <&> %\",\"title\":\"{}\",\"body\":\"{}\",\"lang\":\"es\",\"tags\":[\"<&\"],\"authors\":[\"A & B\"]}}\n",
        nasty.replace('"', "\\\""),
        nasty.replace('"', "\\\"")
    );
    std::fs::write(&file, line).unwrap();
    let site = index(&file, &folder.path().join("data"));
    let answer = text_from(&site.router, "/search.atom", "a.example");
    let feed = parse(&answer.body);
    let entry = feed.one("entry");
    assert!(entry.one("title").text.starts_with("<b>&\"' ]]> "), "{}", answer.body);
    assert_eq!(entry.one("id").text, "urn:fichero:article:x%20%3C%26%3E%20%25");
    // Without an address of its own, the API's; without a date, long ago.
    let link = entry.one("link");
    assert_eq!(link.attributes["href"], "http://a.example/v1/articles?id=x%20%3C%26%3E%20%25");
    assert_eq!(entry.one("updated").text, "1970-01-01T00:00:00Z");
    let path = link.attributes["href"].strip_prefix("http://a.example").unwrap();
    assert_eq!(served::get_from(&site.router, path).status, StatusCode::OK);
}

#[test]
fn picture_is_absolute_where_the_page_has_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    let records = [
        ("a", Some("https://a.example/es/uno"), "/fotos/uno.jpg"),
        ("b", Some("https://a.example/es/dos"), "../fotos/dos tres.jpg"),
        ("c", Some("https://a.example/es/tres"), "https://cdn.example/tres.jpg"),
        ("d", Some("/es/cuatro"), "fotos/cuatro.jpg"),
        ("e", None, "/fotos/cinco.jpg"),
    ];
    let record = |(id, url, image): &(&str, Option<&str>, &str)| {
        format!("{}\n", serde_json::json!({"id": id, "title": "Faro", "lang": "es", "url": url, "image": image}))
    };
    std::fs::write(&file, records.iter().map(record).collect::<String>()).unwrap();
    let site = index(&file, &folder.path().join("data"));
    let ask_for = |accept: &str| {
        let request = Request::get("/v1/search?q=faro").header(header::ACCEPT, accept).body(Body::empty()).unwrap();
        ask(&site.router, request).body
    };
    let (api, list) = (ask_for("application/json"), ask_for("application/ld+json"));
    let hits = api["hits"].as_array().unwrap().iter().zip(list["itemListElement"].as_array().unwrap());
    let found: BTreeMap<&str, (&Value, &Value)> =
        hits.map(|(hit, element)| (hit["id"].as_str().unwrap(), (&hit["image"], &element["item"]["image"]))).collect();
    for (id, in_api, in_list) in [
        ("a", "https://a.example/fotos/uno.jpg", Some("https://a.example/fotos/uno.jpg")),
        ("b", "https://a.example/fotos/dos%20tres.jpg", Some("https://a.example/fotos/dos%20tres.jpg")),
        ("c", "https://cdn.example/tres.jpg", Some("https://cdn.example/tres.jpg")),
        ("d", "/es/fotos/cuatro.jpg", None),
        ("e", "/fotos/cinco.jpg", None),
    ] {
        assert_eq!((found[id].0.as_str(), found[id].1.as_str()), (Some(in_api), in_list), "{id}");
    }
    let article = served::get_from(&site.router, "/v1/articles/a").body;
    assert_eq!(article["image"], "https://a.example/fotos/uno.jpg");
}

#[test]
fn opensearch_description_names_working_searches() {
    let answer = text_from(&CORPUS.router, "/opensearch.xml", "search.example");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/opensearchdescription+xml; charset=utf-8");
    let description = parse(&answer.body);
    assert_eq!(description.name, "OpenSearchDescription");
    assert_eq!(description.attributes["xmlns"], "http://a9.com/-/spec/opensearch/1.1/");
    assert!(description.one("ShortName").text.chars().count() <= 16);
    assert!(!description.one("Description").text.is_empty());
    let mut searches = 0;
    for url in description.all("Url") {
        let template = url.attributes["template"].strip_prefix("http://search.example").unwrap();
        let answer = text_from(&CORPUS.router, &template.replace("{searchTerms}", "movilidad"), "search.example");
        assert_eq!(answer.status, StatusCode::OK, "{template}");
        let media_type = answer.headers[header::CONTENT_TYPE].to_str().unwrap().split(';').next().unwrap();
        assert_eq!(media_type, url.attributes["type"], "{template}");
        searches += usize::from(template.contains("{searchTerms}"));
    }
    assert_eq!(searches, 4);
}

#[test]
fn addresses_use_public_url_or_the_request_host() {
    let public_url = BaseUrl::parse("https://www.ires.example/api/");
    assert!(public_url.is_some());
    let configured = router(EngineSlot::default(), Settings { public_url, ..Settings::default() });
    for host in ["127.0.0.1:8080", "evil.example", "\"><script>"] {
        let answer = text_from(&configured, "/opensearch.xml", host);
        assert!(answer.body.contains("\"https://www.ires.example/api/v1/search?q={searchTerms}\""), "{}", answer.body);
        assert!(!answer.body.contains("evil"));
    }
    let servers = &served::get_from(&configured, "/openapi.json").body["servers"];
    assert_eq!(servers[0]["url"], "https://www.ires.example/api");
    assert_eq!(good("/openapi.json")["servers"][0]["url"], "/");
    for host in ["\"><script>", "a b", "me@example.org", ""] {
        for path in ["/opensearch.xml", "/search.atom"] {
            let request = Request::get(path).header(header::HOST, host).body(Body::empty()).unwrap();
            assert_eq!(problem(&ask(&CORPUS.router, request), StatusCode::BAD_REQUEST).0, "bad-host", "{host}");
        }
    }
}

#[test]
fn readme_lists_every_field_of_an_article() {
    let readme = include_str!("../../README.md");
    let list = readme.lines().find(|line| line.starts_with("Fields: ")).unwrap();
    for field in fichero::article::fields::ALL {
        assert!(list.contains(&format!("`{}`", field.name)), "{} is not in the README's list", field.name);
    }
}
