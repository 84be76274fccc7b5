//! Scores every article of a segment, word by word.

use tantivy::DocId;
use tantivy::postings::BlockSegmentPostings;

use crate::analysis::{ByZone, Zone};
use crate::engine::EngineError;
use crate::engine::cancellation::checkpoint;
use crate::engine::planning::{Plan, PlannedWord, Variant, WordForms};
use crate::engine::ranking::{self, Counting, MatchState};
use crate::engine::tantivy::reader::phrase_match::{phrase_matches, sequence_counts};
use crate::engine::tantivy::reader::segment::Segment;
use crate::engine::tantivy::reader::snapshot::Snapshot;

/// A sparse accumulator: one value per article of a segment, most of them zero.
struct Sparse {
    values: Vec<f32>,
    /// The articles with a nonzero value.
    docs: Vec<DocId>,
}

impl Sparse {
    fn new(slots: usize) -> Sparse {
        Sparse { values: vec![0.0; slots], docs: Vec::new() }
    }

    /// Changes an article's value; a nonzero value must not become zero.
    fn change(&mut self, doc: DocId, change: impl FnOnce(f32) -> f32) {
        let Some(value) = self.values.get_mut(doc as usize) else { return };
        let changed = change(*value);
        if *value == 0.0 && changed > 0.0 {
            self.docs.push(doc);
        }
        *value = changed;
    }

    /// Removes all values and passes them to `take`.
    fn drain(&mut self, mut take: impl FnMut(DocId, f32)) {
        for doc in self.docs.drain(..) {
            if let Some(value) = self.values.get_mut(doc as usize) {
                take(doc, std::mem::take(value));
            }
        }
    }
}

/// Sums the match states of the articles of one segment. Memory is a few numbers per article of the
/// segment; only those of matching articles are touched.
pub(crate) struct Accumulator<'s> {
    snapshot: &'s Snapshot,
    segment: &'s Segment,
    /// For every language of the segment, the mean length of each zone.
    means: Vec<ByZone<f32>>,
    /// The frequencies of the current variant in the current zone.
    frequency: Sparse,
    /// The scores of the current variant.
    variant: Sparse,
    /// Whether an article contains the current variant itself or an inflection of it, where that
    /// matters; else empty.
    itself: Vec<bool>,
    /// The scores of the current word.
    word: Sparse,
    /// Whether the words in titles are counted.
    asks_titles: bool,
    /// The articles with the current word in their titles.
    in_title: Vec<DocId>,
    held: Vec<MatchState>,
    touched: Vec<DocId>,
}

