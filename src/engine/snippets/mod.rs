//! Builds the snippet of an article for a query: fragments of the best passages of its body.
//!
//! The cost depends on the matches, not on the length of the body. An engine reports where the
//! query's words occur in a body ([`MatchPosition`]); only the passages selected from these are
//! read ([`Body`]), tokenized and cut to fragments.

pub(crate) mod body;
pub(crate) mod fragmenter;
pub mod highlighter;

use std::collections::BTreeMap;

pub use self::body::{Body, BodyPassage, MatchPosition, body_passages};
use self::body::{MAX_READ, MatchedPassage, Read, Summary, is_filled, matched_passages, read_on, read_one};
use self::fragmenter::{SnippetText, fragments};
use self::highlighter::{Highlighter, Mark, Pattern, TextToken};
use super::SearchRequest;
use super::planning::Plan;
use crate::analysis::Zone;
use crate::article::one_line;

/// The maximum number of match positions of one pattern in one body; more frequent words do not
/// discriminate between passages.
pub const MAX_MATCH_POSITIONS: usize = 4_096;
/// The maximum number of characters of all snippets of a page: each passage is read and
/// decompressed separately, and a hundred long snippets cost more than most searches.
pub const MAX_PAGE_CHARS: usize = 25_000;
/// The maximum number of fragments of a snippet. On a page so long that its snippets are cut, each has
/// at least [`MIN_FRAGMENT_CHARS`] characters: a shorter one says little, and costs a passage to read.
const MAX_FRAGMENTS: usize = 3;
const MIN_FRAGMENT_CHARS: usize = 100;

/// Renders titles and snippets of hits for one plan.
#[derive(Debug)]
pub struct Snippets<'p> {
    title: Highlighter<'p>,
    summary: Highlighter<'p>,
    body: Highlighter<'p>,
    max_chars: usize,
    max_fragments: usize,
}

impl<'p> Snippets<'p> {
    /// A renderer for `hits` hits. The request sets the maximum snippet length in characters,
    /// including ellipses, and whether matches are marked. Snippets of a large page may be shorter,
    /// see [`MAX_PAGE_CHARS`].
    pub fn new(plan: &'p Plan, request: &SearchRequest, hits: usize) -> Snippets<'p> {
        let of = |zone| {
            let highlighter = Highlighter::new(plan, zone);
            if request.highlight { highlighter } else { highlighter.without_marks() }
        };
        let max_chars = request.snippet_chars.min(MAX_PAGE_CHARS / hits.max(1));
        Snippets {
            title: of(Zone::Title),
            summary: of(Zone::Summary),
            body: of(Zone::Body),
            max_chars,
            max_fragments: match max_chars < request.snippet_chars {
                true => (max_chars / MIN_FRAGMENT_CHARS).clamp(1, MAX_FRAGMENTS),
                false => MAX_FRAGMENTS,
            },
        }
    }

    /// The patterns whose positions an engine must report.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern<'p>> {
        self.body.content_patterns()
    }

    /// A complete title as HTML.
    pub fn title_html(&self, title: &str, lang: &str) -> String {
        self.title.mark(title, lang)
    }

    /// The snippet of an article as HTML: fragments of its body with matches, in body order;
    /// without any match its summary, or else the beginning of its body.
    ///
    /// # Errors
    ///
    /// Errors of reading the body.
    pub fn snippet_html<B: Body>(
        &self,
        body: &B,
        match_positions: Vec<MatchPosition>,
        summary: &str,
        lang: &str,
    ) -> Result<String, B::Error> {
        if !match_positions.is_empty() {
            let read = self.read_best(body, match_positions)?;
            return Ok(self.compose(&self.body, read, lang));
        }
        let summary = Summary::new(summary);
        if summary.passages() > 0 {
            let mut read = BTreeMap::new();
            let Ok(()) = read_on(&summary, 0, self.max_chars, &mut read);
            return Ok(self.compose(&self.summary, read, lang));
        }
        let mut read = BTreeMap::new();
        read_on(body, 0, self.max_chars, &mut read)?;
        Ok(self.compose(&self.body, read, lang))
    }

