//! Computes the similarity of every work to an article from the postings of its terms.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use tantivy::Term;
use tantivy::postings::BlockSegmentPostings;
use tantivy::schema::Field;

use crate::analysis::{ByZone, KeyTerm, Zone};
use crate::engine::EngineError;
use crate::engine::cancellation::checkpoint;
use crate::engine::related::document_profile::{author_key, link_key, series_key, topic_key};
use crate::engine::related::{
    self, DocumentProfile, LEADING_WORDS, MAX_PHRASES, MAX_WORDS, Shared, SharedTerms, Similarity, SimilarityEvidence,
    WeightedTerm,
};
use crate::engine::tantivy::reader::neighbours::{LookedFor, RelatedCandidate};
use crate::engine::tantivy::reader::segment::{Segment, index_error};
use crate::engine::tantivy::reader::snapshot::Snapshot;
use crate::engine::tantivy::reader::work_index::Doc;

/// One version of the source work.
#[derive(Debug, Clone)]
pub(crate) struct VersionProfile {
    pub(crate) profile: DocumentProfile,
    /// The index of its language group in the snapshot; `None` if the site has no other article of
    /// the language.
    pub(crate) group: Option<usize>,
    /// Whether it, or the article that it would replace, is in the index.
    pub(crate) is_indexed: bool,
}

/// The similarity of all works that share anything with the source work.
pub(crate) struct Near {
    /// The works, unsorted; what they share contains only flags.
    pub(crate) works: Vec<(u32, Similarity)>,
    /// For every version asked about, the terms that each of the works shares with it.
    pub(crate) terms: Vec<Vec<SharedTerms>>,
    /// For every source version, the meaning of the bits of these.
    pub(crate) looked_for: Vec<LookedFor>,
    /// Whether works that share only topics are included.
    pub(crate) is_whole: bool,
}

impl Near {
    /// The work at an index, for the source version at another index: the shared terms are those
    /// with that version, or else those with the first version that shares any.
    pub(crate) fn candidate(&self, at: usize, version: usize) -> RelatedCandidate {
        let (work, similarity) = self.works.get(at).copied().unwrap_or_default();
        let terms =
            |version: usize| self.terms.get(version).and_then(|terms| terms.get(at)).copied().unwrap_or_default();
        let mut versions = [version].into_iter().chain(0..self.terms.len());
        let version = versions.find(|version| !terms(*version).is_none()).unwrap_or(version);
        let shared = similarity.shared.and(terms(version).reported());
        RelatedCandidate { work, similarity: Similarity { shared, ..similarity }, version }
    }

    /// All similar works, for the source version at an index.
    pub(crate) fn candidates(&self, version: usize) -> Vec<RelatedCandidate> {
        let near = self.works.iter().enumerate().filter(|(_, (_, nearness))| nearness.score > 0.0);
        near.map(|(at, _)| self.candidate(at, version)).collect()
    }
}

/// A zone of an article that contains a term.
#[derive(Clone, Copy)]
struct Holding {
    doc: Doc,
    /// The score of the term there.
    score: f32,
    /// See [`related::is_prominent`].
    is_prominent: bool,
}

/// The occurrences of a term in the articles of one language.
type Holdings = Rc<Vec<Holding>>;

/// The articles with a key.
type SharedDocs = Rc<Vec<Doc>>;

/// The maximum number of postings cached for the next article: at most 16 MB.
const MAX_KEPT_POSTINGS: usize = (16 << 20) / size_of::<Holding>();

/// What an article's text shares with a source version.
#[derive(Clone, Copy, Default)]
struct TextEvidence {
    score: f32,
    shared: SharedTerms,
}

/// What else an article shares with a source version.
#[derive(Clone, Copy, Default)]
struct LabelEvidence {
    topics: f32,
    authors: f32,
}

/// Computes similarities, one article after the other; term data is cached for the next.
pub(crate) struct Scorer<'s> {
    snapshot: &'s Snapshot,
    /// For every language group, the mean length of each zone.
    means: Vec<ByZone<f32>>,
    /// The document frequencies of terms by zone.
    doc_freq: ByZone<FxHashMap<String, u64>>,
    /// The document frequencies of phrases.
    phrase_doc_freq: FxHashMap<String, u64>,
    /// The occurrences of words, for every language group.
    holdings: Vec<FxHashMap<String, Holdings>>,
    keyed: FxHashMap<String, SharedDocs>,
    postings_kept: usize,
    texts: Vec<TextEvidence>,
    labels: Vec<LabelEvidence>,
    touched: Vec<Doc>,
    /// For every work, its index among those found plus one.
    slots: Vec<u32>,
}

