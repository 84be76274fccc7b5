//! Makes the word lists: `README.md` says from what, and how to call it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use tantivy_fst::MapBuilder;

use super::{LISTS, MIN_CHARS};
use crate::analysis::token_variants::QueryVariants;
use crate::analysis::{fold, normalize};

/// The longest word, in characters.
const MAX_CHARS: usize = 24;
/// The shortest word of a large list that is taken without a word of its stem in a chosen one, in
/// characters. Of shorter ones too many are rare words that are a slip away from a frequent one.
const MIN_UNSEEN_CHARS: usize = 6;

/// The words of a file, folded. Names of more than one word and abbreviations are left out.
fn words_of(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let words = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    let words = words.map(|word| fold(&normalize(word)).into_owned());
    let is_word = |word: &String| {
        (MIN_CHARS..=MAX_CHARS).contains(&word.chars().count()) && word.chars().all(|c| c.is_ascii_lowercase())
    };
    words.filter(is_word).collect()
}

/// The plurals of Portuguese words, by their endings: the lists have many words in one number only.
const PORTUGUESE_PLURALS: [(&str, &str); 10] = [
    ("a", "as"),
    ("e", "es"),
    ("o", "os"),
    ("ao", "oes"),
    ("al", "ais"),
    ("el", "eis"),
    ("ol", "ois"),
    ("m", "ns"),
    ("r", "res"),
    ("z", "zes"),
];

/// The plurals of words, and their singulars.
fn other_numbers(words: &BTreeSet<String>) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    for word in words.iter().filter(|word| word.len() >= MIN_UNSEEN_CHARS) {
        for (singular, plural) in PORTUGUESE_PLURALS {
            for (own, other) in [(singular, plural), (plural, singular)] {
                made.extend(word.strip_suffix(own).map(|root| format!("{root}{other}")));
            }
        }
    }
    made
}

#[test]
#[ignore = "needs the word lists, and writes into the sources"]
fn word_lists_are_made() {
    let lists = PathBuf::from(env::var("FICHERO_WORD_LISTS").unwrap());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analysis/dictionary");
    for (lang, _) in LISTS {
        let mut words = words_of(&lists.join(format!("{lang}.chosen.txt")));
        words.extend(words_of(&folder.join(format!("own/{lang}.txt"))));
        let large = words_of(&lists.join(format!("{lang}.large.txt")));
        if lang == "pt" {
            words.extend(other_numbers(&words));
        }
        let stems = |word: &String| QueryVariants::of(word, lang).stems;
        let seen: BTreeSet<String> = words.iter().flat_map(stems).collect();
        let is_taken =
            |word: &String| word.len() >= MIN_UNSEEN_CHARS || stems(word).iter().any(|stem| seen.contains(stem));
        words.extend(large.into_iter().filter(is_taken));
        let mut made = MapBuilder::memory();
        for word in &words {
            made.insert(word, 0).unwrap();
        }
        let bytes = made.into_inner().unwrap();
        println!("{lang}: {} words, {} bytes", words.len(), bytes.len());
        fs::write(folder.join(format!("{lang}.fst")), bytes).unwrap();
    }
}
