//! How near every work is to an article, worked out from the postings of its terms.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED, Term};

use super::super::snapshot::{Segment, Snapshot, index_error};
use super::super::works::Doc;
use crate::analysis::{KeyTerm, ZONES, Zone};
use crate::article::Kind;
use crate::engine::EngineError;
use crate::engine::related::subject::{author_key, eventful_s, link_key, series_key, topic_key};
use crate::engine::related::{self, Evidence, MAX_PHRASES, MAX_WORDS, Nearness, Shared, Subject, WeightedTerm};

/// One version of what is asked about.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) subject: Subject,
    /// Its language's place among the snapshot's groups; `None` where the site has no other
    /// article of the language.
    pub(super) group: Option<usize>,
}

/// The places of the terms that were looked for, among those of a version's subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LookedFor {
    pub(super) words: Vec<usize>,
    pub(super) phrases: Vec<usize>,
}

/// How near all works are that share anything with what is asked about.
pub(super) struct Near {
    /// The works, in no order; what they share is but the flags.
    pub(super) works: Vec<(u32, Nearness)>,
    /// For every version asked about, the terms that each of the works shares with it.
    pub(super) terms: Vec<Vec<Shared>>,
    /// For every version asked about, what the bits of these mean.
    pub(super) looked_for: Vec<LookedFor>,
}

impl Near {
    /// The work at a place, as the version at another is asked about: what they share is what it
    /// shares with that version, or else with the first that it shares terms with.
    pub(super) fn candidate(&self, at: usize, version: usize) -> Candidate {
        let (work, nearness) = self.works.get(at).copied().unwrap_or_default();
        let terms =
            |version: usize| self.terms.get(version).and_then(|terms| terms.get(at)).copied().unwrap_or_default();
        let mut versions = [version].into_iter().chain(0..self.terms.len());
        let version = versions.find(|version| !terms(*version).is_none()).unwrap_or(version);
        Candidate { work, nearness: Nearness { shared: nearness.shared.and(terms(version)), ..nearness }, version }
    }

    /// All works that are near at all, as the version at a place is asked about.
    pub(super) fn candidates(&self, version: usize) -> Vec<Candidate> {
        let near = (0..self.works.len()).filter(|at| self.works[*at].1.score > 0.0);
        near.map(|at| self.candidate(at, version)).collect()
    }
}

/// A work that is near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) work: u32,
    pub(super) nearness: Nearness,
    /// Which version of the work asked about it shares terms with.
    pub(super) version: usize,
}

/// A term's articles, with what it is worth in each.
type Worths = Rc<[(Doc, f32)]>;

/// The most postings whose worths are kept for the next article: 16 MB.
const MAX_KEPT_POSTINGS: usize = 2 << 20;

/// The most articles of a segment that are counted one by one.
const MAX_COUNTED: u32 = 64;

/// What one article has in common with what is asked about.
#[derive(Clone, Copy, Default)]
struct DocEvidence {
    text: f32,
    topics: f32,
    authors: f32,
    shared: Shared,
}

/// Works out what is near, one article after the other; what it knows of a term is kept for the
/// next.
pub(super) struct Scorer<'s> {
    snapshot: &'s Snapshot,
    /// For every language group, the mean length of each zone.
    means: Vec<[f32; ZONES]>,
    /// For every zone, and behind them for phrases, how many articles hold a term.
    holders: [FxHashMap<String, u64>; ZONES + 1],
    worths: FxHashMap<String, Worths>,
    postings_kept: usize,
    docs: Vec<DocEvidence>,
    touched: Vec<Doc>,
    /// For every work, its place among those found plus one.
    slots: Vec<u32>,
}