    /// Reads the passages that match most of the query's weight, each preferring words that the
    /// previous ones lack; then, if these do not fill the snippet, passages that repeat words; and
    /// if they do not fill half of it (such as a heading), the passages next to the first one.
    fn read_best<B: Body>(&self, body: &B, match_positions: Vec<MatchPosition>) -> Result<Read, B::Error> {
        let weight = |words| self.body.weight(words);
        let mut held = matched_passages(body, match_positions, &weight);
        let mut read = Read::new();
        let mut covered = 0;
        let mut first = None;
        for _ in 0..self.max_fragments {
            let value_of = |passage: &MatchedPassage| {
                let closeness = std::cmp::Reverse(passage.extent);
                let new = if passage.words & covered == 0 { passage.weight } else { weight(passage.words & !covered) };
                (Weight(new), Weight(passage.weight), closeness)
            };
            // `max_by_key` returns the last of equal elements, so iterate in reverse to get the
            // earliest.
            let Some(best) = (0..held.len()).rev().max_by_key(|place| held.get(*place).map(value_of)) else { break };
            let best = held.remove(best);
            if best.words & !covered == 0 && is_filled(&read, self.max_chars) {
                break;
            }
            covered |= best.words;
            first = first.or(Some(best.ordinal));
            for ordinal in best.ordinal..=best.last {
                read_one(body, ordinal, &mut read)?;
            }
        }
        if let Some(first) = first {
            let half = self.max_chars / 2;
            read_on(body, first, half, &mut read)?;
            for before in (0..first).rev() {
                if read.len() >= MAX_READ || is_filled(&read, half) {
                    break;
                }
                read_one(body, before, &mut read)?;
            }
        }
        Ok(read)
    }

    /// Cuts the read passages to fragments, as HTML.
    fn compose(&self, highlighter: &Highlighter<'_>, read: Read, lang: &str) -> String {
        let mut pieces = Vec::new();
        let mut next = None;
        let mut run: Vec<BodyPassage> = Vec::new();
        for (ordinal, passage) in read {
            if next != Some(ordinal) && !run.is_empty() {
                pieces.push(piece(highlighter, std::mem::take(&mut run), lang));
            }
            run.push(passage);
            next = Some(ordinal + 1);
        }
        if !run.is_empty() {
            pieces.push(piece(highlighter, run, lang));
        }
        let shown = fragments(&pieces, &|words| highlighter.weight(words), self.max_fragments, self.max_chars);
        let mut html = String::new();
        for (place, fragment) in shown.iter().enumerate() {
            let Some(piece) = pieces.get(fragment.piece) else { continue };
            if place > 0 {
                html.push_str(" … ");
            } else if !piece.begins_paragraph(fragment.bytes.start) {
                html.push('…');
            }
            let start = fragment.bytes.start + list_mark(&piece.text[fragment.bytes.clone()]);
            highlighter.render(&piece.text, start..fragment.bytes.end, &piece.marks, &mut html);
            if place + 1 == shown.len() && !piece.ends_paragraph(fragment.bytes.end) {
                html.push('…');
            }
        }
        if html.is_empty() && self.max_chars > 0 && pieces.iter().any(|piece| !piece.text.is_empty()) {
            html.push('…');
        }
        html
    }
}

/// The length in bytes of a list item's bullet, including the space after it; 0 without one.
fn list_mark(text: &str) -> usize {
    let rest = text.trim_start_matches(['-', '–', '—', '*', '•', '·', '‣', '▪', '◦', '●', '○', '■']);
    if rest.len() < text.len() && rest.starts_with(' ') { text.len() - rest.trim_start().len() } else { 0 }
}

/// Joins consecutive passages to one text with marks.
fn piece(highlighter: &Highlighter<'_>, passages: Vec<BodyPassage>, lang: &str) -> SnippetText {
    let closes = passages.last().is_none_or(|last| !last.is_continued);
    let mut text = String::new();
    let mut tokens: Vec<TextToken> = Vec::new();
    let mut paragraphs = Vec::new();
    let mut position = 0;
    let mut ends_in_space = false;
    for passage in &passages {
        let line = one_line(&passage.text);
        if line.is_empty() {
            ends_in_space = true;
            continue;
        }
        let begins_in_space = passage.text.starts_with(char::is_whitespace);
        if !text.is_empty() && (!passage.continues || ends_in_space || begins_in_space) {
            text.push(' ');
        }
        ends_in_space = passage.text.ends_with(char::is_whitespace);
        if !passage.continues {
            paragraphs.push(text.len());
        }
        let langs = [Some(lang), passage.lang.as_deref()];
        let langs: Vec<&str> = langs.into_iter().flatten().collect();
        let words = highlighter.read(&line, &langs);
        let length = words.iter().map(|word| word.position + 1).max().unwrap_or(0);
        tokens.extend(words.into_iter().map(|word| word.shifted(position, text.len())));
        position += length;
        text.push_str(&line);
    }
    let marks: Vec<Mark> = highlighter.marks(&text, &tokens);
    SnippetText::new(text, &tokens, marks, paragraphs, closes)
}

