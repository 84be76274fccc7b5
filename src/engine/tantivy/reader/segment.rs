//! A segment with its columns opened, and the address of an article in it.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use tantivy::columnar::{BytesColumn, Column, ColumnValues, StrColumn};
use tantivy::index::SegmentId;
use tantivy::postings::{BlockSegmentPostings, SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, InvertedIndexReader, SegmentReader, TERMINATED, Term};

use super::completion_top_k::CompletionTopK;
use super::prefix_terms::PrefixTerms;
use crate::analysis::{ByZone, MinHash, Zone};
use crate::engine::snippets::BodyPassage;
use crate::engine::tantivy::index::schema::{ContentKey, IndexFields, length_column, read_passage};
use crate::engine::{EngineError, EventPosition};

/// How many postings can be read in the time of one seek.
const POSTINGS_A_SEEK: usize = 64;

/// The visibility of an article at the time of its snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visibility {
    /// Deleted, expired or not published yet.
    No,
    /// Visible until it expires.
    UntilExpiry,
    Always,
}

/// The postings lists of one zone in a segment.
pub(crate) struct ZoneReaders {
    words: Arc<InvertedIndexReader>,
    pub(crate) stems: Arc<InvertedIndexReader>,
    pub(crate) length: Arc<dyn ColumnValues<u64>>,
}

/// A segment with its columns opened.
pub(crate) struct Segment {
    pub(crate) reader: SegmentReader,
    pub(crate) zones: ByZone<ZoneReaders>,
    pub(crate) vocabulary: Arc<InvertedIndexReader>,
    pub(crate) completions: Arc<InvertedIndexReader>,
    pub(crate) heads: Arc<InvertedIndexReader>,
    pub(crate) best: Arc<CompletionTopK>,
    pub(crate) beginnings: Arc<PrefixTerms>,
    /// For every article, the number of its work.
    works: Vec<u32>,
    content: Arc<dyn ColumnValues<u64>>,
    /// Ordinals into `kinds`.
    pub(crate) kind: Arc<dyn ColumnValues<u64>>,
    /// The segment's kinds by ordinal.
    pub(crate) kinds: Vec<String>,
    pub(crate) eventful_day: Column<i64>,
    /// Ordinals into `langs`.
    pub(crate) lang: Arc<dyn ColumnValues<u64>>,
    /// The segment's languages by ordinal.
    pub(crate) langs: Vec<String>,
    /// For every language, the index of its language group in the snapshot.
    pub(crate) groups: Vec<usize>,
    pub(crate) published: Column<i64>,
    /// When each article was published by the clock of its place.
    pub(crate) published_local: Column<i64>,
    pub(crate) expires: Column<i64>,
    event_starts: Column<i64>,
    event_over: Column<i64>,
    /// For every article, its visibility at the time of the snapshot.
    seen: Vec<Visibility>,
    /// The invisible articles, in order. Statistics do not count them, so that nothing about them
    /// is revealed.
    pub(crate) uncounted: Arc<Vec<DocId>>,
    /// The time of publication of every article in Unix seconds; undated ones sort first.
    newness_s: Vec<i64>,
    precomputed_at_s: i64,
    pub(crate) id: Option<StrColumn>,
    /// For every article, the rank of its id in the snapshot.
    pub(crate) id_ranks: Vec<u32>,
    pub(crate) topic: Option<StrColumn>,
    pub(crate) topic_label: Option<StrColumn>,
    pub(crate) tag: Option<StrColumn>,
    pub(crate) author: Option<StrColumn>,
    passage: Option<BytesColumn>,
    pub(crate) profile: Option<BytesColumn>,
    sketch: Column<u64>,
    /// The start positions of the passages of each article, in order.
    pub(crate) passage_start: Column<u64>,
}

/// Cached data of segments: the uncounted articles, and the most frequent completions and words of
/// the others.
pub(crate) type KnownSegments = HashMap<SegmentId, (Arc<Vec<DocId>>, Arc<CompletionTopK>, Arc<PrefixTerms>)>;

