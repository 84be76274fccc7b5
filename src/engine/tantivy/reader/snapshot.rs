//! One state of an index, ready to be answered from: a searcher, its columns, its statistics.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwapOption;
use tantivy::columnar::{BytesColumn, Column, ColumnValues, StrColumn, TermOrdHit};
use tantivy::index::SegmentId;
use tantivy::postings::{BlockSegmentPostings, SegmentPostings, TermInfo};
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::termdict::TermDictionary;
use tantivy::{
    DocAddress, DocId, DocSet, InvertedIndexReader, Searcher, SegmentReader, TERMINATED, TantivyDocument, Term,
};

use super::completion_top_k::Best;
use super::facet_values::Values;
use super::phrase_match::sequence_counts;
use super::prefix_terms::{Beginnings, frequent_beginning_with};
use super::surface_form::written;
use super::work_index::{WorkIndex, split_large_works};
use crate::analysis::{Sketch, ZONES, Zone, language_group};
use crate::engine::cursor::HOLD_S;
use crate::engine::filters::{Facet, Filters};
use crate::engine::planning::synonyms::{SynonymGroup, SynonymIndex};
use crate::engine::planning::{Begun, Collection, WordForms};
use crate::engine::ranking::LanguageStats;
use crate::engine::related::Subject;
use crate::engine::snippets::BodyPassage;
use crate::engine::tantivy::index::schema::{ContentKey, Fields, length_column, read_passage};
use crate::engine::tantivy::related::NearestStore;
use crate::engine::{Card, EngineError, IndexVersion};

/// How many postings are read in the time that one article is looked for among them.
const POSTINGS_A_SEEK: usize = 64;

/// Whether readers may see an article when its snapshot is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// It is deleted, has expired or is not published yet.
    No,
    /// Until it expires.
    ForNow,
    ForGood,
}

/// The postings lists of one zone in a segment.
pub(crate) struct ZoneReaders {
    words: Arc<InvertedIndexReader>,
    stems: Arc<InvertedIndexReader>,
    pub(crate) length: Arc<dyn ColumnValues<u64>>,
}

/// A segment with its columns opened.
pub(crate) struct Segment {
    pub(crate) reader: SegmentReader,
    pub(crate) zones: [ZoneReaders; ZONES],
    pub(crate) vocabulary: Arc<InvertedIndexReader>,
    pub(crate) completions: Arc<InvertedIndexReader>,
    pub(crate) heads: Arc<InvertedIndexReader>,
    pub(crate) best: Arc<Best>,
    pub(crate) beginnings: Arc<Beginnings>,
    /// For every article, the number of its work.
    works: Vec<u32>,
    content: Arc<dyn ColumnValues<u64>>,
    pub(crate) kind: Arc<dyn ColumnValues<u64>>,
    /// Ordinals into `langs`.
    pub(crate) lang: Arc<dyn ColumnValues<u64>>,
    /// The segment's languages in the order of their ordinals.
    pub(crate) langs: Vec<String>,
    /// For every language, its place among the snapshot's language groups.
    pub(crate) groups: Vec<usize>,
    pub(crate) published: Column<i64>,
    pub(crate) expires: Column<i64>,
    /// For every article, whether it is seen at the second at which the snapshot was taken.
    seen: Vec<Seen>,
    /// The articles that are not, in order: nothing of them may be told, so that no statistics count
    /// them.
    uncounted: Arc<Vec<DocId>>,
    /// When every article was published, Unix time; the undated ones before all others.
    newness_s: Vec<i64>,
    settled_s: i64,
    id: Option<StrColumn>,
    /// For every article, the place of its id among the ids of the snapshot, in their order.
    id_ranks: Vec<u32>,
    pub(crate) topic: Option<StrColumn>,
    pub(crate) topic_label: Option<StrColumn>,
    pub(crate) tag: Option<StrColumn>,
    pub(crate) author: Option<StrColumn>,
    passage: Option<BytesColumn>,
    subject: Option<BytesColumn>,
    sketch: Column<u64>,
    /// The positions at which the passages of each article begin, in order.
    pub(crate) passage_start: Column<u64>,
}

