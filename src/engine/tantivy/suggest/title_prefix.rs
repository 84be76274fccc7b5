//! The articles whose title, labels or authors match what is being typed.

use std::cmp::Reverse;

use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED, Term};

use crate::analysis::HeadingPosition;
use crate::engine::cancellation::Steps;
use crate::engine::suggest::Typed;
use crate::engine::tantivy::index::schema::{MAX_BEGINNING_CHARS, PART_SEPARATOR, head_beginning, head_term};
use crate::engine::tantivy::reader::segment::{DocAddress, Segment, index_error};
use crate::engine::tantivy::reader::snapshot::Snapshot;
use crate::engine::{Card, EngineError, SuggestRequest};

/// How many words a long prefix expands to: the most frequent ones.
const MAX_WORDS: usize = 64;

/// The works whose title or labels match what was typed: those in the reader's language first, then
/// by where they match, then the newest.
pub(crate) fn headed(snapshot: &Snapshot, typed: &Typed, request: &SuggestRequest) -> Result<Vec<Card>, EngineError> {
    let mut top =
        Top { limit: request.limit, best_fit: request.ui_lang.as_ref().map_or(0, |_| 2), entries: Vec::new() };
    for place in [HeadingPosition::TitleBegin, HeadingPosition::Title, HeadingPosition::Label] {
        if top.is_settled() || (typed.is_short() && place != HeadingPosition::TitleBegin) {
            break;
        }
        for (ordinal, segment) in snapshot.segments.iter().enumerate() {
            let fits: Vec<Option<u8>> =
                segment.langs.iter().map(|lang| request.takes_lang(lang).then(|| request.fit(lang))).collect();
            each_with(snapshot, segment, typed, place, |doc| {
                let newness = segment.newness_s(doc);
                if top.could_take(place, newness)
                    && let Some(fit) = fits.get(segment.lang.get_val(doc) as usize).copied().flatten()
                    && segment.is_visible(doc, request.now_s)
                {
                    let rank = TitleRank { fit, place, newness, id: Reverse(segment.id_rank(doc)) };
                    top.take(rank, segment.work_of(doc), DocAddress { segment: ordinal, doc });
                }
            })?;
        }
    }
    top.places().map(|place| snapshot.card(place)).collect()
}

/// The rank of a suggested article; higher comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TitleRank {
    fit: u8,
    place: HeadingPosition,
    newness: i64,
    id: Reverse<u32>,
}

/// The best works so far, unsorted, each in its best version.
struct Top {
    limit: usize,
    /// The best language fit for the reader.
    best_fit: u8,
    entries: Vec<(TitleRank, u32, DocAddress)>,
}

impl Top {
    fn worst(&self) -> Option<TitleRank> {
        (self.entries.len() == self.limit).then(|| self.entries.iter().map(|(rank, ..)| *rank).min()).flatten()
    }

    /// Whether an article with this position and date could be among the best, assuming the best
    /// language fit.
    fn could_take(&self, place: HeadingPosition, newness: i64) -> bool {
        self.worst().is_none_or(|worst| (worst.fit, worst.place, worst.newness) <= (self.best_fit, place, newness))
    }

    /// Whether no article with a match at a lower position can be among the best.
    fn is_settled(&self) -> bool {
        self.worst().is_some_and(|worst| worst.fit == self.best_fit)
    }

    fn take(&mut self, rank: TitleRank, work: u32, place: DocAddress) {
        if let Some(known) = self.entries.iter_mut().find(|(_, known, _)| *known == work) {
            if rank > known.0 {
                *known = (rank, work, place);
            }
            return;
        }
        self.entries.push((rank, work, place));
        if self.entries.len() > self.limit
            && let Some((worst, _)) = self.entries.iter().enumerate().min_by_key(|(_, (rank, ..))| *rank)
        {
            self.entries.swap_remove(worst);
        }
    }

    fn places(mut self) -> impl Iterator<Item = DocAddress> {
        self.entries.sort_unstable_by_key(|(rank, ..)| Reverse(*rank));
        self.entries.into_iter().map(|(_, _, place)| place)
    }
}

