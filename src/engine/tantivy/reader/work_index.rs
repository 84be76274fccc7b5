//! Maps articles to works for a whole snapshot.

use tantivy::DocId;

use super::segment::{DocAddress, Segment};
use crate::article::MAX_VERSIONS;

/// The number of an article over all segments.
pub(crate) type Doc = u32;

/// Maps articles to works: about 25 bytes per article.
#[derive(Default)]
pub(crate) struct WorkIndex {
    /// The number of each segment's first article.
    bases: Vec<Doc>,
    /// For every article, its work.
    works: Vec<u32>,
    /// For every counted article, the index of its language group in the snapshot; [`NO_GROUP`] for
    /// the others.
    groups: Vec<u16>,
    /// For every counted article, its [eventful day](crate::engine::related::document_profile::eventful_day); [`NO_DAY`] if it has none.
    days: Vec<i32>,
    /// For every work, the start of its versions; and the end of the last.
    starts: Vec<u32>,
    versions: Vec<DocAddress>,
    /// For every work, a bit for every language that it has a version in; languages beyond the
    /// 64th share bits.
    languages: Vec<u64>,
    groups_count: usize,
}

const NO_DAY: i32 = i32::MIN;
const NO_GROUP: u16 = u16::MAX;

/// Makes the counted versions of a work after the first [`MAX_VERSIONS`] (by id) separate works;
/// returns a number greater than every work number.
///
/// The result depends only on visible articles, so that it reveals nothing else, and not on the
/// order in which they were added.
pub(crate) fn split_large_works(segments: &mut [Segment], works: usize) -> usize {
    let mut counts = vec![0usize; works];
    let mut is_large = false;
    for segment in segments.iter() {
        for doc in (0..segment.reader.max_doc()).filter(|doc| segment.is_counted(*doc)) {
            if let Some(count) = counts.get_mut(segment.work_of(doc) as usize) {
                *count += 1;
                is_large |= *count > MAX_VERSIONS;
            }
        }
    }
    if !is_large {
        return works;
    }
    let mut versions = Vec::new();
    for (ordinal, segment) in segments.iter().enumerate() {
        for doc in (0..segment.reader.max_doc()).filter(|doc| segment.is_counted(*doc)) {
            let work = segment.work_of(doc);
            if counts.get(work as usize).is_some_and(|count| *count > MAX_VERSIONS) {
                versions.push((work, segment.id_rank(doc), DocAddress { segment: ordinal, doc }));
            }
        }
    }
    versions.sort_unstable_by_key(|(work, rank, _)| (*work, *rank));
    let mut next = works;
    for (_, _, place) in versions.chunk_by(|a, b| a.0 == b.0).flat_map(|work| work.iter().skip(MAX_VERSIONS)) {
        if let Some(segment) = segments.get_mut(place.segment) {
            segment.set_work(place.doc, u32::try_from(next).unwrap_or(u32::MAX));
            next += 1;
        }
    }
    next
}

impl WorkIndex {
    /// Reads the columns of all segments; `works` is greater than every work number, `groups_count`
    /// is the number of language groups.
    pub(crate) fn new(segments: &[Segment], works: usize, groups_count: usize) -> WorkIndex {
        let mut index =
            WorkIndex { starts: vec![0; works + 1], languages: vec![0; works], groups_count, ..WorkIndex::default() };
        for segment in segments {
            index.bases.push(index.works.len() as Doc);
            for doc in 0..segment.reader.max_doc() {
                index.works.push(segment.work_of(doc));
                if !segment.is_counted(doc) {
                    index.groups.push(NO_GROUP);
                    index.days.push(NO_DAY);
                    continue;
                }
                let (_, group) = segment.lang_of(doc);
                index.groups.push(u16::try_from(group).unwrap_or(NO_GROUP));
                let day = segment.eventful_day.first(doc).and_then(|day| i32::try_from(day).ok());
                index.days.push(day.unwrap_or(NO_DAY));
            }
        }
        let alive: Vec<(usize, DocAddress)> = (0..)
            .zip(segments)
            .flat_map(|(ordinal, segment)| {
                segment.reader.doc_ids_alive().map(move |doc| DocAddress { segment: ordinal, doc })
            })
            .map(|place| (index.work_of(index.doc(place)) as usize, place))
            .filter(|(work, _)| *work < works)
            .collect();
        for (work, place) in &alive {
            if let Some(count) = index.starts.get_mut(work + 1) {
                *count += 1;
            }
            if let Some(group) = index.group_of(index.doc(*place))
                && let Some(languages) = index.languages.get_mut(*work)
            {
                *languages |= language_bit(group);
            }
        }
        let mut sum = 0;
        for start in &mut index.starts {
            sum += *start;
            *start = sum;
        }
        let mut next = index.starts.clone();
        index.versions = vec![DocAddress { segment: 0, doc: 0 }; alive.len()];
        for (work, place) in alive {
            if let Some(next) = next.get_mut(work)
                && let Some(version) = index.versions.get_mut(*next as usize)
            {
                *version = place;
                *next += 1;
            }
        }
        let rank = |place: &DocAddress| segments.get(place.segment).map(|segment| segment.id_rank(place.doc));
        for (start, end) in index.starts.iter().zip(index.starts.iter().skip(1)) {
            if let Some(versions) = index.versions.get_mut(*start as usize..*end as usize) {
                versions.sort_by_key(rank);
            }
        }
        index
    }

    /// The number of articles, including deleted ones.
    pub(crate) fn docs(&self) -> usize {
        self.works.len()
    }

    /// The number of the article at an address.
    pub(crate) fn doc(&self, place: DocAddress) -> Doc {
        self.base(place.segment) + place.doc
    }

    /// The number of a segment's first article.
    pub(crate) fn base(&self, segment: usize) -> DocId {
        self.bases.get(segment).copied().unwrap_or(0)
    }

    /// An article's work.
    pub(crate) fn work_of(&self, doc: Doc) -> u32 {
        self.works.get(doc as usize).copied().unwrap_or(u32::MAX)
    }

    /// The index of a counted article's language group in the snapshot.
    pub(crate) fn group_of(&self, doc: Doc) -> Option<usize> {
        self.groups.get(doc as usize).filter(|group| **group != NO_GROUP).map(|group| usize::from(*group))
    }

    /// The eventful day of a counted article.
    pub(crate) fn eventful_day(&self, doc: Doc) -> Option<i32> {
        self.days.get(doc as usize).copied().filter(|day| *day != NO_DAY)
    }

    /// The versions of a work that are not deleted, by id.
    pub(crate) fn versions(&self, work: u32) -> &[DocAddress] {
        let bounds = self.starts.get(work as usize).zip(self.starts.get(work as usize + 1));
        bounds.and_then(|(from, to)| self.versions.get(*from as usize..*to as usize)).unwrap_or_default()
    }

    /// Whether a work has a counted version in a language group.
    pub(crate) fn has_language(&self, work: u32, group: usize) -> bool {
        let bits = self.languages.get(work as usize).copied().unwrap_or(0);
        let is_sure = self.groups_count <= 64;
        bits & language_bit(group) != 0
            && (is_sure || self.versions(work).iter().any(|place| self.group_of(self.doc(*place)) == Some(group)))
    }
}

fn language_bit(group: usize) -> u64 {
    1 << (group % 64)
}