impl<'s> Scorer<'s> {
    pub(crate) fn new(snapshot: &'s Snapshot) -> Scorer<'s> {
        let means = snapshot.languages.iter().map(|language| ByZone::of(|zone| language.mean_words(zone)));
        Scorer {
            snapshot,
            means: means.collect(),
            doc_freq: ByZone::default(),
            phrase_doc_freq: FxHashMap::default(),
            holdings: vec![FxHashMap::default(); snapshot.languages.len()],
            keyed: FxHashMap::default(),
            postings_kept: 0,
            texts: vec![TextEvidence::default(); snapshot.works_index.docs()],
            labels: vec![LabelEvidence::default(); snapshot.works_index.docs()],
            touched: Vec::new(),
            slots: vec![0; snapshot.works],
        }
    }

    /// The similarity of every work except `own` ones to the source versions. Works that share only
    /// topics are left out if the texts lead to `enough` others in each version's language, because
    /// these rank first.
    pub(crate) fn near(&mut self, asked: &[VersionProfile], own: &[u32], enough: usize) -> Result<Near, EngineError> {
        let snapshot = self.snapshot;
        let mut found = Finds::default();
        let mut looked_for = Vec::with_capacity(asked.len());
        for version in asked {
            let (looked, whole) = self.collect_text(version)?;
            looked_for.push(looked);
            found.terms.push(vec![SharedTerms::default(); found.works.len()]);
            for doc in std::mem::take(&mut self.touched) {
                let evidence = self.texts.get_mut(doc as usize).map(std::mem::take).unwrap_or_default();
                found.take_text(&mut self.slots, snapshot.works_index.work_of(doc), evidence, whole);
            }
            let language = version.group.and_then(|group| snapshot.languages.get(group));
            found.end_version(language.map_or(0, |language| language.articles));
            for (doc, flag) in self.flagged(&version.profile)? {
                if let Some(found) = found.of(&mut self.slots, snapshot.works_index.work_of(doc)) {
                    found.evidence.take(0.0, 0.0, flag);
                }
            }
        }
        let is_enough = |version: &VersionProfile| {
            let in_language = |work| version.group.is_some_and(|group| snapshot.works_index.has_language(work, group));
            let others = found.works.iter().filter(|found| !own.contains(&found.work) && in_language(found.work));
            others.take(enough).count() == enough
        };
        let is_whole = !asked.iter().all(is_enough);
        for version in asked {
            self.collect_labels(&version.profile, is_whole)?;
            for doc in std::mem::take(&mut self.touched) {
                let labels = self.labels.get_mut(doc as usize).map(std::mem::take).unwrap_or_default();
                let flag = if labels.topics > 0.0 { Shared::TOPIC } else { Shared::default() };
                if let Some(found) = found.of(&mut self.slots, snapshot.works_index.work_of(doc)) {
                    found.evidence.take(labels.topics, labels.authors, flag);
                }
            }
        }
        for found in &found.works {
            if let Some(slot) = self.slots.get_mut(found.work as usize) {
                *slot = 0;
            }
        }
        for shared in &mut found.terms {
            shared.resize(found.works.len(), SharedTerms::default());
        }
        let works = found.works.iter().map(|found| {
            let common = self.common_articles(asked, found.work);
            let similarity = found.evidence.similarity(common, self.time_score(asked, found.work));
            (found.work, similarity.filter(|_| !own.contains(&found.work)).unwrap_or_default())
        });
        let works = works.collect();
        self.forget();
        Ok(Near { works, terms: found.terms, looked_for, is_whole })
    }

    /// Clears the cache of terms when it is too large.
    fn forget(&mut self) {
        if self.postings_kept > MAX_KEPT_POSTINGS {
            self.holdings.iter_mut().for_each(FxHashMap::clear);
            self.keyed.clear();
            self.doc_freq.iter_mut().for_each(FxHashMap::clear);
            self.postings_kept = 0;
        }
    }

    /// The number of articles in the languages that a work shares with the source versions.
    fn common_articles(&self, asked: &[VersionProfile], work: u32) -> u64 {
        let groups = asked.iter().filter_map(|version| version.group);
        let groups = groups.filter(|group| self.snapshot.works_index.has_language(work, *group));
        groups.filter_map(|group| self.snapshot.languages.get(group)).map(|language| language.articles).sum()
    }

    /// The score of a work being of about the same time.
    fn time_score(&self, asked: &[VersionProfile], work: u32) -> f32 {
        let index = &self.snapshot.works_index;
        let asked = asked.iter().filter_map(|version| version.profile.eventful_day);
        let apart = asked.flat_map(|one| {
            let others = index.versions(work).iter().filter_map(|place| index.eventful_day(index.doc(*place)));
            others.map(move |other| one.abs_diff(other))
        });
        apart.min().map_or(0.0, related::time_score)
    }

    /// Sums, for every article, what its text shares with a version; also returns the compared
    /// terms and the score of the whole text.
    fn collect_text(&mut self, asked: &VersionProfile) -> Result<(LookedFor, f32), EngineError> {
        let snapshot = self.snapshot;
        let Some((group, language)) = asked.group.and_then(|group| Some((group, snapshot.languages.get(group)?)))
        else {
            return Ok((LookedFor::default(), 1.0));
        };
        let terms = &asked.profile.terms;
        let words = self.weightiest(asked, &terms.words, MAX_WORDS, language.articles)?;
        let phrases = self.weightiest(asked, &terms.phrases, MAX_PHRASES, language.articles)?;
        let (leading, others) = words.split_at(words.len().min(LEADING_WORDS));
        for (at, word) in leading.iter().enumerate() {
            let Some(term) = terms.words.get(word.place) else { continue };
            let is_prominent_in_source = related::is_prominent_term(term, &language.lang);
            for holding in self.word_holdings(group, &term.stem)?.iter() {
                let in_both = is_prominent_in_source && holding.is_prominent;
                self.lead(holding.doc, word.weight * holding.score, Shared::word(at), in_both);
            }
        }
        for (at, phrase) in phrases.iter().enumerate() {
            let Some(term) = terms.phrases.get(phrase.place) else { continue };
            let is_prominent_in_source = related::is_prominent_term(term, &language.lang);
            let docs = self.docs_with(snapshot.fields.phrases, &term.stem)?;
            for doc in docs.into_iter().filter(|doc| snapshot.works_index.group_of(*doc) == Some(group)) {
                self.lead(doc, phrase.weight * related::phrase_score(), Shared::phrase(at), is_prominent_in_source);
            }
        }
        for (at, word) in (leading.len()..).zip(others) {
            let Some(term) = terms.words.get(word.place) else { continue };
            let is_prominent_in_source = related::is_prominent_term(term, &language.lang);
            self.add_other(group, &term.stem, word.weight, Shared::word(at), is_prominent_in_source)?;
        }
        let whole = related::whole_text(&words, &phrases);
        let places = |terms: Vec<WeightedTerm>| terms.into_iter().map(|term| term.place).collect();
        Ok((LookedFor { words: places(words), phrases: places(phrases) }, whole))
    }

    /// Adds a shared term that leads to an article; `in_both` says whether it is prominent in
    /// both.
    fn lead(&mut self, doc: Doc, score: f32, term: Shared, in_both: bool) {
        let Some(text) = self.texts.get_mut(doc as usize) else { return };
        if text.shared.is_none() {
            self.touched.push(doc);
        }
        text.score += score;
        text.shared.take(term, in_both);
    }

    /// The articles of the same series, and those with a link to or from a version.
    fn flagged(&mut self, profile: &DocumentProfile) -> Result<Vec<(Doc, Shared)>, EngineError> {
        let series = profile.series.iter().map(|series| (series_key(series), Shared::SERIES));
        let links_here = profile.url.iter().map(|url| (link_key(url), Shared::LINKS_HERE));
        let mut flagged = Vec::new();
        for (key, flag) in series.chain(links_here) {
            flagged.extend(self.docs_with_key(&key)?.iter().map(|doc| (*doc, flag)));
        }
        for link in &profile.links {
            let docs = self.docs_with(self.snapshot.fields.url, link)?;
            flagged.extend(docs.into_iter().map(|doc| (doc, Shared::LINKED)));
        }
        Ok(flagged)
    }

    /// Sums, for every article, the topics and authors that it shares with a version: of works that
    /// are found already, or of all.
    fn collect_labels(&mut self, profile: &DocumentProfile, of_all: bool) -> Result<(), EngineError> {
        let articles = self.snapshot.articles();
        let topics: Result<Vec<SharedDocs>, EngineError> =
            profile.topics.iter().map(|topic| self.docs_with_key(&topic_key(&topic.path))).collect();
        let topics = topics?;
        let doc_freq: Vec<u64> = topics.iter().map(|docs| docs.len() as u64).collect();
        for (docs, score) in topics.iter().zip(related::topic_scores(articles, &doc_freq)) {
            for doc in docs.iter().filter(|_| score > 0.0) {
                self.label(*doc, of_all, |labels| labels.topics += score);
            }
        }
        for author in &profile.authors {
            let docs = self.docs_with_key(&author_key(author))?;
            let score = related::author_score(articles, docs.len() as u64);
            docs.iter().for_each(|doc| self.label(*doc, of_all, |labels| labels.authors += score));
        }
        Ok(())
    }

    fn label(&mut self, doc: Doc, of_all: bool, change: impl FnOnce(&mut LabelEvidence)) {
        let slot = self.slots.get(self.snapshot.works_index.work_of(doc) as usize);
        if !of_all && slot == Some(&0) {
            return;
        }
        let Some(labels) = self.labels.get_mut(doc as usize) else { return };
        if labels.topics == 0.0 && labels.authors == 0.0 {
            self.touched.push(doc);
        }
        change(labels);
    }

    fn weightiest(
        &mut self,
        asked: &VersionProfile,
        terms: &[KeyTerm],
        most: usize,
        articles: u64,
    ) -> Result<Vec<WeightedTerm>, EngineError> {
        related::weightiest(terms, most, articles, asked.is_indexed.into(), |term| self.term_doc_freq(term))
    }

    /// The document frequency of a term in the zone that it was found in; of a phrase, anywhere.
    fn term_doc_freq(&mut self, term: &KeyTerm) -> Result<u64, EngineError> {
        let is_phrase = term.stem.contains(' ');
        let known = if is_phrase { &self.phrase_doc_freq } else { &self.doc_freq[term.zone] };
        if let Some(doc_freq) = known.get(&term.stem) {
            return Ok(*doc_freq);
        }
        let fields = &self.snapshot.fields;
        let field = if is_phrase { fields.phrases } else { fields.zones[term.zone].stems };
        let doc_freq = self.count_docs(field, &term.stem)?;
        let known = if is_phrase { &mut self.phrase_doc_freq } else { &mut self.doc_freq[term.zone] };
        known.insert(term.stem.clone(), doc_freq);
        Ok(doc_freq)
    }

    /// The number of counted articles that contain a term.
    fn count_docs(&self, field: Field, key: &str) -> Result<u64, EngineError> {
        let term = Term::from_field_text(field, key);
        let mut sum = 0;
        for segment in &self.snapshot.segments {
            let list = segment.reader.inverted_index(field).map_err(index_error)?;
            let Some(info) = list.get_term_info(&term).map_err(index_error)? else { continue };
            sum += u64::from(segment.doc_freq(&list, &info).map_err(index_error)?);
        }
        Ok(sum)
    }

    /// The counted articles with a profile key; cached, because many articles have the same keys.
    fn docs_with_key(&mut self, key: &str) -> Result<SharedDocs, EngineError> {
        if let Some(known) = self.keyed.get(key) {
            return Ok(Rc::clone(known));
        }
        let docs = SharedDocs::new(self.docs_with(self.snapshot.fields.keys, key)?);
        self.postings_kept += docs.len();
        self.keyed.insert(key.to_owned(), Rc::clone(&docs));
        Ok(docs)
    }

    /// The counted articles that contain a term.
    fn docs_with(&self, field: Field, key: &str) -> Result<Vec<Doc>, EngineError> {
        let term = Term::from_field_text(field, key);
        let places = self.snapshot.counted_with(&term)?;
        Ok(places.into_iter().map(|place| self.snapshot.works_index.doc(place)).collect())
    }

    /// The occurrences of a word in the counted articles of a language, zone by zone.
    fn word_holdings(&mut self, group: usize, stem: &str) -> Result<Holdings, EngineError> {
        if let Some(known) = self.holdings.get(group).and_then(|known| known.get(stem)) {
            return Ok(Rc::clone(known));
        }
        let index = &self.snapshot.works_index;
        let mut holdings: Vec<Holding> = Vec::new();
        let mut lengths = Vec::new();
        each_list(self.snapshot, stem, |base, segment, zone, mut list| {
            let mean = self.mean(group, zone);
            while list.block_len() > 0 {
                let docs = list.docs();
                lengths.resize(docs.len(), 0);
                segment.zones[zone].length.get_vals(docs, &mut lengths);
                for ((doc, frequency), length) in docs.iter().zip(list.freqs()).zip(&lengths) {
                    if index.group_of(base + doc) == Some(group) {
                        holdings.push(Holding {
                            doc: base + doc,
                            score: related::zone_score(zone, *frequency, *length as u32, mean),
                            is_prominent: related::is_prominent(zone, *frequency),
                        });
                    }
                }
                list.advance();
            }
        })?;
        let holdings = Holdings::new(holdings);
        self.postings_kept += holdings.len();
        if let Some(known) = self.holdings.get_mut(group) {
            known.insert(stem.to_owned(), Rc::clone(&holdings));
        }
        Ok(holdings)
    }

    /// Adds a word of a language to the articles that other terms led to; `is_prominent_in_source` says
    /// whether it is prominent in the source article.
    fn add_other(
        &mut self,
        group: usize,
        stem: &str,
        weight: f32,
        word: Shared,
        is_prominent_in_source: bool,
    ) -> Result<(), EngineError> {
        let mut texts = std::mem::take(&mut self.texts);
        let read = each_list(self.snapshot, stem, |base, segment, zone, mut list| {
            let mean = self.mean(group, zone);
            while list.block_len() > 0 {
                for (doc, frequency) in list.docs().iter().zip(list.freqs()) {
                    let text = texts.get_mut((base + doc) as usize).filter(|text| !text.shared.is_none());
                    let Some(text) = text else { continue };
                    let length = segment.zones[zone].length.get_val(*doc) as u32;
                    text.score += weight * related::zone_score(zone, *frequency, length, mean);
                    text.shared.take(word, is_prominent_in_source && related::is_prominent(zone, *frequency));
                }
                list.advance();
            }
        });
        self.texts = texts;
        read
    }

    fn mean(&self, group: usize, zone: Zone) -> f32 {
        self.means.get(group).map_or(1.0, |means| means[zone])
    }
}

/// Calls a function with the postings of a word, segment by segment and zone by zone, each with the
/// number of the segment's first article.
fn each_list(
    snapshot: &Snapshot,
    stem: &str,
    mut take: impl FnMut(Doc, &Segment, Zone, BlockSegmentPostings),
) -> Result<(), EngineError> {
    for (ordinal, segment) in snapshot.segments.iter().enumerate() {
        for zone in related::zones() {
            checkpoint()?;
            if let Some(list) = segment.stem_blocks(&snapshot.fields, zone, stem)? {
                take(snapshot.works_index.base(ordinal), segment, zone, list);
            }
        }
    }
    Ok(())
}

/// A work that shares something with the source work.
#[derive(Default)]
struct FoundWork {
    work: u32,
    /// Its index among those found.
    at: usize,
    evidence: SimilarityEvidence,
    /// The best text score of its versions for the current source version.
    text: f32,
}

/// The works that share something with the source work.
#[derive(Default)]
struct Finds {
    works: Vec<FoundWork>,
    /// For every source version so far, the terms that each of the works shares with it.
    terms: Vec<Vec<SharedTerms>>,
}

impl Finds {
    /// The entry of a work; `slots` has the index of each known work plus one.
    fn of(&mut self, slots: &mut [u32], work: u32) -> Option<&mut FoundWork> {
        let slot = slots.get_mut(work as usize)?;
        if *slot == 0 {
            self.works.push(FoundWork { work, at: self.works.len(), ..FoundWork::default() });
            *slot = self.works.len() as u32;
        }
        self.works.get_mut(*slot as usize - 1)
    }

    /// Adds what a text of a work shares with the current version; `whole` is the score of that
    /// version's whole text.
    fn take_text(&mut self, slots: &mut [u32], work: u32, evidence: TextEvidence, whole: f32) {
        let Some(found) = self.of(slots, work) else { return };
        found.text = found.text.max(evidence.score / whole);
        let at = found.at;
        if let Some(terms) = self.terms.last_mut() {
            terms.resize(terms.len().max(at + 1), SharedTerms::default());
            if let Some(known) = terms.get_mut(at) {
                *known = known.and(evidence.shared);
            }
        }
    }

    /// Completes the current version; `articles` is the number of articles in its language.
    fn end_version(&mut self, articles: u64) {
        for found in &mut self.works {
            found.evidence.add_text(std::mem::take(&mut found.text), articles);
        }
    }
}
