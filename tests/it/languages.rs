//! The language of the documents:
//!
//! * the project's own articles, their declaration hidden, are told right, and no paragraph of
//!   theirs is taken for foreign;
//! * so are .998 of a real site's articles of 200 characters or more, and fewer than one in a
//!   hundred of its paragraphs is taken for foreign (`--ignored`, as all below);
//! * sentences of eight languages are told apart: no Catalan, German, Italian or Romanian is taken
//!   for one of the site's languages without need;
//! * sentences are found among those of another language;
//! * where a site says which languages it has, texts of a few words are told apart, too.
//!
//! The figures that the constants of `analysis::detect` name are printed by
//! `cargo test --release --test it languages:: -- --ignored --nocapture`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::time::Instant;

use fichero::analysis::{ExpectedLanguages, detect, foreign_language, language_group, passages_of};
use fichero::article::Article;
use fichero::sources::{self, ReadingRules, Record, SiteProfile};
use serde_json::{Value, json};

use crate::support;
use crate::support::site::{Site, shared};

/// The articles below a path, as they declare themselves.
fn articles(path: &Path) -> Vec<Article> {
    let mut articles = Vec::new();
    for file in sources::list(path).files {
        let profile = SiteProfile::default();
        let read = sources::read_file(
            &file.path,
            file.stem(),
            file.format,
            &profile,
            &ReadingRules::default(),
            |_, record| {
                if let Record::Article(article, _) = record {
                    articles.push(*article);
                }
                Ok::<(), Infallible>(())
            },
        );
        read.unwrap().unwrap();
    }
    articles
}

fn text(article: &Article) -> String {
    format!("{}\n{}\n{}", article.title, article.summary, article.body)
}

/// The articles of 200 characters or more that are not told right, and how many there are.
fn told_wrong(articles: &[Article]) -> (Vec<String>, usize) {
    let long: Vec<&Article> = articles.iter().filter(|article| text(article).chars().nth(199).is_some()).collect();
    let found = |article: &Article| detect(&text(article)).unwrap_or("-");
    let is_wrong = |article: &&&Article| language_group(found(article)) != language_group(&article.lang);
    let wrong = long.iter().filter(is_wrong).map(|article| format!("{} is {}", article.id, found(article)));
    (wrong.collect(), long.len())
}

/// The passages that are taken for foreign, and how many there are.
fn taken_for_foreign(articles: &[Article]) -> (Vec<String>, usize) {
    let (mut foreign, mut passages) = (Vec::new(), 0);
    for article in articles {
        let own = language_group(&article.lang);
        for passage in passages_of(&article.body) {
            passages += 1;
            if let Some(found) = foreign_language(passage.text, &own) {
                foreign.push(format!("{} has {found}: {}", article.id, passage.text));
            }
        }
    }
    (foreign, passages)
}

#[test]
fn languages_of_the_corpus_are_detected() {
    let articles = articles(&support::corpus());
    let (wrong, long) = told_wrong(&articles);
    assert!(wrong.is_empty() && long >= 100, "{long}: {wrong:?}");
    let (foreign, passages) = taken_for_foreign(&articles);
    assert!(foreign.is_empty() && passages >= 1_000, "{passages}: {foreign:?}");
}

#[test]
#[ignore = "reads ../shared"]
fn languages_of_a_real_site_are_detected() {
    let Some(path) = shared("data/sites/debian.jsonl") else { return };
    let articles = articles(&path);
    let begun = Instant::now();
    let (wrong, long) = told_wrong(&articles);
    let took = begun.elapsed();
    let right = 1.0 - wrong.len() as f64 / long as f64;
    println!("{right:.5} of {long} articles are told right, {:.3} ms each", took.as_secs_f64() * 1e3 / long as f64);
    println!("{}", wrong.join("\n"));
    assert!(long >= 18_000 && right >= 0.998, "{right}");
    let begun = Instant::now();
    let (foreign, passages) = taken_for_foreign(&articles);
    let took = begun.elapsed();
    let share = foreign.len() as f64 / passages as f64;
    println!(
        "{share:.5} of {passages} passages are foreign, {:.4} ms each",
        took.as_secs_f64() * 1e3 / passages as f64
    );
    assert!(passages >= 200_000 && share < 0.007, "{share}");
}

/// The languages of the sentences that a list of function words is there for, and how many of a
/// hundred sentences are at least told right.
const SENTENCES: [(&str, usize); 8] =
    [("en", 97), ("es", 95), ("pt", 98), ("fr", 98), ("it", 97), ("ca", 84), ("de", 99), ("ro", 96)];

fn sentences() -> Option<Vec<(String, String)>> {
    let path = shared("data/langid/lingua-sentences.tsv")?;
    let text = fs::read_to_string(path).unwrap();
    let pairs = text.lines().map(|line| line.split_once('\t').unwrap());
    Some(pairs.map(|(lang, sentence)| (lang.to_owned(), sentence.to_owned())).collect())
}

