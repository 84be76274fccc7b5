//! Synonyms configured by the site.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::analysis::{QueryVariants, language_group, words};
use crate::article::is_language_tag;
use crate::engine::ranking::LanguageStats;

/// A group of words and phrases that are synonyms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SynonymGroup {
    /// The only language in which they are synonyms, BCP 47.
    pub lang: Option<String>,
    /// The normalized words of each member.
    pub members: Vec<Vec<String>>,
}

/// An error in a line of a synonyms file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SynonymProblem {
    /// Fewer than two members.
    #[error("line {0}: a group needs two words or phrases at least, separated by commas")]
    Alone(usize),
    /// More members than are affordable for one word of a query.
    #[error("line {0}: more than {MAX_MEMBERS} words or phrases: split the group")]
    Many(usize),
    /// A member without words.
    #[error("line {0}: {1:?} holds no word")]
    NoWord(usize, String),
    /// A member with too many words.
    #[error("line {0}: {1:?} is longer than {MAX_MEMBER_WORDS} words")]
    Long(usize, String),
}

/// The maximum number of members of a group.
const MAX_MEMBERS: usize = 40;
/// The maximum number of synonyms of one query.
const MAX_FOUND: usize = 80;
/// The maximum number of words of a member.
const MAX_MEMBER_WORDS: usize = 8;

/// Parses a synonyms file: one group per line, with members separated by commas and an optional
/// language prefix (`es:`); `#` starts a comment.
pub fn parse(text: &str) -> Result<Vec<SynonymGroup>, SynonymProblem> {
    let mut groups = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(place, line)| (place + 1, line)) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let named = line.split_once(':').map(|(lang, rest)| (lang.trim(), rest));
        let named = named.filter(|(lang, _)| lang.len() <= 8 && is_language_tag(lang));
        let (lang, list) = named.map_or((None, line), |(lang, list)| (Some(lang.to_owned()), list));
        let mut members: Vec<Vec<String>> = Vec::new();
        for member in list.split(',').map(str::trim).filter(|member| !member.is_empty()) {
            let cut: Vec<String> =
                words(member).into_iter().filter(|word| word.span == 1).map(|word| word.text.into_owned()).collect();
            match cut.len() {
                0 => return Err(SynonymProblem::NoWord(number, member.to_owned())),
                1..=MAX_MEMBER_WORDS if !members.contains(&cut) => members.push(cut),
                1..=MAX_MEMBER_WORDS => {}
                _ => return Err(SynonymProblem::Long(number, member.to_owned())),
            }
        }
        match members.len() {
            0 | 1 => return Err(SynonymProblem::Alone(number)),
            2..=MAX_MEMBERS => {}
            _ => return Err(SynonymProblem::Many(number)),
        }
        groups.push(SynonymGroup { lang, members });
    }
    Ok(groups)
}

/// The groups of a site, indexed for the languages of a collection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SynonymIndex {
    groups: Vec<SynonymGroup>,
    /// The members by their first stem: group and member index.
    by_first_stem: HashMap<String, Vec<(usize, usize)>>,
}

/// A synonym of words of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundSynonym {
    /// The indexes of the words that it replaces.
    pub span: Range<usize>,
    /// Its own words.
    pub words: Vec<String>,
    /// The language group in which it applies; all if `None`.
    pub lang: Option<String>,
}

impl SynonymIndex {
    /// Indexes groups.
    pub fn new(groups: Vec<SynonymGroup>, languages: &[LanguageStats]) -> SynonymIndex {
        let mut by_first_stem: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (group_place, group) in groups.iter().enumerate() {
            for (member_place, member) in group.members.iter().enumerate() {
                let Some(first) = member.first() else { continue };
                for stem in languages.iter().filter(|of| group.is_of(of)).flat_map(|of| stems(first, of)) {
                    let found = by_first_stem.entry(stem).or_default();
                    if !found.contains(&(group_place, member_place)) {
                        found.push((group_place, member_place));
                    }
                }
            }
        }
        SynonymIndex { groups, by_first_stem }
    }

