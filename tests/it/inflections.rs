//! The inflections of words, in an index of one-word articles:
//!
//! * a plural finds its singular, and a feminine its masculine, and back, while both stand in the
//!   index (`tests/fixtures/inflections`, a list for each language; `FICHERO_PAIRS` names further
//!   lists of the same form, which are only measured);
//! * the word itself and its inflections come before other words of the same stem, wherever these
//!   stand;
//! * where a word does not occur in any form, words of its family are found (verb, noun, adjective),
//!   and the answer says so; a literal query finds none of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use fichero::engine::Note;

use crate::support::library::{helped, ids_of, page, request};
use crate::support::makers;

/// What share of the pairs of a list must at least find each other.
const FLOORS: [(&str, f64); 9] = [
    ("es-plural", 0.99),
    ("es-gender", 0.98),
    ("pt-plural", 0.98),
    ("pt-gender", 0.98),
    ("fr-plural", 0.99),
    ("fr-gender", 0.99),
    ("en-plural", 0.99),
    ("ca-plural", 0.97),
    ("ca-gender", 0.95),
];

/// The pairs of words of a list: two on a line, separated by a tab.
fn pairs(path: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once('\t'));
    pairs.map(|(one, other)| (one.to_owned(), other.to_owned())).collect()
}

/// The queries of a list that do not find their other word without help, and how many were asked.
fn lost(lang: &str, pairs: &[(String, String)]) -> (Vec<String>, usize) {
    let words: BTreeSet<&str> = pairs.iter().flat_map(|(one, other)| [one.as_str(), other]).collect();
    let records: Vec<_> = words.iter().map(|word| page(word, lang, word, "")).collect();
    let made = makers::embedded(&records);
    let mut lost = Vec::new();
    for (typed, wanted) in pairs.iter().flat_map(|(one, other)| [(one, other), (other, one)]) {
        let answer = made.engine.search(&request(typed)).unwrap();
        if !answer.corrections.is_empty() || !ids_of(&answer).contains(wanted) {
            lost.push(format!("{typed} does not find {wanted}"));
        }
    }
    (lost, pairs.len() * 2)
}

/// The share of the pairs of a list, named after its language, that find each other.
fn measured(path: &Path) -> f64 {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let lang = name.split('-').next().unwrap();
    let (lost, asked) = lost(lang, &pairs(path));
    let share = 1.0 - lost.len() as f64 / asked as f64;
    println!("{name}: {share:.4} of {asked}; {}", lost.join(", "));
    share
}

#[test]
fn plurals_and_feminines_find_each_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inflections");
    for (name, floor) in FLOORS {
        assert!(measured(&folder.join(format!("{name}.tsv"))) >= floor, "{name}");
    }
}

#[test]
#[ignore = "measures lists that FICHERO_PAIRS names, separated by colons"]
fn pairs_of_further_lists_are_measured() {
    let lists: Vec<PathBuf> = env::var_os("FICHERO_PAIRS").iter().flat_map(env::split_paths).collect();
    for list in lists {
        measured(&list);
    }
}

#[test]
fn the_word_and_its_inflections_come_before_other_words_of_its_stem() {
    let long = |word: &str, lang: &str| {
        let rest = if lang == "en" { "trees and rivers in the hills " } else { "tres ríos y un monte verde " };
        format!("{} {word}. {}", rest.repeat(3), rest.repeat(3))
    };
    // A language, a query, the word in a body, the word of its stem in a title and in another body.
    for (lang, query, held, other) in [
        ("es", "organismos", "organismo", "organización"),
        ("es", "marinas", "marinas", "marineros"),
        ("pt", "publicações", "publicação", "públicos"),
        ("fr", "nations", "nation", "nationalités"),
        ("en", "universities", "university", "universal"),
        ("en", "organs", "organ", "organization"),
    ] {
        let records = [
            page("held", lang, "Varia", &long(held, lang)),
            page("other", lang, other, &format!("{other} {other} {other} {other}")),
            page("none", lang, "Varia", &long("nihil", lang)),
        ];
        for maker in [makers::oracle, makers::embedded] {
            let made = maker(&records);
            let found = ids_of(&made.engine.search(&request(query)).unwrap());
            assert_eq!(found.first().map(String::as_str), Some("held"), "{lang} {query}: {found:?}");
        }
    }
}

/// What share of the ordered pairs of words of a family must at least find each other.
const FAMILY_FLOORS: [(&str, f64); 4] = [("es", 0.80), ("pt", 0.80), ("fr", 0.75), ("en", 0.75)];

#[test]
fn words_of_a_family_are_found_where_the_word_itself_does_not_occur() {
    for (lang, floor) in FAMILY_FLOORS {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/inflections/{lang}-families.tsv"));
        let text = fs::read_to_string(path).unwrap();
        let families: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
        let (mut asked, mut lost) = (0, Vec::new());
        for standing in 0..3 {
            let records: Vec<_> = families.iter().map(|words| page(words[0], lang, words[standing], "")).collect();
            let made = makers::embedded(&records);
            for words in &families {
                for typed in (0..3).filter(|place| *place != standing).map(|place| words[place]) {
                    let answer = made.engine.search(&helped(typed)).unwrap();
                    asked += 1;
                    if !answer.corrections.is_empty() || ids_of(&answer).first().is_none_or(|id| id != words[0]) {
                        lost.push(format!("{typed} does not find {}", words[standing]));
                    }
                }
            }
        }
        let share = 1.0 - lost.len() as f64 / asked as f64;
        println!("{lang}: {share:.4} of {asked}; {}", lost.join(", "));
        assert!(share >= floor, "{lang}: {share}");
    }
}

#[test]
fn a_word_of_the_family_is_told_and_not_found_literally() {
    let records = [
        page("held", "es", "Ayuda a la discapacidad", "Rampas y ascensores."),
        page("other", "es", "Un monte verde", "Tres ríos."),
    ];
    for maker in [makers::oracle, makers::embedded] {
        let made = maker(&records);
        let answer = made.engine.search(&helped("discapacitadas")).unwrap();
        assert_eq!(ids_of(&answer), ["held"]);
        let told = Note::WordFamily { typed: "discapacitadas".to_owned(), searched: vec!["discapacidad".to_owned()] };
        assert!(answer.notes.contains(&told) && answer.corrections.is_empty(), "{:?}", answer.notes);
        assert!(ids_of(&made.engine.search(&request("discapacitadas")).unwrap()).is_empty());
        let answer = made.engine.search(&helped("discapacidades")).unwrap();
        assert!(answer.notes.is_empty(), "an inflection occurs: {:?}", answer.notes);
    }
}
