//! Suggestions from a snapshot.
//!
//! Candidates are terms of the index; the visible articles of a term decide whether it is
//! suggested. Prefixes with many completions use lists of the most frequent ones
//! ([`CompletionTopK`]), the others scan the terms.

use std::collections::{BTreeMap, HashMap};

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED, Term};

use super::title_prefix::headed;
use crate::analysis::CompletionSource;
use crate::engine::cancellation::{Steps, checkpoint};
use crate::engine::planning::Collection;
use crate::engine::ranking::LanguageStats;
use crate::engine::suggest::{MisspeltText, Offer, Suggester, Typed, WorkCounts, Writing};
use crate::engine::tantivy::EngineState;
use crate::engine::tantivy::index::schema::{PART_SEPARATOR, completion_source, completion_text, read_completion};
use crate::engine::tantivy::reader::completion_top_k::CompletionTopK;
use crate::engine::tantivy::reader::segment::index_error;
use crate::engine::tantivy::reader::snapshot::Snapshot;
use crate::engine::{Card, EngineError, SuggestRequest};

/// How many completions are counted per requested one, and how many in addition: some are
/// inflections or parts of others.
const COUNTED: usize = 2;
const MORE_COUNTED: usize = 4;
/// How many are tried per counted one: some have no visible article, or none with the other words.
const TRIED: usize = 4;
/// How many terms of the lists are read.
const MAX_READ: usize = 96;
/// How many terms are scanned for a typing error.
const MAX_MENDED: usize = 4_000;
/// How many articles of a completion are counted; the rest is estimated.
const MAX_COUNTED: u32 = 500;

impl Suggester for EngineState {
    fn begun(&self, key: &str, with: &[String], request: &SuggestRequest) -> Result<Vec<Offer>, EngineError> {
        let within = Within::new(&self.present, with)?;
        best_of(&self.present, begun(&self.present, key, request)?, &within, request)
    }

    fn mended(
        &self,
        misspelt: &MisspeltText,
        with: &[String],
        request: &SuggestRequest,
    ) -> Result<Vec<Offer>, EngineError> {
        let within = Within::new(&self.present, with)?;
        best_of(&self.present, mended(&self.present, misspelt, request)?, &within, request)
    }

    fn exact(&self, key: &str, request: &SuggestRequest) -> Result<Option<Offer>, EngineError> {
        offer(&self.present, key.to_owned(), 1.0, &Within::default(), request)
    }

    fn similar_words(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, EngineError> {
        self.present.fuzzy_terms(folded, max_edits)
    }

    fn languages(&self) -> &[LanguageStats] {
        &self.present.languages
    }

    fn headed(&self, typed: &Typed, request: &SuggestRequest) -> Result<Vec<Card>, EngineError> {
        headed(&self.present, typed, request)
    }
}

/// For every segment, whether each article contains some words.
#[derive(Default)]
struct Within(Option<Vec<Vec<bool>>>);

impl Within {
    /// All articles if there are no words.
    fn new(snapshot: &Snapshot, words: &[String]) -> Result<Within, EngineError> {
        let mut held: Option<Vec<Vec<bool>>> = None;
        for word in words {
            let mut of_word = Vec::with_capacity(snapshot.segments.len());
            for segment in &snapshot.segments {
                of_word.push(segment.docs_with_word(&snapshot.fields, word)?);
            }
            held = Some(match held {
                None => of_word,
                Some(mut held) => {
                    for (held, holds) in held.iter_mut().flatten().zip(of_word.into_iter().flatten()) {
                        *held &= holds;
                    }
                    held
                }
            });
        }
        Ok(Within(held))
    }