/// Wraps an error of the index.
pub(crate) fn index_error(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> EngineError {
    EngineError::Damaged(error.into())
}

/// A single value of a bytes column.
pub(crate) fn value(column: Option<&BytesColumn>, doc: DocId, ordinal: usize) -> Result<Option<Vec<u8>>, EngineError> {
    let Some(column) = column else { return Ok(None) };
    let Some(term) = nth_value(column.ords(), doc, ordinal) else { return Ok(None) };
    let mut bytes = Vec::new();
    column.ord_to_bytes(term, &mut bytes).map_err(index_error)?;
    Ok(Some(bytes))
}

/// A single value of an article, without iterating over those before it.
fn nth_value(column: &Column<u64>, doc: DocId, ordinal: usize) -> Option<u64> {
    let row = column.index.value_row_ids(doc).nth(ordinal)?;
    Some(column.values.get_val(row))
}

/// A column of texts, one of each article, as ordinals into the list of its texts.
fn single_values(column: Option<StrColumn>, docs: DocId) -> tantivy::Result<(Arc<dyn ColumnValues<u64>>, Vec<String>)> {
    let Some(column) = column else {
        return Ok((Column::build_empty_column(docs).first_or_default_col(u64::MAX), Vec::new()));
    };
    let mut texts = Vec::with_capacity(column.num_terms());
    let mut text = String::new();
    for ordinal in 0..column.num_terms() as u64 {
        column.ord_to_str(ordinal, &mut text)?;
        texts.push(text.clone());
    }
    Ok((column.ords().clone().first_or_default_col(u64::MAX), texts))
}

/// The address of an article in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DocAddress {
    pub(crate) segment: usize,
    pub(crate) doc: DocId,
}

impl Segment {
    /// Opens the columns of a segment, with visibility at a time in Unix seconds.
    pub(crate) fn open(
        reader: &SegmentReader,
        fields: &IndexFields,
        best: &mut KnownSegments,
        now_s: i64,
    ) -> tantivy::Result<Segment> {
        let columns = reader.fast_fields();
        let zone = |zone: Zone| -> tantivy::Result<ZoneReaders> {
            Ok(ZoneReaders {
                words: reader.inverted_index(fields.zones[zone].words)?,
                stems: reader.inverted_index(fields.zones[zone].stems)?,
                length: columns.u64(&length_column(zone))?.first_or_default_col(0),
            })
        };
        let (lang, langs) = single_values(columns.str("lang")?, reader.max_doc())?;
        let (kind, kinds) = single_values(columns.str("kind")?, reader.max_doc())?;
        let work = columns.u64("work")?.first_or_default_col(0);
        let work_of = |doc| u32::try_from(work.get_val(doc)).unwrap_or(u32::MAX);
        let mut segment = Segment {
            zones: ByZone::new([
                zone(Zone::Title)?,
                zone(Zone::Summary)?,
                zone(Zone::Body)?,
                zone(Zone::Topics)?,
                zone(Zone::Authors)?,
            ]),
            vocabulary: reader.inverted_index(fields.vocabulary)?,
            completions: reader.inverted_index(fields.completions)?,
            heads: reader.inverted_index(fields.heads)?,
            best: Arc::default(),
            beginnings: Arc::default(),
            works: (0..reader.max_doc()).map(work_of).collect(),
            content: columns.u64("content")?.first_or_default_col(0),
            kind,
            kinds,
            eventful_day: columns.i64("eventful_day")?,
            lang,
            langs,
            groups: Vec::new(),
            published: columns.i64("published")?,
            published_local: columns.i64("published_local")?,
            expires: columns.i64("expires")?,
            event_starts: columns.i64("event_starts")?,
            event_over: columns.i64("event_over")?,
            id: columns.str("id")?,
            id_ranks: Vec::new(),
            seen: Vec::new(),
            uncounted: Arc::default(),
            newness_s: Vec::new(),
            precomputed_at_s: i64::MAX,
            topic: columns.str("topic")?,
            topic_label: columns.str("topic_label")?,
            tag: columns.str("tag")?,
            author: columns.str("author")?,
            passage: columns.bytes("passage")?,
            profile: columns.bytes("subject")?,
            sketch: columns.u64("sketch")?,
            passage_start: columns.u64("passage_start")?,
            reader: reader.clone(),
        };
        segment.precompute_visibility(now_s);
        (segment.best, segment.beginnings) = match best.remove(&reader.segment_id()) {
            Some((uncounted, best, beginnings)) if uncounted == segment.uncounted => (best, beginnings),
            _ => {
                let (completions, vocabulary) = (&segment.completions, &segment.vocabulary);
                let best = CompletionTopK::of(completions.terms(), |term| segment.doc_freq(completions, term))?;
                let beginnings = PrefixTerms::of(vocabulary.terms(), |term| segment.doc_freq(vocabulary, term))?;
                (Arc::new(best), Arc::new(beginnings))
            }
        };
        Ok(segment)
    }