/// A weight with a total order.
#[derive(PartialEq)]
struct Weight(f32);

impl Eq for Weight {}

impl PartialOrd for Weight {
    fn partial_cmp(&self, other: &Weight) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Weight {
    fn cmp(&self, other: &Weight) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Article;
    use crate::engine::oracle::BruteForceEngine;
    use crate::engine::query::Query;
    use crate::engine::{IndexVersion, SearchEngine, SearchRequest};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::json;

    /// The snippet of an article for a query, where it is found. Its title holds `found`.
    fn snippet_of(lang: &str, summary: &str, body: &str, query: &str, max_chars: usize) -> Option<String> {
        let record = json!({"id": "a", "lang": lang, "title": "found", "summary": summary, "body": body});
        let (article, _) = Article::from_fields(record.as_object().unwrap()).unwrap();
        let engine = BruteForceEngine::new(vec![article], Vec::new(), IndexVersion { generation: 1, seq: 1 });
        let request =
            SearchRequest { limit: 1, snippet_chars: max_chars, ..SearchRequest::new(Query::parse(query), 0) };
        engine.search(&request).unwrap().hits.pop().map(|hit| hit.snippet_html)
    }

    fn snippet(body: &str, query: &str, max_chars: usize) -> String {
        snippet_of("en", "", body, query, max_chars).unwrap()
    }

    const FILLER: &str = "Nothing that anybody looks for is written here, and nobody wonders. ";

    #[test]
    fn passages_that_hold_different_words_are_shown_together_in_their_order() {
        let filler = FILLER.repeat(20);
        let body = format!("{filler}\n\nThe heron came first.\n\n{filler}\n\nA badger was second.\n\n{filler}");
        let shown = snippet(&body, "badger heron", 100);
        assert!(shown.starts_with("The <mark>heron</mark> came first. Nothing that"), "{shown}");
        assert!(shown.ends_with(" … A <mark>badger</mark> was second."), "{shown}");
        let shown = snippet(&body, "badger heron", 80);
        assert_eq!(shown, "The <mark>heron</mark> came first. … A <mark>badger</mark> was second.");
        let far = format!("{FILLER}The heron came first. {}A badger was second. {FILLER}", FILLER.repeat(5));
        let shown = snippet(&far, "badger heron", 160);
        assert!(
            shown.contains("… The <mark>heron</mark> came first.") || shown.starts_with("…The <mark>heron"),
            "{shown}"
        );
        assert!(shown.contains(" … A <mark>badger</mark> was second."), "{shown}");
    }

    #[test]
    fn the_rarer_words_then_the_closest_then_the_earliest_are_chosen() {
        let apart = format!("A heron. {} A badger.", "Then words. ".repeat(6));
        let filler = FILLER.repeat(12);
        let body = format!(
            "A heron.\n\n{filler}\n\n{apart}\n\n{filler}\n\nOne heron, one badger.\n\n{filler}\n\nThis heron, this badger."
        );
        assert_eq!(snippet(&body, "heron badger", 24), "One <mark>heron</mark>, one <mark>badger</mark>.");
    }

    #[test]
    fn a_fragment_does_not_begin_with_the_mark_of_a_list() {
        let list = "- A badger.\n- A heron - the grey one.\n\n• An otter.\n\n-5 degrees.\n\n—Who is it?";
        for (query, shown) in [
            ("badger", "A <mark>badger</mark>. - A heron - the grey one. • An otter. -5 degrees. —Who is it?"),
            ("otter", "An <mark>otter</mark>."),
            ("degrees", "-5 <mark>degrees</mark>."),
            ("who", "—<mark>Who</mark> is it?"),
        ] {
            assert_eq!(snippet(list, query, if query == "badger" { 200 } else { 14 }), shown);
        }
    }

    #[test]
    fn a_fragment_begins_with_its_sentence_where_that_is_near() {
        let body =
            format!("{}It was a quiet day, said the heron to the others. {}", FILLER.repeat(2), FILLER.repeat(3));
        let shown = snippet(&body, "heron", 90);
        assert!(shown.starts_with("…It was a quiet day, said the <mark>heron</mark> to"), "{shown}");
        assert!(shown.ends_with('…') && !shown.contains(" …"), "{shown}");
    }

    #[test]
    fn a_short_passage_is_shown_with_what_stands_behind_it() {
        let body = format!("{FILLER}\n\nOf herons\n\nThey stand in water all day. {}", FILLER.repeat(3));
        let shown = snippet(&body, "herons", 60);
        assert!(shown.starts_with("Of <mark>herons</mark> They stand in water all day."), "{shown}");
    }

    #[test]
    fn where_no_word_stands_in_the_body_the_summary_is_shown_or_the_beginning() {
        assert_eq!(snippet_of("en", "A found teaser.", "Body.", "found", 40).unwrap(), "A <mark>found</mark> teaser.");
        assert_eq!(
            snippet_of("en", "", "Head\n\nBody text & more.", "found", 40).unwrap(),
            "Head Body text &amp; more."
        );
        assert_eq!(snippet_of("en", "", "Head\n\nBody text & more.", "found", 15).unwrap(), "Head Body…");
        assert_eq!(snippet_of("en", "", "", "found", 40).unwrap(), "");
    }

    #[test]
    fn text_without_spaces_is_cut_between_words() {
        let body = "学生们在大学里学习各种各样的课程，老师们研究许多重要的问题。".repeat(6)
            + "高等教育的国际化是一个重要的目标。"
            + &"学生们在大学里学习各种各样的课程。".repeat(8);
        let shown = snippet_of("zh", "", &body, "高等教育", 30).unwrap();
        assert!(shown.starts_with("…<mark>高等教育</mark>的国际化是一个重要的目标。学生"), "{shown}");
        let thai = "การศึกษาระดับอุดมศึกษามีความสำคัญ".repeat(30);
        let shown = snippet_of("th", "", &thai, "ความสำคัญ", 40).unwrap();
        assert!(shown.contains("<mark>") && shown.chars().count() <= 40 + "<mark></mark>".len(), "{shown}");
    }

    #[test]
    fn a_word_longer_than_the_snippet_is_cut_between_clusters() {
        let family = "👨\u{200d}👩\u{200d}👧";
        let body = format!("{}needle{}", family.repeat(10), family.repeat(10));
        let shown = snippet(&body, "needle", 13);
        assert_eq!(shown, format!("…<mark>needle</mark>{family}…"));
        assert_eq!(snippet(&body, "needle", 1), "…");
    }

    /// The text that is shown, and for each of its characters whether it is marked.
    fn unmark(html: &str) -> (String, Vec<bool>) {
        let (mut text, mut marked) = (String::new(), Vec::new());
        let mut rest = html;
        let mut is_marked = false;
        while let Some(c) = rest.chars().next() {
            let markup =
                [("<mark>", true), ("</mark>", false)].into_iter().find(|(markup, _)| rest.starts_with(markup));
            if let Some((markup, opens)) = markup {
                assert_ne!(is_marked, opens, "{html}");
                is_marked = opens;
                rest = &rest[markup.len()..];
                continue;
            }
            let entities = [("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\''), ("&amp;", '&')];
            let entity = entities.into_iter().find(|(entity, _)| rest.starts_with(entity));
            assert!(entity.is_some() || !['<', '>', '"', '\'', '&'].contains(&c), "{html}");
            let (length, c) = entity.map_or((c.len_utf8(), c), |(entity, c)| (entity.len(), c));
            text.push(c);
            marked.push(is_marked);
            rest = &rest[length..];
        }
        assert!(!is_marked);
        (text, marked)
    }

    /// A body in one line, with the bounds of its paragraphs and words.
    struct Flat {
        chars: Vec<char>,
        begins: Vec<bool>,
        ends: Vec<bool>,
        marked: Vec<bool>,
    }

    impl Flat {
        fn new(body: &str, query: &str) -> Flat {
            let paragraphs = body.split("\n\n").map(one_line).filter(|paragraph| !paragraph.is_empty());
            let mut flat = Flat { chars: Vec::new(), begins: vec![], ends: vec![], marked: vec![] };
            for paragraph in paragraphs {
                if !flat.chars.is_empty() {
                    flat.chars.push(' ');
                    flat.begins.push(false);
                    flat.ends.push(false);
                    flat.marked.push(false);
                }
                let from = flat.chars.len();
                flat.chars.extend(paragraph.chars());
                flat.begins.extend((from..flat.chars.len()).map(|at| at == from));
                flat.ends.extend((from..flat.chars.len()).map(|at| at + 1 == flat.chars.len()));
                let is_word = |word: &str| query.split(' ').any(|typed| typed == word);
                for piece in paragraph.split_inclusive(' ') {
                    let word = piece.trim_end_matches([' ', '.', ',']).trim_start_matches('(');
                    let before = piece.chars().take_while(|c| *c == '(').count();
                    let places = before..before + word.chars().count();
                    flat.marked.extend((0..piece.chars().count()).map(|at| is_word(word) && places.contains(&at)));
                }
            }
            flat
        }

        /// Whether a fragment can be the part of the body that begins at a place: cut between
        /// words, marked as the body is, and with an ellipsis exactly where a paragraph is cut.
        fn holds(
            &self,
            at: usize,
            text: &[char],
            marked: &[bool],
            cut_before: Option<bool>,
            cut_behind: Option<bool>,
            max_chars: usize,
        ) -> bool {
            let end = at + text.len();
            let is_long = |place: usize| {
                let is_word = |c: &&char| !c.is_whitespace();
                let behind = self.chars[place..].iter().take_while(is_word).count();
                self.chars[..place].iter().rev().take_while(is_word).count() + behind > max_chars.saturating_sub(5)
            };
            self.chars.get(at..end) == Some(text)
                && self.marked[at..end] == *marked
                && (at == 0 || self.chars[at - 1] == ' ' || is_long(at))
                && (end == self.chars.len() || self.chars[end] == ' ' || is_long(end))
                && cut_before.is_none_or(|cut| cut != self.begins[at])
                && cut_behind.is_none_or(|cut| cut != self.ends[end - 1])
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
        #[test]
        fn snippets_are_short_whole_marked_and_in_order(
            words in vec((select(&["heron", "badger", "otter", "stone", "water", "(river", "<b>", "a&b", "ñandú", "e\u{301}te\u{301}", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "👨\u{200d}👩\u{200d}👧"][..]),
                select(&[" ", " ", " ", " ", " ", " ", ", ", ". ", "\n", "\n\n"][..]), prop_oneof![30 => Just(1usize), 1 => Just(40)]), 0..120),
            query in select(&["heron", "heron badger", "otter heron", "badger otter heron", "found"][..]),
            max_chars in prop_oneof![1 => 1usize..12, 6 => 12usize..400],
        ) {
            let body: String = words.iter().map(|(word, behind, times)| format!("{word}{behind}").repeat(*times)).collect();
            // A sentence end is added now and then, so that long paragraphs are cut there.
            let Some(html) = snippet_of("en", "", &body, query, max_chars) else { return Ok(()) };
            let (text, marked) = unmark(&html);
            let chars: Vec<char> = text.chars().collect();
            prop_assert!(chars.len() <= max_chars, "{} > {max_chars}: {text}", chars.len());
            let flat = Flat::new(&body, query);
            prop_assert_eq!(chars.is_empty(), flat.chars.is_empty());
            if text == "…" || chars.is_empty() {
                prop_assert!(max_chars < 12 || flat.chars.is_empty(), "{}", body);
                return Ok(());
            }
            let (cut_before, cut_behind) = (text.starts_with('…'), text.ends_with('…'));
            let inside = usize::from(cut_before)..chars.len() - usize::from(cut_behind);
            let (chars, marked) = (&chars[inside.clone()], &marked[inside]);
            let mut from = 0;
            let mut begin = 0;
            loop {
                let gap = chars[begin..].windows(3).position(|gap| gap == [' ', '…', ' ']);
                let end = gap.map_or(chars.len(), |gap| begin + gap);
                let before = (begin == 0).then_some(cut_before);
                let behind = gap.is_none().then_some(cut_behind);
                let places = from..flat.chars.len();
                let place = places.into_iter().find(|at| {
                    flat.holds(*at, &chars[begin..end], &marked[begin..end], before, behind, max_chars)
                });
                let Some(place) = place else {
                    return Err(TestCaseError::fail(format!("{:?} of {html:?} in {body:?}", chars[begin..end].iter().collect::<String>())));
                };
                from = place + (end - begin);
                let Some(gap) = gap else { break };
                begin += gap + 3;
            }
            prop_assert!(query == "found" || marked.contains(&true) == flat.marked.contains(&true) || max_chars < 20, "{}", html);
        }
    }
}
