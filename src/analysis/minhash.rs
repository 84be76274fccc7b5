//! MinHash signatures, which detect near-duplicate texts.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::token_variants::TokenVariants;

/// How many parts a signature has.
const PARTS: usize = 32;
/// How many consecutive words form a shingle.
const SHINGLE: usize = 3;
/// The fewest shingles of a text that has a signature: short texts are similar by chance.
const MIN_SHINGLES: usize = 12;
/// Texts that share at least this part of their shingles are near-duplicates. A press release and
/// the blog post made of it share nearly all of them, two texts on one subject hardly any. Pages of
/// a reference work written to one pattern share more than half and are no duplicates: experiment
/// `related.copies`.
const COPY_SHARE: f32 = 0.85;

/// A one-permutation MinHash signature. The hashes of all shingles of three words are distributed
/// over 32 parts; each part keeps one byte of its least hash, or 0 without any. The share of equal
/// bytes estimates the share of shingles that two texts have in common, with an error of about .09.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinHash([u8; PARTS]);

impl MinHash {
    /// The signature of the words of a text, given with their positions; of several words at one
    /// position only the first counts.
    pub(crate) fn of<'t>(terms: impl Iterator<Item = &'t (u32, Arc<TokenVariants>)>) -> Option<MinHash> {
        let mut hashes: FxHashMap<usize, u64> = FxHashMap::default();
        let mut least = [u64::MAX; PARTS];
        let mut shingle = [0u64; SHINGLE];
        let (mut words, mut last) = (0usize, None);
        for (position, variants) in terms {
            if last.replace(position) == Some(position) {
                continue;
            }
            let hash = *hashes.entry(Arc::as_ptr(variants) as usize).or_insert_with(|| fnv(variants.folded()));
            shingle.rotate_left(1);
            shingle[SHINGLE - 1] = hash;
            words += 1;
            if words >= SHINGLE {
                let hash = mixed(shingle.iter().fold(0, |sum: u64, hash| sum.rotate_left(21).wrapping_add(*hash)));
                if let Some(part) = least.get_mut(hash as usize % PARTS) {
                    *part = (*part).min(hash / PARTS as u64);
                }
            }
        }
        let byte = |least: u64| if least == u64::MAX { 0 } else { (least % 255) as u8 + 1 };
        (words >= MIN_SHINGLES + SHINGLE - 1).then(|| MinHash(least.map(byte)))
    }

    /// Whether two texts are near-duplicates.
    pub fn is_copy_of(&self, other: &MinHash) -> bool {
        let pairs = || self.0.iter().zip(&other.0).filter(|(a, b)| **a != 0 || **b != 0);
        let equal = pairs().filter(|(a, b)| a == b).count();
        equal as f32 >= COPY_SHARE * pairs().count() as f32
    }

    /// The signature as numbers, for a column.
    pub fn to_numbers(self) -> [u64; PARTS / 8] {
        std::array::from_fn(|at| {
            let bytes = self.0.iter().skip(at * 8).take(8);
            bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
        })
    }

    /// Reads a signature from its numbers; `None` for too few.
    pub fn from_numbers(mut numbers: impl Iterator<Item = u64>) -> Option<MinHash> {
        let mut sketch = [0; PARTS];
        for part in sketch.chunks_exact_mut(8) {
            part.copy_from_slice(&numbers.next()?.to_be_bytes());
        }
        Some(MinHash(sketch))
    }
}

/// FNV-1a: the same on every machine and in every version, as stored hashes must be.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Spreads a number over all its bits (the finalizer of MurmurHash3).
fn mixed(mut number: u64) -> u64 {
    number = (number ^ number >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    number = (number ^ number >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ number >> 33
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::TokenVariantsCache;

    fn sketch(text: &str) -> Option<MinHash> {
        let mut cache = TokenVariantsCache::new("en");
        let terms: Vec<_> =
            (0u32..).zip(text.split_whitespace()).map(|(at, word)| (at, cache.variants(word))).collect();
        MinHash::of(terms.iter())
    }

    fn text(from: usize, to: usize) -> String {
        (from..to).map(|number| format!("w{} ", mixed(number as u64) % 500)).collect()
    }

    #[test]
    fn near_duplicates_are_detected_and_other_texts_are_not() {
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
