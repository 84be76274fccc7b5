//! Makes queries for pages that are known to be there, out of the site's own articles, and measures
//! whether they find those pages.
//!
//! A reader remembers a name, a few words of a title, a line of a text. Each query is a sequence of
//! words that stands in at most [`MAX_WORKS`] works; the right answer is one of these.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Instant;

use anyhow::{Result, bail};
use fastrand::Rng;
use serde::Serialize;

use super::figures::{AnswerMeasures, figures};
use super::queries::JudgedQuery;
use super::searches::SearchOptions;
use super::{Evaluation, EvaluationOptions, MeasuredAnswer, Site};
use crate::analysis::{fold, is_stop_word, language_group, passages_of, words};
use crate::article::Article;

/// In how many works the words of a query may stand in a row.
const MAX_WORKS: usize = 3;
/// A rare word stands in at most this share of the articles.
const RARE: f64 = 0.005;
/// A common word stands in at least this share of the articles.
const COMMON: f64 = 0.02;
/// How many candidates a class may have for each query that is wanted: most stand in too many works, or
/// are of words that are neither rare nor common.
const CANDIDATES: usize = 40;
/// The shortest word with a capital that counts, in characters.
const MIN_NAME_CHARS: usize = 3;
/// The lengths of a remembered line, in words.
const LINE: std::ops::RangeInclusive<usize> = 4..=6;

/// Queries made out of the site's articles.
#[derive(Debug, Clone)]
pub struct KnownItems {
    /// How many queries of each class, at most.
    pub queries: usize,
    /// The random seed: the same number makes the same queries.
    pub seed: u64,
    /// The preference for newer articles.
    pub recency: f32,
}

/// The figures of one class of queries.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct KnownItemFigures {
    /// The number of queries.
    pub queries: usize,
    /// The share of queries whose first work has the words in a row.
    pub first_right: f64,
    /// The share of queries whose right work is among the first three.
    pub first_three: f64,
    /// The share of queries whose first article lacks one of the words as it was typed.
    pub first_lacks_word: f64,
}

/// What a reader remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Class {
    TwoRare,
    TwoCommon,
    ThreeRare,
    ThreeCommon,
    FunctionWords,
    Line,
}

impl Class {
    fn name(self) -> &'static str {
        match self {
            Class::TwoRare => "two rare names",
            Class::TwoCommon => "two common names",
            Class::ThreeRare => "three rare names",
            Class::ThreeCommon => "three common names",
            Class::FunctionWords => "function words between",
            Class::Line => "four to six in a row",
        }
    }
}

/// What a candidate is, before it is known how common its words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Shape {
    Names(usize),
    FunctionWords,
    Line,
}

/// A sequence of words, and the works in which it stands.
struct Candidate {
    shape: Shape,
    words: Vec<String>,
    lang: String,
    works: BTreeSet<String>,
}

/// A word of a text, folded.
struct Token {
    folded: String,
    is_capital: bool,
    is_stop_word: bool,
}

/// Makes the queries, asks them and measures the answers.
pub(super) fn evaluate(
    site: &Site,
    known_items: &KnownItems,
    options: &EvaluationOptions,
) -> Result<(Evaluation, Vec<MeasuredAnswer>)> {
    let queries = make(site, known_items)?;
    if queries.is_empty() {
        bail!("no words stand in so few articles that a page could be looked for by them");
    }
    let KnownItems { recency, .. } = *known_items;
    let search = SearchOptions { depth: options.depth, filter_lang: false, ui_lang: false, recency, literal: false };
    let (mut outcomes, mut answered) = (Vec::new(), Vec::new());
    for (number, (class, candidate)) in queries.iter().enumerate() {
        let query = JudgedQuery {
            id: format!("{} {}", class.name(), number + 1),
            text: candidate.words.join(" "),
            lang: candidate.lang.clone(),
            traits: Vec::new(),
        };
        let begun = Instant::now();
        let hits = search.ask(site.engine.as_ref(), &query, &query.text)?.hits;
        let took_ms = begun.elapsed().as_secs_f64() * 1e3;
        let judged: HashMap<String, u32> = candidate.works.iter().map(|work| (work.clone(), 1)).collect();
        let works = hits.iter().map(|hit| hit.work.as_str());
        let outcome = AnswerMeasures::of(&query.lang, works, &judged, took_ms);
        let ndcg_10 = outcome.measures.ndcg_10;
        answered.push(MeasuredAnswer { id: query.id, text: query.text, ranking: hits, ndcg_10 });
        outcomes.push(outcome);
    }
    let lacking = lacking(site, &queries, &answered)?;
    let mut classes: BTreeMap<String, KnownItemFigures> = BTreeMap::new();
    for (((class, _), outcome), lacks_word) in queries.iter().zip(&outcomes).zip(lacking) {
        let figures = classes.entry(class.name().to_owned()).or_default();
        figures.queries += 1;
        figures.first_right += outcome.measures.success_1;
        figures.first_three += outcome.measures.success_3;
        figures.first_lacks_word += f64::from(u8::from(lacks_word));
    }
    for figures in classes.values_mut() {
        let count = figures.queries as f64;
        figures.first_right /= count;
        figures.first_three /= count;
        figures.first_lacks_word /= count;
    }
    let evaluation = Evaluation { figures: figures(&outcomes), known_items: Some(classes), ..Evaluation::default() };
    Ok((evaluation, answered))
}

