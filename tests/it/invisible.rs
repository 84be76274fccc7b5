//! What readers may not see is told by nothing, through the in-process router:
//!
//! * a site answers every public route as if its hidden, expired and future articles were not there,
//!   whatever words, works, topics, tags, authors, series, addresses and links they share with others,
//!   and whether they were ever answered or not;
//! * an article that appears or expires while it is served changes statistics as if it had come or
//!   gone, within a second, and a list that began before goes on as it began.
//!
//! Left out of the comparison is what depends on the index version, which says that something was
//! changed and not what, and how long an answer took.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::{EngineSlot, IndexUpdater};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use crate::support;
use crate::support::makers::Site;
use crate::support::random;
use crate::support::served::{ask_text, escaped, get_from};

fn serve(site: &Site) -> (Router, EngineSlot) {
    let slot = EngineSlot::default();
    slot.store(Some(Arc::new(site.open())));
    (router(slot.clone(), Settings::default()), slot)
}

/// Takes out what says which state an answer is of, and how long it took.
fn without_state(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("index_version");
            fields.remove("took_ms");
            if let Some(cursor) = fields.get_mut("next_cursor") {
                *cursor = cursor.is_string().into();
            }
            fields.values_mut().for_each(without_state);
        }
        Value::Array(values) => values.iter_mut().for_each(without_state),
        _ => {}
    }
}

/// What a router says to a request, but for its state.
fn said(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let answer = ask_text(router, request);
    let is_json = answer.headers.get(header::CONTENT_TYPE).is_some_and(|of| of.to_str().unwrap().contains("json"));
    if !is_json {
        return (answer.status, answer.body);
    }
    let mut body: Value = serde_json::from_str(&answer.body).unwrap();
    without_state(&mut body);
    (answer.status, body.to_string())
}

/// A request as it can be made more than once.
#[derive(Debug, Clone)]
enum Question {
    Get(String),
    Post(&'static str, Value),
}

impl Question {
    fn request(&self) -> Request<Body> {
        match self {
            Question::Get(path) => Request::get(path).body(Body::empty()).unwrap(),
            Question::Post(path, body) => Request::post(*path)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()))
                .unwrap(),
        }
    }
}

/// How many questions are put to a site.
const QUESTIONS: usize = 200;

