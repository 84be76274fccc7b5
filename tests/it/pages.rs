//! The pages for readers and the script for sites, through the in-process router:
//!
//! * each page speaks each of its languages, has one `h1`, its headings in order, its landmarks, a
//!   name at every control, and a switch that keeps what was asked for;
//! * its hits are those of the API, in the same order, each linked to where it stands and set in the
//!   direction of its language;
//! * a facet's link leads to as many works as it says, a chosen one to the search without it;
//! * the pages of a list have every hit once, and lead to each other;
//! * whatever is typed, published or asked for stays text: only our script runs, links lead to the
//!   web, and a parser finds nothing wrong;
//! * what was searched for instead is told, with the way back; no page ends without a way on;
//! * parameters that it does not take change nothing, bad values are told in the same clothes;
//! * every problem of a reader's route is a page for who prefers one and as it was for who does not;
//! * the policy allows what the page has and nothing unsafe;
//! * what it says for programs is what the API answers; its feed has what it shows, or there is none;
//! * the front door tells the state of the index, also where there is none;
//! * the related block is that of the API, and leaves nothing in a page where something is wrong;
//! * under a path, all links stay under it; a page that is unchanged is not sent again; it is light, and has
//!   bounds whatever it is asked; what is compressed is said to be.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fichero::config::base_url::BaseUrl;
use fichero::config::http::{RateLimit, ServiceSettings};
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::EngineSlot;
use proptest::prelude::*;
use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::served::{self, CORPUS, TextAnswer, ask, ask_bytes, ask_text, escaped, good, index_with, problem};

const LANGS: [&str; 4] = ["en", "es", "pt", "fr"];
/// What browsers send.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    html: Html,
}

impl Page {
    fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        self.html.select(&Selector::parse(selector).unwrap()).collect()
    }

    fn one(&self, selector: &str) -> ElementRef<'_> {
        let found = self.all(selector);
        assert_eq!(found.len(), 1, "{selector}: {}", self.text);
        found[0]
    }

    fn texts(&self, selector: &str) -> Vec<String> {
        self.all(selector).into_iter().map(text).collect()
    }

    fn links(&self, selector: &str) -> Vec<String> {
        self.all(selector).into_iter().map(|link| link.attr("href").unwrap().to_owned()).collect()
    }

    /// How many works the page says that there are.
    fn total(&self) -> u64 {
        let Some(total) = self.all("p.total").first().map(|total| text(*total)) else { return 0 };
        let number = total.split(" · ").next().unwrap().chars().filter(char::is_ascii_digit).collect::<String>();
        number.parse().unwrap()
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().trim().to_owned()
}

fn request(method: Method, path: &str, lang: &str, accept: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "search.example");
    request.header(header::ACCEPT, accept).header(header::ACCEPT_LANGUAGE, lang).body(Body::empty()).unwrap()
}

/// Asks as a browser does, and checks what holds of every page.
fn page_of(router: &Router, request: Request<Body>) -> Page {
    read(ask_text(router, request))
}

/// An answer as a page; checks what holds of every page.
fn read(answer: TextAnswer) -> Page {
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{}", answer.body);
    let html = Html::parse_document(&answer.body);
    let page = Page { status: answer.status, headers: answer.headers, text: answer.body, html };
    is_sound(&page);
    page
}

fn page(path: &str) -> Page {
    page_of(&CORPUS.router, request(Method::GET, path, "en", BROWSER))
}

/// Checks what holds of every page: it is well formed, safe and accessible.
fn is_sound(page: &Page) {
    // An element of our own in a `p` or a form is no error to a parser.
    assert!(page.html.errors.is_empty(), "{:?}: {}", page.html.errors, page.text);
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    for part in ["script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"] {
        assert!(policy.split("; ").any(|known| known == part), "{part} of {policy}");
    }
    let style = BASE64_STANDARD.encode(Sha256::digest(page.one("style").text().collect::<String>()));
    assert!(policy.contains(&format!("style-src 'sha256-{style}';")), "{policy}");
    assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(page.header(header::REFERRER_POLICY), "same-origin");
    for script in page.all("script") {
        let is_ours = script.attr("src").is_some_and(|src| src.ends_with("/widgets/fichero.js"));
        assert!(
            is_ours && text(script).is_empty() || script.attr("type") == Some("application/ld+json"),
            "{}",
            page.text
        );
    }
    let mut ids = BTreeSet::new();
    for element in page.all("*") {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on") && name != "style", "{name}: {}", page.text);
            let is_address = ["href", "src", "action"].contains(&name);
            let is_safe = value.starts_with("http://")
                || value.starts_with("https://")
                || value.starts_with('#')
                || value.starts_with('?')
                || (value.starts_with('/') && !value.starts_with("//"))
                || (element.attr("rel") == Some("icon") && value.starts_with("data:image/svg+xml,"));
            assert!(!is_address || is_safe, "{name}={value}");
            assert!(name != "id" || ids.insert(value.to_owned()), "{value}");
        }
    }
    // Landmarks, one heading of the first level, none left out below.
    let lang = page.one("html").attr("lang").unwrap();
    assert!(LANGS.contains(&lang) && page.one("html").attr("dir") == Some("ltr"));
    assert_eq!(page.header(header::CONTENT_LANGUAGE), lang);
    assert!(page.header(header::VARY).contains("Accept-Language"), "{:?}", page.headers);
    for landmark in ["main", "body > header", "body > footer", "form[role=search]", "h1", "title", ".languages"] {
        page.one(landmark);
    }
    assert_eq!(page.one(".skip").attr("href"), Some("#content"));
    let mut level = 1;
    for heading in page.all("h1, h2, h3, h4") {
        let own: u32 = heading.value().name()[1..].parse().unwrap();
        assert!(own <= level + 1 && !text(heading).is_empty(), "{}", page.text);
        level = own;
    }
    for element in page.all("nav, input:not([type=hidden])") {
        assert!(element.attr("aria-label").is_some_and(|label| !label.is_empty()), "{}", element.html());
    }
    for link in page.all("a, button") {
        assert!(!text(link).is_empty(), "{}", link.html());
    }
    for image in page.all("img") {
        assert_eq!((image.attr("alt"), image.attr("loading")), (Some(""), Some("lazy")));
    }
    // What stands in its own language is set in the direction of that.
    for element in page.all("main [lang]") {
        assert_eq!(element.attr("dir"), Some("auto"), "{}", element.html());
    }
    let switch: Vec<_> = page.all(".languages a").iter().map(|link| link.attr("hreflang").unwrap()).collect();
    assert_eq!(switch, LANGS);
    assert_eq!(page.one(".languages [aria-current]").attr("lang"), Some(lang));
    // The front door is where others lead to; its name is no link.
    let is_front = page.all("a.name").is_empty();
    assert!(is_front || !page.all("main a, main .hits > li").is_empty(), "a way on: {}", page.text);
}