    /// The synonyms of single words or word sequences of a query, in a fixed order.
    pub fn of(&self, typed: &[&str], languages: &[LanguageStats]) -> Vec<FoundSynonym> {
        let mut found: Vec<FoundSynonym> = Vec::new();
        if self.groups.is_empty() {
            return found;
        }
        for start in 0..typed.len() {
            for language in languages {
                for (group, member) in self.members_at(typed, start, language) {
                    for words in group.members.iter().filter(|other| *other != member) {
                        let span = start..start + member.len();
                        let lang = group.lang.as_deref().map(language_group);
                        let synonym = FoundSynonym { span, words: words.clone(), lang };
                        if found.len() < MAX_FOUND && !found.contains(&synonym) {
                            found.push(synonym);
                        }
                    }
                }
            }
        }
        found
    }

    /// The members that match the words of a query from `start` on, in any form of one language.
    fn members_at(&self, typed: &[&str], start: usize, language: &LanguageStats) -> Vec<(&SynonymGroup, &Vec<String>)> {
        let first_stems = typed.get(start).map(|first| stems(first, language)).unwrap_or_default();
        let places = first_stems.iter().filter_map(|stem| self.by_first_stem.get(stem)).flatten();
        let members = places.filter_map(|(group, member)| {
            let group = self.groups.get(*group)?;
            Some((group, group.members.get(*member)?))
        });
        let meant = members.filter(|(group, member)| {
            let row = typed.get(start..start + member.len());
            group.is_of(language) && row.is_some_and(|row| are_same(row, member, language))
        });
        meant.collect()
    }
}

impl SynonymGroup {
    fn is_of(&self, language: &LanguageStats) -> bool {
        self.lang.as_deref().is_none_or(|lang| language_group(lang) == language.lang)
    }
}

fn stems(word: &str, language: &LanguageStats) -> Vec<String> {
    QueryVariants::of(word, &language.lang).stems
}

/// Whether the words of a sequence are forms of a member's words in a language.
fn are_same(row: &[&str], member: &[String], language: &LanguageStats) -> bool {
    row.iter().zip(member).all(|(typed, known)| {
        let known = stems(known, language);
        stems(typed, language).iter().any(|stem| known.contains(stem))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn languages() -> Vec<LanguageStats> {
        let of = |lang: &str| LanguageStats { lang: lang.to_owned(), articles: 1, words: Default::default() };
        vec![of("en"), of("es")]
    }

    #[test]
    fn groups_are_parsed_and_errors_name_their_line() {
        let groups = parse("# ours\n\nes: beca, ayuda económica\nIA, inteligencia artificial, AI # across\n").unwrap();
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[0].lang.as_deref(), &groups[1].lang), (Some("es"), &None));
        assert_eq!(groups[0].members[1], ["ayuda", "económica"]);
        assert_eq!(parse("a, b\nalone").unwrap_err(), SynonymProblem::Alone(2));
        let many: Vec<String> = (0..41).map(|number| format!("w{number}")).collect();
        assert_eq!(parse(&many.join(",")).unwrap_err(), SynonymProblem::Many(1));
        assert_eq!(parse("a, --").unwrap_err(), SynonymProblem::NoWord(1, "--".to_owned()));
    }

    #[test]
    fn words_and_phrases_are_found_in_any_form() {
        let index =
            SynonymIndex::new(parse("es: beca, ayuda económica\nIA, inteligencia artificial").unwrap(), &languages());
        let of = |words: &[&str]| -> Vec<(Range<usize>, String)> {
            index.of(words, &languages()).into_iter().map(|found| (found.span, found.words.join(" "))).collect()
        };
        assert_eq!(of(&["las", "becas"]), [(1..2, "ayuda económica".to_owned())]);
        assert_eq!(of(&["inteligencias", "artificial", "hoy"]), [(0..2, "ia".to_owned())]);
        assert_eq!(of(&["inteligencia"]), []);
        assert_eq!(of(&["ia"]), [(0..1, "inteligencia artificial".to_owned())]);
    }
}