impl<'s> Scorer<'s> {
    pub(super) fn new(snapshot: &'s Snapshot) -> Scorer<'s> {
        let means = snapshot.languages.iter().map(|language| Zone::ALL.map(|zone| language.mean_words(zone)));
        Scorer {
            snapshot,
            means: means.collect(),
            holders: Default::default(),
            worths: FxHashMap::default(),
            postings_kept: 0,
            docs: vec![DocEvidence::default(); snapshot.works_index.docs()],
            touched: Vec::new(),
            slots: vec![0; snapshot.works],
        }
    }

    /// How near every work but `own` ones is to the versions of one that is asked about.
    pub(super) fn near(&mut self, asked: &[Asked], own: &[u32]) -> Result<Near, EngineError> {
        let snapshot = self.snapshot;
        let mut found: Vec<Found> = Vec::new();
        let mut terms: Vec<Vec<Shared>> = Vec::with_capacity(asked.len());
        let mut looked_for = Vec::with_capacity(asked.len());
        for version in asked {
            let (looked, whole) = self.collect(version)?;
            looked_for.push(looked);
            let mut shared = vec![Shared::default(); found.len()];
            for doc in std::mem::take(&mut self.touched) {
                let Some(evidence) = self.docs.get_mut(doc as usize).map(std::mem::take) else { continue };
                let work = snapshot.works_index.work_of(doc);
                if own.contains(&work) {
                    continue;
                }
                let Some(slot) = self.slots.get_mut(work as usize) else { continue };
                if *slot == 0 {
                    found.push(Found { work, ..Found::default() });
                    shared.push(Shared::default());
                    *slot = found.len() as u32;
                }
                let at = *slot as usize - 1;
                found[at].evidence.take(evidence.topics, evidence.authors, evidence.shared.flags());
                if version.group == Some(snapshot.works_index.group_of(doc)) {
                    found[at].text = found[at].text.max(evidence.text / whole);
                    shared[at] = shared[at].and(evidence.shared.terms());
                }
            }
            let articles =
                version.group.and_then(|group| snapshot.languages.get(group)).map_or(0, |language| language.articles);
            for found in &mut found {
                found.evidence.add_text(std::mem::take(&mut found.text), articles);
            }
            terms.push(shared);
        }
        for found in &found {
            if let Some(slot) = self.slots.get_mut(found.work as usize) {
                *slot = 0;
            }
        }
        for shared in &mut terms {
            shared.resize(found.len(), Shared::default());
        }
        let works = found.iter().map(|found| {
            let common = self.common_articles(asked, found.work);
            let nearness = found.evidence.nearness(common, self.time_worth(asked, found.work));
            (found.work, nearness.unwrap_or_default())
        });
        let works = works.collect();
        self.forget();
        Ok(Near { works, terms, looked_for })
    }

    /// Forgets what is known of terms once it has grown.
    fn forget(&mut self) {
        if self.postings_kept > MAX_KEPT_POSTINGS {
            self.worths.clear();
            self.holders.iter_mut().for_each(FxHashMap::clear);
            self.postings_kept = 0;
        }
    }

    /// The articles of the languages that a work shares with the versions asked about.
    fn common_articles(&self, asked: &[Asked], work: u32) -> u64 {
        let groups = asked.iter().filter_map(|version| version.group);
        let groups = groups.filter(|group| self.snapshot.works_index.has_language(work, *group));
        groups.filter_map(|group| self.snapshot.languages.get(group)).map(|language| language.articles).sum()
    }

    /// What it is worth that a work is of about the same time.
    fn time_worth(&self, asked: &[Asked], work: u32) -> f32 {
        let asked = asked.iter().filter_map(|version| version.subject.eventful_s);
        let worths = asked.flat_map(|one_s| {
            let others = self.snapshot.versions(work).iter();
            others
                .filter_map(|place| eventful(&self.snapshot.segments[place.segment], place.doc))
                .map(move |other_s| related::time_worth(one_s, other_s))
        });
        worths.fold(0.0, f32::max)
    }

    /// Adds up, for every article, what it has in common with a version; also what terms were
    /// looked for, and what the whole text would be worth.
    fn collect(&mut self, asked: &Asked) -> Result<(LookedFor, f32), EngineError> {
        let mut looked_for = LookedFor::default();
        let mut whole = 1.0;
        let language = asked.group.and_then(|group| self.snapshot.languages.get(group));
        if let Some(language) = language {
            let terms = &asked.subject.terms;
            let words = self.weightiest(&terms.words, MAX_WORDS, language.articles)?;
            for (at, word) in words.iter().enumerate() {
                let Some(term) = terms.words.get(word.place) else { continue };
                for (doc, worth) in self.word_worths(&term.stem)?.iter() {
                    self.evidence(*doc, |evidence| {
                        evidence.text += word.weight * worth;
                        evidence.shared = evidence.shared.and(Shared::word(at));
                    });
                }
            }
            let phrases = self.weightiest(&terms.phrases, MAX_PHRASES, language.articles)?;
            whole = related::whole_text(&words, &phrases);
            for (at, phrase) in phrases.iter().enumerate() {
                let Some(term) = terms.phrases.get(phrase.place) else { continue };
                for doc in self.docs_with(self.snapshot.fields.phrases, &term.stem)? {
                    self.evidence(doc, |evidence| {
                        evidence.text += phrase.weight * related::phrase_worth();
                        evidence.shared = evidence.shared.and(Shared::phrase(at));
                    });
                }
            }
            let places = |terms: Vec<WeightedTerm>| terms.into_iter().map(|term| term.place).collect();
            looked_for = LookedFor { words: places(words), phrases: places(phrases) };
        }
        self.collect_keys(&asked.subject)?;
        Ok((looked_for, whole))
    }

    /// Adds what is shared besides words: topics, authors, the series, links.
    fn collect_keys(&mut self, subject: &Subject) -> Result<(), EngineError> {
        let (articles, keys) = (self.snapshot.articles(), self.snapshot.fields.keys);
        let mut topic_holders = Vec::with_capacity(subject.topics.len());
        for topic in &subject.topics {
            topic_holders.push(self.key_holders(&topic_key(&topic.path))?);
        }
        for (topic, worth) in subject.topics.iter().zip(related::topic_worths(articles, &topic_holders)) {
            if worth > 0.0 {
                for doc in self.docs_with(keys, &topic_key(&topic.path))? {
                    self.evidence(doc, |evidence| {
                        evidence.topics += worth;
                        evidence.shared = evidence.shared.and(Shared::TOPIC);
                    });
                }
            }
        }
        for author in &subject.authors {
            let key = author_key(author);
            let worth = related::author_worth(articles, self.key_holders(&key)?);
            for doc in self.docs_with(keys, &key)? {
                self.evidence(doc, |evidence| evidence.authors += worth);
            }
        }
        let flags = |field: Field, key: String, flag: Shared| (field, key, flag);
        let series = subject.series.iter().map(|series| flags(keys, series_key(series), Shared::SERIES));
        let linked = subject.links.iter().map(|link| flags(self.snapshot.fields.url, link.clone(), Shared::LINKED));
        let links_here = subject.url.iter().map(|url| flags(keys, link_key(url), Shared::LINKS_HERE));
        let flagged: Vec<_> = series.chain(linked).chain(links_here).collect();
        for (field, key, flag) in flagged {
            for doc in self.docs_with(field, &key)? {
                self.evidence(doc, |evidence| evidence.shared = evidence.shared.and(flag));
            }
        }
        Ok(())
    }

    fn evidence(&mut self, doc: Doc, change: impl FnOnce(&mut DocEvidence)) {
        let Some(evidence) = self.docs.get_mut(doc as usize) else { return };
        if evidence.shared.is_none() && evidence.authors == 0.0 {
            self.touched.push(doc);
        }
        change(evidence);
    }

    fn weightiest(&mut self, terms: &[KeyTerm], most: usize, articles: u64) -> Result<Vec<WeightedTerm>, EngineError> {
        related::weightiest(terms, most, articles, |term| self.term_holders(term))
    }

    /// How many articles hold a term in the zone that it was found in; of a phrase, anywhere.
    fn term_holders(&mut self, term: &KeyTerm) -> Result<u64, EngineError> {
        let (kept, field) = match term.stem.contains(' ') {
            true => (ZONES, self.snapshot.fields.phrases),
            false => (term.zone.ordinal(), self.snapshot.fields.zones[term.zone.ordinal()].stems),
        };
        if let Some(holders) = self.holders[kept].get(&term.stem) {
            return Ok(*holders);
        }
        let holders = self.count_holders(field, &term.stem)?;
        self.holders[kept].insert(term.stem.clone(), holders);
        Ok(holders)
    }

    fn key_holders(&self, key: &str) -> Result<u64, EngineError> {
        self.count_holders(self.snapshot.fields.keys, key)
    }

    /// How many articles hold a term: the living ones, but for a common term, of which Tantivy counts
    /// deleted ones until it merges.
    fn count_holders(&self, field: Field, key: &str) -> Result<u64, EngineError> {
        let term = Term::from_field_text(field, key);
        let mut sum = 0;
        for segment in &self.snapshot.segments {
            let list = segment.reader.inverted_index(field).map_err(index_error)?;
            let Some(info) = list.get_term_info(&term).map_err(index_error)? else { continue };
            if info.doc_freq > MAX_COUNTED || segment.reader.num_deleted_docs() == 0 {
                sum += u64::from(info.doc_freq);
                continue;
            }
            let postings = list.read_postings_from_terminfo(&info, IndexRecordOption::Basic).map_err(index_error)?;
            each(Some(postings), segment, |_, _| sum += 1);
        }
        Ok(sum)
    }

    /// The living articles that have a key.
    fn docs_with(&self, field: Field, key: &str) -> Result<Vec<Doc>, EngineError> {
        let term = Term::from_field_text(field, key);
        let places = self.snapshot.all_with(&term)?;
        Ok(places.into_iter().map(|place| self.snapshot.works_index.doc(place)).collect())
    }

    /// What a word is worth in every living article that holds it.
    fn word_worths(&mut self, stem: &str) -> Result<Worths, EngineError> {
        if let Some(known) = self.worths.get(stem) {
            return Ok(Rc::clone(known));
        }
        let mut worths: Vec<(Doc, f32)> = Vec::new();
        for (ordinal, segment) in self.snapshot.segments.iter().enumerate() {
            let base = self.snapshot.works_index.base(ordinal);
            let first = worths.len();
            for zone in related::zones() {
                let list = segment.stem_postings(self.snapshot, zone, stem, IndexRecordOption::WithFreqs)?;
                let lengths = &segment.zones[zone.ordinal()].length;
                each(list, segment, |doc, frequency| {
                    let group = self.snapshot.works_index.group_of(base + doc);
                    let mean = self.means.get(group).map_or(1.0, |means| means[zone.ordinal()]);
                    worths.push((base + doc, related::zone_worth(zone, frequency, lengths.get_val(doc) as u32, mean)));
                });
            }
            worths[first..].sort_by_key(|(doc, _)| *doc);
        }
        worths.dedup_by(|other, kept| {
            let is_same = other.0 == kept.0;
            kept.1 += if is_same { other.1 } else { 0.0 };
            is_same
        });
        let worths: Worths = worths.into();
        self.postings_kept += worths.len();
        self.worths.insert(stem.to_owned(), Rc::clone(&worths));
        Ok(worths)
    }
}

/// A work that has something in common with what is asked about.
#[derive(Default)]
struct Found {
    work: u32,
    evidence: Evidence,
    /// What the best text of its versions in the present language is worth.
    text: f32,
}

fn eventful(segment: &Segment, doc: u32) -> Option<i64> {
    let kind = Kind::ALL.get(segment.kind.get_val(doc) as usize)?;
    eventful_s(*kind, segment.published.first(doc))
}

fn each(list: Option<SegmentPostings>, segment: &Segment, mut take: impl FnMut(u32, u32)) {
    let Some(mut list) = list else { return };
    while list.doc() != TERMINATED {
        if !segment.reader.is_deleted(list.doc()) {
            take(list.doc(), list.term_freq());
        }
        list.advance();
    }
}