/// The address of a link of a page, as the router takes it.
fn local(address: &str) -> &str {
    address.strip_prefix("http://search.example").unwrap_or(address)
}

#[test]
fn every_page_is_translated() {
    let words = [("en", "Search"), ("es", "Buscar"), ("pt", "Pesquisar"), ("fr", "Rechercher")];
    for path in
        ["/", "/search", "/search?q=movilidad&kind=article&page=2", "/search?q=zzzzzzzzzz&literal=true", "/nothing"]
    {
        for (lang, word) in words {
            let joint = if path.contains('?') { '&' } else { '?' };
            let by_header = page_of(&CORPUS.router, request(Method::GET, path, &format!("de, {lang};q=0.7"), BROWSER));
            assert_eq!(by_header.one("html").attr("lang"), Some(lang), "{path}");
            let chosen = format!("{path}{joint}ui_lang={lang}");
            let by_parameter = page_of(&CORPUS.router, request(Method::GET, &chosen, "fr, es;q=0.5", BROWSER));
            assert_eq!(by_parameter.one("html").attr("lang"), Some(lang), "{path}");
            assert_eq!(text(by_parameter.one("form button")), word);
            assert_eq!(text(by_parameter.one("h1")), text(by_header.one("h1")), "{path}");
            // The choice is kept by links and form.
            assert_eq!(by_parameter.one("form input[name=ui_lang]").attr("value"), Some(lang));
            assert!(by_header.all("form input[name=ui_lang]").is_empty());
            for link in by_parameter.links("main a[href^='/search'], .name[href]") {
                assert!(link.contains(&format!("ui_lang={lang}")), "{link}");
            }
            // The switch keeps the rest.
            for (link, other) in by_parameter.links(".languages a").iter().zip(LANGS) {
                let there = if link.starts_with('?') { format!("/nothing{link}") } else { link.clone() };
                let there = page_of(&CORPUS.router, request(Method::GET, &there, "de", BROWSER));
                assert_eq!(there.one("html").attr("lang"), Some(other), "{link}");
                assert_eq!(there.one("input[name=q]").attr("value"), by_parameter.one("input[name=q]").attr("value"));
                assert_eq!(there.links(".chosen a").len(), by_parameter.links(".chosen a").len());
            }
        }
    }
    let dates = |lang: &str| page(&format!("/search?q=movilidad+virtual&ui_lang={lang}")).texts("time").join("|");
    assert!(dates("es").contains(" de ") && dates("en-GB") != dates("en-US"), "{}", dates("es"));
}

#[test]
fn results_page_shows_the_hits_of_the_api() {
    let queries = [
        "q=movilidad+virtual",
        "q=recognition+of+degrees&lang=en",
        "",
        "topic=programs/research&sort=date",
        "q=movilidda+virtual",
        "q=universidad&kind=blog&kind=event&year=2021",
        "q=universidad&page=2",
        "author=In%C3%A9s+Qui%C3%B1ones&date_from=2020-01-01&kind_not=blog",
    ];
    for query in queries {
        for lang in LANGS {
            let page = page(&format!("/search?{query}&ui_lang={lang}"));
            let offset = if query.contains("page=2") { 10 } else { 0 };
            let api = good(&format!("/v1/search?{}&ui_lang={lang}&offset={offset}", query.replace("&page=2", "")));
            let hits = api["hits"].as_array().unwrap();
            assert!(!hits.is_empty(), "{query}");
            assert_eq!(page.total(), api["total"]["value"].as_u64().unwrap(), "{query}");
            let field = |name: &str| hits.iter().map(|hit| hit[name].as_str().unwrap().to_owned()).collect::<Vec<_>>();
            assert_eq!(page.texts(".hits h2"), field("title"), "{query}");
            assert_eq!(page.links(".hits h2 a"), field("url"), "{query}");
            let titles: Vec<String> = page.all(".hits h2 a").iter().map(|link| link.inner_html()).collect();
            let marked = |html: &str| html.replace("&#39;", "'").replace("&quot;", "\"");
            assert_eq!(titles, field("title_html").iter().map(|html| marked(html)).collect::<Vec<_>>(), "{query}");
            for (item, hit) in page.all(".hits > li").iter().zip(hits) {
                let languages: Vec<_> =
                    hit["translations"].as_array().unwrap().iter().map(|other| &other["url"]).collect();
                let selector = Selector::parse(".aside a").unwrap();
                let links: Vec<_> = item.select(&selector).map(|link| json!(link.attr("href").unwrap())).collect();
                assert_eq!(links.iter().collect::<Vec<_>>(), languages);
                let heading = item.select(&Selector::parse("h2").unwrap()).next().unwrap();
                assert_eq!(heading.attr("lang"), hit["lang"].as_str());
                if let Some(date) = hit["published_at"].as_str() {
                    let time = item.select(&Selector::parse("time").unwrap()).next().unwrap();
                    assert_eq!(time.attr("datetime"), hit["starts_at"].as_str().or(Some(date)));
                }
            }
        }
    }
}

