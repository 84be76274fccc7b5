//! Kinds of the site's own, and labels of its own for the built-in ones:
//!
//! * articles, filters, facets and the description of the API take them, and name them where a kind is
//!   unknown;
//! * pages and widgets show their labels;
//! * a timely kind is related by its time; an event of an own kind is an event to programs;
//! * a source may have the kind, as any field, under a name of its own;
//! * another configuration is read with the next reindex.

use std::fs;
use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use fichero::article::{FieldMap, Kind, Kinds, SiteKind};
use fichero::config::Config;
use fichero::http::Settings;
use fichero::sources::ReadingRules;
use serde_json::{Value, json};

use crate::support::library::{page, with};
use crate::support::served::{Site, ask_text, get_from, index_with, problem};

const KINDS: &str = r#"
[kinds.event]
labels = { es = "Actividad" }

[kinds.thesis]
labels = { es = "Tesis", en = "Ph.D. `thesis` ${x}" }

[kinds.webinar]
timely = true
"#;

fn kinds(text: &str) -> Kinds {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fichero.toml");
    fs::write(&file, text).unwrap();
    Config::load(Some(&file), None, None).unwrap().reading.kinds
}

fn records() -> Vec<Value> {
    vec![
        with(page("t1", "es", "Calidad y equidad", "Una tesis."), json!({"kind": "Thesis"})),
        with(page("t2", "en", "Quality and equity", "A thesis."), json!({"kind": "thesis", "work": "t1"})),
        with(page("e", "es", "Jornada de calidad", "Todo el día."), json!({"kind": "event"})),
        with(page("w", "es", "Taller de calidad", "En línea."), json!({"kind": "webinar", "starts_at": "2024-05-01"})),
        page("a", "es", "Nota de calidad", "Sin clase."),
    ]
}

fn site(folder: &Path, records: &[Value], kinds: Kinds) -> Site {
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    fs::write(folder.join("a.jsonl"), lines).unwrap();
    let reading = ReadingRules { kinds, ..ReadingRules::default() };
    index_with(&folder.join("a.jsonl"), &folder.join("data"), Settings { reading, ..Settings::default() })
}

