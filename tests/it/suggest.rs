//! What is offered while somebody types.
//!
//! Of every engine:
//! * accents and case do not matter, and are given back as the site writes them; a word goes on as a
//!   phrase; what leads to most comes first, titles before texts, the reader's language before others;
//! * one slip is mended where nothing begins as typed, but not the first letter of short texts, and
//!   no number; neither a form of the same words nor a piece of a phrase is offered beside it;
//! * works are found by the words of titles, topics and authors, the last one begun, each work once;
//! * what goes beyond the typed text is marked, and everything is escaped; any text is answered.
//!
//! Of the embedded engine, on the corpus and on random sites that grew by additions, changes and
//! deletions, at times at which articles are to come or have expired:
//! * **every completion finds something**, with the same languages: for all beginnings of one, two
//!   and three letters that occur, and a sample of longer ones;
//! * nothing is offered that the oracle does not offer, and in the same order.
//!
//! Of the routes: parameters, both formats, tags, and what the description for browsers names.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use fichero::analysis::{completion_key, words};
use fichero::article::Article;
use fichero::engine::query::Query;
use fichero::engine::suggest::{Completion, MAX_SUGGESTIONS};
use fichero::engine::{Filters, SearchEngine, SearchRequest, SuggestAnswer, SuggestRequest};
use fichero::indexing::index_updater::open_engine;
use fichero::storage::data_dir::DataFolder;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support;
use crate::support::library::*;
use crate::support::makers::{self, Made, Maker};
use crate::support::random;
use crate::support::served::{self, CORPUS, ask, get, good, problem};