#[test]
fn facet_link_leads_to_its_count_and_back() {
    let mut followed = 0;
    for query in [
        "",
        "q=universidad",
        "topic=programs/research",
        "q=universidad&kind=blog&lang=es&topic=programs",
        "year=2021&kind=article&kind=blog",
        // Helped: by another spelling, without words, in another topic or language.
        "q=movilidda+virtual",
        "q=movilidad+zarigueya",
        "q=doctorado+duracion",
        "q=movilidad&topic=publications/none-of-that",
        "q=movilidad&lang=de&kind=article",
    ] {
        let page = page(&format!("/search?{query}"));
        let facets = page.all(".facets li > a");
        assert!(facets.len() > 4, "{query}");
        for facet in facets {
            let there = self::page(facet.attr("href").unwrap());
            if facet.attr("aria-current").is_some() {
                let query = facet.attr("href").unwrap().split_once('?').map_or("", |(_, query)| query);
                assert_eq!(there.total(), good(&format!("/v1/search?{query}"))["total"]["value"], "{}", facet.html());
                let chosen = |page: &Page| page.all(".chosen a[aria-label]").len();
                assert_eq!(chosen(&there) + 1, chosen(&page), "{}", facet.html());
            } else {
                let says: u64 =
                    text(facet.select(&Selector::parse(".count").unwrap()).next().unwrap()).parse().unwrap();
                assert_eq!(there.total(), says, "{query}: {}", facet.html());
                // It is chosen there, and the way out of it is told twice.
                let facets_there = there.all(".facets");
                assert!(facets_there.is_empty() || !there.all(".facets [aria-current=true]").is_empty());
                assert!(!facets_there.is_empty() || !there.all(".notice").is_empty(), "{}", facet.html());
                assert!(!there.all(".chosen a").is_empty());
            }
            assert_eq!(facet.attr("rel"), Some("nofollow"));
            followed += 1;
        }
    }
    assert!(followed > 60, "{followed}");
    // A topic's own topics are shown where it is chosen.
    let nested = page("/search?topic=programs/research");
    assert!(nested.all(".facets ul ul ul a").len() > 2);
    assert_eq!(nested.links(".chosen a"), ["/search"]);
    let two = page("/search?q=universidad&kind=blog&lang=es&sort=-date");
    assert_eq!(
        two.links(".chosen a"),
        [
            "/search?q=universidad&lang=es&sort=-date",
            "/search?q=universidad&kind=blog&sort=-date",
            "/search?q=universidad&sort=-date"
        ]
    );
    // Where what was searched for is not there at all, no counts are told: other filters might find more.
    for query in ["q=zzzzzzzzzzzz", "q=zzzzzzzzzzzz&kind=event"] {
        let page = page(&format!("/search?{query}"));
        assert!(!page.all(".hits li").is_empty() && page.all(".facets").is_empty(), "{query}");
    }
    // Without a script the form keeps what is chosen, and begins on the first page.
    let kept: Vec<_> = two
        .all("form input[type=hidden]")
        .iter()
        .map(|input| (input.attr("name").unwrap(), input.attr("value").unwrap()))
        .collect();
    assert_eq!(kept, [("kind", "blog"), ("lang", "es"), ("sort", "-date")]);
    // Every filter of the API is told, also one that has no facet.
    let all = page(
        "/search?author=In%C3%A9s+Qui%C3%B1ones&tag=x&date_from=2020-01-01&date_to=2024-12-31&topic_not=events&kind_not=blog&tag_not=y",
    );
    assert_eq!(
        all.texts(".chosen a > span:first-child"),
        [
            "Inés Quiñones",
            "x",
            "From January 1, 2020",
            "Until December 31, 2024",
            "Without events",
            "Without Blog",
            "Without y"
        ]
    );
}

#[test]
fn pages_show_every_hit_once_and_link_to_each_other() {
    for query in ["q=universidad&ui_lang=es", "kind=article", "q=estudiantes&sort=date&lang=es"] {
        let all = good(&format!("/v1/search?{query}&limit=100&facets=none"));
        let expected: Vec<&str> =
            all["hits"].as_array().unwrap().iter().map(|hit| hit["url"].as_str().unwrap()).collect();
        let (mut found, mut address, mut number) = (Vec::new(), format!("/search?{query}"), 0);
        loop {
            let page = page(&address);
            number += 1;
            found.extend(page.links(".hits h2 a"));
            assert_eq!(page.texts(".pages [aria-current=page]"), [number.to_string()]);
            let place = |part: &str| part.starts_with("Page ") || part.starts_with("Página ");
            let named: Vec<String> =
                text(page.one("title")).split(" – ").filter(|part| place(part)).map(str::to_owned).collect();
            assert_eq!(named.len(), usize::from(number > 1), "{named:?}");
            assert!(named.iter().all(|part| part.split(' ').nth(1) == Some(&number.to_string())), "{named:?}");
            for link in page.all(".pages a:not([rel])") {
                assert!(
                    place(link.attr("aria-label").unwrap()) && link.attr("aria-label").unwrap().ends_with(&text(link))
                );
            }
            assert_eq!(page.links("link[rel=next]"), page.links(".pages [rel=next]"));
            assert_eq!(page.links("link[rel=prev]"), page.links(".pages [rel=prev]"));
            assert_eq!(page.links("link[rel=prev]").is_empty(), number == 1);
            let canonical = page.links("link[rel=canonical]");
            assert_eq!(local(&canonical[0]).contains(&format!("page={number}")), number > 1, "{canonical:?}");
            let Some(next) = page.links("link[rel=next]").pop() else { break };
            address = next;
        }
        assert_eq!(found, expected, "{query}");
        assert!(number > 1, "{query}");
        let beyond = page(&format!("/search?{query}&page={}", number + 7));
        assert!(beyond.all(".hits").is_empty());
        assert_eq!(self::page(&beyond.links(".found a")[0]).texts(".pages [aria-current=page]"), [number.to_string()]);
    }
}

