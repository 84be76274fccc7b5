//! The completions that most articles hold, for every beginning that more of them have than are gone
//! through while somebody types.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use tantivy::postings::TermInfo;
use tantivy::termdict::TermDictionary;

use crate::engine::tantivy::index::schema::read_completion;

/// The most completions of one beginning that are gone through at a request.
const MAX_SCANNED: usize = 256;
/// How many of a beginning with more are kept, a language.
const KEPT: usize = 32;
/// How many are gathered before the best of them are kept.
const MAX_GATHERED: usize = 16_384;

/// One completion, as a term.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    /// The term's ordinal.
    pub(crate) ordinal: u32,
    /// How many counted articles hold it.
    pub(crate) articles: u32,
    /// Its language's place in [`CompletionTopK::langs`].
    pub(crate) lang: u16,
}

/// The completions of one segment that most of its counted articles hold. A segment never changes:
/// this is made once for each, and again where other articles are counted.
///
/// The terms are in order: those with a common beginning stand together. Going through them once,
/// as one goes through the suffixes of a suffix array with their common prefixes (Kasai et al.,
/// 2001), meets every beginning after which they part, and what begins with it.
#[derive(Debug, Default)]
pub(crate) struct CompletionTopK {
    lists: BTreeMap<Vec<u8>, Vec<Listed>>,
    pub(crate) langs: Vec<String>,
}

/// Completions that have a beginning in common.
struct Node {
    /// The length of the beginning, in bytes.
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
    /// Goes through the completions of a segment; `holders` says how many counted articles hold one.
    pub(crate) fn of(
        terms: &TermDictionary,
        holders: impl Fn(&TermInfo) -> io::Result<u32>,
    ) -> io::Result<CompletionTopK> {
        let mut best = CompletionTopK::default();
        let mut open = vec![Node { depth: 0, count: 0, gathered: Vec::new() }];
        let mut last: Vec<u8> = Vec::new();
        let mut pending: Option<Listed> = None;
        let mut stream = terms.stream()?;
        while stream.advance() {
            let term = stream.key();
            let articles = holders(stream.value())?;
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

    /// Puts a term where it parts from the one before it or from the next one, with which it has so
    /// many bytes in common, and closes the beginnings that the next one has not.
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

    /// Keeps the best of a beginning with many; all of them go on to the one above.
    fn close(&mut self, mut node: Node, beginning: &[u8]) -> (usize, Vec<Listed>) {
        if node.count > MAX_SCANNED {
            node.keep_best();
            self.lists.insert(beginning.to_vec(), node.gathered.clone());
        }
        (node.count, node.gathered)
    }

    /// The best completions that begin with a key; `None` where there are so few that they can be
    /// gone through.
    pub(crate) fn under(&self, key: &str) -> Option<&[Listed]> {
        let (beginning, listed) = self.lists.range(key.as_bytes().to_vec()..).next()?;
        beginning.starts_with(key.as_bytes()).then_some(listed.as_slice())
    }
}