fn text(site: &Site, path: &str, lang: &str) -> String {
    let request = Request::get(path).header(header::HOST, "search.example").header(header::ACCEPT_LANGUAGE, lang);
    let answer = ask_text(&site.router, request.body(Body::empty()).unwrap());
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

#[test]
fn own_kinds_are_filters_facets_and_part_of_the_description() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path(), &records(), kinds(KINDS));
    let good = |path: &str| {
        let answer = get_from(&site.router, path);
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    };
    let counts = good("/v1/search?q=calidad&ui_lang=es")["facets"]["kind"].clone();
    let counts: Vec<(&str, u64)> = counts
        .as_array()
        .unwrap()
        .iter()
        .map(|count| (count["value"].as_str().unwrap(), count["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, [("article", 1), ("event", 1), ("thesis", 1), ("webinar", 1)]);
    for (kind, count) in counts {
        assert_eq!(good(&format!("/v1/search?q=calidad&kind={kind}"))["total"]["value"], count);
        assert_eq!(good(&format!("/v1/search?q=calidad&kind_not={kind}"))["total"]["value"], 4 - count);
    }
    assert_eq!(good("/v1/search?kind=Thesis&ui_lang=en")["hits"][0]["kind"], "thesis");
    assert_eq!(good("/v1/recent?kind=webinar")["hits"][0]["id"], "w");

    for path in ["/v1/search?kind=tesis", "/v1/recent?kind_not=tesis", "/v1/related?id=a&kind=tesis"] {
        let answer = get_from(&site.router, path);
        assert_eq!(problem(&answer, StatusCode::BAD_REQUEST).1, [path.split(['?', '&', '=']).rev().nth(1).unwrap()]);
        let expected = "article, press-release, blog, event, publication, thesis or webinar";
        assert!(answer.body.to_string().contains(expected), "{}", answer.body);
    }

    let description = good("/openapi.json");
    let all = json!(["article", "press-release", "blog", "event", "publication", "thesis", "webinar"]);
    assert_eq!(description["components"]["schemas"]["Kind"]["enum"], all);
    let parameters = description["paths"]["/v1/search"]["get"]["parameters"].as_array().unwrap();
    let kind = parameters.iter().find(|parameter| parameter["name"] == "kind").unwrap();
    assert_eq!(kind["schema"]["items"]["enum"], all);
}

#[test]
fn own_labels_are_shown_on_pages_and_by_widgets() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path(), &records(), kinds(KINDS));
    let spanish = text(&site, "/search?q=calidad", "es");
    for label in [">Tesis<", ">Actividad<", ">Webinar<", ">Artículo<"] {
        assert_eq!(spanish.matches(label).count(), 2, "{label} as a fact and in the facet: {spanish}");
    }
    assert!(text(&site, "/search?kind=thesis", "en").contains("Ph.D. `thesis` ${x}"));
    assert!(text(&site, "/search?kind=event", "fr").contains(">Événement<"));

    let script = text(&site, "/widgets/fichero.js", "es");
    assert!(script.contains("\nevent | Event | Actividad | Evento | Événement | "), "{script}");
    assert!(
        script.contains(
            r"
thesis | Ph.D. \`thesis\` \${x} | Tesis | Ph.D. \`thesis\` \${x} | "
        ),
        "{script}"
    );
}

#[test]
fn timely_kinds_are_related_by_their_time_and_events_of_own_kinds_are_events_to_programs() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path(), &records(), kinds(KINDS));
    let is_timely = |id: &str| site.articles.iter().find(|article| article.id == id).unwrap().is_timely();
    assert!(is_timely("w") && is_timely("e") && !is_timely("t1") && !is_timely("a"));
    let request = Request::get("/v1/search?q=calidad&kind=webinar&kind=thesis&ui_lang=es");
    let answer =
        ask_text(&site.router, request.header(header::ACCEPT, "application/ld+json").body(Body::empty()).unwrap());
    let list: Value = serde_json::from_str(&answer.body).unwrap();
    let kinds: Vec<&str> =
        list["itemListElement"].as_array().unwrap().iter().map(|of| of["item"]["@type"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "Event").count(), 1, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "CreativeWork").count(), 1, "{kinds:?}");
}

#[test]
fn a_kind_that_is_no_longer_configured_is_a_flaw_and_its_articles_stay() {
    let folder = tempfile::tempdir().unwrap();
    drop(site(folder.path(), &records(), kinds(KINDS)));
    let own = Kinds::new(vec![SiteKind::new("thesis", Default::default(), Some(true)).unwrap()]);
    let site = site(folder.path(), &records(), own);
    let kind = |id: &str| site.articles.iter().find(|article| article.id == id).unwrap().kind.clone();
    assert_eq!((kind("w"), kind("t1").as_str()), (Kind::ARTICLE, "thesis"));
    assert!(site.articles.iter().find(|article| article.id == "t1").unwrap().is_timely());
    assert!(text(&site, "/search?kind=thesis", "es").contains(">Thesis<"));
}

#[test]
fn a_source_says_under_which_name_it_has_the_kind() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("a.md"), "---\nTipo: thesis\ntitle: Uno\n---\nTexto.\n").unwrap();
    let line = json!({"clave": "b", "meta": {"tipo": "thesis"}, "tipo": "thesis", "title": "Dos", "oculto": true});
    fs::write(source.join("b.jsonl"), format!("{line}\n")).unwrap();
    let names = [("kind", "tipo"), ("id", "clave"), ("hidden", "oculto")];
    let names = FieldMap::new(names.map(|(own, theirs)| (own.to_owned(), theirs.to_owned())).into()).unwrap();
    let reading = ReadingRules { kinds: kinds(KINDS), names, ..ReadingRules::default() };
    let site = index_with(&source, &folder.path().join("data"), Settings { reading, ..Settings::default() });
    let read: Vec<(&str, &str, bool)> =
        site.articles.iter().map(|article| (article.id.as_str(), article.kind.as_str(), article.hidden)).collect();
    assert_eq!(read, [("a", "thesis", false), ("b", "thesis", true)]);
}