/// Texts of any characters, those of markup and control among them often.
fn words() -> impl Strategy<Value = String> {
    let control = prop::char::range('\0', '\u{9f}');
    let markup = prop::sample::select(vec!['<', '>', '"', '\'', '&', '{', '`', '=', ' ']);
    let one = prop_oneof![4 => any::<char>(), 2 => control, 1 => markup];
    prop::collection::vec(one, 0..24).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn query_text_is_escaped(q in words(), tag in words(), path in "[^ \\x00-\\x1f?#]{0,12}") {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &q).append_pair("tag", &tag)
            .append_pair("utm_source", &tag).finish();
        let page = page(&format!("/search?{query}"));
        prop_assert_eq!(page.status, StatusCode::OK);
        let shown = page.one("input[name=q]").attr("value").unwrap_or_default();
        prop_assert_eq!(shown, q.replace(char::is_control, " ").trim().to_owned());
        let lost = format!("/{}?q={}", escaped(&path).replace("%2F", "/"), escaped(&q));
        if !lost.starts_with("/v1") {
            let request = request(Method::GET, &lost, "es", BROWSER);
            let answer = ask_text(&CORPUS.router, request);
            prop_assert!(answer.headers[header::CONTENT_TYPE] != "text/html; charset=utf-8" || !answer.body.contains("<script>"));
        }
    }
}

#[test]
fn hostile_queries_and_articles_are_escaped() {
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</title><script>",
        "</script><!--",
        "' onfocus='x",
        "{{q}}",
        "&lt;b&gt;",
        "\u{202e}abc",
    ] {
        let page = page(&format!("/search?q={}", escaped(hostile)));
        assert_eq!(page.one("input[name=q]").attr("value"), Some(hostile));
        assert!(text(page.one("title")).starts_with(hostile) && text(page.one("h1")).contains(hostile));
        assert!(!page.text.contains("<script>") && !page.text.contains("<img src=x"), "{}", page.text);
    }
    let folder = tempfile::tempdir().unwrap();
    let record = json!({
        "id": "<x>", "lang": "en", "title": "</script><script>alert('title')</script>", "body": "hostile <img src=x onerror=alert(1)> body",
        "summary": "</script>", "url": "javascript:alert(1)", "image": "data:text/html,x", "authors": ["<b>A</b>"],
        "topics": ["<i>One</i>/\"Two\""], "tags": ["</script>"], "published_at": "2021-03-04",
    });
    let other = json!({
        "id": "y", "lang": "en", "title": "Hostile, too", "body": "hostile", "url": "https://a.example/\"><script>", "image": "/i.png",
    });
    fs::write(folder.path().join("a.jsonl"), format!("{record}\n{other}\n")).unwrap();
    let site = index_with(&folder.path().join("a.jsonl"), &folder.path().join("data"), Settings::default());
    let page = page_of(&site.router, request(Method::GET, "/search?q=hostile", "en", BROWSER));
    assert_eq!(page.texts(".hits h2").len(), 2, "{}", page.text);
    assert!(page.texts(".hits h2").contains(&"</script><script>alert('title')</script>".to_owned()));
    assert_eq!(page.all("script").len(), 2, "ours and the data: {}", page.text);
    assert_eq!(page.links(".hits h2 a").len(), 1, "a link to a script is none");
    assert!(page.links(".hits h2 a")[0].starts_with("https://a.example/"));
    assert_eq!(page.all(".hits img").len(), 1);
    let data: Value = serde_json::from_str(&text(page.one("script[type='application/ld+json']"))).unwrap();
    assert_eq!(data["numberOfItems"], 2);
}