    fn holds(&self, segment: usize, doc: DocId) -> bool {
        self.0.as_ref().is_none_or(|held| held.get(segment).and_then(|docs| docs.get(doc as usize)) == Some(&true))
    }
}

/// A completion found in the index.
#[derive(Default)]
struct Met {
    fit: u8,
    /// The number of counted articles with it.
    articles: u64,
    likelihood: f32,
}

/// Candidate completions by key.
struct Candidates<'r> {
    request: &'r SuggestRequest,
    met: HashMap<String, Met>,
    /// The languages found, with how well each fits the reader; `None` for one that is not allowed.
    fits: Vec<(String, Option<u8>)>,
}

impl<'r> Candidates<'r> {
    fn new(request: &'r SuggestRequest) -> Candidates<'r> {
        Candidates { request, met: HashMap::new(), fits: Vec::new() }
    }

    /// How well a language fits the reader.
    fn fit(&mut self, lang: &str) -> Option<u8> {
        if let Some((_, fit)) = self.fits.iter().find(|(known, _)| known == lang) {
            return *fit;
        }
        let fit = self.request.takes_lang(lang).then(|| self.request.fit(lang));
        self.fits.push((lang.to_owned(), fit));
        fit
    }

    /// Adds a term with its number of articles; ignored if its key has no likelihood.
    fn meet(&mut self, term: &[u8], articles: u32, likelihood: impl Fn(&str) -> f32) {
        let Some((key, lang, _)) = read_completion(term) else { return };
        let Some(fit) = self.fit(lang) else { return };
        let likelihood = likelihood(key);
        if likelihood <= 0.0 {
            return;
        }
        if !self.met.contains_key(key) {
            self.met.insert(key.to_owned(), Met::default());
        }
        if let Some(met) = self.met.get_mut(key) {
            met.fit = met.fit.max(fit);
            met.articles += u64::from(articles);
            met.likelihood = likelihood;
        }
    }
}

/// Terms from the lists: the language fit, the number of articles, the index of the segment, the
/// ordinal of the term.
type SortedCandidates = Vec<(u8, u32, usize, u32)>;

/// The completions that start with a key.
fn begun<'r>(snapshot: &Snapshot, key: &str, request: &'r SuggestRequest) -> Result<Candidates<'r>, EngineError> {
    let mut candidates = Candidates::new(request);
    let mut listed = SortedCandidates::new();
    let mut steps = Steps::default();
    for (place, segment) in snapshot.segments.iter().enumerate() {
        if list_best(&segment.best, key, place, &mut candidates, &mut listed) {
            continue;
        }
        // The largest character, to end the range after all terms with the key as prefix.
        let terms = segment.completions.terms().range().ge(key).lt(format!("{key}{}", char::MAX));
        let mut terms = terms.into_stream().map_err(index_error)?;
        while let Some((term, info)) = terms.next() {
            steps.step()?;
            let articles = segment.doc_freq(&segment.completions, info).map_err(index_error)?;
            candidates.meet(term, articles, |_| 1.0);
        }
    }
    meet_listed(snapshot, listed, &mut candidates, |_| 1.0)?;
    Ok(candidates)
}

/// Collects the most frequent completions that start with a key, in allowed languages; returns
/// whether a list exists.
fn list_best(
    best: &CompletionTopK,
    key: &str,
    place: usize,
    candidates: &mut Candidates<'_>,
    listed: &mut SortedCandidates,
) -> bool {
    let Some(under) = best.under(key) else { return false };
    let fits: Vec<Option<u8>> = best.langs.iter().map(|lang| candidates.fit(lang)).collect();
    for one in under {
        if let Some(fit) = fits.get(usize::from(one.lang)).copied().flatten() {
            listed.push((fit, one.articles, place, one.ordinal));
        }
    }
    true
}