/// Calls a function with the articles of a segment that match all that was typed at a position or a
/// better one; only the first word can be at the beginning of a title.
fn each_with(
    snapshot: &Snapshot,
    segment: &Segment,
    typed: &Typed,
    place: HeadingPosition,
    mut take: impl FnMut(DocId),
) -> Result<(), EngineError> {
    let mut lists: Vec<TitleDocs> = Vec::with_capacity(typed.whole.len() + 1);
    for (at, word) in typed.whole.iter().enumerate() {
        let mut docs = TitleDocs::default();
        for place in places(place, at == 0) {
            docs.take_holding(snapshot, segment, &head_term(word, place))?;
        }
        lists.push(docs);
    }
    if let Some(begun) = &typed.begun {
        let mut docs = TitleDocs::default();
        for place in places(place, typed.whole.is_empty()) {
            let beginning = head_beginning(begun, place);
            if begun.chars().count() <= MAX_BEGINNING_CHARS {
                docs.take_holding(snapshot, segment, &beginning)?;
            } else {
                docs.take_beginning(segment, &beginning)?;
            }
        }
        lists.push(docs);
    }
    lists.sort_by_key(TitleDocs::size);
    let Some((first, others)) = lists.split_first_mut() else { return Ok(()) };
    let mut steps = Steps::default();
    while let Some(doc) = first.next() {
        steps.step()?;
        if others.iter_mut().all(|other| other.holds(doc)) {
            take(doc);
        }
    }
    Ok(())
}

/// The positions whose terms are searched: words of the title are not among the labels.
fn places(place: HeadingPosition, is_first: bool) -> impl Iterator<Item = HeadingPosition> {
    let places: &[HeadingPosition] = match place {
        HeadingPosition::TitleBegin if is_first => &[HeadingPosition::TitleBegin],
        HeadingPosition::TitleBegin | HeadingPosition::Title => &[HeadingPosition::Title],
        HeadingPosition::Label => &[HeadingPosition::Title, HeadingPosition::Label],
    };
    places.iter().copied()
}

/// The articles that contain any of several terms.
#[derive(Default)]
struct TitleDocs {
    lists: Vec<SegmentPostings>,
    /// Further articles, in order.
    listed: Vec<DocId>,
    at: usize,
}

impl TitleDocs {
    fn take_holding(&mut self, snapshot: &Snapshot, segment: &Segment, term: &str) -> Result<(), EngineError> {
        let term = Term::from_field_text(snapshot.fields.heads, term);
        self.lists.extend(segment.heads.read_postings(&term, IndexRecordOption::Basic).map_err(index_error)?);
        Ok(())
    }

    /// Adds the articles that contain a word with a prefix.
    fn take_beginning(&mut self, segment: &Segment, beginning: &str) -> Result<(), EngineError> {
        let terms = segment.heads.terms().range().ge(beginning).lt(format!("{beginning}{}", char::MAX));
        let mut terms = terms.into_stream().map_err(index_error)?;
        let mut words = Vec::new();
        while let Some((term, info)) = terms.next() {
            if term.ends_with(PART_SEPARATOR.encode_utf8(&mut [0; 4]).as_bytes()) {
                words.push((segment.doc_freq(&segment.heads, info).map_err(index_error)?, info.clone()));
            }
        }
        words.sort_by_key(|(doc_freq, _)| Reverse(*doc_freq));
        for (_, info) in words.iter().take(MAX_WORDS) {
            let list = segment.heads.read_postings_from_terminfo(info, IndexRecordOption::Basic);
            let mut list = list.map_err(index_error)?;
            while list.doc() != TERMINATED {
                self.listed.push(list.doc());
                list.advance();
            }
        }
        self.listed.sort_unstable();
        self.listed.dedup();
        Ok(())
    }

    fn size(&self) -> usize {
        self.lists.iter().map(|list| list.doc_freq() as usize).sum::<usize>() + self.listed.len()
    }

    /// The next article; articles that [`TitleDocs::holds`] has passed are skipped.
    fn next(&mut self) -> Option<DocId> {
        let listed = self.listed.get(self.at).copied().unwrap_or(TERMINATED);
        let doc = self.lists.iter().map(|list| list.doc()).min().unwrap_or(TERMINATED).min(listed);
        if doc == TERMINATED {
            return None;
        }
        for list in self.lists.iter_mut().filter(|list| list.doc() == doc) {
            list.advance();
        }
        self.at += usize::from(listed == doc);
        Some(doc)
    }

    /// Whether an article is among them; articles must be queried in order.
    fn holds(&mut self, doc: DocId) -> bool {
        while self.listed.get(self.at).is_some_and(|listed| *listed < doc) {
            self.at += 1;
        }
        let mut is_held = |list: &mut SegmentPostings| list.doc() == doc || (list.doc() < doc && list.seek(doc) == doc);
        self.listed.get(self.at) == Some(&doc) || self.lists.iter_mut().any(&mut is_held)
    }
}