/// One state of an index.
pub(crate) struct Snapshot {
    pub(crate) searcher: Searcher,
    pub(crate) fields: Fields,
    pub(crate) segments: Vec<Segment>,
    pub(crate) languages: Vec<LanguageStats>,
    /// How many articles readers may see of each language, as it was declared.
    pub(crate) articles_by_lang: BTreeMap<String, u64>,
    /// Above every work number.
    pub(crate) works: usize,
    pub(crate) version: IndexVersion,
    /// When it was taken, Unix time: statistics count the articles that readers could see then.
    pub(crate) taken_s: i64,
    /// The time of the newest article that readers may see, Unix time.
    pub(crate) newest_s: Option<i64>,
    /// When articles appear or expire after the snapshot was taken, Unix time, in order; before
    /// these, when one did last.
    turns_s: Vec<i64>,
    /// When one did last as the snapshot was taken.
    turned_s: i64,
    synonyms: SynonymIndex,
    pub(crate) values: Values,
    /// Which articles are versions of which work.
    pub(crate) works_index: WorkIndex,
    /// The works nearest to each, once they are worked out.
    pub(crate) nearest: ArcSwapOption<NearestStore>,
    /// The last second (Unix time) at which a list that began here may go on.
    held_until_s: AtomicI64,
}

/// What was made of a segment once: for the articles that were not counted then, the completions and the
/// words that most of the others hold.
pub(crate) type KnownBest = HashMap<SegmentId, (Arc<Vec<DocId>>, Arc<Best>, Arc<Beginnings>)>;

