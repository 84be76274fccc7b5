//! The file of nearest works: its layout, reading and writing.

use std::ops::Range;
use std::path::Path;

use tantivy::directory::{Directory, MmapDirectory, OwnedBytes};

use crate::engine::related::{Shared, Similarity};

/// The indexes of the compared terms among those of a version's profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LookedFor {
    pub(crate) words: Vec<usize>,
    pub(crate) phrases: Vec<usize>,
}

/// A similar work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RelatedCandidate {
    pub(crate) work: u32,
    pub(crate) similarity: Similarity,
    /// The version of the source work that it shares terms with.
    pub(crate) version: usize,
}

pub(crate) const FILE: &str = "nearest.bin";
pub(crate) const MAGIC: &[u8; 8] = b"fichero1";

/// The length of the header in bytes: the magic, the fingerprint, the number of works, the offset
/// of the table of ranges.
pub(crate) const HEAD: usize = 32;

/// The length of an entry in the table of ranges, in bytes.
const RANGE: usize = 16;

/// The stored data of a work.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Kept {
    /// For each of its versions, by id, the compared terms.
    pub(crate) looked_for: Vec<LookedFor>,
    /// For each of its versions, the nearest works that have a version in its language.
    pub(crate) in_language: Vec<Vec<RelatedCandidate>>,
    /// The nearest works in any language.
    pub(crate) of_all: Vec<RelatedCandidate>,
}

impl Kept {
    /// Appends its encoding in the file.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let count = |out: &mut Vec<u8>, count: usize| out.push(u8::try_from(count).unwrap_or(u8::MAX));
        count(out, self.looked_for.len());
        for (looked_for, candidates) in self.looked_for.iter().zip(&self.in_language) {
            for places in [&looked_for.words, &looked_for.phrases] {
                count(out, places.len());
                places.iter().for_each(|place| count(out, *place));
            }
            write_candidates(out, candidates);
        }
        write_candidates(out, &self.of_all);
    }
}

/// The stored nearest works of every article.
pub(crate) struct NearestStore {
    bytes: OwnedBytes,
    works: usize,
    table: usize,
}

impl NearestStore {
    /// Opens the file in a generation's folder, if it matches the fingerprint of the articles and
    /// the number of works.
    pub(crate) fn open(folder: &Path, fingerprint: u64, works: usize) -> Option<NearestStore> {
        let directory = MmapDirectory::open(folder).ok()?;
        let bytes = directory.open_read(Path::new(FILE)).ok()?.read_bytes().ok()?;
        let mut reader = NeighboursReader { bytes: &bytes, at: 0 };
        let is_ours = reader.take(MAGIC.len())? == MAGIC && reader.number()? == fingerprint;
        let (held, table) = (reader.number()? as usize, reader.number()? as usize);
        let is_whole = held == works && bytes.len() == table.checked_add(works.checked_mul(RANGE)?)?;
        (is_ours && is_whole).then_some(NearestStore { bytes, works, table })
    }

    /// The stored data of a work.
    pub(crate) fn of(&self, work: u32) -> Option<Kept> {
        let work = Some(work as usize).filter(|work| *work < self.works)?;
        let mut places = NeighboursReader { bytes: &self.bytes, at: self.table + work * RANGE };
        let range: Range<usize> = places.number()? as usize..places.number()? as usize;
        NeighboursReader { bytes: self.bytes.get(range)?, at: 0 }.kept()
    }
}

/// The bits of [`Shared`] that store the number of a version.
const VERSION_SHIFT: u32 = 60;

/// The maximum number of versions that can be distinguished.
pub(crate) const MAX_VERSIONS: usize = 1 << (u64::BITS - VERSION_SHIFT);

fn write_candidates(out: &mut Vec<u8>, candidates: &[RelatedCandidate]) {
    out.push(u8::try_from(candidates.len()).unwrap_or(u8::MAX));
    for candidate in candidates {
        out.extend(candidate.work.to_le_bytes());
        out.extend(candidate.similarity.score.to_le_bytes());
        out.extend((candidate.similarity.shared.0 | (candidate.version as u64) << VERSION_SHIFT).to_le_bytes());
    }
}

/// Decodes stored data; returns `None` if it is truncated.
struct NeighboursReader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> NeighboursReader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn count(&mut self) -> Option<usize> {
        self.array::<1>().map(|[count]| usize::from(count))
    }

    fn places(&mut self) -> Option<Vec<usize>> {
        let count = self.count()?;
        Some(self.take(count)?.iter().map(|place| usize::from(*place)).collect())
    }

    fn candidates(&mut self) -> Option<Vec<RelatedCandidate>> {
        let count = self.count()?;
        (0..count).map(|_| self.candidate()).collect()
    }

    fn candidate(&mut self) -> Option<RelatedCandidate> {
        let work = self.array().map(u32::from_le_bytes)?;
        let score = self.array().map(f32::from_le_bytes)?;
        let bits = self.number()?;
        let shared = Shared(bits & ((1 << VERSION_SHIFT) - 1));
        Some(RelatedCandidate {
            work,
            similarity: Similarity { score, shared },
            version: (bits >> VERSION_SHIFT) as usize,
        })
    }

    fn kept(&mut self) -> Option<Kept> {
        let mut kept = Kept::default();
        for _ in 0..self.count()? {
            kept.looked_for.push(LookedFor { words: self.places()?, phrases: self.places()? });
            kept.in_language.push(self.candidates()?);
        }
        kept.of_all = self.candidates()?;
        Some(kept)
    }
}