#[test]
#[ignore = "reads ../shared"]
fn sentences_of_eight_languages_are_distinguished() {
    let Some(sentences) = sentences() else { return };
    for (lang, expected) in SENTENCES {
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        let own: Vec<&str> = sentences.iter().filter(|(of, _)| of == lang).map(|(_, text)| text.as_str()).collect();
        for sentence in &own {
            *found.entry(detect(sentence).unwrap_or("-")).or_default() += 1;
        }
        println!("{lang}: {:.3} of {} sentences; {found:?}", found[lang] as f64 / own.len() as f64, own.len());
        assert!(found[lang] * 100 >= expected * own.len(), "{lang}");
    }
}

#[test]
#[ignore = "reads ../shared"]
fn sentences_are_found_among_those_of_another_language() {
    let Some(sentences) = sentences() else { return };
    for (words, expected) in [(12..16, 0.88), (16..1_000, 0.93)] {
        let (mut asked, mut hits, mut false_alarms) = (0, 0, 0);
        for (lang, sentence) in &sentences {
            if !SENTENCES.iter().any(|(known, _)| known == lang)
                || !words.contains(&sentence.split_whitespace().count())
            {
                continue;
            }
            false_alarms += usize::from(foreign_language(sentence, lang).is_some());
            for own in ["en", "es", "pt", "fr"].iter().filter(|own| *own != lang) {
                asked += 1;
                hits += usize::from(foreign_language(sentence, own) == Some(lang));
            }
        }
        let share = hits as f64 / asked as f64;
        println!("{words:?} words: {share:.3} of {asked} are found, {false_alarms} own ones are taken for foreign");
        assert!(share >= expected && false_alarms * 100 <= asked, "{share}, {false_alarms}");
    }
}

/// Texts without a declared language of a site that says which four it has, and how many of a
/// thousand are told right: sentences, two words, questions, paragraphs.
const EXPECTED: [(&str, [usize; 4]); 4] = [
    ("data/langid/lingua-sentences.tsv", [994, 987, 998, 997]),
    ("data/langid/lingua-word-pairs.tsv", [890, 810, 838, 955]),
    ("questions", [999, 997, 994, 0]),
    ("paragraphs", [998, 999, 998, 0]),
];

#[test]
#[ignore = "reads ../shared"]
fn texts_of_a_site_are_in_one_of_its_languages() {
    const LANGS: [&str; 4] = ["en", "es", "pt", "fr"];
    let languages = LANGS.map(String::from).to_vec();
    let site = ExpectedLanguages { languages, default: None };
    for (set, expected) in EXPECTED {
        for (lang, expected) in LANGS.into_iter().zip(expected) {
            let file = match set {
                "questions" => format!("data/search/squad-{lang}/queries.jsonl"),
                "paragraphs" => format!("data/search/squad-{lang}/corpus.jsonl"),
                file => file.to_owned(),
            };
            let Some(file) = shared(&file) else { continue };
            let file = fs::read_to_string(file).unwrap();
            let texts: Vec<String> = if set.ends_with("tsv") {
                let of_lang =
                    |line: &str| line.split_once('\t').filter(|(of, _)| *of == lang).map(|(_, text)| text.into());
                file.lines().filter_map(of_lang).collect()
            } else {
                let text = |line| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
                file.lines().map(text).collect()
            };
            let right = texts.iter().filter(|text| site.detect(text).as_deref() == Some(lang)).count();
            println!("{set}: {lang} {:.4} of {}", right as f64 / texts.len() as f64, texts.len());
            assert!(right * 1_000 >= expected * texts.len(), "{set}: {lang}");
        }
    }
}

#[test]
fn a_source_says_which_languages_its_articles_are_in() {
    let mut site = Site::new();
    let line = |(id, title): (&str, &str)| json!({ "id": id, "title": title }).to_string() + "\n";
    let titles = [("titles", "Chamada para bolsas"), ("number", "2023"), ("long", "Acta de la sesión")];
    site.write("site/avisos.jsonl", titles.map(line).concat());
    let languages = |site: &Site| -> BTreeMap<String, String> {
        site.articles().into_iter().map(|(id, article)| (id, article.lang)).collect()
    };
    site.sources[0].reading.languages =
        ExpectedLanguages { languages: vec!["es".into(), "pt-BR".into()], default: Some("es".into()) };
    site.reindex();
    let expected = [("long", "es"), ("number", "es"), ("titles", "pt-BR")];
    assert_eq!(languages(&site), expected.map(|(id, lang)| (id.to_owned(), lang.to_owned())).into());
    // Other rules read the files again.
    site.sources[0].reading.languages.languages = vec!["es".into()];
    site.reindex();
    assert_eq!(languages(&site)["titles"], "es");
}