/// The queries of each class, as many as are wanted where the site has so many.
fn make(site: &Site, known_items: &KnownItems) -> Result<Vec<(Class, Candidate)>> {
    let mut rng = Rng::with_seed(known_items.seed);
    let wanted = known_items.queries * CANDIDATES;
    let mut articles = 0usize;
    let mut doc_freq: HashMap<String, usize> = HashMap::new();
    let mut candidates: BTreeMap<Shape, Vec<Candidate>> = BTreeMap::new();
    let mut seen: HashMap<Shape, usize> = HashMap::new();
    site.each_article(|article| {
        if article.hidden {
            return Ok(());
        }
        articles += 1;
        let texts = texts(article);
        let distinct: HashSet<&str> = texts.iter().flatten().map(|token| token.folded.as_str()).collect();
        for word in distinct {
            match doc_freq.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(doc_freq.insert(word.to_owned(), 1)),
            }
        }
        for (shape, words) in remembered(&texts, &mut rng) {
            let candidate = Candidate { shape, words, lang: article.lang.clone(), works: BTreeSet::new() };
            // Every candidate of the site is as likely to be kept as any other.
            let seen = seen.entry(shape).or_default();
            *seen += 1;
            let kept = candidates.entry(shape).or_default();
            if kept.len() < wanted {
                kept.push(candidate);
            } else if let Some(slot) = kept.get_mut(rng.usize(..*seen)) {
                *slot = candidate;
            }
        }
        Ok(())
    })?;
    let mut candidates: Vec<Candidate> = candidates.into_values().flatten().collect();
    find_works(site, &mut candidates)?;
    let mut classes: BTreeMap<Class, Vec<Candidate>> = BTreeMap::new();
    let mut asked = HashSet::new();
    rng.shuffle(&mut candidates);
    for candidate in candidates {
        let share = |word: &String| doc_freq.get(word).copied().unwrap_or(0) as f64 / articles as f64;
        let all = |is: fn(f64) -> bool| candidate.words.iter().map(share).all(is);
        let (are_rare, are_common) = (all(|share| share <= RARE), all(|share| share >= COMMON));
        let class = match candidate.shape {
            Shape::Names(2) if are_rare => Class::TwoRare,
            Shape::Names(2) if are_common => Class::TwoCommon,
            Shape::Names(_) if are_rare => Class::ThreeRare,
            Shape::Names(3) if are_common => Class::ThreeCommon,
            Shape::Names(_) => continue,
            Shape::FunctionWords => Class::FunctionWords,
            Shape::Line => Class::Line,
        };
        let most = if class == Class::Line { 1 } else { MAX_WORKS };
        let kept = classes.entry(class).or_default();
        let is_found = (1..=most).contains(&candidate.works.len());
        if is_found && kept.len() < known_items.queries && asked.insert(candidate.words.clone()) {
            kept.push(candidate);
        }
    }
    Ok(classes.into_iter().flat_map(|(class, kept)| kept.into_iter().map(move |one| (class, one))).collect())
}

/// Whether words in a row are of a shape.
type IsOfShape<'t> = &'t dyn Fn(&[Token]) -> bool;

