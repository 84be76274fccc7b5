//! Finds the words of a query in displayed text and renders it as HTML: escaped, with `<mark>` as
//! its only element.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::analysis::{Zone, with_variants_cache, words};
use crate::engine::planning::{Plan, PlannedClause, WordForms, folded_word};

/// A sequence of words that matches words of the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern<'p> {
    /// The words; usually one.
    pub sequence: Cow<'p, [WordForms]>,
    /// The words of the query that it matches, one bit each, by their index in the plan.
    pub words: u64,
    role: TokenRole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenRole {
    /// Marked everywhere.
    Content,
    /// A function word: marked only between marks.
    Function,
    /// Excluded by the query: never marked.
    Excluded,
}

/// A word of a pattern: the index of the pattern, and of the word in it.
type Slot = (usize, u32);

/// A word of a text, with the pattern words that it matches.
#[derive(Debug, Clone)]
pub struct TextToken {
    /// Its position in the text, in words.
    pub position: u32,
    /// Its byte range.
    pub bytes: Range<usize>,
    /// Whether it is a word or compound of the text, rather than an additional index form.
    pub is_spoken: bool,
    slots: Vec<Slot>,
}

impl TextToken {
    /// The token shifted by a number of words and bytes.
    pub fn shifted(self, words: u32, bytes: usize) -> TextToken {
        TextToken {
            position: self.position.saturating_add(words),
            bytes: self.bytes.start + bytes..self.bytes.end + bytes,
            ..self
        }
    }
}

/// A range of a text that matches words of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its byte range.
    pub bytes: Range<usize>,
    /// The words that it matches, one bit each; none for a function word between two other marks.
    pub words: u64,
}

/// Finds the words of a plan in texts of one zone, in every form in which they match.
///
/// A word typed only in quotation marks is marked only as part of the whole phrase. A word limited
/// to another zone, or excluded, is not marked. A function word marked everywhere would be noise:
/// it is marked only where it joins two marks (`calidad de la educación`), unless the query has no
/// other words.
#[derive(Debug)]
pub struct Highlighter<'p> {
    patterns: Vec<Pattern<'p>>,
    slots: HashMap<String, Vec<Slot>>,
    weights: Vec<f32>,
    shows_marks: bool,
}

impl<'p> Highlighter<'p> {
    /// A highlighter for the words of a plan in texts of a zone.
    pub fn new(plan: &'p Plan, zone: Zone) -> Highlighter<'p> {
        let mut highlighter = Highlighter {
            patterns: Vec::new(),
            slots: HashMap::new(),
            weights: plan.words.iter().map(|word| word.weight).collect(),
            shows_marks: true,
        };
        let is_here = |only: Option<Zone>| only.is_none_or(|only| only == zone);
        let has_phrases = !plan.required.is_empty();
        let has_others = plan.words.iter().any(|word| !word.is_function_word);
        for (place, word) in plan.words.iter().enumerate() {
            if !is_here(word.zone) || (word.is_quoted && has_phrases) {
                continue;
            }
            let role = if word.is_function_word && has_others { TokenRole::Function } else { TokenRole::Content };
            for variant in &word.variants {
                highlighter.add(Cow::Borrowed(&variant.sequence), bit(place), role);
            }
        }
        for clause in plan.required.iter().filter(|clause| is_here(clause.zone)) {
            highlighter.add_clause(clause, plan, TokenRole::Content);
        }
        for clause in plan.excluded.iter().filter(|clause| is_here(clause.zone)) {
            highlighter.add_clause(clause, plan, TokenRole::Excluded);
        }
        highlighter
    }

    /// A highlighter that renders texts without marks.
    pub fn without_marks(self) -> Highlighter<'p> {
        Highlighter { shows_marks: false, ..self }
    }