    /// An article's position in the order of events, seen at a second in Unix time.
    pub(crate) fn event_position(&self, doc: DocId, seen_s: i64) -> EventPosition {
        EventPosition::at(seen_s, self.event_starts.first(doc).zip(self.event_over.first(doc)))
    }

    /// The number of counted articles that contain a term. Tantivy's document frequency includes
    /// deleted articles until it merges, and invisible ones: it would reveal their words.
    pub(crate) fn doc_freq(&self, list: &InvertedIndexReader, term: &TermInfo) -> io::Result<u32> {
        if self.uncounted.is_empty() {
            return Ok(term.doc_freq);
        }
        let mut postings = list.read_postings_from_terminfo(term, IndexRecordOption::Basic)?;
        let mut uncounted = 0;
        if self.uncounted.len() < term.doc_freq as usize / POSTINGS_A_SEEK {
            for doc in self.uncounted.iter() {
                let met = if postings.doc() < *doc { postings.seek(*doc) } else { postings.doc() };
                uncounted += u32::from(met == *doc);
            }
        } else {
            while postings.doc() != TERMINATED {
                uncounted += u32::from(!self.is_counted(postings.doc()));
                postings.advance();
            }
        }
        Ok(term.doc_freq.saturating_sub(uncounted))
    }

    /// Like [`Segment::doc_freq`], for a term that may not exist.
    pub(crate) fn doc_freq_of(
        &self,
        list: &InvertedIndexReader,
        term: io::Result<Option<TermInfo>>,
    ) -> io::Result<u32> {
        term?.map_or(Ok(0), |term| self.doc_freq(list, &term))
    }

    /// The postings of a stem in a zone.
    pub(crate) fn stem_postings(
        &self,
        fields: &IndexFields,
        zone: Zone,
        stem: &str,
        option: IndexRecordOption,
    ) -> Result<Option<SegmentPostings>, EngineError> {
        let term = Term::from_field_text(fields.zones[zone].stems, stem);
        self.zones[zone].stems.read_postings(&term, option).map_err(index_error)
    }

    /// The postings of a stem in a zone with frequencies, in blocks.
    pub(crate) fn stem_blocks(
        &self,
        fields: &IndexFields,
        zone: Zone,
        stem: &str,
    ) -> Result<Option<BlockSegmentPostings>, EngineError> {
        let term = Term::from_field_text(fields.zones[zone].stems, stem);
        let blocks = self.zones[zone].stems.read_block_postings(&term, IndexRecordOption::WithFreqs);
        blocks.map_err(index_error)
    }

    /// The postings of a word, folded or as typed, in a zone with frequencies, in blocks.
    pub(crate) fn word_blocks(
        &self,
        fields: &IndexFields,
        zone: Zone,
        word: &str,
    ) -> Result<Option<BlockSegmentPostings>, EngineError> {
        let term = Term::from_field_text(fields.zones[zone].words, word);
        let blocks = self.zones[zone].words.read_block_postings(&term, IndexRecordOption::WithFreqs);
        blocks.map_err(index_error)
    }

    /// The postings of a word, folded or as typed, in a zone.
    pub(crate) fn word_postings(
        &self,
        fields: &IndexFields,
        zone: Zone,
        word: &str,
        option: IndexRecordOption,
    ) -> Result<Option<SegmentPostings>, EngineError> {
        let term = Term::from_field_text(fields.zones[zone].words, word);
        self.zones[zone].words.read_postings(&term, option).map_err(index_error)
    }

    /// For every article, whether any zone contains a folded word (with its tilde, if it has one).
    pub(crate) fn docs_with_word(&self, fields: &IndexFields, word: &str) -> Result<Vec<bool>, EngineError> {
        let option = IndexRecordOption::Basic;
        let mut lists = Vec::new();
        if word.contains('ñ') {
            for zone in Zone::ALL {
                lists.extend(self.word_postings(fields, zone, word, option)?);
            }
        } else {
            let term = Term::from_field_text(fields.vocabulary, word);
            lists.extend(self.vocabulary.read_postings(&term, option).map_err(index_error)?);
        }
        let mut docs = vec![false; self.reader.max_doc() as usize];
        for mut list in lists {
            while list.doc() != TERMINATED {
                if let Some(holds) = docs.get_mut(list.doc() as usize) {
                    *holds = true;
                }
                list.advance();
            }
        }
        Ok(docs)
    }