/// Some of what is asked about records: about their words, whole, begun, misspelt and in rows, about their
/// labels, their ids and their addresses, on all public routes.
fn questions(records: &[Value], picks: &[prop::sample::Index]) -> Vec<Question> {
    let mut questions: Vec<Question> = [
        "/v1/topics",
        "/v1/recent?limit=50",
        "/search.atom",
        "/opensearch.xml",
        "/",
        "/search",
        "/v1/search?limit=100&facets=lang,kind,topic,tag,author,year",
    ]
    .map(|path| Question::Get(path.to_owned()))
    .to_vec();
    let first = picks.first().map_or(0, |pick| pick.index(1_000));
    let mut picks = picks.iter();
    let mut pick = |count: usize| picks.next().map_or(0, |pick| pick.index(count.max(1)));
    for record in records {
        let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
        let labels = |field: &str| -> Vec<String> {
            let labels = record[field].as_array().cloned().unwrap_or_else(|| vec![record[field].clone()]);
            labels.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let texts = format!("{} {}", text("title"), text("body"));
        let words: Vec<&str> = texts.split_whitespace().collect();
        let at = pick(words.len());
        let word = words.get(at).copied().unwrap_or_default();
        let next = words.get(at + 1).copied().unwrap_or_default();
        let other = words.get(pick(words.len())).copied().unwrap_or_default();
        let cut: String = word.chars().skip(1).collect();
        let begun: String = word.chars().take(3).collect();
        let queries = [
            word.to_owned(),
            cut,
            format!("{begun}*"),
            format!("{word} {other}"),
            format!("{word} {next} {other} mobility"),
            format!("\"{word} {next}\""),
            format!("universidad -{word}"),
            format!("mobility {word}x"),
        ];
        let ui_lang = ["en", "es", "pt", "fr"][pick(4)];
        for query in &queries {
            let query = escaped(query);
            questions.push(Question::Get(format!(
                "/v1/search?q={query}&ui_lang={ui_lang}&explain=true&facets=lang,tag,topic,author,year"
            )));
        }
        let query = escaped(&queries[pick(queries.len())]);
        for path in [
            format!("/v1/search?q={query}&group=false&sort=-date&limit=3"),
            format!("/v1/search?q={query}&literal=true&lang={}", text("lang")),
            format!("/search?q={query}&ui_lang={ui_lang}"),
            format!("/search.atom?q={query}"),
            format!("/v1/suggest?q={}&ui_lang={ui_lang}", escaped(&begun)),
            format!("/v1/suggest?q={}&limit=20", escaped(&queries[pick(3)])),
            format!("/v1/suggest?q={}+{}", escaped(other), escaped(&begun)),
        ] {
            questions.push(Question::Get(path));
        }
        for (name, field) in [("topic", "topics"), ("tag", "tags"), ("author", "authors"), ("lang", "lang")] {
            for label in labels(field) {
                let label = escaped(&if name == "topic" { label.to_lowercase() } else { label });
                questions
                    .push(Question::Get(format!("/v1/search?{name}={label}&q=mobility+{query}&facets=lang,topic,tag")));
                questions.push(Question::Get(format!("/search?{name}={label}&q={query}")));
                questions.push(Question::Get(format!("/v1/recent?{name}={label}")));
            }
        }
        let id = escaped(&text("id"));
        for path in [
            format!("/v1/articles?id={id}"),
            format!("/v1/related?id={id}&limit=20"),
            format!("/v1/related?id={id}&lang=any"),
            format!("/v1/recent?exclude={id}"),
            format!("/widgets/related?id={id}"),
            format!("/v1/articles?url={}", escaped(&text("url"))),
            format!("/v1/related?url={}", escaped(&text("url"))),
        ] {
            questions.push(Question::Get(path));
        }
        let mut draft = record.clone();
        for field in ["hidden", "expires_at", "published_at"] {
            draft.as_object_mut().unwrap().remove(field);
        }
        questions.push(Question::Post("/v1/related", draft.clone()));
        draft.as_object_mut().unwrap().remove("id");
        questions.push(Question::Post("/v1/related", draft));
        let searches = queries.iter().map(|query| json!({"q": query, "facets": ["tag"]})).collect::<Vec<_>>();
        questions.push(Question::Post("/v1/multi-search", json!({"searches": searches})));
    }
    let step = questions.len().div_ceil(QUESTIONS).max(1);
    questions.into_iter().cycle().skip(first).step_by(step).take(QUESTIONS).collect()
}

/// Makes an article one that readers may not see.
fn conceal(record: &mut Value, way: usize) {
    match way {
        0 => record["hidden"] = true.into(),
        1 => record["published_at"] = "2099-01-01".into(),
        2 => record["expires_at"] = "2020-02-02".into(),
        _ => {
            record["published_at"] = "2098-01-01".into();
            record["expires_at"] = "2097-01-01".into();
        }
    }
}

/// How many sites are compared: few in the suite; more where `PROPTEST_CASES` says so.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(6)
}