macro_rules! rules {
    ($($rule:ident)*) => {
        mod oracle { $(#[test] fn $rule() { super::$rule(super::makers::oracle); })* }
        mod embedded { $(#[test] fn $rule() { super::$rule(super::makers::embedded); })* }
        mod grown { $(#[test] fn $rule() { super::$rule(super::makers::grown); })* }
    };
}

rules! {
    accents_and_case_are_given_back
    what_leads_to_most_comes_first
    the_readers_language_comes_first
    one_slip_is_mended
    a_slip_is_mended_where_only_other_languages_have_what_begins_so
    neither_forms_nor_pieces_are_repeated
    an_empty_box_offers_what_the_site_is_about
    what_was_typed_goes_on_with_its_last_word
    what_was_typed_is_not_said_twice
    works_are_found_by_what_they_are_headed_by
    names_with_numbers_and_of_two_letters_are_found
    what_nobody_may_see_is_not_offered
    everything_is_escaped_and_what_is_new_marked
    any_text_is_answered
}

fn request(text: &str) -> SuggestRequest {
    SuggestRequest { limit: MAX_SUGGESTIONS, ..SuggestRequest::new(text, NOW) }
}

fn suggest(made: &Made, text: &str) -> SuggestAnswer {
    made.engine.suggest(&request(text)).unwrap()
}

fn texts(made: &Made, text: &str) -> Vec<String> {
    texts_of(&suggest(made, text).completions)
}

fn texts_of(completions: &[Completion]) -> Vec<String> {
    completions.iter().map(|completion| completion.text.clone()).collect()
}

fn works(made: &Made, text: &str) -> Vec<String> {
    suggest(made, text).articles.into_iter().map(|article| article.id).collect()
}

fn title(id: &str, lang: &str, title: &str) -> Value {
    page(id, lang, title, "Nada de eso.")
}

fn accents_and_case_are_given_back(maker: Maker) {
    let made = maker(&[
        page("a", "es", "La educación superior pública", "En la educación superior. La educación es un bien."),
        title("b", "es", "Acceso a la Educación Superior"),
        page("c", "es", "UNESCO: la educación", "La educación."),
        title("d", "fr", "L’œuvre d’Avignon"),
    ]);
    assert_eq!(texts(&made, "educacion su")[0], "educación superior");
    for typed in ["educacion su", "EDUCACIÓN SU", "educación  su", "Educacio\u{301}n su"] {
        assert_eq!(texts(&made, typed), texts(&made, "educacion su"), "{typed}");
    }
    assert_eq!(texts(&made, "unes"), ["UNESCO"]);
    // A label written in several ways: the most common one; of equally common ones, the plainest.
    let tagged = |id: &str, tag: &str| json!({"id": id, "lang": "es", "title": "Nada", "body": "Nada.", "tags": [tag]});
    for (tags, usual) in [
        (["Salud mental", "salud Mental", "Salud Mental", "salud Mental", "Salud mental"], "Salud mental"),
        (["SALUD MENTAL", "salud mental", "SALUD MENTAL", "Salud mental", "SALUD MENTAL"], "SALUD MENTAL"),
        (["salud mental", "Salud mental", "SALUD MENTAL", "Salud Mental", "salud Mental"], "salud mental"),
    ] {
        let articles: Vec<Value> = tags.iter().enumerate().map(|(at, tag)| tagged(&at.to_string(), tag)).collect();
        assert_eq!(texts(&maker(&articles), "salud m"), [usual]);
    }
    for typed in ["oeuv", "l'œuv", "L’oeuv"] {
        assert!(texts(&made, typed).contains(&"œuvre d’Avignon".to_owned()), "{typed}: {:?}", texts(&made, typed));
    }
}

fn what_leads_to_most_comes_first(maker: Maker) {
    let often = "Las becas llegan. Las becas bastan. Las becas sobran. Muchas becas.";
    let mut records: Vec<Value> = (0..2).map(|place| title(&format!("b{place}"), "es", "El bachillerato")).collect();
    records.extend((0..4).map(|place| page(&format!("t{place}"), "es", "Nada", often)));
    records.extend((0..3).map(|place| title(&format!("l{place}"), "es", "Las bibliotecas")));
    let made = maker(&records);
    let answer = suggest(&made, "b");
    // Two works headed by it weigh more than four that only speak of it; the length does not matter.
    assert_eq!(texts_of(&answer.completions), ["bibliotecas", "bachillerato", "becas"]);
    let counts: Vec<u64> = answer.completions.iter().map(|completion| completion.works).collect();
    assert_eq!(counts, [3, 2, 4]);
    assert_eq!(made.engine.suggest(&SuggestRequest { limit: 1, ..request("b") }).unwrap().completions.len(), 1);
}

fn the_readers_language_comes_first(maker: Maker) {
    let made = maker(&[
        title("a", "en", "Mobility"),
        title("b", "en", "Mobility"),
        title("c", "es", "Movilidad"),
        with(title("d", "pt-BR", "Mobilidade"), json!({"work": "m"})),
        with(title("e", "fr", "Mobilité"), json!({"work": "m"})),
    ]);
    let of = |ui_lang: Option<&str>, langs: &[&str]| {
        let langs = langs.iter().map(|lang| (*lang).to_owned()).collect();
        let answer = made
            .engine
            .suggest(&SuggestRequest { ui_lang: ui_lang.map(str::to_owned), langs, ..request("mo") })
            .unwrap();
        let articles: Vec<String> = answer.articles.into_iter().map(|article| article.id).collect();
        (answer.completions, articles)
    };
    assert_eq!(texts_of(&of(None, &[]).0)[0], "Mobility");
    let (completions, articles) = of(Some("es-MX"), &[]);
    assert_eq!((completions[0].text.as_str(), completions[0].lang.as_str(), completions.len()), ("Movilidad", "es", 4));
    assert_eq!((articles[0].as_str(), articles.len()), ("c", 4), "{articles:?}");
    let (completions, articles) = of(Some("es"), &["pt"]);
    assert_eq!((texts_of(&completions), articles), (vec!["Mobilidade".to_owned()], vec!["d".to_owned()]));
    assert_eq!(of(Some("fr"), &[]).1[0], "e");
    assert_eq!(of(None, &["de"]), (vec![], vec![]));
}

fn one_slip_is_mended(maker: Maker) {
    let made = maker(&[
        title("a", "es", "Movilidad estudiantil"),
        title("b", "es", "CRES 2018"),
        title("c", "es", "Becas"),
        title("d", "es", "Universidades"),
    ]);
    for typed in ["movilidd est", "movilidad esd", "mvilidad estud", "movildiad es", "novilidad e"] {
        assert_eq!(texts(&made, typed), ["Movilidad estudiantil"], "{typed}");
        assert_eq!(works(&made, typed), ["a"], "{typed}");
    }
    assert_eq!(texts(&made, "niversidad"), ["Universidades"]);
    // Two slips, the first letter of a short text, short texts, numbers.
    for typed in ["mobilidd est", "vecas", "bce", "CRES 2019", "2017", "cres 218"] {
        assert_eq!(texts(&made, typed), Vec::<String>::new(), "{typed}");
    }
    // What begins as typed is no slip.
    assert_eq!(texts(&maker(&[title("a", "es", "Becas"), title("b", "es", "Bocas")]), "beca"), ["Becas"]);
}

fn a_slip_is_mended_where_only_other_languages_have_what_begins_so(maker: Maker) {
    let made = maker(&[
        title("a", "es", "Movilidad académica"),
        title("b", "pt", "Mobilidade acadêmica"),
        title("c", "pt", "Mobilidade virtual"),
        title("d", "en", "Mobile classrooms"),
    ]);
    let asked = |text: &str, ui_lang: &str| {
        let request = SuggestRequest { ui_lang: Some(ui_lang.to_owned()), ..request(text) };
        let completions = made.engine.suggest(&request).unwrap().completions;
        completions.into_iter().map(|completion| (completion.lang, completion.text)).collect::<Vec<_>>()
    };
    let langs = |text, ui_lang| asked(text, ui_lang).into_iter().map(|(lang, _)| lang).collect::<Vec<_>>();
    let es = asked("mobilidad", "es");
    assert_eq!(es[0], ("es".to_owned(), "Movilidad académica".to_owned()), "{es:?}");
    assert!(es.iter().any(|(lang, _)| lang == "pt"), "{es:?}");
    assert!(langs("mobilidad", "pt").iter().all(|lang| lang == "pt"));
    assert!(langs("mobilidade", "es").iter().all(|lang| lang == "pt"), "a word of the site is none misspelt");
    assert!(!langs("mobil", "es").contains(&"es".to_owned()), "so little begins much by chance");
    assert!(texts(&made, "mobilidad").iter().all(|text| text.starts_with("Mobilidade")), "no language is told");
}

fn neither_forms_nor_pieces_are_repeated(maker: Maker) {
    let made = maker(&[
        title("a", "es", "Universidades"),
        title("b", "es", "La universidad"),
        title("c", "es", "UNIVERSIDAD"),
        title("d", "en", "Buenos Aires"),
        title("e", "es", "Calidad de la educación para"),
        title("f", "es", "Los que"),
    ]);
    assert_eq!(texts(&made, "univ").len(), 1, "{:?}", texts(&made, "univ"));
    assert_eq!(texts(&made, "buen"), ["Buenos Aires"]);
    assert_eq!(texts(&made, "cal"), ["Calidad de la educación"]);
    for typed in ["l", "q", "de", "para"] {
        assert_eq!(texts(&made, typed), Vec::<String>::new(), "{typed}");
    }
}

fn an_empty_box_offers_what_the_site_is_about(maker: Maker) {
    let page = |number: usize| {
        let topics = if number.is_multiple_of(3) { ["Programs/Glaciers"] } else { ["Programs/Maize"] };
        let shared = json!({"topics": topics, "authors": ["Ana Yupanqui"]});
        with(title(&number.to_string(), "en", &format!("Note {number}")), shared)
    };
    let mut records: Vec<Value> = (0..30).map(page).collect();
    for (number, record) in records.iter_mut().enumerate().filter(|(number, _)| number % 6 == 0) {
        record["tags"] = json!(["Quipus", format!("Knot {number}")]);
    }
    let made = maker(&records);
    let offered = texts(&made, "");
    assert!(offered.contains(&"Quipus".to_owned()), "{offered:?}");
    for (typed, absent) in [("yupan", "Yupanqui"), ("progr", "Programs"), ("gla", "Glaciers"), ("ana", "Ana Yupanqui")]
    {
        assert!(texts(&made, typed).contains(&absent.to_owned()), "{typed}");
        assert!(!offered.contains(&absent.to_owned()), "{absent}: {offered:?}");
    }
    assert_eq!(texts(&maker(&records[..6]), ""), texts(&maker(&records[..6]), " "));
    assert!(texts(&maker(&records[..6]), "").contains(&"Programs".to_owned()), "of a few all are told");
}

fn what_was_typed_goes_on_with_its_last_word(maker: Maker) {
    let made = maker(&[
        page(
            "a",
            "es",
            "Becas",
            "Hay becas para la educación superior. La educación superior, sí. Toda educación superior.",
        ),
        title("b", "es", "La educación superior"),
        title("c", "es", "Energía solar"),
    ]);
    assert_eq!(texts(&made, "becas para educacion sup"), ["becas para educación superior"]);
    assert_eq!(texts(&made, "becas ener"), Vec::<String>::new());
    assert_eq!(texts(&made, "becas para educacion su"), Vec::<String>::new(), "too little to go on with");
    for typed in ["vecas para educacion sup", "becsa para educacion sup", "becas para edcacion sup"] {
        assert_eq!(texts(&made, typed), ["becas para educación superior"], "{typed}");
    }
    assert_eq!(texts(&made, "becsa para edcacion sup"), Vec::<String>::new(), "two slips");
    // Words of two languages do not go on with each other, though an article holds both.
    let made = maker(&[
        with(page("a", "es", "Diario de América", "In Latin America."), json!({"tags": ["Latidos"]})),
        title("b", "en", "Latin dances"),
        page("c", "en", "Latin", "Of America and América."),
    ]);
    assert_eq!(texts(&made, "america lat"), ["América Latidos"]);
}

fn what_was_typed_is_not_said_twice(maker: Maker) {
    let made = maker(&[
        title("a", "en", "The degree that nobody asked for: recognition of degrees"),
        title("b", "en", "A degree, its recognition abroad"),
    ]);
    let offered = texts(&made, "degree recogn");
    assert!(offered.iter().any(|text| text.starts_with("degree recognition")), "{offered:?}");
    assert!(!offered.iter().any(|text| text.contains("degrees")), "{offered:?}");
}

fn works_are_found_by_what_they_are_headed_by(maker: Maker) {
    let made = maker(&[
        with(title("a", "en", "Virtual student mobility"), json!({"published_at": "2021-01-01", "work": "m"})),
        with(title("b", "es", "Movilidad estudiantil virtual"), json!({"published_at": "2022-01-01", "work": "m"})),
        with(title("c", "en", "On virtual things"), json!({"published_at": "2023-01-01", "authors": ["Zoë O'Neil"]})),
        with(
            title("d", "en", "Virtual"),
            json!({"published_at": "2023-01-02", "topics": ["Programs/Academic Mobility"]}),
        ),
        page("e", "en", "Nothing", "A nightingale sang."),
    ]);
    // Titles that begin so, then the newest.
    assert_eq!(works(&made, "virt"), ["d", "a", "c"]);
    assert_eq!(works(&made, "v"), ["d", "a"], "a letter is looked for where titles begin");
    assert_eq!(works(&made, "virtual mob"), ["a", "d"]);
    assert_eq!(works(&made, "mob"), ["a", "d"], "titles come before topics");
    assert_eq!(works(&made, "virtual m"), ["a"], "a letter is no beginning of a topic");
    assert_eq!(works(&made, "virtual "), ["d", "a", "c"]);
    assert_eq!((works(&made, "o"), works(&made, "o ")), (vec!["c".to_owned()], vec![]), "a whole word is no beginning");
    assert_eq!(works(&made, "zoe o"), ["c"]);
    assert_eq!(works(&made, "oneil"), ["c"]);
    assert_eq!(works(&made, "nighting"), ["e"], "else what a search finds");
    assert_eq!(works(&made, ""), Vec::<String>::new());
    let first = &suggest(&made, "virtual mob").articles[0];
    assert_eq!(first.title_html, "<mark>Virtual</mark> student <mark>mobility</mark>");
}

fn names_with_numbers_and_of_two_letters_are_found(maker: Maker) {
    let made = maker(&[
        title("a", "es", "Las aulas después de la COVID-19"),
        title("b", "es", "Qué cambia la IA en las aulas"),
        title("c", "es", "Plan 2018 de la G20"),
    ]);
    assert_eq!(texts(&made, "covid"), ["COVID-19"]);
    assert_eq!(works(&made, "covid"), ["a"]);
    assert_eq!(works(&made, "ia"), ["b"]);
    // A number says nothing by itself, and a letter is no word.
    assert_eq!(texts(&made, "20"), Vec::<String>::new());
    assert_eq!(works(&made, "g"), Vec::<String>::new());
}

fn what_nobody_may_see_is_not_offered(maker: Maker) {
    let made = maker(&library());
    for (typed, at, is_seen) in [
        ("quas", NOW, false),
        ("quasar ", NOW, false),
        ("quasar m", NOW, false),
        ("quasar m", NOW + 1, true),
        ("quasar i", NOW - 1, true),
        ("quasar i", NOW, false),
        ("pulsar", NOW, true),
        ("puls", NOW + DAY_S, false),
    ] {
        let answer = made.engine.suggest(&SuggestRequest { now_s: at, ..request(typed) }).unwrap();
        let star = &typed[..4];
        let texts = answer.completions.iter().map(|completion| &completion.text);
        let titles = answer.articles.iter().map(|article| &article.title);
        let tells = |text: &String| completion_key(text).contains(star);
        let is_found = (texts.clone().any(tells), titles.clone().any(tells));
        assert_eq!(is_found, (is_seen, is_seen), "{typed} at {at}: {answer:?}");
    }
}

fn everything_is_escaped_and_what_is_new_marked(maker: Maker) {
    let made = maker(&[page("a", "en", "Research & Innovation <b>", ""), title("b", "es", "Educación superior")]);
    let html = |typed: &str| suggest(&made, typed).completions[0].text_html.clone();
    assert_eq!(html("educacion su"), "Educación su<mark>perior</mark>");
    assert_eq!(html("educacion superior"), "Educación superior");
    assert_eq!(html("resea"), "Resea<mark>rch &amp; Innovation</mark>");
    assert_eq!(suggest(&made, "inno").articles[0].title_html, "Research &amp; <mark>Innovation</mark> &lt;b&gt;");
}

fn any_text_is_answered(maker: Maker) {
    let made = maker(&library());
    let long = "movilidad ".repeat(500);
    let marks = "!".repeat(60_000) + "'a";
    for typed in [
        "",
        " ",
        "\"",
        "-",
        "title:",
        "*",
        "\u{0}",
        "\u{1e}",
        "\u{1f}=",
        "l'",
        "高等",
        "ñ",
        "a\u{301}",
        "^v",
        long.as_str(),
        marks.as_str(),
    ] {
        let answer = suggest(&made, typed);
        assert!(answer.completions.len() <= MAX_SUGGESTIONS && answer.articles.len() <= MAX_SUGGESTIONS, "{typed:?}");
        assert_eq!(answer.index_version, made.engine.index_version());
    }
    let answer = made.engine.suggest(&SuggestRequest { limit: 0, ..request("xy") }).unwrap();
    assert_eq!((answer.completions, answer.articles), (vec![], vec![]));
}

// Every completion finds something

/// The beginnings of all words of some articles, of one letter, two and three, and of every so many
/// of them with the word before it.
fn beginnings(articles: &[Article], every: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::from([String::new()]);
    let mut pairs = BTreeSet::new();
    for article in articles {
        let labels = article.topics.iter().flat_map(|topic| &topic.labels).chain(&article.tags).chain(&article.authors);
        let texts = [&article.title, &article.summary, &article.body];
        for text in texts.into_iter().chain(labels) {
            let cut: Vec<String> = words(text).into_iter().map(|word| completion_key(&word.text)).collect();
            for word in &cut {
                let ends = word.char_indices().map(|(at, c)| at + c.len_utf8()).take(3);
                found.extend(ends.map(|end| word[..end].to_owned()));
            }
            pairs.extend(cut.windows(2).map(|pair| pair.join(" ")));
        }
    }
    for pair in pairs.into_iter().step_by(every) {
        let length = pair.chars().count();
        found.insert(pair.chars().take(length / 2 + 2).collect());
        found.insert(pair.chars().take(length.saturating_sub(1)).collect());
    }
    found
}

/// Fails for a completion that finds nothing; how many there were.
fn find_all(engine: &dyn SearchEngine, request: &SuggestRequest) -> usize {
    let completions = engine.suggest(request).unwrap().completions;
    for completion in &completions {
        let filters = Filters { langs: request.langs.clone(), ..Filters::default() };
        let asked = SearchRequest {
            filters,
            limit: 0,
            literal: true,
            ..SearchRequest::new(Query::parse(&completion.text), request.now_s)
        };
        let total = engine.search(&asked).unwrap().total.value;
        assert!(total > 0, "{request:?} offers {completion:?}, which finds nothing");
    }
    completions.len()
}

#[test]
fn every_completion_on_the_corpus_finds_something() {
    let folder = tempfile::tempdir().unwrap();
    let site = served::index(&support::corpus(), folder.path());
    let data = DataFolder::existing(folder.path());
    let engine = open_engine(&data, data.current().unwrap()).unwrap();
    let now_s = jiff::Timestamp::now().as_second();
    let beginnings = beginnings(&site.articles, 40);
    let mut offered = 0;
    for text in &beginnings {
        for langs in [vec![], vec!["es".to_owned()]] {
            offered += find_all(&engine, &SuggestRequest { langs, now_s, ..request(text) });
        }
    }
    assert!(beginnings.len() > 2_000 && offered > 5_000, "{offered} for {}", beginnings.len());
}

#[test]
fn completions_on_random_sites_find_something_and_match_the_oracle() {
    let mut runner = TestRunner::new(Config { cases: 6, failure_persistence: None, ..Config::default() });
    let offered = std::cell::Cell::new(0);
    runner
        .run(&(random::site(), random::now_s()), |(records, now_s)| {
            let oracle = makers::oracle_of(&records);
            let (built, grown) = (makers::embedded(&records), makers::grown(&records));
            for (made, is_grown) in [(built, false), (grown, true)] {
                for (place, text) in beginnings(&made.articles, 5).iter().enumerate() {
                    let langs = if place % 3 == 0 { vec!["es".to_owned(), "pt".to_owned()] } else { vec![] };
                    let ui_lang = ["es", "pt-BR", "zh"].get(place % 4).map(|lang| (*lang).to_owned());
                    let request = SuggestRequest { langs, ui_lang, now_s, ..request(text) };
                    offered.set(offered.get() + find_all(made.engine.as_ref(), &request));
                    let (answer, expected) =
                        (made.engine.suggest(&request).unwrap(), oracle.suggest(&request).unwrap());
                    prop_assert_eq!(&answer.completions, &expected.completions, "{:?}", request);
                    let headed = |answer: &SuggestAnswer| -> Vec<(String, String)> {
                        answer.articles.iter().map(|one| (one.id.clone(), one.title_html.clone())).collect()
                    };
                    // What a search finds it orders by frequencies, in which deleted articles count.
                    prop_assert!(is_grown || headed(&answer) == headed(&expected), "{:?}", request);
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(offered.get() > 1_000, "{}", offered.get());
}

#[test]
fn the_best_of_many_are_found() {
    // More of each beginning than are gone through; every sixteenth leads to eight works, in whatever
    // segments these come to stand.
    let syllables = ["ba", "be", "bi", "bo", "bu", "ca", "ce", "ci"];
    let name = |at: usize| format!("B{}{}{}", syllables[at % 8], syllables[at / 8 % 8], syllables[at / 64 % 8]);
    let mut records: Vec<Value> = (0..512).map(|at| title(&format!("a{at}"), "en", &name(at))).collect();
    let others = (0..512).step_by(16).flat_map(|at| (0..7).map(move |copy| (at, copy)));
    records.extend(others.map(|(at, copy)| title(&format!("b{at}/{copy}"), "en", &name(at))));
    let (oracle, made) = (makers::oracle_of(&records), makers::embedded(&records));
    for typed in ["", "b", "bb", "bba", "bbab", "bbaba", "bca", "bbucec"] {
        let (answer, expected) = (suggest(&made, typed), oracle.suggest(&request(typed)).unwrap());
        assert_eq!(answer.completions, expected.completions, "{typed}");
    }
}

// Routes

#[test]
fn suggestions_are_answered_in_both_formats() {
    let answer = get("/v1/suggest?q=educacion+su&ui_lang=es&limit=3");
    assert_eq!(answer.status, StatusCode::OK);
    let body = &answer.body;
    assert_eq!((&body["query"], &body["limit"]), (&json!("educacion su"), &json!(3)));
    assert_eq!(body["completions"][0]["text"], "educación superior");
    assert_eq!(body["completions"][0]["text_html"], "educación su<mark>perior</mark>");
    let members: BTreeSet<&str> = body["articles"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["id", "title", "title_html", "url", "lang", "kind"]));
    assert!(body["articles"].as_array().unwrap().len() <= 3);
    assert!(body.to_string().len() < 2_000, "{body}");

    let answer = get("/suggest.json?q=educacion+su&ui_lang=es");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/x-suggestions+json");
    assert_eq!((&answer.body[0], &answer.body[1][0]), (&json!("educacion su"), &json!("educación superior")));
    assert_eq!(answer.body.as_array().unwrap().len(), 2);

    let asked = Request::get("/v1/suggest?q=a").header(header::ACCEPT_LANGUAGE, "pt").body(Body::empty()).unwrap();
    assert_eq!(ask(&CORPUS.router, asked).body["completions"][0]["lang"], "pt");
    assert_eq!(good("/v1/suggest?q=a&lang=fr")["completions"][0]["lang"], "fr");
    assert_eq!(good("/v1/suggest")["articles"], json!([]));
    assert!(!good("/v1/suggest")["completions"].as_array().unwrap().is_empty());
}

#[test]
fn suggest_reports_unknown_parameters() {
    for (query, name) in
        [("limit=21", "limit"), ("limit=x", "limit"), ("lang=x", "lang"), ("ui_lang=12", "ui_lang"), ("q=a&q=b", "q")]
    {
        for path in ["/v1/suggest", "/suggest.json"] {
            assert_eq!(problem(&get(&format!("{path}?{query}")), StatusCode::BAD_REQUEST).1, [name]);
        }
    }
    let (code, names) = problem(&get("/v1/suggest?q=a&kind=blog"), StatusCode::BAD_REQUEST);
    assert_eq!((code.as_str(), names), ("unknown-parameter", vec!["kind".to_owned()]));
}

#[test]
fn unchanged_suggestions_are_not_sent_again() {
    for path in ["/v1/suggest?q=mo", "/suggest.json?q=mo"] {
        let tag = get(path).headers[header::ETAG].clone();
        let asked = Request::get(path).header(header::IF_NONE_MATCH, &tag).body(Body::empty()).unwrap();
        assert_eq!(served::ask_text(&CORPUS.router, asked).status, StatusCode::NOT_MODIFIED);
    }
}