impl<'s> Accumulator<'s> {
    pub(crate) fn new(snapshot: &'s Snapshot, segment: &'s Segment, plan: &Plan) -> Accumulator<'s> {
        let slots = segment.reader.max_doc() as usize;
        let means = segment.groups.iter().map(|group| {
            ByZone::of(|zone| snapshot.languages.get(*group).map_or(1.0, |language| language.mean_words(zone)))
        });
        Accumulator {
            snapshot,
            segment,
            means: means.collect(),
            frequency: Sparse::new(slots),
            variant: Sparse::new(slots),
            itself: Vec::new(),
            word: Sparse::new(slots),
            asks_titles: plan.requirements.asks_titles(),
            in_title: Vec::new(),
            held: vec![MatchState::default(); slots],
            touched: Vec::new(),
        }
    }

    /// Adds a word of the query.
    pub(crate) fn add(&mut self, word: &PlannedWord) -> Result<(), EngineError> {
        for variant in &word.variants {
            for zone in word.zones() {
                self.add_variant(variant, zone)?;
            }
            if variant.counting.is_bounded() {
                self.bound_variant();
            }
            if word.variants.len() > 1 {
                let words = &mut self.word;
                self.variant.drain(|doc, score| words.change(doc, |known| known.max(variant.factor * score)));
            }
        }
        let (held, touched, term) = (&mut self.held, &mut self.touched, word.term());
        let mut take = |doc: DocId, score: f32| {
            let Some(held) = held.get_mut(doc as usize) else { return };
            if *held == MatchState::default() {
                touched.push(doc);
            }
            held.take(&term, score);
        };
        match word.variants.as_slice() {
            // With a single variant its score is the best.
            [variant] => self.variant.drain(|doc, score| take(doc, variant.factor * score)),
            _ => self.word.drain(take),
        }
        // Once for all its variants.
        self.in_title.sort_unstable();
        self.in_title.dedup();
        for doc in self.in_title.drain(..).filter(|_| term.is_telling && !term.is_limited) {
            if let Some(held) = self.held.get_mut(doc as usize) {
                held.title_words += 1;
            }
        }
        Ok(())
    }

    /// Adds the whole query as a phrase, for the articles that hold all its telling words.
    pub(crate) fn add_phrase(&mut self, plan: &Plan) -> Result<(), EngineError> {
        let Some(phrase) = &plan.phrase else { return Ok(()) };
        let whole = self.held().filter(|(_, held)| plan.requirements.holds_all(held));
        let mut docs: Vec<DocId> = whole.map(|(doc, _)| doc).collect();
        docs.sort_unstable();
        for (doc, found) in phrase_matches(self.snapshot, self.segment, phrase, &docs)? {
            if let Some(held) = self.held.get_mut(doc as usize) {
                held.score += ranking::phrase_score(phrase.weight, found);
            }
        }
        Ok(())
    }

    /// The articles that contain any word, with their match states. Deleted articles may be
    /// included.
    pub(crate) fn held(&self) -> impl Iterator<Item = (DocId, MatchState)> + '_ {
        self.touched.iter().filter_map(|doc| Some((*doc, *self.held.get(*doc as usize)?)))
    }

    fn add_variant(&mut self, variant: &Variant, zone: Zone) -> Result<(), EngineError> {
        match variant.sequence.as_slice() {
            [forms] => self.count(forms, variant.counting, zone)?,
            sequence => {
                for (doc, count) in sequence_counts(self.snapshot, self.segment, sequence, zone)? {
                    self.frequency.change(doc, |known| known + count as f32);
                }
            }
        }
        let lengths = &self.segment.zones[zone].length;
        let (segment, means, scores) = (self.segment, &self.means, &mut self.variant);
        let mut in_title = (self.asks_titles && zone == Zone::Title).then_some(&mut self.in_title);
        self.frequency.drain(|doc, frequency| {
            let lang = segment.lang.get_val(doc) as usize;
            let mean = means.get(lang).map_or(1.0, |means| means[zone]);
            let score = ranking::zone_score(zone, frequency, lengths.get_val(doc) as u32, mean);
            scores.change(doc, |known| known + score);
            if let Some(in_title) = &mut in_title {
                in_title.push(doc);
            }
        });
        Ok(())
    }

    /// Bounds the scores of articles that only contain other words of the current variant's stem.
    fn bound_variant(&mut self) {
        for doc in &self.variant.docs {
            let is_itself = self.itself.get_mut(*doc as usize).is_some_and(std::mem::take);
            if let Some(score) = self.variant.values.get_mut(*doc as usize) {
                *score = ranking::bounded_score(*score, is_itself);
            }
        }
    }

    /// Two stems of a word mostly occur at the same positions, so only the more frequent one
    /// counts. A word as typed also occurs as a stem, and counts in addition.
    fn count(&mut self, forms: &WordForms, counting: Counting, zone: Zone) -> Result<(), EngineError> {
        let weights = counting.weights(zone);
        let is_bounded = counting.is_bounded();
        if is_bounded && self.itself.is_empty() {
            self.itself = vec![false; self.segment.reader.max_doc() as usize];
        }
        let (frequency, itself) = (&mut self.frequency, &mut self.itself);
        let mut mark = |doc: DocId| {
            if let Some(is_itself) = itself.get_mut(doc as usize) {
                *is_itself = is_bounded;
            }
        };
        for stem in forms.stems.iter().flatten() {
            let list = self.segment.stem_blocks(&self.snapshot.fields, zone, stem)?;
            each(list, |doc, count| frequency.change(doc, |known| known.max(weights.stem * count)))?;
        }
        for word in &forms.inflected {
            let list = self.segment.word_blocks(&self.snapshot.fields, zone, word)?;
            each(list, |doc, count| {
                frequency.change(doc, |known| known.max(weights.stem * count));
                mark(doc);
            })?;
        }
        let exact = [(forms.folded.as_slice(), weights.folded), (forms.typed.as_slice(), weights.typed)];
        for (words, weight) in exact {
            for word in words.iter().filter(|_| weight > 0.0) {
                let list = self.segment.word_blocks(&self.snapshot.fields, zone, word)?;
                each(list, |doc, count| {
                    frequency.change(doc, |known| known + weight * count);
                    mark(doc);
                })?;
            }
        }
        Ok(())
    }
}

fn each(list: Option<BlockSegmentPostings>, mut take: impl FnMut(DocId, f32)) -> Result<(), EngineError> {
    let Some(mut list) = list else { return Ok(()) };
    while list.block_len() > 0 {
        for (doc, count) in list.docs().iter().zip(list.freqs()) {
            take(*doc, *count as f32);
        }
        list.advance();
        checkpoint()?;
    }
    Ok(())
}
