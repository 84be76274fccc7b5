//! The most frequent completions of every prefix that has too many completions to scan while
//! somebody types.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use tantivy::postings::TermInfo;
use tantivy::termdict::TermDictionary;

use crate::engine::tantivy::index::schema::read_completion;

/// The maximum number of completions of one prefix that a request scans.
const MAX_SCANNED: usize = 256;
/// How many completions per language are stored for a prefix with more.
const KEPT: usize = 32;
/// How many completions are collected before the best are selected.
const MAX_GATHERED: usize = 16_384;

/// One completion, as a term.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    /// The ordinal of the term.
    pub(crate) ordinal: u32,
    /// The number of counted articles with it.
    pub(crate) articles: u32,
    /// The index of its language in [`CompletionTopK::langs`].
    pub(crate) lang: u16,
}

/// The most frequent completions of one segment, by prefix. A segment never changes: this is
/// computed once per segment, and again if the set of counted articles changes.
///
/// Terms with a common prefix are adjacent in sort order. One pass over the terms, like a pass over
/// a suffix array with its common prefixes (Kasai et al., 2001), visits every branching prefix with
/// its completions.
#[derive(Debug, Default)]
pub(crate) struct CompletionTopK {
    lists: BTreeMap<Vec<u8>, Vec<Listed>>,
    pub(crate) langs: Vec<String>,
}

/// The completions with a common prefix.
struct Node {
    /// The length of the prefix, in bytes.
    depth: usize,
    count: usize,
    gathered: Vec<Listed>,
}

impl Node {
    fn take(&mut self, count: usize, listed: Vec<Listed>) {
        self.count += count;
        if self.gathered.is_empty() {
            self.gathered = listed;
        } else {
            self.gathered.extend(listed);
        }
        if self.gathered.len() > MAX_GATHERED {
            self.keep_best();
        }
    }

    fn keep_best(&mut self) {
        self.gathered.sort_unstable_by_key(|listed| (listed.lang, Reverse(listed.articles), listed.ordinal));
        let mut kept = (0, 0);
        self.gathered.retain(|listed| {
            kept = if kept.0 == listed.lang { (kept.0, kept.1 + 1) } else { (listed.lang, 1) };
            kept.1 <= KEPT
        });
    }
}

impl CompletionTopK {
    /// Scans the completions of a segment; `doc_freq` returns the number of counted articles with a
    /// term.
    pub(crate) fn of(
        terms: &TermDictionary,
        doc_freq: impl Fn(&TermInfo) -> io::Result<u32>,
    ) -> io::Result<CompletionTopK> {
        let mut best = CompletionTopK::default();
        let mut open = vec![Node { depth: 0, count: 0, gathered: Vec::new() }];
        let mut last: Vec<u8> = Vec::new();
        let mut pending: Option<Listed> = None;
        let mut stream = terms.stream()?;
        while stream.advance() {
            let term = stream.key();
            let articles = doc_freq(stream.value())?;
            if articles == 0 {
                continue;
            }
            let common = last.iter().zip(term).take_while(|(a, b)| a == b).count();
            if let Some(listed) = pending.take() {
                best.place(&mut open, listed, &last, common);
            }
            let Some((_, lang, _)) = read_completion(term) else { continue };
            pending = Some(Listed {
                ordinal: u32::try_from(stream.term_ord()).unwrap_or(u32::MAX),
                articles,
                lang: best.lang(lang),
            });
            last.clear();
            last.extend_from_slice(term);
        }
        if let Some(listed) = pending {
            best.place(&mut open, listed, &last, 0);
        }
        for node in open {
            best.close(node, &[]);
        }
        Ok(best)
    }

    fn lang(&mut self, lang: &str) -> u16 {
        let known = self.langs.iter().position(|known| known == lang);
        let place = known.unwrap_or_else(|| {
            self.langs.push(lang.to_owned());
            self.langs.len() - 1
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    /// Adds a term to the node where it branches from the previous or the next one, and closes the
    /// prefixes that the next one does not have. `common` is the length of the prefix shared with
    /// the next term, in bytes.
    fn place(&mut self, open: &mut Vec<Node>, listed: Listed, term: &[u8], common: usize) {
        let mut node = Node { depth: common, count: 1, gathered: vec![listed] };
        while let Some(top) = open.pop_if(|top| top.depth >= common) {
            let depth = top.depth;
            let mut top = top;
            top.take(node.count, node.gathered);
            node = top;
            if depth == common {
                break;
            }
            let gathered = self.close(node, term.get(..depth).unwrap_or(term));
            node = Node { depth: common, count: gathered.0, gathered: gathered.1 };
        }
        open.push(node);
    }

    /// Stores the best completions of a prefix that has many; returns all of them for the parent
    /// prefix.
    fn close(&mut self, mut node: Node, beginning: &[u8]) -> (usize, Vec<Listed>) {
        if node.count > MAX_SCANNED {
            node.keep_best();
            self.lists.insert(beginning.to_vec(), node.gathered.clone());
        }
        (node.count, node.gathered)
    }

    /// The best completions with a prefix; `None` if there are few enough to scan.
    pub(crate) fn under(&self, key: &str) -> Option<&[Listed]> {
        let (beginning, listed) = self.lists.range(key.as_bytes().to_vec()..).next()?;
        beginning.starts_with(key.as_bytes()).then_some(listed.as_slice())
    }
}