    /// An article's id.
    pub(crate) fn id_of(&self, doc: DocId) -> Result<String, EngineError> {
        let mut id = String::new();
        if let Some(column) = &self.id
            && let Some(ordinal) = column.ords().first(doc)
        {
            column.ord_to_str(ordinal, &mut id).map_err(index_error)?;
        }
        Ok(id)
    }

    /// The key of an article's content.
    pub(crate) fn content_of(&self, doc: DocId) -> ContentKey {
        ContentKey(self.content.get_val(doc))
    }

    /// The rank of an article's id among all ids.
    pub(crate) fn id_rank(&self, doc: DocId) -> u32 {
        self.id_ranks.get(doc as usize).copied().unwrap_or(u32::MAX)
    }

    /// An article's language, and the index of its language group in the snapshot.
    pub(crate) fn lang_of(&self, doc: DocId) -> (&str, usize) {
        let ordinal = self.lang.get_val(doc) as usize;
        let lang = self.langs.get(ordinal).map_or("und", String::as_str);
        (lang, self.groups.get(ordinal).copied().unwrap_or(usize::MAX))
    }

    /// The number of passages of an article's body.
    pub(crate) fn passages(&self, doc: DocId) -> usize {
        self.passage_start.index.value_row_ids(doc).len()
    }

    /// A single passage of an article's body.
    pub(crate) fn passage(&self, doc: DocId, ordinal: usize) -> Result<Option<BodyPassage>, EngineError> {
        Ok(value(self.passage.as_ref(), doc, ordinal)?.as_deref().and_then(read_passage))
    }

    /// The MinHash sketch of an article's text, for finding near-duplicates.
    pub(crate) fn sketch(&self, doc: DocId) -> Option<MinHash> {
        MinHash::from_numbers(self.sketch.values_for_doc(doc))
    }

    /// Precomputes the visibility and the publication time of all articles at a time in Unix
    /// seconds: both are read very often while somebody types.
    pub(crate) fn precompute_visibility(&mut self, now_s: i64) {
        let docs = 0..self.reader.max_doc();
        self.newness_s = docs.clone().map(|doc| self.published.first(doc).unwrap_or(i64::MIN)).collect();
        let seen = |doc| match self.is_visible(doc, now_s) {
            false => Visibility::No,
            true if self.expires.first(doc).is_some() => Visibility::UntilExpiry,
            true => Visibility::Always,
        };
        self.seen = docs.clone().map(seen).collect();
        self.precomputed_at_s = now_s;
        self.uncounted = Arc::new(docs.filter(|doc| !self.is_counted(*doc)).collect());
    }

    /// Whether statistics count an article: it was visible when the snapshot was taken.
    pub(crate) fn is_counted(&self, doc: DocId) -> bool {
        self.seen.get(doc as usize).is_some_and(|seen| *seen != Visibility::No)
    }

    /// When an article appears and when it expires, in Unix seconds; empty if it is never visible.
    pub(crate) fn visibility_changes_s(&self, doc: DocId) -> impl Iterator<Item = i64> {
        let (published, expires) = (self.published.first(doc), self.expires.first(doc));
        let is_ever_seen = published.zip(expires).is_none_or(|(published, expires)| published < expires);
        [published, expires].into_iter().flatten().filter(move |_| is_ever_seen)
    }

    /// Makes an article a version of another work.
    pub(crate) fn set_work(&mut self, doc: DocId, work: u32) {
        if let Some(known) = self.works.get_mut(doc as usize) {
            *known = work;
        }
    }

    /// The number of an article's work.
    pub(crate) fn work_of(&self, doc: DocId) -> u32 {
        self.works.get(doc as usize).copied().unwrap_or(u32::MAX)
    }

    /// The time of publication of an article in Unix seconds; undated ones sort first.
    pub(crate) fn newness_s(&self, doc: DocId) -> i64 {
        self.newness_s.get(doc as usize).copied().unwrap_or(i64::MIN)
    }

    /// Whether an article is visible at a time in Unix seconds.
    pub(crate) fn is_visible(&self, doc: DocId, now_s: i64) -> bool {
        if self.precomputed_at_s <= now_s && self.seen.get(doc as usize) == Some(&Visibility::Always) {
            return true;
        }
        !self.reader.is_deleted(doc)
            && self.published.first(doc).is_none_or(|at| at <= now_s)
            && self.expires.first(doc).is_none_or(|at| now_s < at)
    }
}
