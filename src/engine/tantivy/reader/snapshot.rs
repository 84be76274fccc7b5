//! One state of an index for searching: a searcher, its columns, its statistics.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwapOption;
use tantivy::columnar::{ColumnValues, TermOrdHit};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocSet, Searcher, TERMINATED, TantivyDocument, Term};

use super::facet_values::FacetDictionary;
use super::neighbours::NearestStore;
use super::segment::{DocAddress, KnownSegments, Segment, index_error, value};
use super::work_index::{WorkIndex, split_large_works};
use crate::analysis::{ByZone, MinHash, language_group};
use crate::engine::cursor::HOLD_S;
use crate::engine::planning::synonyms::{SynonymGroup, SynonymIndex};
use crate::engine::ranking::LanguageStats;
use crate::engine::related::DocumentProfile;
use crate::engine::tantivy::index::schema::IndexFields;

use crate::engine::{Card, EngineError, IndexVersion};

/// One state of an index.
pub(crate) struct Snapshot {
    pub(crate) searcher: Searcher,
    pub(crate) fields: IndexFields,
    pub(crate) segments: Vec<Segment>,
    pub(crate) languages: Vec<LanguageStats>,
    /// The number of visible articles by declared language.
    pub(crate) articles_by_lang: Arc<BTreeMap<String, u64>>,
    /// Greater than every work number.
    pub(crate) works: usize,
    pub(crate) version: IndexVersion,
    /// When it was taken, in Unix seconds: statistics count the articles that were visible then.
    pub(crate) taken_s: i64,
    /// The time of the newest visible article, in Unix seconds.
    pub(crate) newest_s: Option<i64>,
    /// The sorted times, in Unix seconds, at which articles appear or expire after the snapshot.
    visibility_changes_s: Vec<i64>,
    /// The last time at which an article appeared or expired before the snapshot.
    visibility_changed_s: i64,
    pub(crate) synonyms: SynonymIndex,
    pub(crate) values: FacetDictionary,
    /// The versions of each work.
    pub(crate) works_index: WorkIndex,
    /// The nearest works of each work, once they are computed.
    pub(crate) nearest: ArcSwapOption<NearestStore>,
    /// The last time, in Unix seconds, at which a list that began here may continue.
    held_until_s: AtomicI64,
}

