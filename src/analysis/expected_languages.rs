//! Detects the language of a text among the few that a site has.
//!
//! Nearly all errors of [`detect`] are languages that the site does not have: a title of three
//! words looks like one of eighty. Among the languages that a site says it has, function words,
//! word lists and whatlang decide together.

use whatlang::{Detector, Lang};

use super::dictionary::WordLists;
use super::language_detection::{MIN_WORDS, code, detect, foreign_language, sample};
use super::languages::function_words::Tally;
use super::languages::language_group;
use super::normalizer::{fold, normalize};

/// What a word of a language's word list adds to the language's score, times the logarithm of the
/// share of languages that the word excludes; a function word adds that once. Experiment
/// `languages.expected`, as the next two.
const LISTED_WEIGHT: f64 = 2.0;
/// What whatlang's guess adds to its language's score, and what it adds at full confidence.
const GUESS_SCORE: f64 = 0.5;
const CONFIDENCE_SCORE: f64 = 1.0;

/// What a source says about the languages of the articles that declare none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedLanguages {
    /// The languages that it has, as BCP 47 codes; empty: any.
    pub languages: Vec<String>,
    /// The language of a text that is too short to tell.
    pub default: Option<String>,
}

impl ExpectedLanguages {
    /// The language of a text as a BCP 47 code; `None` where nothing indicates one and there is no
    /// default.
    ///
    /// It is one of the expected languages, unless the text is clearly in another (see
    /// [`foreign_language`]) or too short for any.
    pub fn detect(&self, text: &str) -> Option<String> {
        let sample = sample(text);
        let tally = Tally::of(&sample);
        let Some(first) = self.languages.first() else {
            let is_short = self.default.is_some() && tally.words < MIN_WORDS;
            let found = (!is_short).then(|| detect(text)).flatten();
            return found.map(str::to_owned).or_else(|| self.default.clone());
        };
        let best = self.most_likely(&sample, &tally);
        let foreign = foreign_language(text, &language_group(best.unwrap_or(first)));
        foreign.or(best).map(str::to_owned).or_else(|| self.default.clone())
    }

    /// The expected language with the highest score; `None` where all have none.
    fn most_likely(&self, sample: &str, tally: &Tally) -> Option<&str> {
        let groups: Vec<String> = self.languages.iter().map(|lang| language_group(lang)).collect();
        let mut scores: Vec<f64> = groups.iter().map(|group| tally.score(group) * tally.words as f64).collect();
        if let Some(lists) = WordLists::of(&groups) {
            for word in sample.split(|c: char| !c.is_alphabetic()) {
                let has_word = lists.having(&fold(&normalize(word)));
                let count = has_word.iter().filter(|has_word| **has_word).count().max(1);
                let weight = LISTED_WEIGHT * (groups.len() as f64 / count as f64).ln();
                for (score, _) in scores.iter_mut().zip(has_word).filter(|(_, has_word)| *has_word) {
                    *score += weight;
                }
            }
        }
        let group_of = |lang: Lang| language_group(code(lang));
        let known = Lang::all().iter().copied().filter(|lang| groups.contains(&group_of(*lang))).collect();
        if let Some(guess) = Detector::with_allowlist(known).detect(sample) {
            let guessed = group_of(guess.lang());
            for (score, _) in scores.iter_mut().zip(&groups).filter(|(_, group)| **group == guessed) {
                *score += GUESS_SCORE + CONFIDENCE_SCORE * guess.confidence();
            }
        }
        let scored = self.languages.iter().zip(scores).filter(|(_, score)| *score > 0.0);
        // Of equal ones, the first is more likely: people name the most important language first.
        scored.rev().max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(lang, _)| lang.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(languages: &[&str], default: Option<&str>) -> ExpectedLanguages {
        ExpectedLanguages {
            languages: languages.iter().map(|lang| (*lang).to_owned()).collect(),
            default: default.map(str::to_owned),
        }
    }

    #[test]
    fn short_texts_are_in_a_language_of_the_site() {
        let site = expected(&["en", "es", "pt-BR", "fr"], Some("es"));
        for (text, lang) in [
            ("Convocatoria de becas", "es"),
            ("Educación superior y ciencia", "es"),
            ("Chamada para bolsas de estudo", "pt-BR"),
            ("Appel à candidatures", "fr"),
            ("Call for papers", "en"),
            ("Quality assurance", "en"),
            ("Enseignement supérieur", "fr"),
            ("2023", "es"),
            ("", "es"),
        ] {
            assert_eq!(site.detect(text).as_deref(), Some(lang), "{text}");
        }
        assert_eq!(expected(&["en", "es"], None).detect("2023"), None);
    }

    #[test]
    fn a_text_that_is_clearly_in_another_language_keeps_it() {
        let site = expected(&["en", "es", "pt", "fr"], Some("es"));
        for (text, lang) in [
            ("Die Hochschulbildung ist ein Recht aller Menschen, die in der Region leben und arbeiten.", "de"),
            ("Высшее образование — это право всех людей, живущих в регионе.", "ru"),
        ] {
            assert_eq!(site.detect(text).as_deref(), Some(lang), "{text}");
        }
    }

    #[test]
    fn languages_without_word_lists_are_told_as_well() {
        let site = expected(&["ca", "de", "es"], None);
        for (text, lang) in [("Les universitats de la regió", "ca"), ("Die Universitäten der Region", "de")] {
            assert_eq!(site.detect(text).as_deref(), Some(lang), "{text}");
        }
    }

    #[test]
    fn without_expected_languages_only_short_texts_take_the_default() {
        let any = expected(&[], Some("qu"));
        assert_eq!(any.detect("Yachay wasi").as_deref(), Some("qu"));
        let english = "Higher education is a right of all the people who live in the region.";
        assert_eq!(any.detect(english).as_deref(), Some("en"));
        assert_eq!(expected(&[], None).detect(english).as_deref(), Some("en"));
    }
}