#[test]
fn corrections_are_shown_to_the_reader() {
    let respelt = page("/search?q=movilidda+virtual");
    assert_eq!(text(respelt.one(".notice p:first-child")), "Showing results for movilidad virtual.");
    assert_eq!(respelt.links(".notice a"), ["/search?q=movilidda+virtual&literal=true"]);
    assert_eq!(text(respelt.one(".notice a")), "Search exactly for “movilidda virtual”");
    assert_eq!(text(respelt.one("h1")), "Results for “movilidda virtual”");

    let literal = page(&respelt.links(".notice a")[0]);
    assert_eq!((literal.total(), literal.all(".notice").len()), (0, 0));
    assert_eq!(text(literal.one("h1")), "No results for “movilidda virtual”");
    assert_eq!(literal.links(".ways a"), ["/search?q=movilidda+virtual", "/search"]);

    let fewer = page("/search?q=movilidad+zarigueya&ui_lang=es");
    assert!(text(fewer.one(".notice")).contains("Se omitió: zarigueya."), "{}", text(fewer.one(".notice")));
    let others = page("/search?q=movilidad&lang=de");
    assert_eq!(text(others.all(".notice p")[0]), "Left out: Deutsch.");
    assert!(others.total() > 0);
    let broader = page("/search?q=movilidad&topic=publications/none-of-that");
    assert_eq!(text(broader.all(".notice p")[0]), "Left out: none-of-that.");
    // What was left out is not shown as chosen, what was put in its place is.
    assert!(others.all(".chosen a").is_empty() && others.all("form input[type=hidden]").is_empty());
    assert_eq!(broader.texts(".chosen a > span:first-child"), ["Publications"]);
    let year = page("/search?q=zzzzzzzzzzzz&year=1901&kind=event");
    assert_eq!(text(year.all(".notice p")[1]), "Left out: 1901.");
    assert_eq!(year.texts(".chosen a > span:first-child"), ["Event"]);

    let newest = page("/search?q=zzzzzzzzzzzz&ui_lang=fr");
    assert_eq!(text(newest.one("h1")), "Aucun résultat pour «\u{a0}zzzzzzzzzzzz\u{a0}»");
    // Nothing found, what to check, and only then what is newest.
    assert!(text(newest.one(".notice")).starts_with("Vérifiez l’orthographe"));
    assert_eq!(text(newest.one(".newest")), "Publications récentes");
    assert!(!newest.all(".hits li").is_empty() && newest.all("p.total").is_empty());
    assert!(newest.all(".orders a").is_empty() && newest.all(".pages a").is_empty(), "what is newest is no result");
    let beyond = page("/search?q=zzzzzzzzzzzz&ui_lang=fr&page=2");
    assert_eq!(beyond.links(".hits h2 a"), newest.links(".hits h2 a"));
    assert!(newest.all("link[rel=next]").is_empty());

    let any = page("/search?q=doctorado+duracion&ui_lang=es");
    assert!(
        text(any.one(".notice")).starts_with("Ninguna de estas páginas contiene todas las palabras"),
        "{}",
        any.text
    );
    assert!(any.total() > 0 && any.links(".notice a")[0].contains("literal=true"));

    // Of the corpus, every event is over.
    let events = page("/search?kind=event&sort=starts_at");
    assert_eq!(events.texts(".orders a"), ["Newest first", "Oldest first", "By date of the event"]);
    assert_eq!(text(events.one(".orders a[aria-current]")), "By date of the event");
    assert_eq!(text(events.one(".past")), "Past events");
    assert_eq!(events.texts(".past + .hits h2").len() as u64, events.total().min(10));
    assert_eq!(page("/search?kind=blog").texts(".orders a"), ["Newest first", "Oldest first"]);

    let nothing = page("/search?year=1901");
    assert_eq!(text(nothing.one("h1")), "Nothing found");
    assert_eq!(nothing.links(".ways a"), ["/search", "/search"]);
    assert!(page("/search?q=movilidad+virtual").all(".notice").is_empty());
    let partial = page("/search?q=m*&ui_lang=es");
    assert!(text(partial.one(".notice")).starts_with("Solo se buscó una parte"), "{}", text(partial.one(".notice")));
    assert!(partial.links(".notice a").is_empty(), "it is what was typed");
}

#[test]
fn pages_are_small_and_compressed_for_any_query() {
    let many: String = (0..100).map(|place| format!("&tag=t{place}&author=a{place}")).collect();
    let long = format!("&tag={}", "x".repeat(9_000));
    for (path, named) in [(format!("/search?{many}"), "author"), (format!("/search?{long}"), "tag")] {
        let page = page(&path);
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.text.len() < 60_000 && page.texts("main strong") == [named], "{}", page.text.len());
    }
    let full: String = (0..30).map(|place| format!("&tag=t{place}{}", "~".repeat(80))).collect();
    for path in [format!("/search?q={}", "~'()!%E9%AB%98".repeat(500)), format!("/search?q=universidad{full}")] {
        let page = page(&path);
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.len() < 1_000_000, "{}", page.text.len());
    }
    // An error page is one in every encoding, and an empty block in none.
    for path in ["/nothing".to_owned(), format!("/search?kind=x&q={}", "a".repeat(1_500)), "/docs?x=y".to_owned()] {
        let mut request = request(Method::GET, &path, "en", BROWSER);
        request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
        let (status, headers, body) = ask_bytes(&CORPUS.router, request);
        assert!(status.is_client_error(), "{path}");
        assert_eq!(headers[header::CONTENT_ENCODING], "gzip", "{path}");
        let mut page = String::new();
        flate2::read::GzDecoder::new(body.as_slice()).read_to_string(&mut page).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "{path}");
    }
    let mut request = request(Method::GET, &format!("/widgets/related?{}=1", "x".repeat(1_500)), "en", BROWSER);
    request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
    let (status, headers, body) = ask_bytes(&CORPUS.router, request);
    assert!(status == StatusCode::BAD_REQUEST && body.is_empty(), "{status}");
    assert!(!headers.contains_key(header::CONTENT_ENCODING), "{headers:?}");
}

#[test]
fn unknown_parameters_do_not_change_a_page() {
    let plain = page("/search?q=movilidad&kind=blog");
    for more in [
        "utm_source=x&utm_medium=y",
        "fbclid=1",
        "limit=3&offset=7&cursor=x&explain=true&facets=none",
        "lang=&year=&topic=",
        "q2=x&%FF=%FF",
    ] {
        assert_eq!(page(&format!("/search?{more}&q=movilidad&kind=blog")).text, plain.text, "{more}");
    }
    for (bad, name) in [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=1002", "page"),
        ("kind=poem", "kind"),
        ("year=soon", "year"),
        ("sort=size", "sort"),
        ("literal=1", "literal"),
        ("date_from=x", "date_from"),
        ("lang=%3Cscript%3E", "lang"),
        ("q=a&q=b", "q"),
    ] {
        let path = format!("/search?q=movilidad&ui_lang=es&{bad}");
        let told = page(&path);
        assert_eq!((told.status, told.one("html").attr("lang")), (StatusCode::BAD_REQUEST, Some("es")), "{bad}");
        assert_eq!(text(told.one("main strong")), name);
        assert_eq!(
            told.one("input[name=q]").attr("value"),
            Some("movilidad").filter(|_| name != "q").or(Some("")),
            "{bad}"
        );
        let answer = ask(&CORPUS.router, request(Method::GET, &path, "es", "*/*"));
        assert_eq!(problem(&answer, StatusCode::BAD_REQUEST), ("bad-value".to_owned(), vec![name.to_owned()]), "{bad}");
    }
}

