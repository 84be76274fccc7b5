//! The most frequent words of a segment for every short prefix that has too many words to scan in
//! one search: `a*` must not scan a tenth of the vocabulary.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;

use tantivy::postings::TermInfo;
use tantivy::termdict::{TermDictionary, TermOrdinal};

use crate::engine::planning::MAX_PREFIX_WORDS;

/// The maximum number of words of one prefix that a search scans.
const MAX_SCANNED: usize = 256;
/// How many words are stored for a prefix with more.
const KEPT: usize = MAX_PREFIX_WORDS + MAX_PREFIX_WORDS / 4 + SPARE;
/// How many more words than needed are taken from a segment, besides a quarter: words frequent in
/// one segment may be rare in others.
pub(crate) const SPARE: usize = 4;
/// The longest prefix with a list, in characters: few longer ones have so many words.
const MAX_CHARS: usize = 5;

/// The words of one prefix.
#[derive(Debug)]
pub(crate) struct TermsUnderPrefix {
    /// The number of words.
    pub(crate) words: usize,
    /// The most frequent words: the number of counted articles, and the ordinal of the term.
    pub(crate) best: Vec<(u32, TermOrdinal)>,
}

/// The most frequent words of one segment, by prefix. A segment never changes: this is computed
/// once per segment, and again if the set of counted articles changes.
#[derive(Debug, Default)]
pub(crate) struct PrefixTerms {
    under: HashMap<String, TermsUnderPrefix>,
}

/// A prefix whose words are being scanned.
#[derive(Default)]
struct OpenPrefix {
    beginning: String,
    words: usize,
    /// The best words so far, as a min-heap.
    best: BinaryHeap<Reverse<(u32, Reverse<TermOrdinal>)>>,
}

impl PrefixTerms {
    /// Scans the words of a segment once: words with a common prefix are adjacent. `doc_freq`
    /// returns the number of counted articles with a term.
    pub(crate) fn of(
        terms: &TermDictionary,
        doc_freq: impl Fn(&TermInfo) -> io::Result<u32>,
    ) -> io::Result<PrefixTerms> {
        let mut beginnings = PrefixTerms::default();
        let mut open: [OpenPrefix; MAX_CHARS] = Default::default();
        let mut stream = terms.stream()?;
        while stream.advance() {
            let Ok(word) = std::str::from_utf8(stream.key()) else { continue };
            let articles = doc_freq(stream.value())?;
            if articles == 0 {
                continue;
            }
            let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
            for (open, end) in open.iter_mut().zip(ends) {
                let beginning = word.get(..end).unwrap_or(word);
                if open.beginning != beginning {
                    let done = std::mem::replace(
                        open,
                        OpenPrefix { beginning: beginning.to_owned(), ..OpenPrefix::default() },
                    );
                    beginnings.close(done);
                }
                open.take(articles, stream.term_ord());
            }
        }
        open.into_iter().for_each(|open| beginnings.close(open));
        Ok(beginnings)
    }

    fn close(&mut self, open: OpenPrefix) {
        if open.words > MAX_SCANNED {
            let best = open.best.into_sorted_vec().into_iter();
            let best = best.map(|Reverse((articles, Reverse(ordinal)))| (articles, ordinal)).collect();
            self.under.insert(open.beginning, TermsUnderPrefix { words: open.words, best });
        }
    }

    /// The most frequent words with a prefix; `None` if there are few enough to scan.
    pub(crate) fn under(&self, beginning: &str) -> Option<&TermsUnderPrefix> {
        self.under.get(beginning)
    }
}

impl OpenPrefix {
    fn take(&mut self, articles: u32, ordinal: TermOrdinal) {
        self.words += 1;
        self.best.push(Reverse((articles, Reverse(ordinal))));
        if self.best.len() > KEPT {
            self.best.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use tantivy::schema::{STRING, Schema};
    use tantivy::{Index, TantivyDocument};

    use super::*;

    #[test]
    fn most_frequent_words_are_kept_for_prefixes_with_many_words() {
        let mut schema = Schema::builder();
        let field = schema.add_text_field("word", STRING);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 20_000_000).unwrap();
        let hold = |word: String, times: usize| {
            for _ in 0..times {
                let mut document = TantivyDocument::new();
                document.add_text(field, &word);
                writer.add_document(document).unwrap();
            }
        };
        for number in 0..600 {
            hold(format!("éa{number:03}"), if number % 3 == 0 { 2 } else { 1 });
        }
        hold("éb".to_owned(), 3);
        hold("f".to_owned(), 1);
        writer.commit().unwrap();
        let segment = &index.reader().unwrap().searcher().segment_readers()[0].clone();
        let list = segment.inverted_index(field).unwrap();
        let beginnings = PrefixTerms::of(list.terms(), |term| Ok(term.doc_freq)).unwrap();
        let under = beginnings.under("é").unwrap();
        assert_eq!((under.words, under.best.len(), under.best[0].0), (601, KEPT, 3));
        assert!(under.best[1..].iter().all(|(articles, _)| *articles == 2));
        let mut word = Vec::new();
        list.terms().ord_to_term(under.best[1].1, &mut word).unwrap();
        assert_eq!(word, "éa000".as_bytes(), "of equals the first in the order of the words");
        assert_eq!(beginnings.under("éa").map(|under| under.words), Some(600));
        assert!(beginnings.under("éa1").is_none() && beginnings.under("f").is_none());
    }
}