#[test]
fn invisible_articles_do_not_affect_any_answer() {
    let inputs = (
        random::site(),
        random::site(),
        prop::collection::vec((0usize..4, any::<prop::sample::Index>(), any::<bool>()), 31),
        prop::collection::vec(any::<prop::sample::Index>(), 200),
    );
    let config = Config { cases: cases(), failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
    TestRunner::new(config)
        .run(&inputs, |(visible, others, ways, picks)| {
            let mut with_others = visible.clone();
            let mut drafts = visible.clone();
            let mut asked = visible.clone();
            for (number, (mut other, (way, at, was_seen))) in others.into_iter().zip(ways).enumerate() {
                other["id"] = format!("{}x{number}", at.index(90)).into();
                other["title"] = format!("{} zorglub{number} palimpsest", other["title"].as_str().unwrap()).into();
                other["tags"] = json!(["UNESCO", format!("secret {number}")]);
                other["topics"] = json!(["Programs/Research", format!("Programs/Covert {number}")]);
                if number % 5 == 0 {
                    other["lang"] = "de".into();
                }
                if was_seen {
                    drafts.push(other.clone());
                }
                conceal(&mut other, way);
                asked.push(other.clone());
                with_others.insert(at.index(with_others.len()), other);
            }
            let plain = Site::new();
            plain.reindex(&visible, false);
            let (without, _) = serve(&plain);
            // Built at once, and grown from a state in which some were seen; some of these are gone.
            let (built, grown) = (Site::new(), Site::new());
            built.reindex(&with_others, false);
            grown.reindex(&drafts, false);
            with_others.retain(|record| record["tags"] != json!(["UNESCO", "secret 1"]));
            grown.reindex(&with_others, false);
            let questions = questions(&asked, &picks);
            for (name, site) in [("built", built), ("grown", grown)] {
                let (with, _) = serve(&site);
                for question in &questions {
                    let (got, expected) = (said(&with, question.request()), said(&without, question.request()));
                    if got != expected {
                        return Err(TestCaseError::fail(format!("{name}: {question:?}\n{got:?}\n{expected:?}")));
                    }
                }
            }
            Ok(())
        })
        .unwrap();
}

fn note(id: &str, fields: Value) -> Value {
    let mut record = json!({"id": id, "lang": "es", "title": format!("Informe {id} sobre universidades"), "body": "Las universidades publican informes."});
    record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    record
}

#[test]
fn an_article_counts_from_when_it_appears_until_it_expires() {
    let turn_s = jiff::Timestamp::now().as_second() + 12;
    let at = jiff::Timestamp::from_second(turn_s).unwrap().to_string();
    let notes: Vec<Value> = (0..30).map(|place| note(&format!("a{place:02}"), json!({}))).collect();
    let coming = note("coming", json!({"title": "Decano Tezozomoc en universidades", "published_at": at}));
    let going = note("going", json!({"title": "Huelga Xicotencatl en universidades", "expires_at": at}));
    let with = |more: &[&Value]| {
        let site = Site::new();
        site.reindex(&notes.iter().chain(more.iter().copied()).cloned().collect::<Vec<_>>(), false);
        site
    };
    let site = with(&[&coming, &going]);
    let slot = EngineSlot::default();
    let lock = site.data().lock_writer("test").unwrap();
    let mut updater = IndexUpdater::open(site.data(), slot.clone(), lock).unwrap();
    let served = router(slot, Settings::default());
    let asked = [
        "/v1/search?q=universidades+tezozomoc&explain=true",
        "/v1/search?q=universidades+xicotencatl&explain=true",
        "/v1/search?q=universidades+informe&explain=true",
        "/v1/suggest?q=tez",
        "/v1/suggest?q=xic",
        "/v1/related?id=a01&limit=40",
    ];
    let answers = |router: &Router| asked.map(|path| said(router, Question::Get(path.to_owned()).request()));
    assert_eq!(answers(&served), answers(&serve(&with(&[&going])).0));
    let ids = |answer: &Value| -> Vec<String> {
        answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    };
    let list = "/v1/search?q=universidades+xicotencatl+informe";
    let whole = ids(&get_from(&served, &format!("{list}&limit=100")).body);
    let mut page = get_from(&served, &format!("{list}&limit=10")).body;
    assert!(jiff::Timestamp::now().as_second() < turn_s, "too slow a machine for this test");
    let mut listed = ids(&page);
    let with_coming = with(&[&coming]);
    support::wait_until("the turn", || jiff::Timestamp::now().as_second() >= turn_s);
    updater.tick().unwrap();
    assert_eq!(answers(&served), answers(&serve(&with_coming).0));
    while let Some(cursor) = page["next_cursor"].as_str() {
        page = get_from(&served, &format!("{list}&limit=10&cursor={}", escaped(cursor))).body;
        listed.extend(ids(&page));
    }
    assert_eq!(listed, whole);
}

#[test]
fn words_of_an_embargoed_article_look_absent() {
    let mut records: Vec<Value> = (0..30).map(|place| note(&format!("a{place:02}"), json!({}))).collect();
    let secret = json!({"title": "Renuncia del decano Tezozomoc", "body": "Renuncia.", "published_at": "2099-01-01"});
    records.push(note("secret", secret));
    let site = Site::new();
    site.reindex(&records, false);
    let (router, _) = serve(&site);
    let recovery = |word: &str| {
        let answer = get_from(&router, &format!("/v1/search?limit=1&q=universidades+{word}"));
        answer.body["recovery"]["kind"].clone()
    };
    for word in ["tezozomoc", "renuncia", "decano"] {
        assert_eq!(recovery(word), recovery("xilofonqqq"), "{word}");
    }
}