    /// The patterns that are marked everywhere.
    pub fn content_patterns(&self) -> impl Iterator<Item = &Pattern<'p>> {
        self.patterns.iter().filter(|pattern| pattern.role == TokenRole::Content)
    }

    /// The summed weight of some words of the query.
    pub fn weight(&self, words: u64) -> f32 {
        if words == 0 {
            return 0.0;
        }
        self.weights.iter().enumerate().filter(|(place, _)| words & bit(*place) != 0).map(|(_, weight)| weight).sum()
    }

    fn add_clause(&mut self, clause: &PlannedClause, plan: &Plan, role: TokenRole) {
        for phrase in &clause.phrases {
            let is_held = |text: &String| phrase.contains(&folded_word(text));
            let places = plan.words.iter().enumerate().filter(|(_, word)| is_held(&word.text));
            let words = places.fold(0, |words, (place, _)| words | bit(place));
            let as_written = |word: &String| WordForms { folded: vec![word.clone()], ..WordForms::default() };
            self.add(Cow::Owned(phrase.iter().map(as_written).collect()), words, role);
        }
    }

    fn add(&mut self, sequence: Cow<'p, [WordForms]>, words: u64, role: TokenRole) {
        let place = self.patterns.len();
        for (offset, forms) in (0u32..).zip(sequence.iter()) {
            for form in forms.stems.iter().flatten().chain(&forms.folded).chain(&forms.inflected) {
                let slots = self.slots.entry(form.clone()).or_default();
                if slots.last() != Some(&(place, offset)) {
                    slots.push((place, offset));
                }
            }
        }
        self.patterns.push(Pattern { sequence, words, role });
    }

    /// Tokenizes a text in one or more languages.
    pub fn read(&self, text: &str, langs: &[&str]) -> Vec<TextToken> {
        let words = words(text).into_iter();
        let mut tokens: Vec<(TextToken, Cow<'_, str>)> = words
            .map(|word| {
                let is_spoken = word.span > 0;
                (TextToken { position: word.position, bytes: word.bytes, is_spoken, slots: Vec::new() }, word.text)
            })
            .collect();
        for lang in langs.iter().filter(|_| !self.slots.is_empty()) {
            with_variants_cache(lang, |cache| {
                for (token, text) in &mut tokens {
                    let forms = cache.variants(text);
                    let known = forms.stems.iter().chain(&forms.words).filter_map(|form| self.slots.get(form));
                    for slot in known.flatten() {
                        if !token.slots.contains(slot) {
                            token.slots.push(*slot);
                        }
                    }
                }
            });
        }
        tokens.into_iter().map(|(token, _)| token).collect()
    }

    /// The marks of a tokenized text, in order and without overlaps.
    pub fn marks(&self, text: &str, tokens: &[TextToken]) -> Vec<Mark> {
        let excluded = self.standing(tokens, TokenRole::Excluded);
        let is_free = |bytes: &Range<usize>| !excluded.iter().any(|mark| overlap(&mark.bytes, bytes));
        let mut content = self.standing(tokens, TokenRole::Content);
        content.retain(|mark| is_free(&mark.bytes));
        let mut function_words = self.standing(tokens, TokenRole::Function);
        function_words.retain(|mark| is_free(&mark.bytes));
        if function_words.is_empty() {
            return content;
        }
        let mut marks: Vec<Mark> = Vec::with_capacity(content.len());
        for mark in content {
            if let Some(last) = marks.last() {
                marks.extend(joining(text, last.bytes.end..mark.bytes.start, &function_words));
            }
            marks.push(mark);
        }
        marks
    }

    /// The matches of patterns with a role, in order; overlapping or adjacent ones are merged.
    fn standing(&self, tokens: &[TextToken], role: TokenRole) -> Vec<Mark> {
        if self.patterns.iter().all(|pattern| pattern.role != role) {
            return Vec::new();
        }
        let mut inner: HashMap<(Slot, u32), &Range<usize>> = HashMap::new();
        let slots = || tokens.iter().flat_map(|token| token.slots.iter().map(move |slot| (token, *slot)));
        let of_role = |(place, _): Slot| self.patterns.get(place).filter(|pattern| pattern.role == role);
        for (token, slot) in slots().filter(|(_, (_, offset))| *offset > 0) {
            inner.insert((slot, token.position), &token.bytes);
        }
        let mut found: Vec<Mark> = Vec::new();
        for (token, (place, _)) in slots().filter(|(_, (_, offset))| *offset == 0) {
            let Some(pattern) = of_role((place, 0)) else { continue };
            let mut end = token.bytes.end;
            let follows = (1..pattern.sequence.len() as u32).all(|offset| {
                let next = inner.get(&((place, offset), token.position.saturating_add(offset)));
                end = end.max(next.map_or(0, |bytes| bytes.end));
                next.is_some()
            });
            if follows {
                found.push(Mark { bytes: token.bytes.start..end, words: pattern.words });
            }
        }
        found.sort_by_key(|mark| mark.bytes.start);
        let mut marks: Vec<Mark> = Vec::with_capacity(found.len());
        for mark in found {
            match marks.last_mut() {
                Some(last) if mark.bytes.start <= last.bytes.end => {
                    last.bytes.end = last.bytes.end.max(mark.bytes.end);
                    last.words |= mark.words;
                }
                _ => marks.push(mark),
            }
        }
        marks
    }

    /// A whole text as HTML.
    pub fn mark(&self, text: &str, lang: &str) -> String {
        let mut html = String::with_capacity(text.len() + 32);
        self.render(text, 0..text.len(), &self.marks(text, &self.read(text, &[lang])), &mut html);
        html
    }

    /// Renders a part of a text as HTML.
    pub fn render(&self, text: &str, part: Range<usize>, marks: &[Mark], html: &mut String) {
        let mut at = part.start;
        for mark in marks.iter().filter(|mark| self.shows_marks && overlap(&mark.bytes, &part)) {
            let marked = mark.bytes.start.max(part.start)..mark.bytes.end.min(part.end);
            escape(text.get(at..marked.start).unwrap_or_default(), html);
            html.push_str("<mark>");
            escape(text.get(marked.clone()).unwrap_or_default(), html);
            html.push_str("</mark>");
            at = marked.end;
        }
        escape(text.get(at..part.end).unwrap_or_default(), html);
    }
}