/// Wraps whatever the index says.
pub(crate) fn index_error(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> EngineError {
    EngineError::Index(error.into())
}

impl Snapshot {
    /// Opens the columns of a searcher and counts its articles.
    pub(crate) fn new(
        searcher: Searcher,
        fields: Fields,
        version: IndexVersion,
        synonyms: Vec<SynonymGroup>,
        mut best: KnownBest,
    ) -> Result<Snapshot, EngineError> {
        let now_s = jiff::Timestamp::now().as_second();
        let mut segments = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            segments.push(Segment::open(reader, &fields, &mut best, now_s).map_err(index_error)?);
        }
        let mut stats: BTreeMap<String, LanguageStats> = BTreeMap::new();
        let mut articles_by_lang: BTreeMap<String, u64> = BTreeMap::new();
        let mut works: usize = 0;
        let mut newest_s: Option<i64> = None;
        let mut turns_s = Vec::new();
        let mut turned_s = i64::MIN;
        for segment in &segments {
            let mut counts = vec![(0u64, [0u64; ZONES]); segment.langs.len()];
            for doc in segment.reader.doc_ids_alive() {
                works = works.max(segment.work_of(doc) as usize + 1);
                for at_s in segment.turns_s(doc) {
                    if at_s > now_s {
                        turns_s.push(at_s);
                    } else {
                        turned_s = turned_s.max(at_s);
                    }
                }
                if !segment.is_counted(doc) {
                    continue;
                }
                newest_s = newest_s.max(segment.published.first(doc));
                let Some((articles, words)) = counts.get_mut(segment.lang.get_val(doc) as usize) else { continue };
                *articles += 1;
                for (words, zone) in words.iter_mut().zip(&segment.zones) {
                    *words += zone.length.get_val(doc);
                }
            }
            for (lang, (articles, words)) in segment.langs.iter().zip(counts) {
                let group = language_group(lang);
                let group =
                    stats.entry(group.clone()).or_insert(LanguageStats { lang: group, articles: 0, words: [0; ZONES] });
                group.articles += articles;
                *articles_by_lang.entry(lang.clone()).or_insert(0) += articles;
                for (sum, words) in group.words.iter_mut().zip(words) {
                    *sum += words;
                }
            }
        }
        let languages: Vec<LanguageStats> = stats.into_values().filter(|language| language.articles > 0).collect();
        let places: HashMap<&str, usize> =
            languages.iter().enumerate().map(|(place, language)| (language.lang.as_str(), place)).collect();
        for segment in &mut segments {
            let place = |lang: &String| places.get(language_group(lang).as_str()).copied().unwrap_or(usize::MAX);
            segment.groups = segment.langs.iter().map(place).collect();
        }
        turns_s.push(turned_s);
        turns_s.sort_unstable();
        rank_ids(&mut segments).map_err(index_error)?;
        let works = split_large_works(&mut segments, works);
        let values = Values::new(&segments, now_s).map_err(index_error)?;
        articles_by_lang.retain(|_, articles| *articles > 0);
        Ok(Snapshot {
            searcher,
            fields,
            synonyms: SynonymIndex::new(synonyms, &languages),
            articles_by_lang,
            works,
            version,
            taken_s: now_s,
            newest_s,
            values,
            works_index: WorkIndex::new(&segments, works, languages.len()),
            nearest: ArcSwapOption::empty(),
            segments,
            languages,
            held_until_s: AtomicI64::new(i64::MIN),
            turns_s,
            turned_s,
        })
    }

    /// What was made of each segment once, for a later state to be opened with.
    pub(crate) fn known_best(&self) -> KnownBest {
        let known = |segment: &Segment| {
            (Arc::clone(&segment.uncounted), Arc::clone(&segment.best), Arc::clone(&segment.beginnings))
        };
        self.segments.iter().map(|segment| (segment.reader.segment_id(), known(segment))).collect()
    }

    /// How many articles the index holds, whether readers may see them or not.
    pub(crate) fn living(&self) -> u64 {
        self.segments.iter().map(|segment| u64::from(segment.reader.num_docs())).sum()
    }

    /// How many articles readers may see.
    pub(crate) fn articles(&self) -> u64 {
        self.languages.iter().map(|language| language.articles).sum()
    }

    /// Notes that a list began here which may go on for a while.
    pub(crate) fn hold(&self, now_s: i64) {
        self.held_until_s.fetch_max(now_s.saturating_add(HOLD_S), Ordering::Relaxed);
    }

    /// Whether a list that began here may still go on.
    pub(crate) fn is_held(&self, now_s: i64) -> bool {
        now_s <= self.held_until_s.load(Ordering::Relaxed)
    }

    /// How many ids stand at or before one, in their order, whether there is an article of it or
    /// not: the articles behind it have this rank or a higher one.
    pub(crate) fn ids_until(&self, id: &str) -> Result<u32, EngineError> {
        let mut until = 0;
        for column in self.segments.iter().filter_map(|segment| segment.id.as_ref()) {
            until += match column.dictionary().term_ord_or_next(id).map_err(index_error)? {
                TermOrdHit::Exact(ordinal) => ordinal + 1,
                TermOrdHit::Next(ordinal) => ordinal.min(column.num_terms() as u64),
            };
        }
        Ok(u32::try_from(until).unwrap_or(u32::MAX))
    }

    /// When an article has appeared or expired last, up to `now_s`; all Unix time.
    pub(crate) fn last_turn_s(&self, now_s: i64) -> i64 {
        let passed = self.turns_s.partition_point(|at_s| *at_s <= now_s);
        passed.checked_sub(1).and_then(|last| self.turns_s.get(last)).copied().unwrap_or(i64::MIN)
    }

    /// When an article had appeared or expired last as the snapshot was taken, Unix time: its
    /// statistics are those of the articles that were seen from then on.
    pub(crate) fn turned_s(&self) -> i64 {
        self.turned_s
    }

    /// Whether every article that is seen at a second (Unix time) is counted: not where one has appeared
    /// since the snapshot was taken.
    pub(crate) fn counts_all_seen(&self, now_s: i64) -> bool {
        let is_as_taken = self.taken_s <= now_s && self.last_turn_s(now_s) == self.turned_s;
        let has_none_seen = |segment: &Segment| segment.uncounted.iter().all(|doc| !segment.is_visible(*doc, now_s));
        is_as_taken || self.segments.iter().all(has_none_seen)
    }

    /// The article that holds a term, or the first of them.
    pub(crate) fn find(&self, field: tantivy::schema::Field, value: &str) -> Result<Option<Place>, EngineError> {
        Ok(self.all_with(&Term::from_field_text(field, value))?.into_iter().next())
    }

    /// All articles that hold a term, in a fixed order.
    pub(crate) fn all_with(&self, term: &Term) -> Result<Vec<Place>, EngineError> {
        let mut found = Vec::new();
        for (ordinal, segment) in self.segments.iter().enumerate() {
            let inverted = segment.reader.inverted_index(term.field()).map_err(index_error)?;
            let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic).map_err(index_error)?
            else {
                continue;
            };
            while postings.doc() != TERMINATED {
                let doc = postings.doc();
                if !segment.reader.is_deleted(doc) {
                    found.push(Place { segment: ordinal, doc });
                }
                postings.advance();
            }
        }
        Ok(found)
    }

    /// The counted articles that hold a term, in a fixed order.
    pub(crate) fn counted_with(&self, term: &Term) -> Result<Vec<Place>, EngineError> {
        let mut found = self.all_with(term)?;
        found.retain(|place| self.is_counted(*place));
        Ok(found)
    }

    /// All articles that have a key of a subject, in a fixed order.
    pub(crate) fn all_with_key(&self, key: &str) -> Result<Vec<Place>, EngineError> {
        self.all_with(&Term::from_field_text(self.fields.keys, key))
    }

    /// As [`Segment::is_counted`].
    pub(crate) fn is_counted(&self, place: Place) -> bool {
        self.segments.get(place.segment).is_some_and(|segment| segment.is_counted(place.doc))
    }

    /// Words of the vocabulary with how many articles hold each, over all segments. `walk` takes
    /// those that are meant from a segment's words.
    fn words_of(
        &self,
        walk: impl Fn(&TermDictionary, &mut dyn FnMut(&[u8], &TermInfo) -> io::Result<()>) -> io::Result<()>,
    ) -> Result<Vec<(String, u64)>, EngineError> {
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for segment in &self.segments {
            let mut take = |word: &[u8], term: &TermInfo| {
                let holders = segment.holders(&segment.vocabulary, term)?;
                if holders > 0 {
                    *found.entry(String::from_utf8_lossy(word).into_owned()).or_insert(0) += u64::from(holders);
                }
                Ok(())
            };
            walk(segment.vocabulary.terms(), &mut take).map_err(index_error)?;
        }
        Ok(found.into_iter().collect())
    }

    /// The stored card of an article.
    pub(crate) fn card(&self, place: Place) -> Result<Card, EngineError> {
        let address = DocAddress::new(u32::try_from(place.segment).unwrap_or(u32::MAX), place.doc);
        let document: TantivyDocument = self.searcher.doc(address).map_err(index_error)?;
        let bytes = document.get_first(self.fields.card).and_then(|value| value.as_bytes()).unwrap_or_default();
        serde_json::from_slice(bytes).map_err(index_error)
    }

    /// What an article is related by.
    pub(crate) fn subject(&self, place: Place) -> Result<Subject, EngineError> {
        let Some(segment) = self.segments.get(place.segment) else { return Ok(Subject::default()) };
        let Some(bytes) = value(segment.subject.as_ref(), place.doc, 0)? else { return Ok(Subject::default()) };
        serde_json::from_slice(&bytes).map_err(index_error)
    }

    /// The work of the article at a place.
    pub(crate) fn work_of(&self, place: Place) -> u32 {
        self.works_index.work_of(self.works_index.doc(place))
    }

    /// The versions of a work, by their ids.
    pub(crate) fn versions(&self, work: u32) -> &[Place] {
        self.works_index.versions(work)
    }

    /// The counted versions of a work, by their ids.
    pub(crate) fn counted_versions(&self, work: u32) -> impl Iterator<Item = Place> + '_ {
        self.versions(work).iter().copied().filter(|place| self.is_counted(*place))
    }

    /// What tells this set of counted articles from every other that the index had: the segments, how
    /// many articles are deleted in each, and when one appeared or expired last.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut segments: Vec<String> = self
            .segments
            .iter()
            .map(|segment| {
                format!("{} {}", segment.reader.segment_id().uuid_string(), segment.reader.num_deleted_docs())
            })
            .collect();
        segments.sort_unstable();
        segments.push(self.turned_s.to_string());
        let hash = blake3::hash(segments.join("\n").as_bytes());
        let (first, _) = hash.as_bytes().split_at(8);
        first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// Tells every article where its id stands among all: ties are broken by id, and reading an id is