impl Snapshot {
    /// Opens the columns of a searcher and computes the statistics.
    pub(crate) fn new(
        searcher: Searcher,
        fields: IndexFields,
        version: IndexVersion,
        synonyms: Vec<SynonymGroup>,
        mut best: KnownSegments,
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
        let mut visibility_changes_s = Vec::new();
        let mut visibility_changed_s = i64::MIN;
        for segment in &segments {
            let mut counts = vec![(0u64, ByZone::<u64>::default()); segment.langs.len()];
            for doc in segment.reader.doc_ids_alive() {
                works = works.max(segment.work_of(doc) as usize + 1);
                for at_s in segment.visibility_changes_s(doc) {
                    if at_s > now_s {
                        visibility_changes_s.push(at_s);
                    } else {
                        visibility_changed_s = visibility_changed_s.max(at_s);
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
                let group = stats.entry(group.clone()).or_insert(LanguageStats {
                    lang: group,
                    articles: 0,
                    words: ByZone::default(),
                });
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
        visibility_changes_s.push(visibility_changed_s);
        visibility_changes_s.sort_unstable();
        rank_ids(&mut segments).map_err(index_error)?;
        let works = split_large_works(&mut segments, works);
        let values = FacetDictionary::new(&segments, now_s).map_err(index_error)?;
        articles_by_lang.retain(|_, articles| *articles > 0);
        Ok(Snapshot {
            searcher,
            fields,
            synonyms: SynonymIndex::new(synonyms, &languages),
            articles_by_lang: Arc::new(articles_by_lang),
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
            visibility_changes_s,
            visibility_changed_s,
        })
    }

    /// The cached data of each segment, for opening a later state.
    pub(crate) fn known_best(&self) -> KnownSegments {
        let known = |segment: &Segment| {
            (Arc::clone(&segment.uncounted), Arc::clone(&segment.best), Arc::clone(&segment.beginnings))
        };
        self.segments.iter().map(|segment| (segment.reader.segment_id(), known(segment))).collect()
    }

    /// The number of articles in the index, including invisible ones.
    pub(crate) fn living(&self) -> u64 {
        self.segments.iter().map(|segment| u64::from(segment.reader.num_docs())).sum()
    }

    /// The number of visible articles.
    pub(crate) fn articles(&self) -> u64 {
        self.languages.iter().map(|language| language.articles).sum()
    }

    /// Records that a list began here, which may continue for a while.
    pub(crate) fn hold(&self, now_s: i64) {
        self.held_until_s.fetch_max(now_s.saturating_add(HOLD_S), Ordering::Relaxed);
    }

    /// Whether a list that began here may still continue.
    pub(crate) fn is_held(&self, now_s: i64) -> bool {
        now_s <= self.held_until_s.load(Ordering::Relaxed)
    }

    /// The number of ids less than or equal to `id`, which need not exist: articles after it have
    /// this rank or a higher one.
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

    /// When an article last appeared or expired, up to `now_s`; in Unix seconds.
    pub(crate) fn last_visibility_change_s(&self, now_s: i64) -> i64 {
        let passed = self.visibility_changes_s.partition_point(|at_s| *at_s <= now_s);
        passed.checked_sub(1).and_then(|last| self.visibility_changes_s.get(last)).copied().unwrap_or(i64::MIN)
    }

    /// When an article last appeared or expired before the snapshot, in Unix seconds: its
    /// statistics are valid from then on.
    pub(crate) fn visibility_changed_s(&self) -> i64 {
        self.visibility_changed_s
    }

    /// Whether every article that is visible at a time in Unix seconds is counted: false if one has
    /// appeared since the snapshot was taken.
    pub(crate) fn counts_all_seen(&self, now_s: i64) -> bool {
        let is_as_taken = self.taken_s <= now_s && self.last_visibility_change_s(now_s) == self.visibility_changed_s;
        let has_none_seen = |segment: &Segment| segment.uncounted.iter().all(|doc| !segment.is_visible(*doc, now_s));
        is_as_taken || self.segments.iter().all(has_none_seen)
    }

    /// The first article that contains a term.
    pub(crate) fn find(&self, field: tantivy::schema::Field, value: &str) -> Result<Option<DocAddress>, EngineError> {
        Ok(self.all_with(&Term::from_field_text(field, value))?.into_iter().next())
    }

    /// All articles that contain a term, in a fixed order.
    pub(crate) fn all_with(&self, term: &Term) -> Result<Vec<DocAddress>, EngineError> {
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
                    found.push(DocAddress { segment: ordinal, doc });
                }
                postings.advance();
            }
        }
        Ok(found)
    }

    /// The counted articles that contain a term, in a fixed order.
    pub(crate) fn counted_with(&self, term: &Term) -> Result<Vec<DocAddress>, EngineError> {
        let mut found = self.all_with(term)?;
        found.retain(|place| self.is_counted(*place));
        Ok(found)
    }

    /// All articles with a profile key, in a fixed order.
    pub(crate) fn all_with_key(&self, key: &str) -> Result<Vec<DocAddress>, EngineError> {
        self.all_with(&Term::from_field_text(self.fields.keys, key))
    }

    /// Like [`Segment::is_counted`].
    pub(crate) fn is_counted(&self, place: DocAddress) -> bool {
        self.segments.get(place.segment).is_some_and(|segment| segment.is_counted(place.doc))
    }

    /// Whether readers may see the article at a place, at a time (Unix).
    pub(crate) fn is_visible(&self, place: DocAddress, now_s: i64) -> bool {
        self.segments.get(place.segment).is_some_and(|segment| segment.is_visible(place.doc, now_s))
    }

    /// The sketch of an article's text, see [`Segment::sketch`].
    pub(crate) fn sketch(&self, place: DocAddress) -> Option<MinHash> {
        self.segments.get(place.segment)?.sketch(place.doc)
    }

    /// The stored card of an article.
    pub(crate) fn card(&self, place: DocAddress) -> Result<Card, EngineError> {
        let address = tantivy::DocAddress::new(u32::try_from(place.segment).unwrap_or(u32::MAX), place.doc);
        let document: TantivyDocument = self.searcher.doc(address).map_err(index_error)?;
        let bytes = document.get_first(self.fields.card).and_then(|value| value.as_bytes()).unwrap_or_default();
        serde_json::from_slice(bytes).map_err(index_error)
    }

    /// The profile of an article.
    pub(crate) fn profile(&self, place: DocAddress) -> Result<DocumentProfile, EngineError> {
        let Some(segment) = self.segments.get(place.segment) else { return Ok(DocumentProfile::default()) };
        let Some(bytes) = value(segment.profile.as_ref(), place.doc, 0)? else { return Ok(DocumentProfile::default()) };
        serde_json::from_slice(&bytes).map_err(index_error)
    }

    /// The work of an article.
    pub(crate) fn work_of(&self, place: DocAddress) -> u32 {
        self.works_index.work_of(self.works_index.doc(place))
    }

    /// The versions of a work, by id.
    pub(crate) fn versions(&self, work: u32) -> &[DocAddress] {
        self.works_index.versions(work)
    }

    /// The counted versions of a work, by id.
    pub(crate) fn counted_versions(&self, work: u32) -> impl Iterator<Item = DocAddress> + '_ {
        self.versions(work).iter().copied().filter(|place| self.is_counted(*place))
    }

    /// A fingerprint of the set of counted articles: the segments, the number of deleted articles
    /// in each, and when an article last appeared or expired.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut segments: Vec<String> = self
            .segments
            .iter()
            .map(|segment| {
                format!("{} {}", segment.reader.segment_id().uuid_string(), segment.reader.num_deleted_docs())
            })
            .collect();
        segments.sort_unstable();
        segments.push(self.visibility_changed_s.to_string());
        let hash = blake3::hash(segments.join("\n").as_bytes());
        let (first, _) = hash.as_bytes().split_at(8);
        first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// Ranks the ids of all articles: ties are broken by id, and reading ids is expensive. Each
/// segment's ids are read once, in order.
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
