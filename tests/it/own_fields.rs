//! Fields of the site's own:
//!
//! * hits and articles have those that are shown, in the type of the configuration;
//! * the words of those that are searched are found, and complete what is typed;
//! * those of a push and of a draft are read alike; an invalid value is named;
//! * without a configuration, they are unknown.

use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use fichero::config::Config;
use fichero::http::Settings;
use fichero::sources::{JsonRecord, ReadingRules};
use serde_json::{Value, json};

use crate::support::library::{page, with};
use crate::support::served::{Site, get_from, index_with};

const FIELDS: &str = r#"
[fields.country]
type = "keyword"
searched = "topics"

[fields.rapporteur]
type = "keyword"
searched = "authors"

[fields.pages]
type = "number"

[fields.call_ends]
type = "date"

[fields.remark]
type = "text"
searched = "summary"
shown = false
"#;

fn reading(text: &str) -> ReadingRules {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fichero.toml");
    fs::write(&file, text).unwrap();
    Config::load(Some(&file), None, None).unwrap().reading
}

fn site(folder: &Path, text: &str) -> Site {
    let source = folder.join("source");
    fs::create_dir_all(&source).unwrap();
    let record = with(
        page("a", "es", "Becas de posgrado", "Convocatoria."),
        json!({
            "Country": ["Perú", "Chile"], "rapporteur": "Zoila Quispe",
            "fields": {"pages": 12, "call-ends": "2027-03-01", "remark": "Palabra reservada: kakapo"},
        }),
    );
    fs::write(source.join("a.jsonl"), format!("{record}\n")).unwrap();
    fs::write(source.join("b.md"), "---\ncountry: Bolivia\npages: 1.5\ntitle: Altiplano\n---\nTexto.\n").unwrap();
    index_with(&source, &folder.join("data"), Settings { reading: reading(text), ..Settings::default() })
}

fn good(site: &Site, path: &str) -> Value {
    let answer = get_from(&site.router, path);
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

#[test]
fn shown_fields_are_in_hits_and_articles() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path(), FIELDS);
    let expected = json!({
        "country": ["Perú", "Chile"], "rapporteur": ["Zoila Quispe"], "pages": 12, "call_ends": "2027-03-01",
    });
    assert_eq!(good(&site, "/v1/search?q=becas")["hits"][0]["fields"], expected);
    assert_eq!(good(&site, "/v1/articles/a")["fields"], expected);
    assert_eq!(
        good(&site, "/v1/search?q=altiplano")["hits"][0]["fields"],
        json!({"country": ["Bolivia"], "pages": 1.5})
    );
}

#[test]
fn words_of_searched_fields_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path(), FIELDS);
    for (query, id) in [
        ("peru", "a"),
        ("quispe", "a"),
        ("author:quispe", "a"),
        ("kakapo", "a"),
        ("bolivia", "b"),
        ("topic:bolivia", "b"),
    ] {
        let answer = good(&site, &format!("/v1/search?q={query}&literal=true"));
        assert_eq!((&answer["total"]["value"], &answer["hits"][0]["id"]), (&json!(1), &json!(id)), "{query}: {answer}");
    }
    assert_eq!(good(&site, "/v1/search?q=12&literal=true")["total"]["value"], 0);
    let suggested = good(&site, "/v1/suggest?q=boli")["completions"].to_string();
    assert!(suggested.contains("Bolivia"), "{suggested}");
}

#[test]
fn invalid_values_are_named_and_left_out() {
    let record = json!({"id": "x", "title": "T", "pages": "many", "fields": {"country": "Perú", "isbn": "1"}});
    let record = JsonRecord::parse(record.to_string().as_bytes()).unwrap();
    let (article, flaws) = record.article(&reading(FIELDS)).unwrap();
    let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
    assert_eq!(
        flaws,
        ["fields.isbn: no field of an article; left out", "fields.pages: should be a number: \"\\\"many\\\"\""]
    );
    assert_eq!(article.fields.keys().collect::<Vec<_>>(), ["country"]);

    let (article, flaws) = record.article(&ReadingRules::default()).unwrap();
    let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
    assert_eq!(flaws, ["fields: no field of an article; left out", "pages: no field of an article; left out"]);
    assert!(article.fields.is_empty());
}

#[test]
fn another_configuration_is_read_with_the_next_reindex() {
    let folder = tempfile::tempdir().unwrap();
    drop(site(folder.path(), FIELDS));
    let site = site(folder.path(), "[fields.pages]\ntype = \"keyword\"\n");
    assert_eq!(good(&site, "/v1/articles/a")["fields"], json!({"pages": ["12"]}));
    assert_eq!(good(&site, "/v1/search?q=bolivia&literal=true")["total"]["value"], 0);
}