/// dear. Each segment's ids are read once, in their order.
fn rank_ids(segments: &mut [Segment]) -> io::Result<()> {
    let mut ids: Vec<(Vec<u8>, usize, usize)> = Vec::new();
    let mut ranks: Vec<Vec<u32>> = vec![Vec::new(); segments.len()];
    for ((place, segment), ranks) in segments.iter().enumerate().zip(&mut ranks) {
        let Some(column) = &segment.id else { continue };
        let mut stream = column.dictionary().stream()?;
        while stream.advance() {
            ids.push((stream.key().to_vec(), place, ranks.len()));
            ranks.push(0);
        }
    }
    ids.sort();
    for (rank, (_, place, ordinal)) in (0u32..).zip(&ids) {
        if let Some(slot) = ranks.get_mut(*place).and_then(|ranks| ranks.get_mut(*ordinal)) {
            *slot = rank;
        }
    }
    for (segment, ranks) in segments.iter_mut().zip(&ranks) {
        let Some(column) = &segment.id else { continue };
        let rank = |doc| column.ords().first(doc).and_then(|ordinal| ranks.get(ordinal as usize).copied());
        segment.id_ranks = (0..segment.reader.max_doc()).map(|doc| rank(doc).unwrap_or(u32::MAX)).collect();
    }
    Ok(())
}