/// Adds the best of the collected terms; `likelihood` returns that of a key.
fn meet_listed(
    snapshot: &Snapshot,
    mut listed: SortedCandidates,
    candidates: &mut Candidates<'_>,
    likelihood: impl Fn(&str) -> f32,
) -> Result<(), EngineError> {
    if listed.len() > MAX_READ {
        listed.select_nth_unstable_by(MAX_READ, |a, b| b.cmp(a));
        listed.truncate(MAX_READ);
    }
    let mut term = Vec::new();
    for (_, articles, place, ordinal) in listed {
        let Some(segment) = snapshot.segments.get(place) else { continue };
        if segment.completions.terms().ord_to_term(u64::from(ordinal), &mut term).map_err(index_error)? {
            candidates.meet(&term, articles, &likelihood);
        }
    }
    Ok(())
}

/// The completions that start with a key after correcting one typing error. For prefixes with very
/// many, only the best.
fn mended<'r>(
    snapshot: &Snapshot,
    misspelt: &MisspeltText,
    request: &'r SuggestRequest,
) -> Result<Candidates<'r>, EngineError> {
    let mut candidates = Candidates::new(request);
    let mut listed = SortedCandidates::new();
    let term = Term::from_field_text(snapshot.fields.completions, misspelt.key());
    let automaton = FuzzyTermQuery::new_prefix(term, 1, true).automaton().map_err(index_error)?;
    let end = format!("{}{}", misspelt.kept, char::MAX);
    let most = MAX_MENDED / snapshot.segments.len().max(1);
    for (place, segment) in snapshot.segments.iter().enumerate() {
        let mut from = Some(misspelt.kept.clone());
        let mut gone_through = 0;
        // Terms with a common prefix are adjacent.
        let mut last = (String::new(), 0.0);
        while let Some(start) = from.take() {
            let terms = segment.completions.terms().search(&automaton).ge(&start).lt(&end);
            let mut terms = terms.into_stream().map_err(index_error)?;
            while gone_through < most
                && let Some((term, info)) = terms.next()
            {
                let articles = segment.doc_freq(&segment.completions, info).map_err(index_error)?;
                gone_through += usize::from(articles > 0);
                let Some((key, ..)) = read_completion(term) else { continue };
                let beginning = misspelt.beginning(key);
                if articles == 0 {
                    // An invisible term must not lead to others, because that would reveal it.
                    candidates.meet(term, 0, |_| misspelt.likelihood(beginning));
                    continue;
                }
                if last.0 != beginning {
                    last = (beginning.to_owned(), misspelt.likelihood(beginning));
                    let meant = misspelt.shortest(beginning);
                    if let Some(meant) = meant
                        && list_best(&segment.best, meant, place, &mut candidates, &mut listed)
                    {
                        from = Some(format!("{meant}{}", char::MAX));
                        break;
                    }
                }
                let likelihood = last.1;
                candidates.meet(term, articles, |_| likelihood);
            }
        }
    }
    meet_listed(snapshot, listed, &mut candidates, |key| misspelt.likelihood(misspelt.beginning(key)))?;
    Ok(candidates)
}

/// The best candidates, with their visible works.
fn best_of(
    snapshot: &Snapshot,
    candidates: Candidates<'_>,
    within: &Within,
    request: &SuggestRequest,
) -> Result<Vec<Offer>, EngineError> {
    let mut ordered: Vec<(String, Met)> = candidates.met.into_iter().collect();
    let order = |(a_key, a): &(String, Met), (b_key, b): &(String, Met)| {
        let weight = |met: &Met| met.likelihood * met.articles as f32;
        let is_held = |met: &Met| met.articles > 0;
        // Completions without a counted article come last, so that they do not displace others.
        is_held(b)
            .cmp(&is_held(a))
            .then(b.fit.cmp(&a.fit))
            .then(weight(b).total_cmp(&weight(a)))
            .then_with(|| a_key.cmp(b_key))
    };
    let most = COUNTED * request.limit + MORE_COUNTED;
    if ordered.len() > TRIED * most {
        ordered.select_nth_unstable_by(TRIED * most, order);
        ordered.truncate(TRIED * most);
    }
    ordered.sort_unstable_by(order);
    let mut offers = Vec::new();
    for (key, met) in ordered {
        if offers.len() == most {
            break;
        }
        checkpoint()?;
        offers.extend(offer(snapshot, key, met.likelihood, within, request)?);
    }
    Ok(offers)
}

