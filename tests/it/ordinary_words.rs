//! Ordinary words that a site does not contain, asked of the index of `corpus/`:
//!
//! * of everyday words (`tests/fixtures/ordinary_words`, a list for each language) that stand nowhere, at
//!   most 2 % are answered as another word;
//! * of words with a slip of the hand or the ear (`slips.tsv`, each with what was meant), at least nine in
//!   ten are mended;
//! * a word that is spelt right is mended where the other words tell that it is a slip, and where it is
//!   the same word in another spelling; no word of another language is taken for one of its family.
//!
//! Words on even places of the lists (the first is 0) may be used to choose rules and word lists; those on
//! odd places are held out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::library::{helped, ids_of, page, with_filler};
use crate::support::makers::{self, Maker};
use crate::support::served::{escaped, good};

/// The largest share of absent words that may be answered as others.
const MOST_TURNED: f64 = 0.02;
/// The smallest share of slips that must be mended.
const MIN_MENDED: f64 = 0.9;
/// The fewest words of each language that must be absent for the share to say something.
const MIN_ABSENT: usize = 200;

fn fixture(name: &str) -> String {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ordinary_words");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn absent_words_are_not_turned_into_others() {
    for lang in ["es", "pt", "fr", "en"] {
        let text = fixture(&format!("{lang}.txt"));
        let (mut absent, mut turned, mut kin) = (0, [Vec::new(), Vec::new()], Vec::new());
        for (place, word) in text.split_whitespace().enumerate() {
            let path = format!("/v1/search?facets=none&limit=1&ui_lang={lang}&q={}", escaped(word));
            if good(&format!("{path}&literal=true"))["total"]["value"] != 0 {
                continue;
            }
            absent += 1;
            let answer = good(&path);
            let searched = &answer["corrections"][0]["searched"][0];
            match answer["recovery"]["kind"].as_str() {
                Some("newest") => assert_eq!(answer["recovery"]["to"], "", "{word}: nothing is told to be answered"),
                Some("spelling" | "split" | "joined") => {
                    turned[place % 2].push(format!("{word} {}", answer["recovery"]["to"]))
                }
                _ if searched.is_string() => turned[place % 2].push(format!("{word} {searched}")),
                _ => kin.push(word),
            }
        }
        let [seen, held_out] = &turned;
        println!(
            "{lang}: of {absent} absent {} and, held out, {}: {turned:?}; kin: {kin:?}",
            seen.len(),
            held_out.len()
        );
        assert!(absent >= MIN_ABSENT, "{lang}: {absent}");
        let share = |turned: &[String], of: usize| turned.len() as f64 / of as f64;
        assert!(share(&turned.concat(), absent) <= MOST_TURNED, "{lang}: {turned:?}");
        assert!(share(held_out, absent / 2) <= MOST_TURNED, "{lang}, held out: {held_out:?}");
    }
}

#[test]
fn slips_are_mended_all_the_same() {
    let slips = fixture("slips.tsv");
    let slips: BTreeSet<(&str, &str)> = slips.lines().filter_map(|line| line.split_once('\t')).collect();
    let is_mended = |(typed, meant): &&(&str, &str)| {
        let answer = good(&format!("/v1/search?facets=none&limit=1&q={}", escaped(typed)));
        // As the site writes it: a name of its own in capitals.
        answer["corrections"][0]["searched"][0].as_str().is_some_and(|searched| searched.to_lowercase() == *meant)
    };
    let mended = slips.iter().filter(is_mended).count();
    println!("{mended} of {} slips are mended", slips.len());
    assert!(mended as f64 >= MIN_MENDED * slips.len() as f64, "{mended} of {}", slips.len());
}

macro_rules! on_both {
    ($($way:ident)*) => {
        mod oracle { $(#[test] fn $way() { super::$way(super::makers::oracle); })* }
        mod embedded { $(#[test] fn $way() { super::$way(super::makers::embedded); })* }
    };
}

on_both! {
    other_words_tell_a_slip_that_is_a_word
    other_spelling_of_a_word_is_that_word
    word_of_another_language_is_no_relative
}

fn corrections(maker: Maker, records: &[serde_json::Value], query: &str) -> Vec<String> {
    let made = maker(&with_filler(records.to_vec()));
    let answer = made.engine.search(&helped(query)).unwrap();
    answer.corrections.into_iter().flat_map(|correction| correction.searched).collect()
}

fn other_words_tell_a_slip_that_is_a_word(maker: Maker) {
    let records = [
        page("a", "es", "La guerra mundial", "La segunda guerra mundial."),
        page("b", "es", "Otra guerra mundial", "La primera guerra mundial."),
        page("c", "es", "Posgrado en línea", "Un posgrado en línea."),
        page("d", "es", "Más de un posgrado", "Otro posgrado en línea."),
    ];
    // A word of the list, a letter too few: what stands with the other word is meant.
    assert_eq!(corrections(maker, &records, "guera mundial"), ["guerra"]);
    // Two letters away nothing tells that the word itself is not meant.
    assert!(corrections(maker, &records, "pregrado linea").is_empty());
    assert!(corrections(maker, &records, "pregrado").is_empty());
}

fn other_spelling_of_a_word_is_that_word(maker: Maker) {
    for (lang, typed, held) in
        [("es", "postgrado", "posgrado"), ("en", "organisation", "organization"), ("pt", "projecto", "projeto")]
    {
        let records = [page("a", lang, held, &format!("{held}."))];
        let made = maker(&with_filler(records.to_vec()));
        let answer = made.engine.search(&helped(typed)).unwrap();
        assert_eq!(ids_of(&answer).first().map(String::as_str), Some("a"), "{typed}");
    }
}

fn word_of_another_language_is_no_relative(maker: Maker) {
    let records = [
        page("a", "en", "A policy paper", "The policy and other policies of the board."),
        page("b", "es", "Cuarenta becas", "Son cuarenta becas."),
    ];
    for absent in ["policía", "cuarentena"] {
        let made = maker(&with_filler(records.to_vec()));
        let answer = made.engine.search(&helped(absent)).unwrap();
        let kind = answer.recovery.map(|recovery| recovery.kind);
        assert_eq!(kind, Some(fichero::engine::RecoveryKind::Newest), "{absent}: {:?}", answer.notes);
    }
}