/// The bit of a word; a query never has more words than there are bits.
fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1u64.checked_shl(place)).unwrap_or(0)
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The function words in a gap between two marks, if the gap contains nothing else.
fn joining(text: &str, gap: Range<usize>, function_words: &[Mark]) -> Vec<Mark> {
    let first = function_words.partition_point(|word| word.bytes.start < gap.start);
    let mut at = gap.start;
    let mut inside = Vec::new();
    let is_space = |bytes: Range<usize>| text.get(bytes).is_some_and(|between| between.trim().is_empty());
    for word in function_words.iter().skip(first).take_while(|word| word.bytes.end <= gap.end) {
        if !is_space(at..word.bytes.start) {
            return Vec::new();
        }
        at = word.bytes.end;
        inside.push(Mark { bytes: word.bytes.clone(), words: 0 });
    }
    if is_space(at..gap.end) { inside } else { Vec::new() }
}

/// Appends text to HTML, escaped for content and attributes.
pub fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{TokenVariantsCache, Word};
    use crate::article::Article;
    use crate::engine::IndexVersion;
    use crate::engine::oracle::BruteForceEngine;
    use crate::engine::planning::synonyms;
    use crate::engine::query::Query;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::json;

    const SYNONYMS: &str = "enseñanza superior, educación superior\nbeca, ayuda económica";

    /// The plan of a query over one article with this text.
    fn planned(query: &str, lang: &str, text: &str) -> Plan {
        planned_in(query, &[lang], text)
    }

    /// The plan of a query over an article with this text in each language.
    fn planned_in(query: &str, langs: &[&str], text: &str) -> Plan {
        let article = |lang: &&str| {
            let record = json!({"id": lang, "lang": lang, "title": "A", "body": text});
            Article::from_fields(record.as_object().unwrap()).unwrap().0
        };
        let articles = langs.iter().map(article).collect();
        let version = IndexVersion { generation: 1, seq: 1 };
        let engine = BruteForceEngine::new(articles, synonyms::parse(SYNONYMS).unwrap(), version);
        let request = crate::engine::SearchRequest::new(Query::parse(query), 0);
        Plan::new(&request, crate::engine::planning::CorrectionMode::Any, &engine).unwrap()
    }

    fn marked(query: &str, lang: &str, text: &str) -> String {
        Highlighter::new(&planned(query, lang, text), Zone::Body).mark(text, lang)
    }

    /// The text with its marks in square brackets.
    fn brackets(query: &str, lang: &str, text: &str) -> String {
        marked(query, lang, text).replace("<mark>", "[").replace("</mark>", "]")
    }

    #[test]
    fn words_are_marked_in_every_form_in_which_they_match() {
        for (query, lang, expected) in [
            ("educacion", "es", "La [Educación] y lo [educativo]"),
            ("universidades", "es", "Una [universidad], un estudio"),
            ("movildad", "es", "La [movilidad] crece"),
            ("movi*", "es", "La [movilidad] de los [móviles] mueve"),
            ("wheel chair", "en", "A [wheelchair] user"),
            ("wheelchair", "en", "A [wheel chair] user, a wheel, a chair"),
            ("e-learning", "en", "An [e-learning] and an [elearning] tool"),
            ("covid19", "en", "The [COVID-19] years"),
            ("beca", "es", "Una [ayuda económica], una ayuda, la [becas]"),
            ("enseñanza superior", "es", "La [educación superior], la educación, lo [superior]"),
            ("高等教育", "zh", "中国[高等教育]的国际化"),
            ("l'égypte", "fr", "Les étudiants d’[Egypte]"),
        ] {
            let text = expected.replace(['[', ']'], "");
            assert_eq!(brackets(query, lang, &text), expected, "{query}");
        }
    }

    #[test]
    fn a_phrase_is_one_mark_and_its_words_alone_are_none() {
        for (query, expected) in [
            ("\"educación superior\"", "La [educacion superior], la educación y lo superior"),
            ("\"educación superior\" educación", "La [educación superior], la [educación] y lo superior"),
            ("\"ministerio de educación\" becas", "El [ministerio de educación] da [becas] de educación"),
        ] {
            let text = expected.replace(['[', ']'], "");
            assert_eq!(brackets(query, "es", &text), expected, "{query}");
        }
    }

    #[test]
    fn function_words_are_marked_between_marks_only() {
        for (query, expected) in [
            ("la calidad de la educación", "la [calidad] [de] [la] [educación] y la vida de la ciudad"),
            ("la calidad de la educación", "la [calidad], de la [educación] [de] [la] [calidad]"),
            ("calidad educación", "la [calidad] de la [educación]"),
            ("para la", "[para] [la] vida"),
        ] {
            let text = expected.replace(['[', ']'], "");
            assert_eq!(brackets(query, "es", &text), expected, "{query}");
        }
    }

    #[test]
    fn what_is_excluded_or_meant_elsewhere_is_not_marked() {
        let text = "covid -covid";
        assert_eq!(brackets("covid -covid", "en", text), text);
        assert_eq!(brackets("cov* -\"covid fatigue\"", "en", "Covid and covid fatigue"), "[Covid] and covid fatigue");
        let text = "virtual mobility";
        let plan = planned("title:mobility virtual author:virtual", "en", text);
        let of = |zone| Highlighter::new(&plan, zone).mark(text, "en");
        assert_eq!(of(Zone::Title), "<mark>virtual</mark> <mark>mobility</mark>");
        assert_eq!((of(Zone::Body), of(Zone::Summary)), ("<mark>virtual</mark> mobility".into(), of(Zone::Body)));
    }

    #[test]
    fn a_foreign_passage_is_read_in_both_languages() {
        let text = "The universities and las universidades";
        let plan = planned_in("university universidad", &["en", "es"], text);
        let highlighter = Highlighter::new(&plan, Zone::Body);
        let marks = highlighter.marks(text, &highlighter.read(text, &["es", "en"]));
        let marked: Vec<&str> = marks.iter().map(|mark| &text[mark.bytes.clone()]).collect();
        assert_eq!(marked, ["universities", "universidades"]);
    }

    /// Which bytes of a text are marked, found by trying every sequence at every word.
    fn marked_bytes(plan: &Plan, text: &str, lang: &str) -> Vec<bool> {
        let mut cache = TokenVariantsCache::new(lang);
        let cut: Vec<(Word<'_>, _)> =
            words(text).into_iter().map(|word| (word.clone(), cache.variants(&word.text))).collect();
        let mut sequences: Vec<Vec<WordForms>> = Vec::new();
        for word in plan.words.iter().filter(|word| !word.is_quoted || plan.required.is_empty()) {
            sequences.extend(word.variants.iter().map(|variant| variant.sequence.clone()));
        }
        for phrase in plan.required.iter().flat_map(|clause| &clause.phrases) {
            let as_written = |word: &String| WordForms { folded: vec![word.clone()], ..WordForms::default() };
            sequences.push(phrase.iter().map(as_written).collect());
        }
        let mut marked = vec![false; text.len()];
        for sequence in &sequences {
            for (first, _) in &cut {
                let ends: Vec<usize> = (0u32..)
                    .zip(sequence)
                    .map_while(|(offset, of)| {
                        let there = cut.iter().filter(|(word, _)| word.position == first.position + offset);
                        let there = there.filter(|(word, _)| offset > 0 || word == first).filter(|(_, forms)| {
                            of.stems.iter().flatten().any(|stem| forms.stems.contains(stem))
                                || of.folded.iter().chain(&of.inflected).any(|word| forms.words.contains(word))
                        });
                        there.map(|(word, _)| word.bytes.end).max()
                    })
                    .collect();
                if ends.len() == sequence.len() {
                    let end = ends.into_iter().max().unwrap_or(first.bytes.start);
                    marked[first.bytes.start..end].fill(true);
                }
            }
        }
        marked
    }

    fn unescaped(html: &str) -> String {
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        entities.iter().fold(html.to_owned(), |text, (entity, c)| text.replace(entity, c))
    }

    proptest! {
        #[test]
        fn marks_are_exactly_what_matches(
            text in vec(select(&["educación", "superior", "Enseñanza", "ayuda", "económica", "becas", "e-learning", "learning", "movilidad", ",", "-", "<b>"][..]), 0..24),
            query in vec(select(&["educacion", "\"educación superior\"", "enseñanza superior", "beca", "e-learning", "mov*", "movilidda", "supe*", "\"becas\""][..]), 1..4),
        ) {
            let (text, query) = (text.join(" "), query.join(" "));
            let plan = planned(&query, "es", &text);
            let highlighter = Highlighter::new(&plan, Zone::Body);
            let mut marked = vec![false; text.len()];
            let marks = highlighter.marks(&text, &highlighter.read(&text, &["es"]));
            prop_assert!(marks.is_sorted_by(|a, b| a.bytes.end < b.bytes.start));
            marks.iter().for_each(|mark| marked[mark.bytes.clone()].fill(true));
            prop_assert_eq!(marked, marked_bytes(&plan, &text, "es"), "{} in {}", query, text);
        }

        #[test]
        fn any_text_is_escaped_and_whole(text in "(\\PC{0,8}| word |<script>alert\\(1\\)</script>|\" onload='x'|&lt;|<mark>){0,12}") {
            let html = marked("word script mark lt", "en", &text);
            let bare = html.replace("<mark>", "").replace("</mark>", "");
            prop_assert!(!bare.contains(['<', '>', '"', '\'']));
            prop_assert_eq!(&unescaped(&bare), &text);
            let plan = planned("word script mark lt", "en", &text);
            prop_assert_eq!(Highlighter::new(&plan, Zone::Body).without_marks().mark(&text, "en"), bare);
        }
    }
}