/// A completion with its visible articles; `None` without any.
fn offer(
    snapshot: &Snapshot,
    key: String,
    likelihood: f32,
    within: &Within,
    request: &SuggestRequest,
) -> Result<Option<Offer>, EngineError> {
    let mut counted = CountedCompletion::default();
    let mut writings: BTreeMap<(String, String), u64> = BTreeMap::new();
    let from = format!("{key}{PART_SEPARATOR}");
    let until = format!("{from}{}", char::MAX);
    for (place, segment) in snapshot.segments.iter().enumerate() {
        let terms = segment.completions.terms().range().ge(&from).lt(&until);
        let mut terms = terms.into_stream().map_err(index_error)?;
        while let Some((term, info)) = terms.next() {
            let Some((_, lang, writing)) = read_completion(term) else { continue };
            if !request.takes_lang(lang) {
                continue;
            }
            let postings = segment.completions.read_postings_from_terminfo(info, IndexRecordOption::WithFreqs);
            let doc_freq = segment.doc_freq(&segment.completions, info).map_err(index_error)?;
            let is_seen = |doc| segment.is_visible(doc, request.now_s);
            let work_of = |doc| within.holds(place, doc).then(|| segment.work_of(doc));
            let articles = counted.take(postings.map_err(index_error)?, doc_freq, is_seen, work_of);
            if articles > 0 {
                *writings.entry((lang.to_owned(), completion_text(&key, writing))).or_insert(0) += articles;
            }
        }
    }
    let writings: Vec<Writing> =
        writings.into_iter().map(|((lang, text), articles)| Writing { text, lang, articles }).collect();
    Ok((!writings.is_empty()).then(|| Offer { key, writings, counts: counted.sums(), likelihood, is_composed: false }))
}

/// The counted works of a completion.
#[derive(Default)]
struct CountedCompletion {
    /// The work of every counted article, and the source of the completion in it.
    works: Vec<(u32, CompletionSource)>,
    looked_at: u32,
    estimated: u64,
}

impl CountedCompletion {
    /// Counts the visible articles of a list for which `work_of` returns a work. Once enough were
    /// read, it only makes sure that one is found, and estimates the rest from `doc_freq`.
    fn take(
        &mut self,
        mut list: SegmentPostings,
        doc_freq: u32,
        is_seen: impl Fn(DocId) -> bool,
        work_of: impl Fn(DocId) -> Option<u32>,
    ) -> u64 {
        let mut seen = 0;
        let mut looked_at: u32 = 0;
        while list.doc() != TERMINATED && (self.looked_at < MAX_COUNTED || seen == 0) {
            if !is_seen(list.doc()) {
                list.advance();
                continue;
            }
            looked_at += 1;
            self.looked_at += 1;
            if let Some(work) = work_of(list.doc()) {
                seen += 1;
                self.works.push((work, completion_source(list.term_freq())));
            }
            list.advance();
        }
        let is_estimated = list.doc() != TERMINATED;
        let estimate = seen * u64::from(doc_freq) / u64::from(looked_at.max(1));
        let articles = if is_estimated { estimate.max(seen) } else { seen };
        self.estimated += articles;
        articles
    }

    /// The number of works, by source.
    fn sums(mut self) -> WorkCounts {
        let articles = self.works.len() as u64;
        self.works.sort_unstable();
        let mut counted = WorkCounts::default();
        // The most significant source of each work comes first.
        self.works.chunk_by(|a, b| a.0 == b.0).filter_map(|work| work.first()).for_each(|(_, best)| counted.add(*best));
        counted.map(|works| (works * self.estimated).checked_div(articles).unwrap_or(0))
    }
}