/// One value of a bytes column, read singly.
fn value(column: Option<&BytesColumn>, doc: DocId, ordinal: usize) -> Result<Option<Vec<u8>>, EngineError> {
    let Some(column) = column else { return Ok(None) };
    let Some(term) = nth_value(column.ords(), doc, ordinal) else { return Ok(None) };
    let mut bytes = Vec::new();
    column.ord_to_bytes(term, &mut bytes).map_err(index_error)?;
    Ok(Some(bytes))
}

/// One of an article's values, without going through those before it.
fn nth_value(column: &Column<u64>, doc: DocId, ordinal: usize) -> Option<u64> {
    let row = column.index.value_row_ids(doc).nth(ordinal)?;
    Some(column.values.get_val(row))
}

/// Where an article stands in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) segment: usize,
    pub(crate) doc: DocId,
}

impl Segment {
    /// Opens the columns of a segment, for the articles that are seen at a second (Unix time).
    fn open(reader: &SegmentReader, fields: &Fields, best: &mut KnownBest, now_s: i64) -> tantivy::Result<Segment> {
        let columns = reader.fast_fields();
        let zone = |zone: Zone| -> tantivy::Result<ZoneReaders> {
            Ok(ZoneReaders {
                words: reader.inverted_index(fields.zones[zone.ordinal()].words)?,
                stems: reader.inverted_index(fields.zones[zone.ordinal()].stems)?,
                length: columns.u64(&length_column(zone))?.first_or_default_col(0),
            })
        };
        let lang = columns.str("lang")?;
        let mut langs = Vec::new();
        if let Some(lang) = &lang {
            let mut text = String::new();
            for ordinal in 0..lang.num_terms() as u64 {
                lang.ord_to_str(ordinal, &mut text)?;
                langs.push(text.clone());
            }
        }
        let lang: Arc<dyn ColumnValues<u64>> = match lang {
            Some(lang) => lang.ords().clone().first_or_default_col(u64::MAX),
            None => Column::build_empty_column(reader.max_doc()).first_or_default_col(u64::MAX),
        };
        let work = columns.u64("work")?.first_or_default_col(0);
        let work_of = |doc| u32::try_from(work.get_val(doc)).unwrap_or(u32::MAX);
        let mut segment = Segment {
            zones: [
                zone(Zone::Title)?,
                zone(Zone::Summary)?,
                zone(Zone::Body)?,
                zone(Zone::Topics)?,
                zone(Zone::Authors)?,
            ],
            vocabulary: reader.inverted_index(fields.vocabulary)?,
            completions: reader.inverted_index(fields.completions)?,
            heads: reader.inverted_index(fields.heads)?,
            best: Arc::default(),
            beginnings: Arc::default(),
            works: (0..reader.max_doc()).map(work_of).collect(),
            content: columns.u64("content")?.first_or_default_col(0),
            kind: columns.u64("kind")?.first_or_default_col(0),
            lang,
            langs,
            groups: Vec::new(),
            published: columns.i64("published")?,
            expires: columns.i64("expires")?,
            id: columns.str("id")?,
            id_ranks: Vec::new(),
            seen: Vec::new(),
            uncounted: Arc::default(),
            newness_s: Vec::new(),
            settled_s: i64::MAX,
            topic: columns.str("topic")?,
            topic_label: columns.str("topic_label")?,
            tag: columns.str("tag")?,
            author: columns.str("author")?,
            passage: columns.bytes("passage")?,
            subject: columns.bytes("subject")?,
            sketch: columns.u64("sketch")?,
            passage_start: columns.u64("passage_start")?,
            reader: reader.clone(),
        };
        segment.settle(now_s);
        (segment.best, segment.beginnings) = match best.remove(&reader.segment_id()) {
            Some((uncounted, best, beginnings)) if uncounted == segment.uncounted => (best, beginnings),
            _ => {
                let (completions, vocabulary) = (&segment.completions, &segment.vocabulary);
                let best = Best::of(completions.terms(), |term| segment.holders(completions, term))?;
                let beginnings = Beginnings::of(vocabulary.terms(), |term| segment.holders(vocabulary, term))?;
                (Arc::new(best), Arc::new(beginnings))
            }
        };
        Ok(segment)
    }

