//! The words of a real thesaurus, typed as readers type them (`--ignored`; needs
//! `$FICHERO_SHARED/data/thesaurus`):
//!
//! * every accented Spanish word of its labels is found without its accents, in the plural, and
//!   in the plural without accents;
//! * and back: each of these is found by the accented singular;
//! * a word typed with `ñ` does not find one with `n` first.

use std::collections::BTreeSet;
use std::fs;

use fichero::analysis::{fold, fold_keeping_tilde, normalize, words};
use fichero::engine::SearchEngine;

use crate::support::library::{ids_of, page, request};
use crate::support::makers;
use crate::support::site::shared;

/// The words of the Spanish labels that are written with an accent, a dieresis or a tilde.
fn accented(turtle: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in turtle.lines().filter(|line| line.contains("Label")) {
        let mut pieces = line.split('"').peekable();
        while let Some(label) = pieces.next() {
            if !pieces.peek().is_some_and(|after| after.starts_with("@es")) {
                continue;
            }
            let plain = words(label).into_iter().filter(|word| word.span == 1).map(|word| word.text.into_owned());
            found.extend(plain.filter(|word| word.contains(['á', 'é', 'í', 'ó', 'ú', 'ü', 'ñ'])));
        }
    }
    found
}

/// The Spanish plural of a word in the singular; a word in the plural stays.
fn plural(word: &str) -> String {
    let last = word.chars().next_back().unwrap();
    if word.chars().count() < 4 {
        return word.to_owned(); // *sí*, *té*
    }
    let stem = || word.strip_suffix(last).unwrap();
    match last {
        's' | 'x' => word.to_owned(),
        'z' => format!("{}ces", stem()),
        'n' => format!(
            "{}nes",
            ["á", "é", "í", "ó", "ú"].iter().zip(["a", "e", "i", "o", "u"]).fold(
                stem().to_owned(),
                |stem, (with, without)| {
                    stem.strip_suffix(with).map_or(stem.clone(), |head| format!("{head}{without}"))
                }
            )
        ),
        'a' | 'e' | 'i' | 'o' | 'u' | 'á' | 'é' | 'ó' => format!("{word}s"),
        'í' | 'ú' => format!("{word}es"),
        _ => format!("{word}es"),
    }
}

#[test]
#[ignore = "needs the open sets"]
fn accented_spanish_words_match_their_plain_and_plural_forms() {
    let Some(path) = shared("data/thesaurus/unesco-thesaurus.ttl") else { return };
    let singular: Vec<String> = accented(&fs::read_to_string(path).unwrap()).into_iter().collect();
    assert!(singular.len() > 1_500, "{} words", singular.len());
    let forms = |word: &String| [fold(word).into_owned(), plural(word), fold(&plural(word)).into_owned()];
    let site_of = |texts: Vec<String>| {
        let records: Vec<_> =
            texts.iter().enumerate().map(|(place, text)| page(&format!("{place}"), "es", text, "")).collect();
        makers::embedded(&records)
    };
    let mut lost = Vec::new();
    let made = site_of(singular.clone());
    for (place, word) in singular.iter().enumerate() {
        for typed in forms(word) {
            if !finds(made.engine.as_ref(), &typed, &place.to_string()) {
                lost.push(format!("{typed} does not find {word}"));
            }
        }
    }
    // A tilde that was typed counts: only the vowels lose their accents on the way back.
    let plain = |word: &str| fold_keeping_tilde(word).into_owned();
    let written = [|word: &str| word.to_owned(), |word: &str| plural(word)];
    for form in written {
        for accents in [false, true] {
            let texts = singular.iter().map(|word| if accents { form(word) } else { plain(&form(word)) });
            let texts: Vec<String> = texts.collect();
            let made = site_of(texts.clone());
            for (place, (word, text)) in singular.iter().zip(&texts).enumerate() {
                if !finds(made.engine.as_ref(), word, &place.to_string()) {
                    lost.push(format!("{word} does not find {text}"));
                }
            }
        }
    }
    println!("{} accented words, {} of {} ways are lost: {lost:?}", singular.len(), lost.len(), singular.len() * 7);
    assert!(lost.is_empty());
}

fn finds(engine: &dyn SearchEngine, typed: &str, id: &str) -> bool {
    let answer = engine.search(&request(&normalize(typed))).unwrap();
    // What was put right is not found by its own form.
    answer.corrections.is_empty() && ids_of(&answer).iter().any(|found| found == id)
}

#[test]
fn a_year_is_not_an_anus() {
    let made = makers::embedded(&[page("a", "es", "El ano", "ano ano"), page("b", "es", "El año", "Texto")]);
    assert_eq!(ids_of(&made.engine.search(&request("año")).unwrap()), ["b"]);
}