/// What a reader may remember of an article: of each shape one sequence, if it has any.
fn remembered(texts: &[Vec<Token>], rng: &mut Rng) -> Vec<(Shape, Vec<String>)> {
    let is_content = |token: &Token| !token.is_stop_word && token.folded.chars().count() >= MIN_NAME_CHARS;
    let is_name = |token: &Token| token.is_capital && is_content(token);
    let mut found: Vec<(Shape, Vec<String>)> = Vec::new();
    let windows = |length: usize| texts.iter().flat_map(move |text| text.windows(length));
    let shapes: [(Shape, usize, IsOfShape<'_>); 4] = [
        (Shape::Names(2), 2, &|window| window.iter().all(is_name)),
        (Shape::Names(3), 3, &|window| window.iter().all(is_name)),
        (Shape::FunctionWords, 3, &|window| match window {
            [first, between, last] => is_content(first) && between.is_stop_word && is_content(last),
            _ => false,
        }),
        (Shape::Line, rng.usize(LINE), &|window| window.iter().filter(|token| is_content(token)).count() > 1),
    ];
    for (shape, length, is_of_shape) in shapes {
        let fitting = windows(length).filter(|window| is_of_shape(window));
        if let Some(window) = rng.choice(fitting.collect::<Vec<_>>()) {
            found.push((shape, window.iter().map(|token| token.folded.clone()).collect()));
        }
    }
    found
}

/// Notes for each candidate the works in which it stands, as far as they matter.
fn find_works(site: &Site, candidates: &mut [Candidate]) -> Result<()> {
    let mut by_beginning: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (place, candidate) in candidates.iter().enumerate() {
        if let [first, second, ..] = candidate.words.as_slice() {
            by_beginning.entry((first.clone(), second.clone())).or_default().push(place);
        }
    }
    site.each_article(|article| {
        if article.hidden {
            return Ok(());
        }
        for text in texts(article) {
            let folded: Vec<String> = text.into_iter().map(|token| token.folded).collect();
            for at in 0..folded.len() {
                let Some([first, second]) = folded.get(at..at + 2) else { break };
                let places = by_beginning.get(&(first.clone(), second.clone()));
                for place in places.into_iter().flatten() {
                    let Some(candidate) = candidates.get_mut(*place) else { continue };
                    let stands = folded.get(at..).is_some_and(|rest| rest.starts_with(&candidate.words));
                    if stands && candidate.works.len() <= MAX_WORKS {
                        candidate.works.insert(article.work.clone());
                    }
                }
            }
        }
        Ok(())
    })
}

/// For each query, whether the first article of its answer lacks one of its words; `true` without an answer.
fn lacking(site: &Site, queries: &[(Class, Candidate)], answered: &[MeasuredAnswer]) -> Result<Vec<bool>> {
    let mut of_article: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, answer) in answered.iter().enumerate() {
        if let Some(first) = answer.ranking.first() {
            of_article.entry(&first.id).or_default().push(place);
        }
    }
    let mut lacking = vec![true; queries.len()];
    site.each_article(|article| {
        let Some(places) = of_article.get(article.id.as_str()) else { return Ok(()) };
        let held: HashSet<String> = texts(article).into_iter().flatten().map(|token| token.folded).collect();
        for place in places {
            if let (Some((_, candidate)), Some(lacks)) = (queries.get(*place), lacking.get_mut(*place)) {
                *lacks = candidate.words.iter().any(|word| !held.contains(word));
            }
        }
        Ok(())
    })?;
    Ok(lacking)
}

/// The words of an article, in rows that nothing interrupts: no number, sign or end of a passage.
fn texts(article: &Article) -> Vec<Vec<Token>> {
    let group = language_group(&article.lang);
    let labels = article.topics.iter().flat_map(|topic| &topic.labels).chain(&article.tags).chain(&article.authors);
    let short = [&article.title, &article.summary].into_iter().chain(labels).map(String::as_str);
    let texts = short.chain(passages_of(&article.body).map(|passage| passage.text));
    let mut rows = Vec::new();
    for text in texts {
        let mut row: Vec<Token> = Vec::new();
        let mut end = 0;
        for word in words(text).into_iter().filter(|word| word.span == 1) {
            let between = text.get(end..word.bytes.start).unwrap_or_default();
            if !between.chars().all(|c| c.is_whitespace()) {
                rows.push(std::mem::take(&mut row));
            }
            end = word.bytes.end;
            let folded = fold(&word.text).into_owned();
            if !folded.chars().all(char::is_alphabetic) {
                rows.push(std::mem::take(&mut row));
                continue;
            }
            let written = text.get(word.bytes.clone()).unwrap_or_default();
            row.push(Token {
                is_capital: written.starts_with(char::is_uppercase),
                is_stop_word: is_stop_word(&group, &folded),
                folded,
            });
        }
        rows.push(row);
    }
    rows.retain(|row| !row.is_empty());
    rows
}