    /// How many counted articles hold a term. Tantivy's own number counts deleted ones until it
    /// merges, and those that readers may not see: from it could be told which words they hold.
    pub(crate) fn holders(&self, list: &InvertedIndexReader, term: &TermInfo) -> io::Result<u32> {
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

    /// As [`Segment::holders`], of a term that there may not be.
    fn holders_of(&self, list: &InvertedIndexReader, term: io::Result<Option<TermInfo>>) -> io::Result<u32> {
        term?.map_or(Ok(0), |term| self.holders(list, &term))
    }

    /// The articles that hold a stem in a zone.
    pub(crate) fn stem_postings(
        &self,
        snapshot: &Snapshot,
        zone: Zone,
        stem: &str,
        option: IndexRecordOption,
    ) -> Result<Option<SegmentPostings>, EngineError> {
        let term = Term::from_field_text(snapshot.fields.zones[zone.ordinal()].stems, stem);
        self.zones[zone.ordinal()].stems.read_postings(&term, option).map_err(index_error)
    }

    /// The articles that hold a stem in a zone, with how often, block by block.
    pub(crate) fn stem_blocks(
        &self,
        snapshot: &Snapshot,
        zone: Zone,
        stem: &str,
    ) -> Result<Option<BlockSegmentPostings>, EngineError> {
        let term = Term::from_field_text(snapshot.fields.zones[zone.ordinal()].stems, stem);
        let blocks = self.zones[zone.ordinal()].stems.read_block_postings(&term, IndexRecordOption::WithFreqs);
        blocks.map_err(index_error)
    }

    /// The articles that hold a word, folded or as typed, in a zone, with how often, block by block.
    pub(crate) fn word_blocks(
        &self,
        snapshot: &Snapshot,
        zone: Zone,
        word: &str,
    ) -> Result<Option<BlockSegmentPostings>, EngineError> {
        let term = Term::from_field_text(snapshot.fields.zones[zone.ordinal()].words, word);
        let blocks = self.zones[zone.ordinal()].words.read_block_postings(&term, IndexRecordOption::WithFreqs);
        blocks.map_err(index_error)
    }

    /// The articles that hold a word, folded or as typed, in a zone.
    pub(crate) fn word_postings(
        &self,
        snapshot: &Snapshot,
        zone: Zone,
        word: &str,
        option: IndexRecordOption,
    ) -> Result<Option<SegmentPostings>, EngineError> {
        let term = Term::from_field_text(snapshot.fields.zones[zone.ordinal()].words, word);
        self.zones[zone.ordinal()].words.read_postings(&term, option).map_err(index_error)
    }

    /// For every article, whether it holds a folded word, with its tilde where it has one, in some
    /// zone.
    pub(crate) fn docs_with_word(&self, snapshot: &Snapshot, word: &str) -> Result<Vec<bool>, EngineError> {
        let option = IndexRecordOption::Basic;
        let mut lists = Vec::new();
        if word.contains('ñ') {
            for zone in Zone::ALL {
                lists.extend(self.word_postings(snapshot, zone, word, option)?);
            }
        } else {
            let term = Term::from_field_text(snapshot.fields.vocabulary, word);
            lists.extend(self.vocabulary.read_postings(&term, option).map_err(index_error)?);
        }
        let mut docs = vec![false; self.reader.max_doc() as usize];
        for mut list in lists {
            while list.doc() != TERMINATED {
                docs[list.doc() as usize] = true;
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

    /// What tells an article's content from any other.
    pub(crate) fn content_of(&self, doc: DocId) -> ContentKey {
        ContentKey(self.content.get_val(doc))
    }

    /// Where an article's id stands among all ids.
    pub(crate) fn id_rank(&self, doc: DocId) -> u32 {
        self.id_ranks.get(doc as usize).copied().unwrap_or(u32::MAX)
    }

    /// An article's language, and that language's place among the snapshot's groups.
    pub(crate) fn lang_of(&self, doc: DocId) -> (&str, usize) {
        let ordinal = self.lang.get_val(doc) as usize;
        let lang = self.langs.get(ordinal).map_or("und", String::as_str);
        (lang, self.groups.get(ordinal).copied().unwrap_or(usize::MAX))
    }

    /// How many passages an article's body has.
    pub(crate) fn passages(&self, doc: DocId) -> usize {
        self.passage_start.index.value_row_ids(doc).len()
    }

    /// One passage of an article's body, read singly.
    pub(crate) fn passage(&self, doc: DocId, ordinal: usize) -> Result<Option<BodyPassage>, EngineError> {
        Ok(value(self.passage.as_ref(), doc, ordinal)?.as_deref().and_then(read_passage))
    }

    /// What tells copies of an article's text.
    pub(crate) fn sketch(&self, doc: DocId) -> Option<Sketch> {
        Sketch::from_numbers(self.sketch.values_for_doc(doc))
    }

    /// Notes which articles are seen at a second (Unix time), and how new each is: both are asked of
    /// very many while somebody types.
    fn settle(&mut self, now_s: i64) {
        let docs = 0..self.reader.max_doc();
        self.newness_s = docs.clone().map(|doc| self.published.first(doc).unwrap_or(i64::MIN)).collect();
        let seen = |doc| match self.is_visible(doc, now_s) {
            false => Seen::No,
            true if self.expires.first(doc).is_some() => Seen::ForNow,
            true => Seen::ForGood,
        };
        self.seen = docs.clone().map(seen).collect();
        self.settled_s = now_s;
        self.uncounted = Arc::new(docs.filter(|doc| !self.is_counted(*doc)).collect());
    }

    /// Whether statistics count an article: readers might see it when the snapshot was taken.
    pub(crate) fn is_counted(&self, doc: DocId) -> bool {
        self.seen.get(doc as usize).is_some_and(|seen| *seen != Seen::No)
    }

    /// When an article appears and when it expires, Unix time; neither where it is never seen.
    fn turns_s(&self, doc: DocId) -> impl Iterator<Item = i64> {
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

    /// When an article was published, Unix time; an undated one before all others.
    pub(crate) fn newness_s(&self, doc: DocId) -> i64 {
        self.newness_s.get(doc as usize).copied().unwrap_or(i64::MIN)
    }

    /// Whether readers may see an article at a second (Unix time).
    pub(crate) fn is_visible(&self, doc: DocId, now_s: i64) -> bool {
        if self.settled_s <= now_s && self.seen.get(doc as usize) == Some(&Seen::ForGood) {
            return true;
        }
        !self.reader.is_deleted(doc)
            && self.published.first(doc).is_none_or(|at| at <= now_s)
            && self.expires.first(doc).is_none_or(|at| now_s < at)
    }
}

impl Collection for Snapshot {
    type Error = EngineError;

    fn languages(&self) -> &[LanguageStats] {
        &self.languages
    }

    fn matching(&self, stem: &str) -> Result<u64, EngineError> {
        let mut sums = [0u64; ZONES];
        for segment in &self.segments {
            for ((sum, zone), fields) in sums.iter_mut().zip(&segment.zones).zip(&self.fields.zones) {
                let term = Term::from_field_text(fields.stems, stem);
                let found = segment.holders_of(&zone.stems, zone.stems.get_term_info(&term));
                *sum += u64::from(found.map_err(index_error)?);
            }
        }
        Ok(sums.into_iter().max().unwrap_or(0))
    }

    fn similar(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, EngineError> {
        let term = Term::from_field_text(self.fields.vocabulary, folded);
        let automaton = FuzzyTermQuery::new(term, max_edits, true).automaton().map_err(index_error)?;
        self.words_of(|terms, take| {
            let mut words = terms.search(&automaton).into_stream()?;
            while let Some((word, term)) = words.next() {
                take(word, term)?;
            }
            Ok(())
        })
    }

    fn holding(&self, folded: &str) -> Result<u64, EngineError> {
        let term = Term::from_field_text(self.fields.vocabulary, folded);
        let mut sum = 0;
        for segment in &self.segments {
            let found = segment.holders_of(&segment.vocabulary, segment.vocabulary.get_term_info(&term));
            sum += u64::from(found.map_err(index_error)?);
        }
        Ok(sum)
    }

    fn holding_both(&self, one: &str, other: &str) -> Result<u64, EngineError> {
        let mut holders = 0;
        for segment in &self.segments {
            let list = |word: &str| {
                let term = Term::from_field_text(self.fields.vocabulary, word);
                segment.vocabulary.read_postings(&term, IndexRecordOption::Basic).map_err(index_error)
            };
            let (Some(mut one), Some(mut other)) = (list(one)?, list(other)?) else { continue };
            let mut doc = one.doc();
            while doc != TERMINATED {
                let met = if other.doc() < doc { other.seek(doc) } else { other.doc() };
                if met == doc {
                    holders += u64::from(segment.is_counted(doc));
                    doc = one.advance();
                } else {
                    doc = if met == TERMINATED { TERMINATED } else { one.seek(met) };
                }
            }
        }
        Ok(holders)
    }

    fn has_in_a_row(&self, sequence: &[WordForms]) -> Result<bool, EngineError> {
        for segment in &self.segments {
            for zone in Zone::ALL {
                let mut docs = sequence_counts(self, segment, sequence, zone)?.into_keys();
                if docs.any(|doc| segment.is_counted(doc)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn written(&self, folded: &str, now_s: i64) -> Result<Option<String>, EngineError> {
        written(self, folded, now_s)
    }

    fn beginning_with(&self, prefix: &str, most: usize) -> Result<Begun, EngineError> {
        if self.segments.iter().any(|segment| segment.beginnings.under(prefix).is_some()) {
            return frequent_beginning_with(self, prefix, most);
        }
        // The largest character: nothing that begins with the prefix comes behind.
        let end = format!("{prefix}{}", char::MAX);
        let words = self.words_of(|terms, take| {
            let mut words = terms.range().ge(prefix).lt(&end).into_stream()?;
            while let Some((word, term)) = words.next() {
                take(word, term)?;
            }
            Ok(())
        });
        Ok(Begun::best_of(words?, most))
    }

    fn synonyms(&self) -> &SynonymIndex {
        &self.synonyms
    }

    fn could_pass(&self, filters: &Filters) -> bool {
        let has_value = |facet| self.values.meant(facet, filters).is_none_or(|meant| meant.contains(&true));
        Facet::ALL.into_iter().all(has_value)
    }
}