#[test]
fn errors_of_pages_are_html_if_preferred() {
    let empty = router(EngineSlot::default(), Settings::default());
    let limited = |burst: u32| {
        let limit = RateLimit { per_second: 1.try_into().unwrap(), burst: burst.try_into().unwrap() };
        let service = ServiceSettings { rate_limit: Some(limit), ..ServiceSettings::default() };
        router(CORPUS.slot.clone(), Settings { service, ..Settings::default() })
    };
    let cases: [(&Router, Method, &str, StatusCode, &str); 7] = [
        (&CORPUS.router, Method::GET, "/nothing/here", StatusCode::NOT_FOUND, "no-such-route"),
        (&CORPUS.router, Method::GET, "//evil.example/%3Cscript%3E", StatusCode::NOT_FOUND, "no-such-route"),
        (&CORPUS.router, Method::POST, "/search", StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
        (&CORPUS.router, Method::DELETE, "/", StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
        (&CORPUS.router, Method::GET, "/docs?x=1", StatusCode::BAD_REQUEST, "unknown-parameter"),
        (&CORPUS.router, Method::GET, "/?ui_lang=%21", StatusCode::BAD_REQUEST, "bad-value"),
        (&empty, Method::GET, "/search?q=becas", StatusCode::SERVICE_UNAVAILABLE, "not-ready"),
    ];
    for (router, method, path, status, code) in cases {
        let dressed = page_of(router, request(method.clone(), path, "pt", BROWSER));
        assert_eq!((dressed.status, dressed.one("html").attr("lang")), (status, Some("pt")), "{path}");
        assert!(text(dressed.one("main p.total")).contains(status.as_str()) && !text(dressed.one("p.lead")).is_empty());
        assert_eq!(dressed.header(header::CACHE_CONTROL), "no-store");
        assert!(!dressed.text.contains("evil"), "{}", dressed.text);
        assert_eq!(dressed.all("meta[name=robots][content=noindex]").len(), 1);
        assert_eq!(dressed.header(header::ALLOW).is_empty(), status != StatusCode::METHOD_NOT_ALLOWED);
        for accept in ["*/*", "application/json", "text/html;q=0.4, application/problem+json;q=0.5"] {
            let answer = ask(router, request(method.clone(), path, "pt", accept));
            assert_eq!(problem(&answer, status).0, code, "{path} {accept}");
            assert_eq!(answer.headers.get(header::RETRY_AFTER), dressed.headers.get(header::RETRY_AFTER));
            assert!(answer.headers.get(header::CONTENT_SECURITY_POLICY).is_none());
        }
    }
    let waiting = page_of(&empty, request(Method::GET, "/search?q=becas", "es", BROWSER));
    assert_eq!(waiting.links(".ways a")[0], "/search?q=becas");
    assert_eq!(waiting.one("input[name=q]").attr("value"), Some("becas"));
    // Who asks too often, and whose request is too large.
    let router = limited(1);
    // On a slow machine the token may be back before the next request.
    let mut asked = (0..100).map(|_| ask_text(&router, request(Method::GET, "/search", "en", BROWSER)));
    let often = read(asked.find(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).unwrap());
    assert_eq!(often.links(".ways a")[0], "/search");
    assert!(!often.header(header::RETRY_AFTER).is_empty());
    let mut large = request(Method::GET, "/search", "en", BROWSER);
    large.headers_mut().insert(header::COOKIE, "x".repeat(40_000).parse().unwrap());
    assert_eq!(page_of(&CORPUS.router, large).status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    // What programs read stays as it is, whoever asks.
    for path in
        ["/v1/nothing", "/v1/search?x=1", "/health/nothing", "/search.atom?x=1", "/openapi.json?x=1", "/metrics?x=1"]
    {
        let answer = ask(&CORPUS.router, request(Method::GET, path, "pt", BROWSER));
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{path}");
    }
}

#[test]
fn embedded_json_ld_matches_the_api() {
    for query in ["q=movilidad&ui_lang=es", "kind=event&ui_lang=en", "q=universidad&page=2"] {
        let page = page(&format!("/search?{query}"));
        let offset = if query.contains("page=2") { "&offset=10" } else { "" };
        let path = format!("/v1/search?{}{offset}", query.replace("&page=2", ""));
        let api = ask(&CORPUS.router, request(Method::GET, &path, "en", "application/ld+json")).body;
        let data: Value = serde_json::from_str(&text(page.one("script[type='application/ld+json']"))).unwrap();
        assert_eq!(data, api, "{query}");
    }
    assert!(page("/search?q=movilidda+virtual").all("script[type='application/ld+json']").is_empty());
    // Searches are not for indexes of others; the list of all is.
    for (path, is_kept_out) in [
        ("/search", false),
        ("/search?ui_lang=es", false),
        ("/search?q=x", true),
        ("/search?kind=blog", true),
        ("/search?page=2", true),
    ] {
        assert_eq!(
            page(path).all("meta[name=robots][content='noindex, follow']").len(),
            usize::from(is_kept_out),
            "{path}"
        );
    }
    // Its other forms are there.
    let found = page("/search?q=movilidad&kind=blog&page=1&literal=true&ui_lang=es&utm_source=x");
    assert_eq!(
        found.links("link[rel=canonical]"),
        ["http://search.example/search?q=movilidad&kind=blog&ui_lang=es&literal=true"]
    );
    let feed = &found.links("link[rel=alternate][type='application/atom+xml']")[0];
    assert_eq!(feed, "/search.atom?q=movilidad&kind=blog&ui_lang=es");
    assert!(found.links("footer a").contains(feed));
    for path in [feed.as_str(), &found.links("link[rel=search]")[0]] {
        assert_eq!(ask_text(&CORPUS.router, request(Method::GET, path, "en", "*/*")).status, StatusCode::OK, "{path}");
    }
    for (lang, address) in LANGS.iter().zip(found.links("link[hreflang]")) {
        assert_eq!(page(local(&address)).one("html").attr("lang"), Some(*lang));
    }
    assert!(text(found.one("title")).starts_with("movilidad – "));
    assert!(found.one("meta[name=description]").attr("content").unwrap().contains("movilidad"));
}

#[test]
fn linked_feed_has_the_hits_of_the_page() {
    const FEED: &str = "link[rel=alternate][type='application/atom+xml']";
    let entries = |feed: &str| {
        let feed = ask_text(&CORPUS.router, request(Method::GET, &format!("{feed}&limit=100"), "en", "*/*")).body;
        let titles =
            feed.split("<entry").skip(1).filter_map(|entry| entry.split_once("<title>")?.1.split_once("</title>"));
        titles.map(|(title, _)| title.replace("&amp;", "&").replace("&quot;", "\"")).collect::<Vec<_>>()
    };
    for query in [
        "q=movilidad+virtual",
        "q=reconocimiento&kind=article&lang=es&literal=true",
        "topic=programs/research&sort=date&page=2",
        // Spelt otherwise, under filters, joined and split.
        "q=movilidda+virtual",
        "q=movilidda+virtual&kind=blog&sort=date",
        "q=inter+cambio",
        "q=movilidadvirtual",
    ] {
        let page = page(&format!("/search?{query}&ui_lang=es"));
        let feed = &page.links(FEED)[0];
        assert!(page.links("footer a").contains(feed), "{query}");
        let (entries, hits) = (entries(feed), page.texts(".hits h2"));
        // A page of a list holds a part of its feed; below the matches of both words, a page of two words has others.
        let is_part = hits.iter().all(|hit| entries.contains(hit)) || entries.iter().all(|entry| hits.contains(entry));
        assert!(!hits.is_empty() && !entries.is_empty() && is_part, "{query}: {hits:?} of {entries:?}");
    }
    assert_eq!(
        page("/search?q=movilidda+virtual&kind=blog").links(FEED),
        ["/search.atom?q=movilidad+virtual&kind=blog"]
    );
    // Of a search that was helped otherwise, none has the hits.
    for query in ["q=movilidad+zarigueya", "q=movilidad&lang=de", "q=doctorado+duracion&ui_lang=es", "q=zzzzzzzzzzzz"] {
        let page = page(&format!("/search?{query}"));
        assert!(!page.all(".notice").is_empty() && page.links(FEED).is_empty(), "{query}");
        assert!(page.links("footer a").iter().all(|link| !link.contains("atom")), "{query}");
    }
}

#[test]
fn right_to_left_texts_have_their_direction() {
    let folder = tempfile::tempdir().unwrap();
    let record = |id: &str, lang: &str, title: &str| {
        json!({
            "id": id, "lang": lang, "title": title, "body": title, "url": format!("https://a.example/{id}"),
            "topics": [{ "path": "work", "label": title }],
        })
    };
    let records = [
        record("a", "ar", "الاعتراف بالمؤهلات في أمريكا اللاتينية"),
        record("b", "en", "Recognition of degrees in Latin America"),
    ];
    fs::write(folder.path().join("a.jsonl"), format!("{}\n{}\n", records[0], records[1])).unwrap();
    let site = index_with(&folder.path().join("a.jsonl"), &folder.path().join("data"), Settings::default());
    let page = page_of(&site.router, request(Method::GET, "/search?sort=date", "en", BROWSER));
    for selector in [".hits h2", ".hits p:not(.aside)", ".hits p.aside", ".hits .facts span", ".facets span"] {
        assert_eq!(page.all(&format!("{selector}[lang=ar][dir=auto]")).len(), 1, "{selector}: {}", page.text);
    }
    let block = ask_text(&site.router, request(Method::GET, "/widgets/related?id=b", "en", BROWSER)).body;
    let block = Html::parse_fragment(&block);
    for selector in [".fichero-related-title", ".fichero-related-topics", ".fichero-related-meta span"] {
        let selector = Selector::parse(&format!("{selector}[lang=ar][dir=auto]")).unwrap();
        assert_eq!(block.select(&selector).count(), 1, "{selector:?}: {}", block.html());
    }
}

#[test]
fn welcome_page_shows_the_state_of_the_index() {
    let door = page("/");
    let api = good("/v1/search?limit=0");
    let facts = door.texts(".facts-list dd");
    assert_eq!(facts[0], CORPUS.articles.len().to_string());
    assert_eq!(facts[1], api["total"]["value"].to_string());
    assert!(
        facts[2].contains("Español") && facts.contains(&api["index_version"].as_str().unwrap().to_owned()),
        "{facts:?}"
    );
    let snippets = door.texts("pre code");
    assert_eq!(snippets.len(), 4);
    assert_eq!(snippets[0], "<script type=\"module\" src=\"http://search.example/widgets/fichero.js\"></script>");
    assert!(snippets[1].contains("action=\"http://search.example/search\""), "{}", snippets[1]);
    assert_eq!(snippets[2], "<fichero-related></fichero-related>");
    for path in ["/docs", "/openapi.json", "/search"] {
        assert!(door.links("footer a").contains(&path.to_owned()), "{path}");
    }
    let empty = router(EngineSlot::default(), Settings::default());
    let waiting = page_of(&empty, request(Method::GET, "/", "es", BROWSER));
    assert!(waiting.status == StatusCode::OK && waiting.all(".facts-list").is_empty());
    assert!(waiting.text.contains("Todavía no hay índice"));
    for accept in ["application/json", "*/*", "text/html;q=0.5, application/json"] {
        let answer = ask(&CORPUS.router, request(Method::GET, "/", "es", accept));
        assert_eq!((&answer.body["name"], &answer.body["documentation"]), (&json!("fichero"), &json!("/docs")));
        assert!(answer.headers[header::VARY].to_str().unwrap().contains("Accept"));
    }
}

#[test]
fn related_block_shows_the_works_of_the_api() {
    let get = |query: &str, accept: &str| {
        ask_text(&CORPUS.router, request(Method::GET, &format!("/widgets/related?{query}"), "fr", accept))
    };
    let query = "id=es/recognition-refugees&limit=4";
    let api = good(&format!("/v1/related?{query}"));
    let answer = get(&format!("{query}&reasons=line&level=3"), BROWSER);
    assert_eq!(
        (answer.status, answer.headers[header::CONTENT_TYPE].to_str().unwrap()),
        (StatusCode::OK, "text/html; charset=utf-8")
    );
    let block = Html::parse_fragment(&answer.body);
    assert!(block.errors.is_empty(), "{:?}", block.errors);
    let all = |selector: &str| {
        block
            .select(&Selector::parse(selector).unwrap())
            .map(|element| (element.value().name().to_owned(), text(element)))
            .collect::<Vec<_>>()
    };
    let titles: Vec<String> =
        all(".fichero-related > ul > li > h4.fichero-related-title > a").into_iter().map(|(_, text)| text).collect();
    let expected: Vec<&str> =
        api["hits"].as_array().unwrap().iter().map(|hit| hit["title"].as_str().unwrap()).collect();
    assert_eq!(titles, expected);
    // In the language of the page that it is for, not of who asks.
    assert_eq!(all("h3.fichero-related-heading"), [("h3".to_owned(), "Contenidos relacionados".to_owned())]);
    assert_eq!(all(".fichero-related-reasons").len(), 4);
    assert!(!answer.body.contains("<script") && !answer.body.contains("style"), "{}", answer.body);
    assert!(get(&format!("{query}&ui_lang=pt"), "*/*").body.contains("Conteúdos relacionados"));
    assert!(!get(query, "*/*").body.contains("reasons"));
    let by_url = get("url=https://www.ires.example/es/recognition-refugees&limit=4", "*/*");
    assert_eq!(by_url.body, get(query, "*/*").body);
    assert_eq!(get("id=es/recognition-refugees&limit=0", "*/*").body, "");
    for (query, status, code) in [
        ("id=nothing", 404, "no-such-article"),
        ("url=https://nothing.example/", 404, "no-such-article"),
        ("", 400, "bad-value"),
        ("id=es/recognition-refugees&level=1", 400, "bad-value"),
        ("id=es/recognition-refugees&colour=red", 400, "unknown-parameter"),
    ] {
        for accept in [BROWSER, "*/*", ""] {
            let answer = get(query, accept);
            assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, ""), "{query}");
        }
        let told: Value = serde_json::from_str(&get(query, "application/problem+json").body).unwrap();
        assert_eq!(told["code"], code, "{query}");
    }
}

#[test]
fn links_stay_under_the_path_of_public_url() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.jsonl"), "{\"id\":\"x\",\"title\":\"Olá\",\"lang\":\"pt\"}\n").unwrap();
    let public_url = BaseUrl::parse("https://www.example.org/busca");
    let site = index_with(
        &folder.path().join("a.jsonl"),
        &folder.path().join("data"),
        Settings { public_url, site_name: Some("Instituto".to_owned()), ..Settings::default() },
    );
    for path in ["/", "/search?q=ol%C3%A1&kind=article", "/search?year=1900", "/nothing"] {
        let page = page_of(&site.router, request(Method::GET, path, "en", BROWSER));
        let addresses = page.all("[href]:not([rel=icon]), [src], [action]");
        for element in addresses {
            let address = ["href", "src", "action"].iter().find_map(|name| element.attr(name)).unwrap();
            let is_under = address.starts_with("/busca/") || address.starts_with("https://www.example.org/busca/");
            assert!(is_under || address.starts_with(['#', '?']), "{path}: {address}");
        }
        // It goes by its name.
        assert!(text(page.one("title")).ends_with(" – Instituto") && text(page.one(".name")) == "Instituto");
    }
    let docs = ask_text(&site.router, request(Method::GET, "/docs", "en", BROWSER)).body;
    let docs = Html::parse_document(&docs);
    for link in docs.select(&Selector::parse("a[href]").unwrap()).filter_map(|link| link.attr("href")) {
        assert!(!link.starts_with('/'), "{link}");
    }
    let slash = ask_text(&site.router, request(Method::GET, "/search/?q=x", "en", BROWSER));
    assert_eq!(slash.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(slash.headers[header::LOCATION], "../search?q=x");
    assert_eq!(ask_text(&site.router, request(Method::GET, "/x/", "en", BROWSER)).status, StatusCode::NOT_FOUND);
}

#[test]
fn unchanged_pages_are_not_sent_again() {
    for path in ["/search?q=universidad", "/widgets/related?id=es/recognition-refugees", "/widgets/fichero.js?v=3"] {
        let first = ask_text(&CORPUS.router, request(Method::GET, path, "es", BROWSER));
        assert_eq!(first.status, StatusCode::OK, "{path}");
        assert_eq!(first.headers[header::CACHE_CONTROL], "public, max-age=60, must-revalidate");
        assert_eq!(first.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(first.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let mut again = request(Method::GET, path, "es", BROWSER);
        again.headers_mut().insert(header::IF_NONE_MATCH, first.headers[header::ETAG].clone());
        let again = ask_text(&CORPUS.router, again);
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        assert_eq!(again.headers[header::ETAG], first.headers[header::ETAG]);
    }
    let script = ask_text(&CORPUS.router, request(Method::GET, "/widgets/fichero.js", "es", "*/*"));
    assert_eq!(script.headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    assert!(script.body.contains("\nsearch | Search | Buscar") && !script.body.contains("@labels.txt@"));
    // By gzip, as it is sent, with the script: 40 KB at most.
    let sent = |path: &str| {
        let mut request = request(Method::GET, path, "es", BROWSER);
        request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
        served::length(&CORPUS.router, request)
    };
    let (page, script) = (sent("/search?q=universidad"), sent("/widgets/fichero.js"));
    assert!(page + script <= 40_000 && page <= 12_000, "{page} + {script} bytes");
}
