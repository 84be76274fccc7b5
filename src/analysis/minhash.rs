//! A short sketch of a text, by which copies of it are told.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::token_forms::Forms;

/// How many parts a sketch has.
const PARTS: usize = 32;
/// How many words in a row are compared.
const SHINGLE: usize = 3;
/// The fewest rows of words of a text that has a sketch: short texts are alike by chance.
const MIN_SHINGLES: usize = 12;
/// Texts that share at least this part of their rows of words are copies: a press release and the
/// blog post made of it share nearly all of them, two texts on one matter hardly any. Pages of a
/// reference work written to one pattern share more than half, and are none: experiment
/// `related.copies`.
const COPY_SHARE: f32 = 0.85;

/// What is kept of a text: of the rows of three words whose hash falls into each of 32 parts, a
/// byte of the least (one-permutation MinHash; nought for none). The share of equal bytes is about
/// the share of rows that two texts have in common, give or take .09.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinHash([u8; PARTS]);

impl MinHash {
    /// The sketch of the words of a text, with their positions; of words at one position the first
    /// counts.
    pub(crate) fn of<'t>(terms: impl Iterator<Item = &'t (u32, Arc<Forms>)>) -> Option<MinHash> {
        let mut hashes: FxHashMap<usize, u64> = FxHashMap::default();
        let mut least = [u64::MAX; PARTS];
        let mut row = [0u64; SHINGLE];
        let (mut words, mut last) = (0usize, None);
        for (position, forms) in terms {
            if last.replace(position) == Some(position) {
                continue;
            }
            let hash = *hashes.entry(Arc::as_ptr(forms) as usize).or_insert_with(|| fnv(forms.folded()));
            row.rotate_left(1);
            row[SHINGLE - 1] = hash;
            words += 1;
            if words >= SHINGLE {
                let hash = mixed(row.iter().fold(0, |sum: u64, hash| sum.rotate_left(21).wrapping_add(*hash)));
                if let Some(part) = least.get_mut(hash as usize % PARTS) {
                    *part = (*part).min(hash / PARTS as u64);
                }
            }
        }
        let byte = |least: u64| if least == u64::MAX { 0 } else { (least % 255) as u8 + 1 };
        (words >= MIN_SHINGLES + SHINGLE - 1).then(|| MinHash(least.map(byte)))
    }

    /// Whether two texts are copies of each other, but for small changes.
    pub fn is_copy_of(&self, other: &MinHash) -> bool {
        let pairs = || self.0.iter().zip(&other.0).filter(|(a, b)| **a != 0 || **b != 0);
        let equal = pairs().filter(|(a, b)| a == b).count();
        equal as f32 >= COPY_SHARE * pairs().count() as f32
    }

    /// The sketch in numbers, for a column.
    pub fn to_numbers(self) -> [u64; PARTS / 8] {
        std::array::from_fn(|at| {
            let bytes = self.0.iter().skip(at * 8).take(8);
            bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
        })
    }

    /// Reads the numbers of a sketch back; `None` for too few.
    pub fn from_numbers(mut numbers: impl Iterator<Item = u64>) -> Option<MinHash> {
        let mut sketch = [0; PARTS];
        for part in sketch.chunks_exact_mut(8) {
            part.copy_from_slice(&numbers.next()?.to_be_bytes());
        }
        Some(MinHash(sketch))
    }
}

/// FNV-1a: the same on every machine and in every version, as what is kept must be.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Spreads a number over all its bits (the end of MurmurHash3).
fn mixed(mut number: u64) -> u64 {
    number = (number ^ number >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    number = (number ^ number >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ number >> 33
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::FormsCache;

    fn sketch(text: &str) -> Option<MinHash> {
        let mut cache = FormsCache::new("en");
        let terms: Vec<_> = (0u32..).zip(text.split_whitespace()).map(|(at, word)| (at, cache.forms(word))).collect();
        MinHash::of(terms.iter())
    }

    fn text(from: usize, to: usize) -> String {
        (from..to).map(|number| format!("w{} ", mixed(number as u64) % 500)).collect()
    }

    #[test]
    fn copies_with_small_changes_are_told_and_others_are_not() {
        let whole = sketch(&text(0, 400)).unwrap();
        for (from, to, is_copy) in [(0, 400, true), (10, 400, true), (0, 440, true), (0, 200, false), (400, 800, false)]
        {
            let other = sketch(&text(from, to)).unwrap();
            assert_eq!((whole.is_copy_of(&other), other.is_copy_of(&whole)), (is_copy, is_copy), "{from} {to}");
        }
        assert_eq!((sketch(""), sketch(&text(0, 13))), (None, None));
        assert_eq!(MinHash::from_numbers(whole.to_numbers().into_iter()), Some(whole));
        assert_eq!(MinHash::from_numbers([1, 2, 3].into_iter()), None);
    }
}
